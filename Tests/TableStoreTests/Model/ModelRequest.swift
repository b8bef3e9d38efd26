extension ModelOperation {
    /// A request's operation and body; nil for what is no single request.
    func request() -> (operation: String, body: String)? {
        switch kind {
        case .write(let write):
            var writer = ModelWriter(style: style, isLegacy: isLegacy)
            let name = writer.add(write)
            if let returns = write.returns { writer.member("ReturnValues", text: returns) }
            return ("\(name)Item", options(&writer))
        case .get(let get):
            var writer = ModelWriter(style: style, isLegacy: isLegacy)
            writer.member("TableName", text: get.table)
            let key = writer.item(get.keys[0])
            writer.member("Key", key)
            writer.member(projection: get.projection)
            if get.isConsistent { writer.member("ConsistentRead", "true") }
            return ("GetItem", options(&writer))
        case .batchGet(let gets):
            var writer = ModelWriter(style: style)
            let parts = gets.enumerated().map { "\"\($1.table)\":\(part($1, style &+ UInt64($0)))" }
            writer.member("RequestItems", "{\(parts.joined(separator: ","))}")
            return ("BatchGetItem", options(&writer))
        case .batchWrite(let writes):
            var writer = ModelWriter(style: style)
            var tables: [String] = []
            for write in writes where !tables.contains(write.table) { tables.append(write.table) }
            let parts = tables.map { table in
                "\"\(table)\":[\(writes.filter { $0.table == table }.map(batchRequest).joined(separator: ","))]"
            }
            writer.member("RequestItems", "{\(parts.joined(separator: ","))}")
            return ("BatchWriteItem", options(&writer))
        case .transactGet(let gets):
            var writer = ModelWriter(style: style)
            let parts = gets.enumerated().map { place, get in
                var part = ModelWriter(style: style &+ UInt64(place))
                part.member("TableName", text: get.table)
                let key = part.item(get.keys[0])
                part.member("Key", key)
                part.member(projection: get.projection)
                return #"{"Get":\#(part.finished())}"#
            }
            writer.member("TransactItems", "[\(parts.joined(separator: ","))]")
            return ("TransactGetItems", options(&writer))
        case .transactWrite(let writes, let token):
            var writer = ModelWriter(style: style)
            writer.member("TransactItems", transactItems(writes))
            if let token { writer.member("ClientRequestToken", text: token) }
            return ("TransactWriteItems", options(&writer))
        case .broken(let operation, let body, _):
            return (operation, body)
        case .read, .expire, .timeToLive, .toggleIndex, .verify, .restart:
            return nil
        }
    }

    /// `TransactItems`, by which requests with one token are told from each other.
    func transactItems(_ writes: [ModelWrite]) -> String {
        let parts = writes.enumerated().map { place, write in
            var part = ModelWriter(style: style &+ UInt64(place))
            let name = part.add(write)
            return #"{"\#(name)":\#(part.finished())}"#
        }
        return "[\(parts.joined(separator: ","))]"
    }

    private func options(_ writer: inout ModelWriter) -> String {
        if capacity != .none || style % 5 == 0 { writer.member("ReturnConsumedCapacity", text: capacity.rawValue) }
        if wantsMetrics { writer.member("ReturnItemCollectionMetrics", text: "SIZE") }
        return writer.finished()
    }

    private func part(_ get: ModelGet, _ style: UInt64) -> String {
        var writer = ModelWriter(style: style, isLegacy: isLegacy)
        let keys = get.keys.map { writer.item($0) }
        writer.member("Keys", "[\(keys.joined(separator: ","))]")
        writer.member(projection: get.projection)
        if get.isConsistent { writer.member("ConsistentRead", "true") }
        return writer.finished()
    }

    private func batchRequest(_ write: ModelWrite) -> String {
        var writer = ModelWriter(style: style)
        switch write.action {
        case .put(let item): return #"{"PutRequest":{"Item":\#(writer.item(item))}}"#
        case .delete(let key), .update(let key, _), .check(let key):
            return #"{"DeleteRequest":{"Key":\#(writer.item(key))}}"#
        }
    }

    /// A page of a query or scan; `start` is the `ExclusiveStartKey`.
    func page(_ read: ModelRead, of schema: ModelSchema, after start: ModelItem?) -> (operation: String, body: String) {
        var writer = ModelWriter(style: style, isLegacy: isLegacy)
        let name = read.partition == nil ? "Scan" : "Query"
        writer.member("TableName", text: read.table)
        if let index = read.index { writer.member("IndexName", text: index) }
        if let partition = read.partition { writer.member(key: partition, in: schema, read.sort) }
        if let (number, total) = read.segment {
            writer.member("Segment", "\(number)")
            writer.member("TotalSegments", "\(total)")
        }
        writer.member(condition: read.filter, name)
        writer.member(projection: read.projection)
        if let select = read.select { writer.member("Select", text: select) }
        if let limit = read.limit { writer.member("Limit", "\(limit)") }
        if let start {
            let key = writer.item(start)
            writer.member("ExclusiveStartKey", key)
        }
        if !read.isForward || style % 3 == 0 && name == "Query" {
            writer.member("ScanIndexForward", "\(read.isForward)")
        }
        if read.isConsistent { writer.member("ConsistentRead", "true") }
        return (name, options(&writer))
    }
}

extension ModelWriter {
    /// Adds a write's members; returns what it is called in a transaction.
    mutating func add(_ write: ModelWrite) -> String {
        member("TableName", text: write.table)
        let name: String
        switch write.action {
        case .put(let item):
            let json = self.item(item)
            member("Item", json)
            name = "Put"
        case .update(let key, let update):
            let json = item(key)
            member("Key", json)
            if let update { member(update: update) }
            name = "Update"
        case .delete(let key):
            let json = item(key)
            member("Key", json)
            name = "Delete"
        case .check(let key):
            let json = item(key)
            member("Key", json)
            name = "ConditionCheck"
        }
        member(condition: write.condition)
        if write.returnsOldOnFailure { member("ReturnValuesOnConditionCheckFailure", text: "ALL_OLD") }
        return name
    }
}
