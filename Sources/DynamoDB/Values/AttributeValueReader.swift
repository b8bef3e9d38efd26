/// Why attribute values are refused.
public enum AttributeValueError: Error, Equatable, Sendable {
    /// A SerializationException: the JSON is not that of attribute values.
    case serialization(RequestError)
    /// A ValidationException with this message.
    case validation(String)
}

/// Reads attribute values from JSON with DynamoDB's checks.
///
/// DynamoDB looks at the types of a whole request before it validates a value. So reading throws only what is a
/// SerializationException, and keeps the first other failure for later.
///
/// Messages: mhart/dynalite, validations/index.js and test/, which ran against the service.
struct AttributeValueReader {
    private static let invalid = "One or more parameter values were invalid: "
    private static let empty =
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"

    /// What the ValidationException says, when there is one.
    private(set) var failure: String?
    private var depth = 0

    /// An object of attribute values: an item, or the contents of a map.
    ///
    /// Recursion is bounded by the reader's depth.
    mutating func attributes(_ reader: inout JSONReader) throws(RequestError) -> AttributeMap {
        var attributes: [AttributeMap.Attribute] = []
        try reader.beginObject(.attributeMap)
        while let key = try reader.nextMember() {
            let name = Self.bytes(key, reader)
            if name.isEmpty { fail(Self.invalid + "Empty attribute name") }
            if name.count > ExpressionAttributeNames.maximumNameCount {
                fail(Self.invalid + "Attribute name is too large, must be less than 65536 bytes")
            }
            attributes.append(AttributeMap.Attribute(name: name, value: try value(&reader)))
        }
        guard let map = AttributeMap(attributes) else { throw .duplicateMember }
        return map
    }

    /// One attribute value, `{"<type>":...}`.
    mutating func value(_ reader: inout JSONReader) throws(RequestError) -> AttributeValue {
        depth += 1
        defer { depth -= 1 }
        if depth > AttributeValue.maximumDepth { fail(AttributeValue.depthMessage) }
        if try reader.takeNull() {
            fail(Self.empty)
            return .null
        }
        var value: AttributeValue?
        var first: JSONString?
        var others: [JSONString] = []
        try reader.beginObject(.attributeValue)
        while let member = try reader.nextMember() {
            if first == nil { first = member } else { others.append(member) }
            guard let type = AttributeType(rawValue: reader.decoded(member)) else {
                // DynamoDB ignores members it does not know.
                try reader.skipUniqueValue()
                continue
            }
            if try reader.takeNull() { continue }
            let next = try contents(&reader, of: type)
            if value != nil {
                fail(
                    "Supplied AttributeValue has more than one datatypes set, "
                        + "must contain exactly one of the supported datatypes"
                )
            }
            value = next
        }
        if let first, !others.isEmpty { try reader.requireUnique([first] + others) }
        if value == nil {
            fail(Self.empty)
        }
        return value ?? .null
    }

    private mutating func contents(
        _ reader: inout JSONReader,
        of type: AttributeType
    ) throws(RequestError) -> AttributeValue {
        switch type {
        case .string:
            return .string(Self.bytes(try reader.string(), reader))
        case .number:
            return .number(number(Self.bytes(try reader.string(), reader)))
        case .binary:
            return .binary(try Base64.decode(Self.bytes(try reader.string(.binary), reader)))
        case .bool:
            return .bool(try reader.boolean())
        case .null:
            // The service has taken false for true since 2026, but not a word for it.
            let isWord = try reader.peek() == .string
            if try !reader.boolean(), isWord {
                fail(Self.invalid + "Null attribute value types must have the value of true")
            }
            return .null
        case .list:
            var values: [AttributeValue] = []
            try reader.beginArray()
            while try reader.nextElement() { values.append(try value(&reader)) }
            return .list(values)
        case .map:
            return .map(try attributes(&reader))
        case .stringSet:
            return .stringSet(stringSet(try strings(&reader, .string)))
        case .numberSet:
            return .numberSet(numberSet(try strings(&reader, .string)))
        case .binarySet:
            return .binarySet(try binarySet(try strings(&reader, .binary)))
        }
    }

    private mutating func stringSet(_ strings: [[UInt8]]) -> [[UInt8]] {
        if strings.isEmpty { fail(Self.invalid + "An string set  may not be empty") }
        let sorted = strings.sorted { $0.lexicographicallyPrecedes($1) }
        if Self.hasDuplicates(sorted) {
            fail(Self.invalid + "Input collection \(Self.listing(strings)) contains duplicates.")
        }
        return sorted
    }

