import DynamoDB

extension ErrorReply {
    /// Whether a table or index has no capacity left.
    var isThrottling: Bool {
        name == "ProvisionedThroughputExceededException" || name == "ThrottlingException"
    }
}

extension BatchWriteItem {
    /// A WriteRequest.
    enum Write {
        case put(Item)
        case delete(key: AttributeMap)

        /// `request` has one of its two members.
        init(_ request: Members) throws(ErrorReply) {
            if let put = request.structure("PutRequest"), let item = put.attributeMap("Item") {
                let item = try item.checked(for: .batchWriteItem)
                guard item.size <= ItemChange.maximumSize else {
                    throw .validation("Item size has exceeded the maximum allowed size")
                }
                self = .put(item)
            } else {
                let key = request.structure("DeleteRequest")?.attributeMap("Key")
                self = .delete(key: try key?.checked(for: .batchWriteItem) ?? AttributeMap())
            }
        }

        /// The item to be put; nil for a deletion.
        var item: Item? {
            if case .put(let item) = self { item } else { nil }
        }

        /// The key of the item.
        ///
        /// Of a put's key attributes the service says no more than of those of a `Key` (nubo-db/dynamodb-conformance,
        /// error-messages/batchWriteItem, checked against the service).
        func key(in table: Table) throws(ErrorReply) -> PrimaryKey {
            switch self {
            case .delete(let key):
                return try PrimaryKey(checking: key, of: table)
            case .put(let item):
                let schema = table.definition.keySchema
                var key = AttributeMap()
                key[schema.partitionKey.name] = item[schema.partitionKey.name]
                if let name = schema.sortKey?.name { key[name] = item[name] }
                return try PrimaryKey(checking: key, of: table)
            }
        }

        /// Appends the WriteRequest again.
        func append(to output: inout [UInt8]) {
            switch self {
            case .put(let item):
                output += "{\"PutRequest\":{\"Item\":".utf8
                item.append(to: &output)
            case .delete(let key):
                output += "{\"DeleteRequest\":{\"Key\":".utf8
                key.append(to: &output)
            }
            output += "}}".utf8
        }
    }

    /// A BatchWriteItem's reply as it grows.
    struct Writing {
        private let shape: Consumption.Shape?
        private var consumptions = ConsumptionList()
        private var metrics: ItemCollectionMetricsList
        private var unprocessed: [(tableName: String, writes: [Write])] = []
        private var hasWritten = false
        /// Why something could not be written.
        private var refusal: ErrorReply?

        init(_ shape: Consumption.Shape?, wantsMetrics: Bool) {
            self.shape = shape
            metrics = ItemCollectionMetricsList(isWanted: wantsMetrics)
        }

        /// Makes a checked change, or leaves it for the client to ask again.
        mutating func write(
            _ write: Write,
            _ change: ItemChange,
            to table: Table,
            named name: String,
            on engine: Engine
        ) throws(ErrorReply) {
            do {
                try engine.capacity.admit(.write, table, now: engine.now)
                try engine.admitIndexWrites(change, in: table)
            } catch {
                guard error.isThrottling else { throw error }
                refusal = error
                leave(write, named: name)
                return
            }
            hasWritten = true
            var used = try engine.apply(change, to: table)
            engine.capacity.charge(used, to: table, now: engine.now)
            used.tableName = name
            consumptions.add(used)
            try metrics.add(change, table, named: name, engine)
        }

        private mutating func leave(_ write: Write, named name: String) {
            if unprocessed.last?.tableName == name {
                unprocessed[unprocessed.count - 1].writes.append(write)
            } else {
                unprocessed.append((name, [write]))
            }
        }

        /// The reply's body.
        ///
        /// When nothing could be written the refusal is thrown.
        func finished() throws(ErrorReply) -> [UInt8] {
            if let refusal, !hasWritten { throw refusal }
            var left: [UInt8] = []
            for (name, writes) in unprocessed {
                left.appendMemberName(name)
                left.append(UInt8(ascii: "["))
                for (index, write) in writes.enumerated() {
                    if index > 0 { left.append(UInt8(ascii: ",")) }
                    write.append(to: &left)
                }
                left.append(UInt8(ascii: "]"))
            }
            var output = Array("{\"UnprocessedItems\":{".utf8) + left
            output.append(UInt8(ascii: "}"))
            metrics.appendMember(to: &output)
            consumptions.appendMember(shape, to: &output)
            output.append(UInt8(ascii: "}"))
            return output
        }
    }
}
