import DynamoDB

extension Storage {
    /// A number for a table, index or stream, never given before.
    func nextNumber() throws(ErrorReply) -> Int64 {
        let statement = try take(.nextNumber)
        defer { give(statement) }
        guard try step(statement, .nextNumber) else { throw .internalServerError() }
        let number = statement.integer(0)
        while try step(statement, .nextNumber) {}
        return number
    }

    /// All tables' definitions as saved, by number.
    func definitions() throws(ErrorReply) -> [(number: Int64, definition: [UInt8])] {
        try numbered(.definitions).map { (number: $0, definition: $1) }
    }

    /// Adds or replaces a table's definition.
    func save(_ definition: [UInt8], of table: Int64) throws(ErrorReply) {
        try execute(.saveDefinition) {
            $0.bind(table, at: 1)
            $0.bind(definition, at: 2)
        }
    }

    /// Removes a table's definition and items; its indexes and streams are removed apart.
    func removeTable(_ table: Int64) throws(ErrorReply) {
        try execute(.removeDefinition) { $0.bind(table, at: 1) }
        try execute(.removeContents) { $0.bind(table, at: 1) }
        try execute(.removeItems) { $0.bind(table, at: 1) }
    }

    /// All rows of a query for a number and bytes.
    func numbered(_ query: Query) throws(ErrorReply) -> [(Int64, [UInt8])] {
        let statement = try take(query)
        defer { give(statement) }
        var rows: [(Int64, [UInt8])] = []
        while try step(statement, query) { rows.append((statement.integer(0), statement.blob(1))) }
        return rows
    }

    /// The row of a query for a count and a sum, of a table or index.
    func statistics(_ query: Query, of number: Int64) throws(ErrorReply) -> Table.Statistics {
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(number, at: 1)
        guard try step(statement, query) else { return Table.Statistics() }
        return Table.Statistics(items: Int(statement.integer(0)), bytes: Int(statement.integer(1)))
    }

    /// The row of a query for a sum over a partition of a table or index.
    func bytes(_ query: Query, of number: Int64, slot: Int64, partition: [UInt8]) throws(ErrorReply) -> Int {
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(number, at: 1)
        statement.bind(slot, at: 2)
        statement.bind(partition, at: 3)
        return try step(statement, query) ? Int(statement.integer(0)) : 0
    }
}
