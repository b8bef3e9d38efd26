import DynamoDB

/// DescribeTable: a table's definition and counts.
struct DescribeTable: StoreOperation {
    static let shape = Shapes.describeTable

    private let tableName: String

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName") ?? ""
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        DescriptionWriter(try engine.describedTable(named: tableName), engine).reply("Table")
    }
}

extension Engine {
    /// The table of a name or ARN, for operations on tables, whose error names it.
    func describedTable(named name: String) throws(ErrorReply) -> Table {
        if let table = try? table(named: name) { return table }
        throw .resourceNotFound("Requested resource not found: Table: \(TableARN(name)?.table ?? name) not found")
    }
}
