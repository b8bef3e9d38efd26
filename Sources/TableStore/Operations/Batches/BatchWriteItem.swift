import DynamoDB

/// BatchWriteItem: up to 25 puts and deletions in several tables, each by itself.
///
/// A fault in any of them refuses all; what the capacity does not allow comes back as `UnprocessedItems`.
struct BatchWriteItem: StoreOperation {
    static let shape = Shapes.batchWriteItem

    fileprivate static let maximumWrites = 25

    /// The writes of one table, named by its name or ARN.
    private struct Part {
        var tableName: String
        var writes: [Write]
    }

    private let parts: [Part]
    private let consumptionShape: Consumption.Shape?
    private let wantsMetrics: Bool

    init(_ members: Members) throws(ErrorReply) {
        let items = members.map("RequestItems") ?? []
        guard !items.isEmpty else { throw .validation("The requestItems parameter is required for BatchWriteItem") }
        var parts: [Part] = []
        var count = 0
        for (name, value) in items {
            guard case .list(let requests) = value else { continue }
            parts.append(Part(tableName: name, writes: try Self.writes(requests)))
            count += requests.count
        }
        guard count <= Self.maximumWrites else {
            throw .validation("Too many items requested for the BatchWriteItem call")
        }
        self.parts = parts
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
        wantsMetrics = members.string("ReturnItemCollectionMetrics") == "SIZE"
    }

    /// Checks what needs no table, in the service's order (mhart/dynalite, validations/batchWriteItem.js).
    private static func writes(_ requests: [Members.Value]) throws(ErrorReply) -> [Write] {
        let requests = requests.map { if case .structure(let request) = $0 { request } else { Members() } }
        for request in requests where request.has("PutRequest") == request.has("DeleteRequest") {
            throw .validation(
                "Supplied AttributeValue has more than one datatypes set, "
                    + "must contain exactly one of the supported datatypes"
            )
        }
        var writes: [Write] = []
        for request in requests { writes.append(try Write(request)) }
        return writes
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var changes: [(table: Table, changes: [ItemChange])] = []
        var seen: Set<Target> = []
        for part in parts {
            let table = try engine.table(named: part.tableName)
            changes.append((table, try Self.changes(part.writes, of: table, on: engine, &seen)))
        }
        for (table, changes) in changes {
            for change in changes { try Self.check(change, in: table, on: engine) }
        }

        var reply = Writing(consumptionShape, wantsMetrics: wantsMetrics)
        for (part, (table, changes)) in zip(parts, changes) {
            for (write, change) in zip(part.writes, changes) {
                try reply.write(write, change, to: table, named: part.tableName, on: engine)
            }
        }
        return try reply.finished()
    }

    /// Refuses what the table can't take; whether there is capacity for it is asked later.
    private static func check(_ change: ItemChange, in table: Table, on engine: Engine) throws(ErrorReply) {
        do {
            try engine.check(change, in: table)
        } catch {
            guard error.isThrottling else { throw error }
        }
    }

    /// Which item a write is to.
    private struct Target: Hashable {
        var table: Int64
        var key: StorageKey
    }

    private static func changes(
        _ writes: [Write],
        of table: Table,
        on engine: Engine,
        _ seen: inout Set<Target>
    ) throws(ErrorReply) -> [ItemChange] {
        var changes: [ItemChange] = []
        for write in writes {
            let key = try write.key(in: table)
            let storageKey = StorageKey(key)
            guard seen.insert(Target(table: table.definition.number, key: storageKey)).inserted else {
                throw .validation("Provided list of item keys contains duplicates")
            }
            let old = try engine.item(storageKey, in: table)
            changes.append(
                ItemChange(key: key, storageKey: storageKey, old: old?.item, oldSize: old?.size ?? 0, new: write.item)
            )
        }
        return changes
    }
}
