import DynamoDB

/// DeleteItem: removes an item, if there is one.
struct DeleteItem: StoreOperation {
    static let shape = Shapes.deleteItem
    static let countsErrors = true

    private let write: ItemWrite
    private let key: AttributeMap

    init(_ members: Members) throws(ErrorReply) {
        let expressions = try RequestExpressions(members, for: .deleteItem)
        key = try members.attributeMap("Key")?.checked(for: .deleteItem) ?? AttributeMap()
        try ItemWrite.checkReturnValues(members)
        write = ItemWrite(members, condition: expressions.condition)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.table(named: write.tableName)
        let key = try PrimaryKey(checking: key, of: table)
        let (change, stored) = try write.change(of: key, to: nil, in: table, on: engine)
        try write.checkCondition(change, stored, in: table, on: engine)
        try engine.admitIndexWrites(change, in: table)
        return try write.write(
            change,
            to: table,
            returning: write.returnValues == .allOld ? stored?.json : nil,
            on: engine
        )
    }
}
