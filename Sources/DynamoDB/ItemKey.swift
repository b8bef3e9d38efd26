/// The canonical form of an item's primary key, equal exactly for keys that DynamoDB holds to be the same.
///
///     key       = attribute [attribute]            ordered by the bytes of the names
///     attribute = name length (1 byte) name        UTF-8, unescaped
///                 type (1 byte: S, N or B)
///                 value length (2 bytes) value     S: UTF-8, unescaped; N: see NumberText; B: decoded
///
/// Nothing here allocates. Sizes are bounded by DynamoDB's own limits.
public enum ItemKey {
    /// Longest name of a key attribute, in bytes.
    public static let maximumNameLength = 255
    /// Longest value of a partition key, in bytes.
    ///
    /// A sort key may have 1,024.
    public static let maximumPartitionKeyLength = 2048
    /// Longest value of a sort key, in bytes.
    public static let maximumSortKeyLength = 1024
    /// Most bytes that a canonical form can take.
    public static let maximumCanonicalLength = 2 * (4 + maximumNameLength + maximumPartitionKeyLength)

    /// Appends the canonical form of the key of a request over `body`.
    ///
    /// False as ``appendCanonical(keyObject:to:)`` says, or when the request is not cacheable.
    public static func appendCanonical(
        _ request: GetItemRequest,
        of body: UnsafeRawBufferPointer,
        to key: KeyBuffer
    ) -> Bool {
        guard request.isCacheable, let first = request.firstKeyAttribute else { return false }
        return attempt(key) { unsafe append(first, request.secondKeyAttribute, of: body, to: key) }
    }

    /// Appends the canonical form of a `Key` member's object (`{"id":{"N":"1"}}`).
    ///
    /// False, with `key` as before, for anything that cannot be a table's key: no or more than two attributes, another
    /// type than S, N or B, two types at once, a name given twice, something too long or empty, an invalid number or
    /// base64 text, malformed JSON. Upstream has the answer to those.
    public static func appendCanonical(keyObject: UnsafeRawBufferPointer, to key: KeyBuffer) -> Bool {
        var reader = unsafe JSONReader(keyObject)
        do throws(RequestError) {
            guard let attributes = try attributes(&reader) else { return false }
            try reader.finish()
            return unsafe append(attributes, of: reader.bytes, to: key)
        } catch {
            return false
        }
    }

    /// The one or two attributes of a `Key` member's object, as they stand in a text.
    struct Attributes {
        var first: Attribute
        var second: Attribute?

        /// Whether both are called the same in the reader's text.
        func haveOneName(_ reader: JSONReader) -> Bool {
            second.map { reader.matches(first.name, $0.name) } ?? false
        }
    }

    /// Reads a `Key` member's object.
    ///
    /// Nil, or an error, where its structure is not that of a key; `append` judges the rest.
    static func attributes(_ reader: inout JSONReader) throws(RequestError) -> Attributes? {
        try reader.beginObject(.attributeMap)
        guard let firstName = try reader.nextMember(), let first = try typedValue(&reader) else { return nil }
        var attributes = Attributes(first: Attribute(name: firstName, value: first))
        if let name = try reader.nextMember() {
            guard let value = try typedValue(&reader), try reader.nextMember() == nil else { return nil }
            attributes.second = Attribute(name: name, value: value)
        }
        return attributes
    }

    /// Appends the canonical form of what was read of `text`; false, with `key` as before, as
    /// ``appendCanonical(keyObject:to:)``.
    static func append(_ attributes: Attributes, of text: UnsafeRawBufferPointer, to key: KeyBuffer) -> Bool {
        attempt(key) { unsafe append(attributes.first, attributes.second, of: text, to: key) }
    }

