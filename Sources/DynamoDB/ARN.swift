/// The ARN of a table, or of something that belongs to one: an index, a stream, a backup, an export, an import.
///
///     arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME[/...]
///     arn:PARTITION:dynamodb::ACCOUNT:global-table/NAME
public struct TableARN: Sendable, Equatable {
    /// Region, empty for a global table.
    public let region: String
    /// Account id.
    public let account: String
    /// Name of the table.
    public let table: String

    /// Parses an ARN; nil when it is not one of DynamoDB's that names a table.
    public init?(_ text: String) {
        // Longest legal ARN: TableArn's 1,024 characters.
        guard text.utf8.count <= 1024 else { return nil }
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[1].utf8.starts(with: "aws".utf8), fields[2] == "dynamodb"
        else { return nil }
        let resource = fields[5].split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard resource.count >= 2, resource[0] == "table" || (resource[0] == "global-table" && resource.count == 2)
        else { return nil }
        let name = Array(resource[1].utf8)
        guard unsafe name.withUnsafeBytes({ unsafe TableName.isValid($0) }) else { return nil }
        region = String(fields[3])
        account = String(fields[4])
        table = String(resource[1])
    }
}
