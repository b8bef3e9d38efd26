/// The model: what DynamoDB does with a few tables, in plain dictionaries.
struct ModelStore {
    var tables: [String: ModelTable]
    /// Milliseconds since 1970.
    var now: Int64
    private var tokens: [String: (items: String, time: Int64)] = [:]
    /// Milliseconds for which tokens count.
    private static let tokenLifetime: Int64 = 600_000

    init(_ tables: [ModelTable], now: Int64) {
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
        self.now = now
    }

    func table(_ name: String) throws(ModelRefusal) -> ModelTable {
        guard let table = tables[name] else { throw .noTable }
        return table
    }

    // MARK: Writes

    /// What a write does, found out without doing it.
    private struct Step {
        var table: ModelTable
        var key: ModelKey
        var old: ModelItem?
    }

    /// Which item an operation is about.
    struct Place: Hashable {
        var table: String
        var key: ModelKey
    }

    /// What is refused whatever the item is.
    private func step(_ write: ModelWrite) throws(ModelRefusal) -> Step {
        let table = try table(write.table)
        let key: ModelKey
        switch write.action {
        case .put(let item):
            key = try table.check(key: item.only(Set(table.schema.names)))
            try table.checkIndexKeys(item)
            guard item.size <= ModelTable.maximumSize else { throw .request }
        case .update(let attributes, let update):
            key = try table.check(key: attributes)
            guard let update else { break }
            guard update.actions.allSatisfy({ !table.schema.names.contains($0.path.attribute) }) else {
                throw .validation
            }
            try table.checkIndexKeys(update)
        case .delete(let attributes), .check(let attributes):
            key = try table.check(key: attributes)
        }
        return Step(table: table, key: key, old: table.items[key])
    }

    /// The item after a write.
    private func outcome(_ write: ModelWrite, _ step: Step) throws(ModelRefusal) -> ModelItem? {
        switch write.action {
        case .put(let item): return item
        case .delete: return nil
        case .check: return step.old
        case .update(let key, let update):
            guard let update else { return step.old ?? key }
            if step.old == nil, update.onlyRemoves { return nil }
            let new = try update.applied(to: step.old ?? key)
            try step.table.checkIndexKeys(new, except: step.old)
            guard new.size <= ModelTable.maximumSize else { throw .validation }
            return new
        }
    }

    private func holds(_ condition: ModelCondition?, _ item: ModelItem?) -> Bool {
        condition?.holds(item ?? [:]) ?? true
    }

    /// PutItem, UpdateItem, DeleteItem.
    mutating func write(_ write: ModelWrite, _ operation: ModelOperation) -> ModelReply {
        do throws(ModelRefusal) {
            let step = try step(write)
            guard holds(write.condition, step.old) else {
                var reply = ModelReply.refusal(.conditionalCheckFailed)
                if write.returnsOldOnFailure, let old = step.old { reply.items = [old] }
                return reply
            }
            let new = try outcome(write, step)
            let units = tables[write.table]?.write(new, at: step.key) ?? ModelUnits()
            var reply = ModelReply()
            if let item = returned(write, step.old, new) {
                reply.items = [item]
                reply.members.insert("Attributes")
            }
            if operation.wantsMetrics, step.table.indexes.contains(where: { !$0.isGlobal }) {
                reply.metrics = ["": [[step.table.schema.partition.name: step.key.partition]: 1]]
                reply.members.insert("ItemCollectionMetrics")
            }
            reply.tell([(step.table, units)], operation)
            return reply
        } catch {
            return .refusal(error)
        }
    }

    /// `Attributes`; nil for none.
    private func returned(_ write: ModelWrite, _ old: ModelItem?, _ new: ModelItem?) -> ModelItem? {
        var projection: ModelProjection?
        if case .update(_, let update) = write.action { projection = update?.projection }
        let item: ModelItem? =
            switch write.returns {
            case "ALL_OLD": old
            case "ALL_NEW": new
            case "UPDATED_OLD": projection.flatMap { old.map($0.taken) }
            case "UPDATED_NEW": projection.flatMap { new.map($0.taken) }
            default: nil
            }
        return item?.isEmpty == true ? nil : item
    }

    mutating func batchWrite(_ writes: [ModelWrite], _ operation: ModelOperation) -> ModelReply {
        do throws(ModelRefusal) {
            var steps: [(write: ModelWrite, step: Step)] = []
            var seen: Set<Place> = []
            for write in writes {
                let step = try step(write)
                guard seen.insert(Place(table: write.table, key: step.key)).inserted else { throw .validation }
                steps.append((write, step))
            }
            var reply = ModelReply(members: ["UnprocessedItems"])
            try apply(steps, &reply, operation, factor: 1)
            return reply
        } catch {
            return .refusal(error)
        }
    }

