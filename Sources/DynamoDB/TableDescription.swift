/// What the proxy needs to know of a table, from the reply of DescribeTable, CreateTable, UpdateTable or DeleteTable.
public struct TableDescription: Sendable, Equatable {
    /// The table's name.
    public let name: String
    /// Tells the table from an earlier or later one of the same name: `TableId`, or the creation time when the upstream
    /// sends no id; nil when it sends neither.
    public let tableID: String?
    /// The table's ARN, when sent.
    public let arn: String?
    /// `CREATING`, `UPDATING`, `DELETING`, `ACTIVE`, ...
    public let status: String
    /// The primary key; nil while a table is deleted, or when the reply does not give all of it.
    public let keySchema: KeySchema?
    /// Whether other regions write to the table too.
    public let hasReplicas: Bool

    /// Reads a reply.
    ///
    /// Nil when it does not describe a table.
    public static func parse(_ body: UnsafeRawBufferPointer) -> TableDescription? {
        guard let root = unsafe JanssonTree(body)?.value,
            let table = root["Table"] ?? root["TableDescription"],
            let name = table["TableName"]?.string,
            let status = table["TableStatus"]?.string
        else { return nil }
        return TableDescription(
            name: name,
            tableID: table["TableId"]?.string ?? table["CreationDateTime"]?.number.map { "created \($0)" },
            arn: table["TableArn"]?.string,
            status: status,
            keySchema: keySchema(table),
            hasReplicas: hasReplicas(table)
        )
    }

    private static func keySchema(_ table: JanssonTree.Value) -> KeySchema? {
        func attribute(_ role: String, _ element: JanssonTree.Value) -> KeySchema.Attribute? {
            guard element["KeyType"]?.string == role, let name = element["AttributeName"]?.string else { return nil }
            let definition = table["AttributeDefinitions"]?.elements?.first { $0["AttributeName"]?.string == name }
            let type: ScalarAttributeType? =
                switch definition?["AttributeType"]?.string {
                case "S": .string
                case "N": .number
                case "B": .binary
                default: nil
                }
            return type.map { KeySchema.Attribute(name: name, type: $0) }
        }

        guard let elements = table["KeySchema"]?.elements, (1...2).contains(elements.count) else { return nil }
        let partitionKeys = elements.compactMap { attribute("HASH", $0) }
        let sortKeys = elements.compactMap { attribute("RANGE", $0) }
        guard partitionKeys.count == 1, sortKeys.count == elements.count - 1 else { return nil }
        return KeySchema(partitionKey: partitionKeys[0], sortKey: sortKeys.first)
    }

    private static func hasReplicas(_ table: JanssonTree.Value) -> Bool {
        // A replica of the first generation of global tables (2017.11.29) lists no replicas, only its version.
        ["Replicas", "GlobalTableWitnesses"].contains { table[$0]?.elements?.isEmpty == false }
            || ["GlobalTableVersion", "MultiRegionConsistency"].contains { table[$0]?.string != nil }
    }
}
