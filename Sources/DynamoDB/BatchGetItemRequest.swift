/// What a BatchGetItem request asks of one table.
public struct BatchGetTable: Sendable {
    /// The table's name or ARN, between the quotes.
    public let name: ByteRange
    /// The name has no escapes: its raw bytes are the name.
    public let nameIsPlain: Bool
    /// The whole value, the `KeysAndAttributes` object.
    public fileprivate(set) var value = ByteRange(start: 0, end: 0)
    /// The key objects.
    public fileprivate(set) var keys: [ByteRange] = []
    /// `ConsistentRead`.
    public fileprivate(set) var consistentRead = false
    /// `ProjectionExpression`, between the quotes.
    public fileprivate(set) var projectionExpression: ByteRange?
    /// The `ExpressionAttributeNames` object.
    public fileprivate(set) var expressionAttributeNames: ByteRange?
    /// The `AttributesToGet` array.
    public fileprivate(set) var attributesToGet: ByteRange?

    fileprivate init(_ name: JSONString) {
        self.name = name.range
        nameIsPlain = name.isPlain
    }
}

/// A BatchGetItem request: where its parts stand in the body.
public struct BatchGetItemRequest: Sendable {
    /// Most keys that DynamoDB takes in one request.
    public static let maximumKeys = 100

    /// The tables in the order of the request.
    public private(set) var tables: [BatchGetTable] = []
    /// `ReturnConsumedCapacity`.
    public private(set) var returnConsumedCapacity = ReturnConsumedCapacity.none
    /// False when anything is unusual (as for ``GetItemRequest/isCacheable``, or more than ``maximumKeys`` keys, or
    /// none): forward the request.
    ///
    /// Whether a key is asked for twice is not looked at.
    public private(set) var isCacheable = true

    private init() {}

    /// Parses a whole body; refuses what ``GetItemRequest/parse(_:)`` would refuse.
    public static func parse(_ body: UnsafeRawBufferPointer) throws(RequestError) -> BatchGetItemRequest {
        try unsafe JSONNames.requireUnique(in: body)
        var request = BatchGetItemRequest()
        var reader = unsafe JSONReader(body)
        guard try reader.peek() == .object else { throw .malformedJSON }
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if try reader.takeNull() {
                request.isCacheable = false
            } else if reader.matches(name, "RequestItems") {
                try request.readTables(&reader)
            } else if reader.matches(name, "ReturnConsumedCapacity") {
                let value = try reader.string()
                if let known = ReturnConsumedCapacity(value, reader) {
                    request.returnConsumedCapacity = known
                } else {
                    request.isCacheable = false
                }
            } else {
                request.isCacheable = false
                try reader.skipValue()
            }
        }
        try reader.finish()
        let keys = request.tables.reduce(0) { $0 + $1.keys.count }
        if !(1...maximumKeys ~= keys) { request.isCacheable = false }
        return request
    }

    /// The same, to be forwarded, and without what only matters when it is not.
    public var forwarded: BatchGetItemRequest {
        var rest = self
        rest.tables = []
        rest.isCacheable = false
        return rest
    }

    private mutating func readTables(_ reader: inout JSONReader) throws(RequestError) {
        try reader.beginObject(.keysMap)
        while let name = try reader.nextMember() {
            var table = BatchGetTable(name)
            if try reader.takeNull() {
                isCacheable = false
            } else {
                try readTable(&table, &reader)
            }
            let hasNames = table.expressionAttributeNames != nil
            if table.keys.isEmpty || (hasNames && table.projectionExpression == nil)
                || (table.attributesToGet != nil && (hasNames || table.projectionExpression != nil))
            {
                isCacheable = false
            }
            tables.append(table)
        }
    }

    private mutating func readTable(_ table: inout BatchGetTable, _ reader: inout JSONReader) throws(RequestError) {
        _ = try reader.peek()
        let start = reader.position
        try reader.beginObject(.structure)
        while let name = try reader.nextMember() {
            if try reader.takeNull() {
                isCacheable = false
            } else if reader.matches(name, "Keys") {
                try reader.beginArray()
                while try reader.nextElement() { table.keys.append(try readKey(&reader)) }
            } else if reader.matches(name, "ConsistentRead") {
                table.consistentRead = try reader.bool()
            } else if reader.matches(name, "ProjectionExpression") {
                table.projectionExpression = try reader.string().range
            } else if reader.matches(name, "ExpressionAttributeNames") {
                table.expressionAttributeNames = try readStrings(&reader, isObject: true)
            } else if reader.matches(name, "AttributesToGet") {
                table.attributesToGet = try readStrings(&reader, isObject: false)
            } else {
                isCacheable = false
                try reader.skipValue()
            }
        }
        table.value = ByteRange(start: start, end: reader.position)
    }

    private mutating func readKey(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        if try reader.peek() == .null {
            isCacheable = false
            return try reader.skipValue()
        }
        return try reader.skipObject(.attributeMap)
    }

    private mutating func readStrings(
        _ reader: inout JSONReader,
        isObject: Bool
    ) throws(RequestError) -> ByteRange {
        _ = try reader.peek()
        let start = reader.position
        if isObject { try reader.beginObject(.nameMap) } else { try reader.beginArray() }
        while try isObject ? reader.nextMember() != nil : reader.nextElement() {
            if try reader.takeNull() {
                isCacheable = false
            } else {
                _ = try reader.string()
            }
        }
        return ByteRange(start: start, end: reader.position)
    }
}
