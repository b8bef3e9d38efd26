import DynamoDB

/// One action of TransactWriteItems, checked as far as that needs no table.
struct TransactAction {
    enum Kind {
        case put(Item)
        case update(Update)
        case delete
        case check
    }

    let kind: Kind
    /// A name or an ARN.
    let tableName: String
    /// The `Key`; of a put, the item.
    private let attributes: AttributeMap
    let condition: Condition?
    /// `ReturnValuesOnConditionCheckFailure` is `ALL_OLD`.
    let returnsOldItem: Bool
    /// Bytes of what the request has for this action.
    let size: Int

    /// An element of `TransactItems`.
    init(_ element: Members) throws(ErrorReply) {
        let names = ["ConditionCheck", "Put", "Delete", "Update"].filter(element.has)
        guard let name = names.first, let action = element.structure(name) else {
            throw .validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
        }
        guard names.count == 1 else {
            throw .validation("TransactItems can only contain one of Check, Put, Update or Delete")
        }
        tableName = action.string("TableName") ?? ""
        // The expressions come first: paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/deepRequests.test.ts,
        // which ran against the service.
        let expressions = try Transactions.expressions(action, for: .transactWriteItems)
        attributes =
            try action.attributeMap(name == "Put" ? "Item" : "Key")?.checked(for: .transactWriteItems) ?? AttributeMap()
        condition = expressions?.condition
        switch name {
        case "Put":
            guard attributes.size <= ItemChange.maximumSize else {
                throw .validation("Item size has exceeded the maximum allowed size")
            }
            kind = .put(attributes)
        case "Update":
            guard let update = expressions?.update else {
                throw .validation("Invalid UpdateExpression: The expression can not be empty;")
            }
            kind = .update(update)
        case "Delete": kind = .delete
        default: kind = .check
        }
        returnsOldItem = action.string("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        size = attributes.size + Self.valuesSize(action)
    }

    /// Bytes of the values of an action's expressions.
    private static func valuesSize(_ action: Members) -> Int {
        action.raw("ExpressionAttributeValues")?.count ?? 0
    }

    /// The key of the item the action is about.
    func key(in table: Table) throws(ErrorReply) -> PrimaryKey {
        if case .put(let item) = kind { return try PrimaryKey(putting: item, into: table) }
        return try PrimaryKey(checking: attributes, of: table)
    }

    /// Refuses what the table can't take, whatever the item is.
    func check(in table: Table) throws(ErrorReply) {
        if case .update(let update) = kind { try update.check(in: table) }
        if let condition { try AttributeUse.check(condition.attributes, in: table.definition) }
    }

    /// The item after the action; nil when there is none.
    func outcome(_ old: Item?) throws(ErrorReply) -> Item? {
        switch kind {
        case .put(let item): item
        case .delete: nil
        case .check: old
        case .update(let update): try update.outcome(old, key: attributes)
        }
    }
}
