/// How much of the capacity used a reply reports.
public enum ReturnConsumedCapacity: String, Sendable {
    case none = "NONE"
    case total = "TOTAL"
    case indexes = "INDEXES"
}

/// A GetItem request: where its members stand in the body.
///
/// Parsing it does not allocate.
public struct GetItemRequest: Sendable {
    /// `TableName`, between the quotes; empty when absent.
    ///
    /// A name or an ARN.
    public private(set) var tableName = ByteRange(start: 0, end: 0)
    /// The table's name has no escapes: its raw bytes are its name.
    public private(set) var tableNameIsPlain = true
    /// The `Key` object; empty when absent.
    public private(set) var key = ByteRange(start: 0, end: 0)
    /// The attributes of `Key`, if it has the form of one.
    private(set) var firstKeyAttribute: ItemKey.Attribute?
    private(set) var secondKeyAttribute: ItemKey.Attribute?
    /// `ConsistentRead`.
    public private(set) var consistentRead = false
    /// `ReturnConsumedCapacity`.
    public private(set) var returnConsumedCapacity = ReturnConsumedCapacity.none
    /// `ProjectionExpression`, between the quotes.
    public private(set) var projectionExpression: ByteRange?
    /// The `ExpressionAttributeNames` object.
    public private(set) var expressionAttributeNames: ByteRange?
    /// The `AttributesToGet` array.
    public private(set) var attributesToGet: ByteRange?
    /// False when anything is unusual (a member that is unknown, null, missing or of an unknown value; members that do
    /// not go together; a key of odd types): forward the request, the answer is upstream's.
    public private(set) var isCacheable = true

    /// Objects were met whose names have not been compared yet.
    private var hasUncheckedNames = false
    /// One bit for each known member met.
    private var seen: UInt8 = 0

    /// One that asks for nothing.
    public init() {}

    /// Parses a whole body.
    ///
    /// Refused are bodies that DynamoDB does not parse (with its message for a member of the wrong type), and duplicate
    /// names anywhere.
    public static func parse(_ body: UnsafeRawBufferPointer) throws(RequestError) -> GetItemRequest {
        var request = GetItemRequest()
        var reader = unsafe JSONReader(body)
        guard try reader.peek() == .object else { throw .malformedJSON }
        try reader.beginObject()
        while let name = try reader.nextMember() {
            try request.readMember(name, &reader)
        }
        try reader.finish()
        if request.hasUncheckedNames { try unsafe JSONNames.requireUnique(in: body) }

        let hasExpression = request.projectionExpression != nil
        let hasNames = request.expressionAttributeNames != nil
        if request.tableName.count == 0 || request.key.count == 0
            || (request.attributesToGet != nil && (hasExpression || hasNames)) || (hasNames && !hasExpression)
        {
            request.isCacheable = false
        }
        return request
    }

    private enum Member: UInt8 {
        case tableName
        case key
        case consistentRead
        case returnConsumedCapacity
        case projectionExpression
        case expressionAttributeNames
        case attributesToGet
    }

    private static func member(_ name: JSONString, _ reader: JSONReader) -> Member? {
        if reader.matches(name, "TableName") { return .tableName }
        if reader.matches(name, "Key") { return .key }
        if reader.matches(name, "ConsistentRead") { return .consistentRead }
        if reader.matches(name, "ReturnConsumedCapacity") { return .returnConsumedCapacity }
        if reader.matches(name, "ProjectionExpression") { return .projectionExpression }
        if reader.matches(name, "ExpressionAttributeNames") { return .expressionAttributeNames }
        return reader.matches(name, "AttributesToGet") ? .attributesToGet : nil
    }

