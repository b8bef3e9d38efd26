import DynamoDB

/// PutItem: adds or replaces an item.
struct PutItem: StoreOperation {
    static let shape = Shapes.putItem
    static let countsErrors = true

    private let write: ItemWrite
    private let item: Item

    init(_ members: Members) throws(ErrorReply) {
        let expressions = try RequestExpressions(members, for: .putItem)
        item = try members.attributeMap("Item")?.checked(for: .putItem) ?? Item()
        try ItemWrite.checkReturnValues(members)
        guard item.size <= ItemChange.maximumSize else { throw .itemTooLarge }
        write = ItemWrite(members, condition: expressions.condition)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.table(named: write.tableName)
        let key = try PrimaryKey(putting: item, into: table)
        let (change, stored) = try write.change(of: key, to: item, in: table, on: engine)
        try engine.check(change, in: table)
        try engine.admitIndexWrites(change, in: table)
        try write.checkCondition(change, stored, in: table, on: engine)
        return try write.write(
            change,
            to: table,
            returning: write.returnValues == .allOld ? stored?.json : nil,
            on: engine
        )
    }
}
