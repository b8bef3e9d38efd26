/// What a query or scan reads, and how its pages look.
struct ModelPages {
    /// Bytes of items in a page.
    private static let maximumBytes = 1 << 20

    let read: ModelRead
    let table: ModelTable
    let index: ModelIndex?
    /// Keys of the items to be read; of a table's query in their order.
    let keys: [ModelKey]

    var schema: ModelSchema { index?.schema ?? table.schema }

    /// Whether the model knows the order of the keys.
    var isOrdered: Bool { read.partition != nil && index == nil }

    /// Refuses what the service does.
    init(_ read: ModelRead, in store: ModelStore) throws(ModelRefusal) {
        self.read = read
        table = try store.table(read.table)
        var index: ModelIndex?
        if let name = read.index {
            index = table.index(name)
            guard index != nil else { throw .validation }
        }
        self.index = index
        let schema = index?.schema ?? table.schema
        let names = index?.names(table.schema)
        if let index, index.isGlobal {
            if read.isConsistent { throw .validation }
            if read.select == "ALL_ATTRIBUTES", names != nil { throw .validation }
            if let projection = read.projection, let names, !projection.attributes.isSubset(of: names) {
                throw .validation
            }
        }
        if case .between(let low, let high)? = read.sort, high.isBefore(low) == true { throw .validation }
        if read.partition != nil, let filter = read.filter {
            guard filter.attributes.isDisjoint(with: schema.names) else { throw .validation }
            if let names, !filter.attributes.isSubset(of: names) { throw .validation }
        }
        if let start = read.startKey, let sort = read.sort, !sort.holds(start) { throw .validation }

        var keys: [(key: ModelKey, sort: ModelValue?)] = []
        for (key, item) in table.items {
            var entry: ModelItem? = item
            if let index { entry = index.entry(of: item, table.schema) }
            guard let entry, let place = schema.key(of: entry) else { continue }
            if let partition = read.partition {
                guard place.partition == partition else { continue }
                if let condition = read.sort, let sort = place.sort, !condition.holds(sort) { continue }
            }
            keys.append((key, place.sort))
        }
        if read.partition != nil, index == nil {
            keys.sort { left, right in
                guard let one = left.sort, let two = right.sort else { return false }
                return read.isForward ? one.isBefore(two) == true : two.isBefore(one) == true
            }
        }
        self.keys = keys.map(\.key)
    }

    /// The place to start from among keys in order.
    func start(in order: [ModelKey]) -> (place: Int, key: ModelItem?) {
        if let start = read.startKey, let partition = read.partition {
            let place = order.firstIndex { key in
                guard let sort = key.sort else { return false }
                return read.isForward ? start.isBefore(sort) == true : sort.isBefore(start) == true
            }
            return (place ?? order.count, table.schema.attributes(of: ModelKey(partition: partition, sort: start)))
        }
        guard let after = read.startAfter, !order.isEmpty else { return (0, nil) }
        let place = after % order.count
        return (place + 1, lastKey(order[place]))
    }

    /// The `LastEvaluatedKey` of a page that ends with an item.
    func lastKey(_ key: ModelKey) -> ModelItem {
        (table.items[key] ?? [:]).only(Set(table.schema.names + schema.names))
    }

    /// Whether items are fetched from the table as the local index does not hold what is asked for.
    private var isFetching: Bool {
        guard let index, !index.isGlobal, let names = index.names(table.schema) else { return false }
        return read.select == "ALL_ATTRIBUTES" || read.projection.map { !$0.attributes.isSubset(of: names) } ?? false
    }

    /// The page that begins at a place, and where the next one begins; nil when there is none.
    ///
    /// `most` is how many items the store has looked at, when it had reason to end a page early.
    func page(
        _ order: [ModelKey],
        from start: Int,
        _ operation: ModelOperation,
        most: Int? = nil
    ) -> (reply: ModelReply, next: Int?) {
        var reply = ModelReply(count: 0, scannedCount: 0, members: ["Count", "ScannedCount"])
        let factor = read.isConsistent ? 1.0 : 0.5
        var (bytes, fetched) = (0, 0.0)
        var place = start
        var next: Int?
        while place < order.count {
            let key = order[place]
            let item = table.items[key] ?? [:]
            let entry = item.only(index?.names(table.schema))
            place += 1
            bytes += entry.size
            if isFetching { fetched += factor * ModelUnits.read(item.size) }
            reply.scannedCount = place - start
            let content = isFetching ? item : entry
            if read.filter?.holds(content) ?? true {
                reply.count = (reply.count ?? 0) + 1
                if read.select != "COUNT" { reply.items.append(read.projection?.taken(of: content) ?? content) }
            }
            if place - start == read.limit || place - start == most || bytes >= Self.maximumBytes {
                next = place
                reply.lastKey = lastKey(key)
                reply.members.insert("LastEvaluatedKey")
                break
            }
        }
        if read.select != "COUNT" { reply.members.insert("Items") }
        var units = ModelUnits()
        units.table.read = index == nil ? factor * ModelUnits.read(bytes) : fetched
        if let index { units.indexes[index.name] = .init(read: factor * ModelUnits.read(bytes)) }
        reply.tell([(table, units)], operation)
        return (reply, next)
    }
}
