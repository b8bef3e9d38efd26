/// Where the parts of a BatchGetItem reply stand in its body.
///
/// Tables are named as the request named them, by name or ARN.
public struct BatchGetItemReply: Sendable, Equatable {
    /// The items of one table, in no particular order.
    public struct Response: Sendable, Equatable {
        /// The table's name, without its quotes and free of escapes.
        public let table: ByteRange
        /// The raw objects of the items.
        public let items: [ByteRange]
    }

    /// What was left undone for one table.
    public struct Unprocessed: Sendable, Equatable {
        /// The table's name, without its quotes and free of escapes.
        public let table: ByteRange
        /// The raw object, in the form of a request.
        public let request: ByteRange
        /// The raw objects of the keys.
        public let keys: [ByteRange]
    }

    /// The items, by table.
    public let responses: [Response]
    /// The raw `UnprocessedKeys` object; nil when the reply has none.
    public let unprocessedKeys: ByteRange?
    /// What is in `unprocessedKeys`, by table.
    public let unprocessed: [Unprocessed]
    /// The raw `ConsumedCapacity` array, when the request asked for it.
    public let consumedCapacity: ByteRange?

    /// Reads a reply.
    ///
    /// Nil for anything DynamoDB does not send: pass it through and keep none of it.
    public static func parse(_ body: UnsafeRawBufferPointer) -> BatchGetItemReply? {
        try? unsafe read(body)
    }

    private static func read(_ body: UnsafeRawBufferPointer) throws(RequestError) -> BatchGetItemReply {
        var reader = unsafe JSONReader(body)
        var responses: [Response]?
        var unprocessedKeys: ByteRange?
        var unprocessed: [Unprocessed] = []
        var consumedCapacity: ByteRange?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if responses == nil, reader.matches(name, "Responses") {
                responses = try readResponses(&reader)
            } else if unprocessedKeys == nil, reader.matches(name, "UnprocessedKeys") {
                _ = try reader.peek()
                let start = reader.position
                unprocessed = try readUnprocessed(&reader)
                unprocessedKeys = ByteRange(start: start, end: reader.position)
            } else if consumedCapacity == nil, reader.matches(name, "ConsumedCapacity") {
                guard try reader.peek() == .array else { throw .malformedJSON }
                consumedCapacity = try reader.skipValue()
            } else {
                throw .malformedJSON
            }
        }
        try reader.finish()
        guard let responses else { throw .malformedJSON }
        return BatchGetItemReply(
            responses: responses,
            unprocessedKeys: unprocessedKeys,
            unprocessed: unprocessed,
            consumedCapacity: consumedCapacity
        )
    }

    private static func readResponses(_ reader: inout JSONReader) throws(RequestError) -> [Response] {
        var responses: [Response] = []
        try reader.plainMembers { (reader, table) throws(RequestError) in
            responses.append(Response(table: table, items: try readObjects(&reader)))
        }
        return responses
    }

    private static func readUnprocessed(_ reader: inout JSONReader) throws(RequestError) -> [Unprocessed] {
        var unprocessed: [Unprocessed] = []
        try reader.plainMembers { (reader, table) throws(RequestError) in
            _ = try reader.peek()
            let start = reader.position
            var keys: [ByteRange]?
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if reader.matches(name, "Keys") {
                    guard keys == nil else { throw .malformedJSON }
                    keys = try readObjects(&reader)
                } else {
                    try reader.skipValue()
                }
            }
            guard let keys else { throw .malformedJSON }
            let request = ByteRange(start: start, end: reader.position)
            unprocessed.append(Unprocessed(table: table, request: request, keys: keys))
        }
        return unprocessed
    }

    private static func readObjects(_ reader: inout JSONReader) throws(RequestError) -> [ByteRange] {
        var objects: [ByteRange] = []
        try reader.beginArray()
        while try reader.nextElement() { objects.append(try reader.skipObject()) }
        return objects
    }
}
