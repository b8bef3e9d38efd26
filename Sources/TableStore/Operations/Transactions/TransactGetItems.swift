import DynamoDB

/// TransactGetItems: up to 100 items as they are at one moment.
struct TransactGetItems: StoreOperation {
    static let shape = Shapes.transactGetItems

    private struct Get {
        /// A name or an ARN.
        var tableName: String
        var key: AttributeMap
        var projection: Projection?
    }

    private let gets: [Get]
    private let consumptionShape: Consumption.Shape?

    init(_ members: Members) throws(ErrorReply) {
        var gets: [Get] = []
        for element in members.structures("TransactItems") ?? [] {
            guard let get = element.structure("Get"), let name = get.string("TableName"),
                let key = get.attributeMap("Key")
            else { continue }
            gets.append(
                Get(
                    tableName: name,
                    key: try key.checked(for: .transactGetItems),
                    projection: try Transactions.expressions(get, for: .transactGetItems)?.projection
                )
            )
        }
        self.gets = gets
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let places = try places(on: engine)
        var reasons = CancellationReasons(actions: gets.count)
        for (index, place) in places.enumerated() {
            do {
                try engine.capacity.admit(.read, place.table, now: engine.now)
            } catch {
                guard let reason = CancellationReasons.Reason(error) else { throw error }
                reasons[index] = reason
            }
        }
        try reasons.check()

        var output = Array("{\"Responses\":[".utf8)
        var consumptions = ConsumptionList()
        var bytes = 0
        for (index, (get, place)) in zip(gets, places).enumerated() {
            let stored = try engine.storage.item(place.key, in: place.table.definition.number)
            bytes += stored?.size ?? 0
            guard bytes <= Transactions.maximumBytes else { throw .transactionTooLarge }
            var used = Consumption(tableName: get.tableName)
            used.table.read = CapacityUnits.read(stored?.size ?? 0, .transactional)
            engine.capacity.charge(used, to: place.table, now: engine.now)
            consumptions.add(used)
            if index > 0 { output.append(UInt8(ascii: ",")) }
            try Self.append(stored, get.projection, to: &output)
        }
        output.append(UInt8(ascii: "]"))
        consumptions.appendMember(consumptionShape, separatesDirections: true, to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// Where the items are.
    ///
    /// Of keys that don't match their schemas only the first is reported (scylladb/scylladb,
    /// test/alternator/test_transact.py, which ran against the service).
    private func places(on engine: Engine) throws(ErrorReply) -> [(table: Table, key: StorageKey)] {
        var tables: [Table] = []
        for get in gets { tables.append(try engine.table(named: get.tableName)) }
        var places: [(table: Table, key: StorageKey)] = []
        var seen: Set<Transactions.Target> = []
        var fault: (action: Int, reason: CancellationReasons.Reason)?
        for (index, (get, table)) in zip(gets, tables).enumerated() {
            let key: StorageKey
            do {
                key = StorageKey(try PrimaryKey(checking: get.key, of: table))
            } catch {
                guard let reason = CancellationReasons.Reason(error) else { throw error }
                fault = fault ?? (index, reason)
                continue
            }
            places.append((table, key))
            let target = Transactions.Target(table: table.definition.number, key: key)
            guard seen.insert(target).inserted else { throw .sameItemTwice }
        }
        var reasons = CancellationReasons(actions: gets.count)
        if let fault { reasons[fault.action] = fault.reason }
        try reasons.check()
        return places
    }

    /// Appends one of the responses: `{}` for a missing item, and for one of which the projection takes nothing
    /// (nubo-db/dynoxide, src/actions/transact_get_items.rs, checked against the service).
    private static func append(
        _ stored: StoredItem?,
        _ projection: Projection?,
        to output: inout [UInt8]
    ) throws(ErrorReply) {
        output.append(UInt8(ascii: "{"))
        if let stored {
            if let projection {
                let item = try stored.item().projected(by: projection)
                if !item.isEmpty {
                    output += "\"Item\":".utf8
                    item.append(to: &output)
                }
            } else {
                output += "\"Item\":".utf8
                output += stored.json
            }
        }
        output.append(UInt8(ascii: "}"))
    }
}