    private static func append(
        _ first: Attribute,
        _ second: Attribute?,
        of text: UnsafeRawBufferPointer,
        to key: KeyBuffer
    ) -> Bool {
        guard let second else { return unsafe append(first.name, first.value, of: text, to: key) }
        switch unsafe order(first.name, second.name, of: text) {
        case 0:
            return false
        case ..<0:
            return unsafe append(first.name, first.value, of: text, to: key)
                && append(second.name, second.value, of: text, to: key)
        default:
            return unsafe append(second.name, second.value, of: text, to: key)
                && append(first.name, first.value, of: text, to: key)
        }
    }

    /// Appends the canonical form of the key of a whole item (`{"id":{"N":"1"},"colour":{"S":"red"}}`).
    ///
    /// False, with `key` as before, when a key attribute is missing, given twice or not of the schema's type, or as
    /// ``appendCanonical(keyObject:to:)`` says.
    public static func appendCanonical(item: UnsafeRawBufferPointer, schema: KeySchema, to key: KeyBuffer) -> Bool {
        var reader = unsafe JSONReader(item)
        var partition: (name: JSONString, value: TypedValue)?
        var sort: (name: JSONString, value: TypedValue)?
        do throws(RequestError) {
            try reader.beginObject(.attributeMap)
            while let name = try reader.nextMember() {
                if matches(reader, name, schema.partitionKey) {
                    guard partition == nil, let value = try typedValue(&reader) else { return false }
                    partition = (name, value)
                } else if let attribute = schema.sortKey, matches(reader, name, attribute) {
                    guard sort == nil, let value = try typedValue(&reader) else { return false }
                    sort = (name, value)
                } else {
                    try reader.skipValue()
                }
            }
            try reader.finish()
        } catch {
            return false
        }
        guard let partition, partition.value.type == schema.partitionKey.type else { return false }
        guard sort?.value.type == schema.sortKey?.type else { return false }

        let text = unsafe reader.bytes
        return attempt(key) {
            guard let sort else { return unsafe append(partition.name, partition.value, of: text, to: key) }
            let (first, second) = schema.sortKeyIsFirst ? (sort, partition) : (partition, sort)
            return unsafe append(first.name, first.value, of: text, to: key)
                && append(second.name, second.value, of: text, to: key)
        }
    }

    /// A value such as `{"S":"..."}`.
    struct TypedValue {
        var type: ScalarAttributeType
        var text: JSONString
    }

    /// One attribute of a key as a request has it.
    struct Attribute {
        var name: JSONString
        var value: TypedValue
    }

    /// Reads `{"S":"..."}`; nil when the object is not one member of a key type.
    private static func typedValue(_ reader: inout JSONReader) throws(RequestError) -> TypedValue? {
        try reader.beginObject(.attributeValue)
        guard let typeName = try reader.nextMember(), let type = keyType(reader, typeName) else { return nil }
        let text = try reader.string()
        guard try reader.nextMember() == nil else { return nil }
        return TypedValue(type: type, text: text)
    }

    static func keyType(_ reader: JSONReader, _ name: JSONString) -> ScalarAttributeType? {
        if name.isPlain {
            return name.range.count == 1 ? ScalarAttributeType(rawValue: unsafe reader.bytes[name.range.start]) : nil
        }
        if reader.matches(name, "S") { return .string }
        if reader.matches(name, "N") { return .number }
        return reader.matches(name, "B") ? .binary : nil
    }

    private static func matches(_ reader: JSONReader, _ name: JSONString, _ attribute: KeySchema.Attribute) -> Bool {
        let raw = unsafe name.range.slice(of: reader.bytes)
        return unsafe attribute.name.withUnsafeBytes { wanted in
            unsafe name.isPlain ? rawEqual(raw, wanted) : JSONText.isEqual(raw, plain: wanted)
        }
    }

    /// Runs `body`, and takes back what it appended when it fails or does not fit.
    private static func attempt(_ key: KeyBuffer, _ body: () -> Bool) -> Bool {
        let start = key.count
        if body() && !key.isOverflowed { return true }
        key.truncate(to: start)
        return false
    }

