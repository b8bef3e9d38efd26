import DynamoDB

/// GetItem: one item, or parts of it.
struct GetItem: StoreOperation {
    static let shape = Shapes.getItem

    /// A name or an ARN.
    private let tableName: String
    private let key: AttributeMap
    private let projection: Projection?
    private let consistency: CapacityUnits.ReadConsistency
    private let consumptionShape: Consumption.Shape?

    init(_ members: Members) throws(ErrorReply) {
        let expressions = try RequestExpressions(members, for: .getItem)
        tableName = members.string("TableName") ?? ""
        key = try members.attributeMap("Key")?.checked(for: .getItem) ?? AttributeMap()
        projection = expressions.projection
        consistency = members.boolean("ConsistentRead") == true ? .strong : .eventual
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.table(named: tableName)
        let key = try PrimaryKey(checking: key, of: table)
        if let projection { try AttributeUse.check(projection.attributes, in: table.definition) }
        try engine.capacity.admit(.read, table, now: engine.now)
        let stored = try engine.storage.item(StorageKey(key), in: table.definition.number)
        var used = Consumption(tableName: tableName)
        used.table.read = CapacityUnits.read(stored?.size ?? 0, consistency)
        engine.capacity.charge(used, to: table, now: engine.now)

        var members: [UInt8] = []
        if let stored {
            members.reserveCapacity(stored.json.count + 128)
            members += ",\"Item\":".utf8
            try stored.append(projection, to: &members)
        }
        if let consumptionShape {
            members += ",\"ConsumedCapacity\":".utf8
            used.append(consumptionShape, to: &members)
        }
        return .object(members)
    }
}

extension StoredItem {
    /// Appends the item's JSON, or that of the parts a projection asks for.
    func append(_ projection: Projection?, to output: inout [UInt8]) throws(ErrorReply) {
        guard let projection else {
            output += json
            return
        }
        let isWritten = unsafe json.span.bytes.withUnsafeBytes { unsafe projection.apply(item: $0, into: &output) }
        // Only what the store has written itself is read here.
        guard isWritten else { throw .internalServerError() }
    }
}
