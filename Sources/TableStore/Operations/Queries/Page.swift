import DynamoDB

/// A page of a Query or Scan as it grows.
///
/// It ends with the item that fills it, by number or by size, filtered or not; then it has a `LastEvaluatedKey`, even when
/// nothing follows. One that takes much longer than that ends early, since all other calls wait for it.
struct Page {
    /// Bytes of items in a page (Developer Guide, "Paginating table query results").
    private static let maximumBytes = 1 << 20
    /// Bytes of the items' JSON, which may be many times those of the items, as numbers are written out, and more so those
    /// of what an index has of them.
    private static let maximumJSONBytes = 64 << 20
    /// Nanoseconds.
    private static let maximumTime: UInt64 = 2_000_000_000

    private let request: ReadRequest
    private let target: ReadTarget
    /// What to take of each item; nil for all.
    private let attributes: Set<[UInt8]>?
    /// Whether items of a local index are fetched from the table, as more is asked of them than the index holds.
    private let isFetching: Bool

    private var items: [UInt8] = []
    private var count = 0
    private var scannedCount = 0
    /// Bytes read from the table or index.
    private var bytes = 0
    private var jsonBytes = 0
    /// Units of items fetched from the table, and their bytes, each rounded up to a unit.
    private var fetched = (units: 0.0, bytes: 0)
    /// The last item of a full page.
    private var last: StoredItem?
    private let start = Clock.monotonic

    init(_ request: ReadRequest, _ target: ReadTarget) {
        self.request = request
        self.target = target
        isFetching =
            target.index?.isGlobal == false && target.projectedAttributes != nil
            && (request.selection == .allAttributes
                || !target.missing(request.expressions.projection?.attributes ?? []).isEmpty)
        attributes = isFetching ? nil : target.projectedAttributes
    }

    /// Reads items of the target until the page is full.
    mutating func read(_ range: StorageRange, from storage: Storage) throws(ErrorReply) {
        let table = target.table.definition.number
        var page = self
        if let index = target.index {
            try storage.entries(of: index.number, table: table, range) { (entry, item) throws(ErrorReply) in
                try page.add(item, size: entry.size)
            }
        } else {
            try storage.items(in: table, range) { (_, item) throws(ErrorReply) in
                try page.add(item, size: item.size)
            }
        }
        self = page
    }

    /// Adds an item; false when the page is full.
    private mutating func add(_ item: StoredItem, size: Int) throws(ErrorReply) -> Bool {
        scannedCount += 1
        bytes += size
        jsonBytes += item.json.count
        if isFetching {
            fetched.units += CapacityUnits.read(item.size, consistency)
            fetched.bytes += Self.wholeUnits(item.size)
        }
        try take(item)
        let pageBytes = isFetching ? Self.wholeUnits(bytes) + fetched.bytes : bytes
        let isFull = scannedCount == request.limit || pageBytes >= Self.maximumBytes
        guard isFull || isLaborious else { return true }
        last = item
        return false
    }

    private var isLaborious: Bool {
        jsonBytes >= Self.maximumJSONBytes || Clock.monotonic &- start >= Self.maximumTime
    }

    /// Bytes rounded up to whole read units, as a page counts them when items are fetched (Developer Guide, "Local
    /// secondary indexes").
    private static func wholeUnits(_ bytes: Int) -> Int {
        let unit = CapacityUnits.bytesPerReadUnit
        return (bytes + unit - 1) / unit * unit
    }

    /// Appends the item, or what is asked of it, unless the filter drops it.
    private mutating func take(_ stored: StoredItem) throws(ErrorReply) {
        let (filter, projection) = (request.expressions.filter, request.expressions.projection)
        let isCounting = request.selection == .count
        var item: Item?
        if filter != nil || !isCounting && (projection != nil || attributes != nil) {
            item = try stored.item().only(attributes)
        }
        if let filter, let item, !filter.evaluate(item) { return }
        count += 1
        if isCounting { return }
        if !items.isEmpty { items.append(UInt8(ascii: ",")) }
        switch (item, projection) {
        case (let item?, let projection?): item.projected(by: projection).append(to: &items)
        case (let item?, nil) where attributes != nil: item.append(to: &items)
        default: items += stored.json
        }
    }

    private var consistency: CapacityUnits.ReadConsistency { request.isConsistent ? .strong : .eventual }

    /// What reading the page used.
    var consumption: Consumption {
        var used = Consumption(tableName: request.tableName)
        let units = Consumption.Units(read: CapacityUnits.read(bytes, consistency))
        if let index = target.index {
            used.table.read = fetched.units
            if index.isGlobal {
                used.globalIndexes[index.name] = units
            } else {
                used.localIndexes[index.name] = units
            }
        } else {
            used.table = units
        }
        return used
    }

    /// The reply's body.
    func reply(_ used: Consumption) throws(ErrorReply) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(items.count + 512)
        output += "{\"Count\":\(count),\"ScannedCount\":\(scannedCount)".utf8
        if request.selection != .count {
            output += ",\"Items\":[".utf8
            output += items
            output.append(UInt8(ascii: "]"))
        }
        if let last {
            output += ",\"LastEvaluatedKey\":".utf8
            try last.item().only(Set(target.keyAttributes.map(\.name))).append(to: &output)
        }
        if let shape = request.consumptionShape {
            output += ",\"ConsumedCapacity\":".utf8
            used.append(shape, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }
}

extension AttributeMap {
    /// The attributes with these names; all for nil.
    fileprivate func only(_ names: Set<[UInt8]>?) -> AttributeMap {
        guard let names, !attributes.allSatisfy({ names.contains($0.name) }) else { return self }
        var map = AttributeMap()
        for attribute in attributes where names.contains(attribute.name) { map[attribute.name] = attribute.value }
        return map
    }
}
