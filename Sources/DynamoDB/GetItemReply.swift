/// Where the parts of a GetItem reply stand in its body.
public struct GetItemReply: Sendable, Equatable {
    /// The raw object of the item; nil when there is no such item.
    public let item: ByteRange?
    /// The raw `ConsumedCapacity` object, when the request asked for it.
    public let consumedCapacity: ByteRange?
    /// The item's size by DynamoDB's arithmetic, as ``ItemSize`` has it; nil where it can't be told.
    public let itemBytes: Int?

    /// Reads a reply.
    ///
    /// Nil for anything DynamoDB does not send (unknown, repeated or null members, other types): pass it through and
    /// keep none of it.
    public static func parse(_ body: UnsafeRawBufferPointer) -> GetItemReply? {
        // An item of a form that has no size is read again without.
        unsafe (try? read(body, isSized: true)) ?? (try? read(body, isSized: false))
    }

    private static func read(_ body: UnsafeRawBufferPointer, isSized: Bool) throws(RequestError) -> GetItemReply {
        var reader = unsafe JSONReader(body)
        var item: ByteRange?
        var itemBytes: Int?
        var consumedCapacity: ByteRange?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if item == nil, reader.matches(name, "Item") {
                guard try reader.peek() == .object else { throw .malformedJSON }
                let start = reader.position
                if isSized {
                    itemBytes = try ItemSize.read(&reader)
                } else {
                    try reader.skipValue()
                }
                item = ByteRange(start: start, end: reader.position)
            } else if consumedCapacity == nil, reader.matches(name, "ConsumedCapacity") {
                consumedCapacity = try reader.skipObject()
            } else {
                throw .malformedJSON
            }
        }
        try reader.finish()
        return GetItemReply(item: item, consumedCapacity: consumedCapacity, itemBytes: itemBytes)
    }
}

extension JSONReader {
    /// Passes over a value that must be an object.
    mutating func skipObject() throws(RequestError) -> ByteRange {
        guard try peek() == .object else { throw .malformedJSON }
        return try skipValue()
    }

    /// Reads a string that must have no escapes.
    mutating func plainString() throws(RequestError) -> ByteRange {
        let string = try string()
        guard string.isPlain else { throw .malformedJSON }
        return string.range
    }

    /// Reads an object whose names have no escapes and come once, calling `body` for each member's value.
    mutating func plainMembers(
        _ body: (inout JSONReader, ByteRange) throws(RequestError) -> Void
    ) throws(RequestError) {
        var names: Set<[UInt8]> = []
        try beginObject()
        while let name = try nextMember() {
            guard name.isPlain, names.insert(unsafe Array(name.range.slice(of: bytes))).inserted else {
                throw .malformedJSON
            }
            try body(&self, name.range)
        }
    }
}
