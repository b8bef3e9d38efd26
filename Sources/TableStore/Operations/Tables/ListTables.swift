import DynamoDB

/// ListTables: the names of tables, in order, by pages.
struct ListTables: StoreOperation {
    static let shape = Shapes.listTables

    private static let maximumPageSize = 100

    private let start: String?
    private let limit: Int

    init(_ members: Members) throws(ErrorReply) {
        start = members.string("ExclusiveStartTableName")
        limit = members.integer("Limit") ?? Self.maximumPageSize
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let start = start
        let names = engine.tables.keys.filter { name in start.map { $0 < name } ?? true }.sorted()
        var reply = ListTablesReply(names: Array(names.prefix(limit)))
        if names.count > limit { reply.lastEvaluatedTableName = reply.names.last }
        return reply.body()
    }
}