    private mutating func readMember(_ name: JSONString, _ reader: inout JSONReader) throws(RequestError) {
        guard let member = Self.member(name, reader) else {
            isCacheable = false
            hasUncheckedNames = true
            try reader.skipValue()
            return
        }
        let bit: UInt8 = 1 << member.rawValue
        guard seen & bit == 0 else { throw .duplicateMember }
        seen |= bit
        if try reader.takeNull() {
            isCacheable = false
            return
        }
        switch member {
        case .tableName:
            let value = try reader.string()
            tableName = value.range
            tableNameIsPlain = value.isPlain
        case .key:
            key = try readKey(&reader)
        case .consistentRead:
            consistentRead = try reader.bool()
        case .returnConsumedCapacity:
            let value = try reader.string()
            if let known = ReturnConsumedCapacity(value, reader) {
                returnConsumedCapacity = known
            } else {
                isCacheable = false
            }
        case .projectionExpression:
            projectionExpression = try reader.string().range
        case .expressionAttributeNames:
            expressionAttributeNames = try readNames(&reader)
        case .attributesToGet:
            attributesToGet = try readList(&reader)
        }
    }

    /// The types of the values are checked as DynamoDB does; whether it is a possible key is ``ItemKey``'s to say.
    private mutating func readKey(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        _ = try reader.peek()
        let start = reader.position
        try reader.beginObject(.attributeMap)
        var first: JSONString?
        var count = 0
        while let name = try reader.nextMember() {
            count += 1
            if let first, reader.matches(first, name) { throw .duplicateMember }
            if count == 1 { first = name }
            guard let value = try readKeyValue(&reader) else { continue }
            if count == 1 {
                firstKeyAttribute = ItemKey.Attribute(name: name, value: value)
            } else if count == 2 {
                secondKeyAttribute = ItemKey.Attribute(name: name, value: value)
            }
        }
        if count > 2 { hasUncheckedNames = true }
        if !(1...2 ~= count) { isCacheable = false }
        return ByteRange(start: start, end: reader.position)
    }

    private mutating func readKeyValue(_ reader: inout JSONReader) throws(RequestError) -> ItemKey.TypedValue? {
        if try reader.takeNull() {
            isCacheable = false
            return nil
        }
        try reader.beginObject(.attributeValue)
        var count = 0
        var value: ItemKey.TypedValue?
        while let name = try reader.nextMember() {
            count += 1
            if try reader.takeNull() {
                isCacheable = false
            } else if let type = ItemKey.keyType(reader, name) {
                let text = try reader.string(type == .binary ? .binary : .string)
                value = ItemKey.TypedValue(type: type, text: text)
            } else {
                isCacheable = false
                hasUncheckedNames = true
                try reader.skipValue()
            }
        }
        if count != 1 {
            isCacheable = false
            hasUncheckedNames = true
        }
        return value
    }

    private mutating func readNames(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        _ = try reader.peek()
        let start = reader.position
        try reader.beginObject(.nameMap)
        var names = InlineArray<8, JSONString?>(repeating: nil)
        var count = 0
        while let name = try reader.nextMember() {
            if count < names.count {
                for index in 0..<count {
                    if let other = names[index], reader.matches(other, name) { throw .duplicateMember }
                }
                names[count] = name
                count += 1
            } else {
                hasUncheckedNames = true
            }
            if try reader.takeNull() {
                isCacheable = false
            } else {
                _ = try reader.string()
            }
        }
        return ByteRange(start: start, end: reader.position)
    }

    private mutating func readList(_ reader: inout JSONReader) throws(RequestError) -> ByteRange {
        _ = try reader.peek()
        let start = reader.position
        try reader.beginArray(.list)
        while try reader.nextElement() {
            if try reader.takeNull() {
                isCacheable = false
            } else {
                _ = try reader.string()
            }
        }
        return ByteRange(start: start, end: reader.position)
    }
}

extension ReturnConsumedCapacity {
    /// The value a member has; nil for a value that DynamoDB refuses.
    init?(_ value: JSONString, _ reader: JSONReader) {
        if reader.matches(value, "TOTAL") {
            self = .total
        } else if reader.matches(value, "INDEXES") {
            self = .indexes
        } else if reader.matches(value, "NONE") {
            self = .none
        } else {
            return nil
        }
    }
}
