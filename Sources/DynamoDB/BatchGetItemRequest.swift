/// What a BatchGetItem request asks of one table.
public struct BatchGetTable: Sendable {
    /// The table's name or ARN, between the quotes.
    public let name: ByteRange
    /// The name has no escapes: its raw bytes are the name.
    public let nameIsPlain: Bool
    /// The whole value, the `KeysAndAttributes` object.
    public fileprivate(set) var value = ByteRange(start: 0, end: 0)
    /// Which of the request's keys are this table's.
    public fileprivate(set) var keys: Range<Int>
    /// `ConsistentRead`.
    public fileprivate(set) var consistentRead = false
    /// `ProjectionExpression`, between the quotes.
    public fileprivate(set) var projectionExpression: ByteRange?
    /// The `ExpressionAttributeNames` object.
    public fileprivate(set) var expressionAttributeNames: ByteRange?
    /// The `AttributesToGet` array.
    public fileprivate(set) var attributesToGet: ByteRange?

    fileprivate init(_ name: JSONString, firstKey: Int) {
        self.name = name.range
        nameIsPlain = name.isPlain
        keys = firstKey..<firstKey
    }

    fileprivate var nameText: JSONString { JSONString(range: name, isPlain: nameIsPlain) }
}

/// A key that a BatchGetItem asks for.
public struct BatchGetKey: Sendable {
    /// The key object.
    public let range: ByteRange
    fileprivate let attributes: ItemKey.Attributes

    /// Appends the canonical form of the key, which was read from `body`.
    ///
    /// False, with `key` as before, when it can't be a table's.
    public func appendCanonical(of body: UnsafeRawBufferPointer, to key: KeyBuffer) -> Bool {
        unsafe ItemKey.append(attributes, of: body, to: key)
    }
}

/// A BatchGetItem request: where its parts stand in the body.
///
/// One value may read one body after another; then reading does not allocate.
public struct BatchGetItemRequest: Sendable {
    /// Most keys that DynamoDB takes in one request.
    public static let maximumKeys = 100
    /// Names of tables that are compared with each other; more are left to a second pass.
    private static let comparedTables = 8

    /// The tables in the order of the request.
    public private(set) var tables: [BatchGetTable] = []
    /// The keys in the order of the request, but for odd ones and those beyond ``maximumKeys``.
    public private(set) var keys: [BatchGetKey] = []
    /// How many keys are asked for.
    public private(set) var keyCount = 0
    /// `ReturnConsumedCapacity`.
    public private(set) var returnConsumedCapacity = ReturnConsumedCapacity.none
    /// False when anything is unusual (as for ``GetItemRequest/isCacheable``, or more than ``maximumKeys`` keys, or
    /// none): forward the request.
    ///
    /// Whether a key is asked for twice is not looked at.
    public private(set) var isCacheable = true

    /// Objects were met whose names have not been compared yet.
    private var hasUncheckedNames = false

    /// A request without keys.
    public init() {}

    /// Parses a whole body; refuses what ``GetItemRequest/parse(_:)`` would refuse.
    public static func parse(_ body: UnsafeRawBufferPointer) throws(RequestError) -> BatchGetItemRequest {
        var request = BatchGetItemRequest()
        unsafe try request.read(body)
        return request
    }

    /// Takes the place of what was read before, as ``parse(_:)`` does.
    public mutating func read(_ body: UnsafeRawBufferPointer) throws(RequestError) {
        tables.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        keyCount = 0
        returnConsumedCapacity = .none
        isCacheable = true
        hasUncheckedNames = false
        do throws(RequestError) {
            var reader = unsafe JSONReader(body)
            try readMembers(&reader)
        } catch {
            // What is no JSON, or names a member twice, is refused as such, whatever else is wrong with it.
            try unsafe JSONNames.requireUnique(in: body)
            throw error
        }
        if hasUncheckedNames { try unsafe JSONNames.requireUnique(in: body) }
        if !(1...Self.maximumKeys ~= keyCount) { isCacheable = false }
    }

    /// Notes that a member was met, in a bit of its own; throws when it had been before.
    private static func note(_ bit: UInt8, in seen: inout UInt8) throws(RequestError) {
        guard seen & bit == 0 else { throw .duplicateMember }
        seen |= bit
    }

    /// A member of no use here, or of an odd form.
    private mutating func skipOdd(_ reader: inout JSONReader) throws(RequestError) {
        isCacheable = false
        hasUncheckedNames = true
        try reader.skipValue()
    }

    private mutating func readMembers(_ reader: inout JSONReader) throws(RequestError) {
        guard try reader.peek() == .object else { throw .malformedJSON }
        try reader.beginObject()
        var seen: UInt8 = 0
        while let name = try reader.nextMember() {
            if reader.matches(name, "RequestItems") {
                try Self.note(1, in: &seen)
                if try takeNull(&reader) { continue }
                try readTables(&reader)
            } else if reader.matches(name, "ReturnConsumedCapacity") {
                try Self.note(2, in: &seen)
                if try takeNull(&reader) { continue }
                let value = try reader.string()
                if let known = ReturnConsumedCapacity(value, reader) {
                    returnConsumedCapacity = known
                } else {
                    isCacheable = false
                }
            } else {
                try skipOdd(&reader)
            }
        }
        try reader.finish()
    }

