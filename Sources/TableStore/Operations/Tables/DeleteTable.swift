import DynamoDB

/// DeleteTable: removes a table with all that belongs to it.
struct DeleteTable: StoreOperation {
    static let shape = Shapes.deleteTable

    private let tableName: String

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName") ?? ""
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.describedTable(named: tableName)
        guard !table.definition.isDeletionProtected else {
            throw .validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                    + "Disable deletion protection first."
            )
        }
        var writer = DescriptionWriter(table, engine)
        try engine.remove(table)
        writer.tableStatus = "DELETING"
        writer.warmStatus = nil
        writer.tellsSchema = false
        return writer.reply("TableDescription")
    }
}

extension Engine {
    /// Removes a table, its items, index entries and definition.
    fileprivate func remove(_ table: Table) throws(ErrorReply) {
        let definition = table.definition
        for index in definition.indexes { try storage.removeEntries(of: index.number) }
        try storage.removeTable(definition.number)
        try streamTableDeleted(table)
        tables[definition.name] = nil
    }
}