    mutating func transactWrite(
        _ writes: [ModelWrite],
        token: String?,
        _ items: String,
        _ operation: ModelOperation
    )
        -> ModelReply
    {
        do throws(ModelRefusal) {
            var steps: [(write: ModelWrite, step: Step)] = []
            var seen: Set<Place> = []
            for write in writes { _ = try table(write.table) }
            // Of faults that need no item only the first is told.
            var fault: Int?
            for (place, write) in writes.enumerated() {
                let step: Step
                do throws(ModelRefusal) {
                    step = try self.step(write)
                } catch {
                    if case .request = error { throw error }
                    fault = fault ?? place
                    continue
                }
                guard seen.insert(Place(table: write.table, key: step.key)).inserted else { throw .validation }
                steps.append((write, step))
            }
            if let fault { return .cancelled([fault: "ValidationError"], of: writes.count) }
            if let token, let saved = tokens[token], now - saved.time <= Self.tokenLifetime {
                guard saved.items == items else { throw .mismatchedToken }
                var reply = ModelReply()
                reply.tell(
                    steps.map {
                        ($0.step.table, ModelUnits(table: .init(read: 2 * ModelUnits.read($0.step.old?.size ?? 0))))
                    },
                    operation,
                    inTransaction: true
                )
                return reply
            }
            var reply = ModelReply()
            var codes: [Int: String] = [:]
            var returned: [Int: ModelItem] = [:]
            for (place, (write, step)) in steps.enumerated() {
                guard holds(write.condition, step.old) else {
                    codes[place] = "ConditionalCheckFailed"
                    if write.returnsOldOnFailure { returned[place] = step.old }
                    continue
                }
                do throws(ModelRefusal) {
                    _ = try outcome(write, step)
                } catch {
                    // Nobody knows what the service says of an index key that an update turns out to make empty.
                    if case .request = error { throw error }
                    codes[place] = "ValidationError"
                }
            }
            if !codes.isEmpty { return .cancelled(codes, returned, of: writes.count) }
            try apply(steps, &reply, operation, factor: 2)
            if let token { tokens[token] = (items, now) }
            return reply
        } catch {
            return .refusal(error)
        }
    }

    /// Makes the writes of a batch or transaction.
    private mutating func apply(
        _ steps: [(write: ModelWrite, step: Step)],
        _ reply: inout ModelReply,
        _ operation: ModelOperation,
        factor: Double
    ) throws(ModelRefusal) {
        var used: [(ModelTable, ModelUnits)] = []
        for (write, step) in steps {
            if case .check = write.action {
                used.append(
                    (step.table, ModelUnits(table: .init(write: factor * ModelUnits.write(step.old?.size ?? 0))))
                )
                continue
            }
            let new = try outcome(write, step)
            used.append((step.table, tables[write.table]?.write(new, at: step.key, factor: factor) ?? ModelUnits()))
            guard operation.wantsMetrics, step.table.indexes.contains(where: { !$0.isGlobal }) else { continue }
            reply.metrics[write.table, default: [:]][[step.table.schema.partition.name: step.key.partition]] = 1
            reply.members.insert("ItemCollectionMetrics")
        }
        reply.tell(used, operation, inTransaction: factor == 2)
    }

    // MARK: Time to live

    /// Deletes what has expired; returns how many items.
    mutating func expire() {
        let second = now / 1000
        for name in tables.keys.sorted() {
            guard let table = tables[name], let attribute = table.timeToLiveAttribute else { continue }
            for (key, item) in table.items {
                // A fraction does not matter.
                guard case .number(let number)? = item[attribute], let time = Int64(number.text.prefix { $0 != "." }),
                    time < second, time >= second - 5 * 366 * 86_400
                else { continue }
                _ = tables[name]?.write(nil, at: key, isByTimeToLive: true)
            }
        }
    }
}

extension ModelReply {
    /// Tells the capacity used when the request asks for it.
    mutating func tell(
        _ used: [(ModelTable, ModelUnits)],
        _ operation: ModelOperation,
        inTransaction: Bool = false
    ) {
        guard operation.capacity != .none else { return }
        var sums: [String: (ModelTable, ModelUnits)] = [:]
        for (table, units) in used { sums[table.name, default: (table, ModelUnits())].1 += units }
        capacity = sums.sorted { $0.key < $1.key }
            .map { $0.value.1.json(of: $0.value.0, operation.capacity, inTransaction: inTransaction) }
        members.insert("ConsumedCapacity")
    }

    fileprivate static func cancelled(
        _ codes: [Int: String],
        _ items: [Int: ModelItem] = [:],
        of count: Int
    ) -> ModelReply {
        var reply = refusal(.cancelled)
        reply.codes = (0..<count).map { codes[$0] ?? "None" }
        reply.items = (0..<count).map { items[$0] }
        return reply
    }
}