    private mutating func takeNull(_ reader: inout JSONReader) throws(RequestError) -> Bool {
        guard try reader.takeNull() else { return false }
        isCacheable = false
        return true
    }

    /// The same, to be forwarded, and without what only matters when it is not.
    public var forwarded: BatchGetItemRequest {
        var rest = self
        rest.tables = []
        rest.keys = []
        rest.isCacheable = false
        return rest
    }

    private mutating func readTables(_ reader: inout JSONReader) throws(RequestError) {
        try reader.beginObject(.keysMap)
        while let name = try reader.nextMember() {
            try compare(name, reader)
            var table = BatchGetTable(name, firstKey: keys.count)
            if try !takeNull(&reader) { try readTable(&table, &reader) }
            let hasNames = table.expressionAttributeNames != nil
            if table.keys.isEmpty || (hasNames && table.projectionExpression == nil)
                || (table.attributesToGet != nil && (hasNames || table.projectionExpression != nil))
            {
                isCacheable = false
            }
            tables.append(table)
        }
    }

    /// Throws when a table has been named before.
    private mutating func compare(_ name: JSONString, _ reader: JSONReader) throws(RequestError) {
        guard tables.count < Self.comparedTables else {
            hasUncheckedNames = true
            return
        }
        var index = 0
        while index < tables.count {
            if reader.matches(tables[index].nameText, name) { throw .duplicateMember }
            index += 1
        }
    }

    private mutating func readTable(_ table: inout BatchGetTable, _ reader: inout JSONReader) throws(RequestError) {
        _ = try reader.peek()
        let start = reader.position
        try reader.beginObject(.structure)
        var seen: UInt8 = 0
        while let name = try reader.nextMember() {
            if reader.matches(name, "Keys") {
                try Self.note(1, in: &seen)
                if try takeNull(&reader) { continue }
                try reader.beginArray()
                while try reader.nextElement() { try readKey(&reader) }
                table.keys = table.keys.lowerBound..<keys.count
            } else if reader.matches(name, "ConsistentRead") {
                try Self.note(2, in: &seen)
                if try takeNull(&reader) { continue }
                table.consistentRead = try reader.bool()
            } else if reader.matches(name, "ProjectionExpression") {
                try Self.note(4, in: &seen)
                if try takeNull(&reader) { continue }
                table.projectionExpression = try reader.string().range
            } else if reader.matches(name, "ExpressionAttributeNames") {
                try Self.note(8, in: &seen)
                if try takeNull(&reader) { continue }
                table.expressionAttributeNames = try readStrings(&reader, isObject: true)
            } else if reader.matches(name, "AttributesToGet") {
                try Self.note(16, in: &seen)
                if try takeNull(&reader) { continue }
                table.attributesToGet = try readStrings(&reader, isObject: false)
            } else {
                try skipOdd(&reader)
            }
        }
        table.value = ByteRange(start: start, end: reader.position)
    }

    private mutating func readKey(_ reader: inout JSONReader) throws(RequestError) {
        keyCount += 1
        switch try reader.peek() {
        case .null: return try skipOdd(&reader)
        case .object: break
        // Throws.
        default: return try reader.beginObject(.attributeMap)
        }
        let start = reader
        if keyCount <= Self.maximumKeys {
            var attributes = alike(&reader)
            if attributes == nil {
                reader = start
                attributes = try? ItemKey.attributes(&reader)
            }
            if let attributes, !attributes.haveOneName(reader) {
                let range = ByteRange(start: start.position, end: reader.position)
                return keys.append(BatchGetKey(range: range, attributes: attributes))
            }
        }
        reader = start
        try skipOdd(&reader)
    }

    /// Reads a key that is written as the last one was but for its values, as most are; nil when it is not.
    private func alike(_ reader: inout JSONReader) -> ItemKey.Attributes? {
        guard !keys.isEmpty else { return nil }
        let last = keys[keys.count - 1]
        var attributes = last.attributes
        var end = last.range.start
        guard Self.readValue(&attributes.first.value.text, after: &end, &reader) else { return nil }
        if var second = attributes.second {
            guard Self.readValue(&second.value.text, after: &end, &reader) else { return nil }
            attributes.second = second
        }
        return reader.skip(sameAs: ByteRange(start: end, end: last.range.end)) ? attributes : nil
    }

    /// Reads the value that comes after the same bytes as the last key had from `end` to `value`, which it replaces.
    private static func readValue(_ value: inout JSONString, after end: inout Int, _ reader: inout JSONReader) -> Bool {
        // The ranges are of what is between the quotes.
        guard reader.skip(sameAs: ByteRange(start: end, end: value.range.start - 1)), let text = try? reader.string()
        else { return false }
        end = value.range.end + 1
        value = text
        return true
    }

    private mutating func readStrings(
        _ reader: inout JSONReader,
        isObject: Bool
    ) throws(RequestError) -> ByteRange {
        _ = try reader.peek()
        let start = reader.position
        if isObject { try reader.beginObject(.nameMap) } else { try reader.beginArray() }
        hasUncheckedNames = hasUncheckedNames || isObject
        while try isObject ? reader.nextMember() != nil : reader.nextElement() {
            if try takeNull(&reader) { continue }
            _ = try reader.string()
        }
        return ByteRange(start: start, end: reader.position)
    }
}