    private static func append(
        _ name: JSONString,
        _ value: TypedValue,
        of text: UnsafeRawBufferPointer,
        to key: KeyBuffer
    ) -> Bool {
        let nameStart = key.count
        key.append(UInt8(0))
        guard unsafe appendString(name, of: text, limit: maximumNameLength, to: key) else { return false }
        key.setByte(at: nameStart, to: UInt8(truncatingIfNeeded: key.count - nameStart - 1))
        key.append(value.type.rawValue)

        let valueStart = key.count
        key.append(UInt16(0))
        switch value.type {
        case .string:
            guard unsafe appendString(value.text, of: text, limit: maximumPartitionKeyLength, to: key) else {
                return false
            }
        case .number:
            guard let number = unsafe try? NumberText(UnescapedBytes(value.text.range.slice(of: text))) else {
                return false
            }
            number.appendKey(to: key)
        case .binary:
            guard unsafe appendBinary(value.text, of: text, to: key) else { return false }
        }
        let length = key.count - valueStart - 2
        key.setByte(at: valueStart, to: UInt8(truncatingIfNeeded: length >> 8))
        key.setByte(at: valueStart + 1, to: UInt8(truncatingIfNeeded: length))
        return true
    }

    /// False when empty or longer than `limit`.
    private static func appendString(
        _ string: JSONString,
        of text: UnsafeRawBufferPointer,
        limit: Int,
        to key: KeyBuffer
    ) -> Bool {
        if string.isPlain {
            guard 1...limit ~= string.range.count else { return false }
            unsafe key.append(string.range.slice(of: text))
            return true
        }
        let start = key.count
        var bytes = unsafe UnescapedBytes(string.range.slice(of: text))
        while let byte = bytes.next() {
            guard key.count - start < limit else { return false }
            key.append(byte)
            if key.isOverflowed { return false }
        }
        return key.count > start
    }

    /// Base64 as RFC 4648 section 4 has it: padded, and the bits that do not count are zero.
    ///
    /// False otherwise, or when empty or too long.
    private static func appendBinary(
        _ string: JSONString,
        of text: UnsafeRawBufferPointer,
        to key: KeyBuffer
    ) -> Bool {
        let start = key.count
        var bytes = unsafe UnescapedBytes(string.range.slice(of: text))
        while let first = bytes.next() {
            guard let second = bytes.next(), let third = bytes.next(), let fourth = bytes.next() else { return false }
            guard let high = base64Value(first), let next = base64Value(second) else { return false }
            let padding = fourth != UInt8(ascii: "=") ? 0 : third != UInt8(ascii: "=") ? 1 : 2
            guard let low = padding == 2 ? 0 : base64Value(third) else { return false }
            guard let last = padding > 0 ? 0 : base64Value(fourth) else { return false }
            let group = high << 18 | next << 12 | low << 6 | last
            let count = 3 - padding
            guard group & (0xFFFFFF >> UInt32(8 * count)) == 0, key.count - start + count <= maximumPartitionKeyLength
            else { return false }
            for index in 0..<count { key.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * index))) }
            if key.isOverflowed { return false }
            if padding > 0 { return bytes.next() == nil }
        }
        return key.count > start
    }

    private static func base64Value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// Negative, zero or positive as the left name's bytes come before, are, or come after the right one's.
    private static func order(_ left: JSONString, _ right: JSONString, of text: UnsafeRawBufferPointer) -> Int {
        let (leftRaw, rightRaw) = unsafe (left.range.slice(of: text), right.range.slice(of: text))
        if left.isPlain && right.isPlain { return unsafe rawOrder(leftRaw, rightRaw) }
        var (one, other) = unsafe (UnescapedBytes(leftRaw), UnescapedBytes(rightRaw))
        while true {
            let (first, second) = (one.next().map(Int.init) ?? -1, other.next().map(Int.init) ?? -1)
            if first != second { return first - second }
            if first < 0 { return 0 }
        }
    }
}
