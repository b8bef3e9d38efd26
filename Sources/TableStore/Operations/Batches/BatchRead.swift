import DynamoDB

extension BatchGetItem {
    /// A BatchGetItem's reply as it grows.
    struct Reading {
        private let shape: Consumption.Shape?
        private var responses: [UInt8] = []
        private var unprocessed: [UInt8] = []
        private var consumptions = ConsumptionList()
        private var bytes = 0
        private var jsonBytes = 0
        private var isFull = false
        private var hasRead = false
        /// Why something could not be read.
        private var refusal: ErrorReply?

        init(_ shape: Consumption.Shape?) {
            self.shape = shape
        }

        /// Reads the items of one table, as many as it may.
        mutating func read(
            _ part: Part,
            _ keys: [StorageKey],
            of table: Table,
            on engine: Engine
        ) throws(ErrorReply) {
            var items: [UInt8] = []
            var rest: [AttributeMap] = []
            for (key, storageKey) in zip(part.keys, keys) {
                isFull = isFull || jsonBytes >= maximumJSONBytes
                guard !isFull, admit(table, engine) else {
                    rest.append(key)
                    continue
                }
                let stored = try engine.storage.item(storageKey, in: table.definition.number)
                if let stored, bytes + stored.size > maximumBytes {
                    isFull = true
                    rest.append(key)
                    continue
                }
                hasRead = true
                var used = Consumption(tableName: part.tableName)
                used.table.read = CapacityUnits.read(stored?.size ?? 0, part.consistency)
                engine.capacity.charge(used, to: table, now: engine.now)
                consumptions.add(used)
                guard let stored else { continue }
                bytes += stored.size
                jsonBytes += stored.json.count
                if !items.isEmpty { items.append(UInt8(ascii: ",")) }
                if let projection = part.projection {
                    try stored.item().projected(by: projection).append(to: &items)
                } else {
                    items += stored.json
                }
            }
            responses.appendMemberName(part.tableName)
            responses.append(UInt8(ascii: "["))
            responses += items
            responses.append(UInt8(ascii: "]"))
            if !rest.isEmpty { leave(rest, of: part) }
        }

        /// Whether the table has capacity left.
        private mutating func admit(_ table: Table, _ engine: Engine) -> Bool {
            do {
                try engine.capacity.admit(.read, table, now: engine.now)
                return true
            } catch {
                refusal = error
                return false
            }
        }

        private mutating func leave(_ keys: [AttributeMap], of part: Part) {
            unprocessed.appendMemberName(part.tableName)
            unprocessed += "{\"Keys\":[".utf8
            for (index, key) in keys.enumerated() {
                if index > 0 { unprocessed.append(UInt8(ascii: ",")) }
                key.append(to: &unprocessed)
            }
            unprocessed.append(UInt8(ascii: "]"))
            for option in part.options {
                unprocessed += ",\"\(option.name)\":".utf8
                option.value.appendJSON(to: &unprocessed)
            }
            unprocessed.append(UInt8(ascii: "}"))
        }

        /// The reply's body.
        ///
        /// When nothing could be read the refusal is thrown.
        func finished() throws(ErrorReply) -> [UInt8] {
            if let refusal, !hasRead { throw refusal }
            var output = Array("{\"Responses\":{".utf8)
            output += responses
            output += "},\"UnprocessedKeys\":{".utf8
            output += unprocessed
            output.append(UInt8(ascii: "}"))
            consumptions.appendMember(shape, to: &output)
            output.append(UInt8(ascii: "}"))
            return output
        }
    }
}