    private mutating func numberSet(_ strings: [[UInt8]]) -> [Number] {
        if strings.isEmpty { fail(Self.invalid + "An number set  may not be empty") }
        let sorted = strings.map { number($0) }.sorted()
        if Self.hasDuplicates(sorted) { fail("Input collection contains duplicates") }
        return sorted
    }

    private mutating func binarySet(_ strings: [[UInt8]]) throws(RequestError) -> [[UInt8]] {
        if strings.isEmpty { fail(Self.invalid + "Binary sets should not be empty") }
        var binaries: [[UInt8]] = []
        for string in strings { binaries.append(try Base64.decode(string)) }
        binaries.sort { $0.lexicographicallyPrecedes($1) }
        if Self.hasDuplicates(binaries) {
            fail(Self.invalid + "Input collection \(Self.listing(strings))of type BS contains duplicates.")
        }
        return binaries
    }

    private mutating func number(_ text: [UInt8]) -> Number {
        do {
            return try Number(text)
        } catch {
            fail(error.message(for: String(decoding: text, as: UTF8.self)))
            return .zero
        }
    }

    private mutating func fail(_ message: String) {
        failure = failure ?? message
    }

    private func strings(
        _ reader: inout JSONReader,
        _ type: ExpectedType
    ) throws(RequestError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        try reader.beginArray()
        while try reader.nextElement() { strings.append(Self.bytes(try reader.string(type), reader)) }
        return strings
    }

    private static func bytes(_ string: JSONString, _ reader: JSONReader) -> [UInt8] {
        let raw = unsafe string.range.slice(of: reader.bytes)
        return unsafe string.isPlain ? Array(raw) : JSONText.unescaped(raw)
    }

    private static func hasDuplicates(_ sorted: [some Equatable]) -> Bool {
        zip(sorted, sorted.dropFirst()).contains { $0 == $1 }
    }

    private static func listing(_ strings: [[UInt8]]) -> String {
        "[" + strings.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ") + "]"
    }
}

extension AttributeValue {
    /// DynamoDB's message for values deeper than ``maximumDepth``.
    static let depthMessage =
        "Nesting Levels have exceeded supported limits: "
        + "Attributes in the item have nested levels beyond supported limit"

    /// Reads one attribute value, `{"<type>":...}`, where `reader` stands.
    ///
    /// Throws only what is a SerializationException; the message of the first ValidationException goes to `failure`,
    /// unless there is one already.
    public init(_ reader: inout JSONReader, failure: inout String?) throws(RequestError) {
        var values = AttributeValueReader()
        self = try values.value(&reader)
        failure = failure ?? values.failure
    }

    /// Reads one attribute value, `{"<type>":...}`, which is all of `json`.
    public init(json: UnsafeRawBufferPointer) throws(AttributeValueError) {
        self = try unsafe readValidated(json) { (values, reader) throws(RequestError) in try values.value(&reader) }
    }
}

extension AttributeMap {
    /// Reads an item, `{"<name>":{"<type>":...},...}`, where `reader` stands.
    ///
    /// Throws only what is a SerializationException; the message of the first ValidationException goes to `failure`,
    /// unless there is one already.
    public init(_ reader: inout JSONReader, failure: inout String?) throws(RequestError) {
        var values = AttributeValueReader()
        self = try values.attributes(&reader)
        failure = failure ?? values.failure
    }

    /// Reads an item, `{"<name>":{"<type>":...},...}`, which is all of `json`.
    public init(json: UnsafeRawBufferPointer) throws(AttributeValueError) {
        self = try unsafe readValidated(json) { (values, reader) throws(RequestError) in
            try values.attributes(&reader)
        }
    }
}

/// Reads all of `json`, then throws the failure the reader kept.
private func readValidated<Result>(
    _ json: UnsafeRawBufferPointer,
    _ body: (inout AttributeValueReader, inout JSONReader) throws(RequestError) -> Result
) throws(AttributeValueError) -> Result {
    var values = AttributeValueReader()
    let result: Result
    do {
        var reader = unsafe JSONReader(json)
        result = try body(&values, &reader)
        try reader.finish()
    } catch {
        throw .serialization(error)
    }
    if let failure = values.failure { throw .validation(failure) }
    return result
}
