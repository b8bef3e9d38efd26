import DynamoDB

/// UpdateItem: changes attributes of an item, or adds the item.
struct UpdateItem: StoreOperation {
    static let shape = Shapes.updateItem
    static let countsErrors = true

    private let write: ItemWrite
    private let key: AttributeMap
    private let update: Update?

    init(_ members: Members) throws(ErrorReply) {
        let expressions = try RequestExpressions(members, for: .updateItem)
        key = try members.attributeMap("Key")?.checked(for: .updateItem) ?? AttributeMap()
        update = expressions.update
        if members.has("UpdateExpression"), let update, update.statementSize > ItemChange.maximumSize {
            throw .updatedItemTooLarge
        }
        write = ItemWrite(members, condition: expressions.condition)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.table(named: write.tableName)
        let primaryKey = try PrimaryKey(checking: key, of: table)
        try update?.check(in: table)
        var (change, stored) = try write.change(
            of: primaryKey,
            to: nil,
            needsOldItem: true,
            in: table,
            on: engine
        )
        try write.checkCondition(change, stored, in: table, on: engine)
        if let update {
            change.new = try update.outcome(change.old, key: key)
        } else {
            change.new = change.old ?? key
        }
        try engine.check(change, in: table, isUpdate: true)
        try engine.admitIndexWrites(change, in: table)
        return try write.write(change, to: table, returning: attributes(change, stored), on: engine)
    }

    /// What the reply returns of the item; nil for nothing.
    private func attributes(_ change: ItemChange, _ stored: StoredItem?) -> [UInt8]? {
        let item: Item?
        switch write.returnValues {
        case .none: return nil
        case .allOld: return stored?.json
        case .allNew: item = change.new
        case .updatedOld: item = update.flatMap { change.old?.projected(by: $0.projection) }
        case .updatedNew: item = update.flatMap { change.new?.projected(by: $0.projection) }
        }
        guard let item, !item.isEmpty else { return nil }
        var json: [UInt8] = []
        item.append(to: &json)
        return json
    }
}
