import DynamoDB

/// What PutItem, UpdateItem and DeleteItem have in common in their requests.
struct ItemWrite {
    /// `ReturnValues`.
    enum ReturnValues: String, Sendable {
        case none = "NONE"
        case allOld = "ALL_OLD"
        case updatedOld = "UPDATED_OLD"
        case allNew = "ALL_NEW"
        case updatedNew = "UPDATED_NEW"
    }

    /// A name or an ARN.
    let tableName: String
    let condition: Condition?
    let returnValues: ReturnValues
    /// `ReturnValuesOnConditionCheckFailure` is `ALL_OLD`.
    let returnsOldItemOnFailure: Bool
    let consumptionShape: Consumption.Shape?
    let wantsMetrics: Bool

    init(_ members: Members, condition: Condition?) {
        tableName = members.string("TableName") ?? ""
        self.condition = condition
        returnValues = members.string("ReturnValues").flatMap(ReturnValues.init) ?? .none
        returnsOldItemOnFailure = members.string("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
        wantsMetrics = members.string("ReturnItemCollectionMetrics") == "SIZE"
    }

    /// Refuses what a put or a deletion can't return.
    static func checkReturnValues(_ members: Members) throws(ErrorReply) {
        switch members.string("ReturnValues") {
        case nil, "NONE", "ALL_OLD": return
        default: throw .validation("ReturnValues can only be ALL_OLD or NONE")
        }
    }

    /// Refuses a condition that looks into key attributes.
    private func checkCondition(in table: Table) throws(ErrorReply) {
        if let condition { try AttributeUse.check(condition.attributes, in: table.definition) }
    }

    /// The change of the item at a key, and what is stored there now; refuses it when the table has no capacity left.
    ///
    /// The old item is parsed only when something needs it.
    func change(
        of key: PrimaryKey,
        to new: Item?,
        needsOldItem: Bool = false,
        in table: Table,
        on engine: Engine
    ) throws(ErrorReply) -> (change: ItemChange, stored: StoredItem?) {
        try checkCondition(in: table)
        try engine.capacity.admit(.write, table, now: engine.now)
        let storageKey = StorageKey(key)
        let stored = try engine.storage.item(storageKey, in: table.definition.number)
        let isParsed = needsOldItem || condition != nil || table.needsOldItems
        let change = ItemChange(
            key: key,
            storageKey: storageKey,
            old: isParsed ? try stored?.item() : nil,
            oldSize: stored?.size ?? 0,
            new: new
        )
        return (change, stored)
    }

    /// Asks the condition of the item there is.
    ///
    /// A condition that does not hold is charged as a write of that item.
    func checkCondition(
        _ change: ItemChange,
        _ stored: StoredItem?,
        in table: Table,
        on engine: Engine
    ) throws(ErrorReply) {
        guard let condition, !condition.evaluate(change.old ?? Item()) else { return }
        let used = engine.unchangedWriteUnits(change, in: table)
        engine.capacity.charge(used, to: table, now: engine.now)
        throw .conditionalCheckFailed(item: returnsOldItemOnFailure ? stored?.json : nil)
    }

    /// Makes a checked change; returns the reply's body.
    ///
    /// `attributes` is what the reply returns of the item, as JSON.
    func write(
        _ change: ItemChange,
        to table: Table,
        returning attributes: [UInt8]?,
        on engine: Engine
    ) throws(ErrorReply) -> [UInt8] {
        var used = try engine.apply(change, to: table)
        engine.capacity.charge(used, to: table, now: engine.now)
        var members: [UInt8] = []
        if let attributes {
            members += ",\"Attributes\":".utf8
            members += attributes
        }
        if wantsMetrics, let metrics = try engine.itemCollectionMetrics(change.key, in: table) {
            members += ",\"ItemCollectionMetrics\":".utf8
            members += metrics
        }
        if let consumptionShape {
            used.tableName = tableName
            members += ",\"ConsumedCapacity\":".utf8
            used.append(consumptionShape, to: &members)
        }
        return .object(members)
    }
}

extension [UInt8] {
    /// A JSON object of members that each have a comma before them.
    static func object(_ members: consuming [UInt8]) -> [UInt8] {
        if members.isEmpty {
            members.append(UInt8(ascii: "{"))
        } else {
            members[0] = UInt8(ascii: "{")
        }
        members.append(UInt8(ascii: "}"))
        return members
    }
}
