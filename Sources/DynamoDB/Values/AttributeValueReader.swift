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
/// Messages: mhart/dynalite, validations/index.js and test/, which ran against the service. Which failure comes first:
/// paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/deepRequests.test.ts, which did too.
struct AttributeValueReader {
    private static let invalid = "One or more parameter values were invalid: "
    private static let empty =
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"

    /// What the ValidationException says, when there is one.
    ///
    /// An item's empty attribute name comes first, values that are too deep come next.
    var failure: AttributeValueFailure? { emptyName ?? tooDeep ?? firstFailure }

    private var emptyName: AttributeValueFailure?
    private var tooDeep: AttributeValueFailure?
    private var firstFailure: AttributeValueFailure?
    private var depth = 0

    /// An object of attribute values: an item, or the contents of a map.
    ///
    /// Recursion is bounded by the reader's depth.
    mutating func attributes(_ reader: inout JSONReader) throws(RequestError) -> AttributeMap {
        var attributes: [AttributeMap.Attribute] = []
        try reader.beginObject(.attributeMap)
        while let key = try reader.nextMember() {
            let name = Self.bytes(key, reader)
            if name.isEmpty { failForEmptyName() }
            if name.count > ExpressionAttributeNames.maximumNameCount {
                fail(ExpressionAttributeNames.tooLargeMessage)
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
        if depth > AttributeValue.maximumDepth { tooDeep = AttributeValueFailure(AttributeValue.depthMessage) }
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
            if try !reader.boolean() {
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
            let null = "An string set may not have a null string as a member"
            return .stringSet(stringSet(try strings(&reader, .string, null: null)))
        case .numberSet:
            let null = "An number set may not have a null string as a member"
            return .numberSet(numberSet(try strings(&reader, .string, null: null)))
        case .binarySet:
            let null = "Binary sets may not contain null values"
            return .binarySet(try binarySet(try strings(&reader, .binary, null: null)))
        }
    }

    private mutating func stringSet(_ strings: [[UInt8]]) -> [[UInt8]] {
        if strings.isEmpty { fail(Self.invalid + "An string set  may not be empty") }
        let sorted = strings.sorted { $0.lexicographicallyPrecedes($1) }
        if Self.hasDuplicates(sorted) {
            let (current, older) = (Self.duplicates(strings, strings, separator: ", "), Self.listing(strings))
            fail(
                Self.invalid + "Input collection \(current) contains duplicates.",
                older: Self.invalid + "Input collection \(older) contains duplicates."
            )
        }
        return sorted
    }

    private mutating func numberSet(_ strings: [[UInt8]]) -> [Number] {
        if strings.isEmpty { fail(Self.invalid + "An number set  may not be empty") }
        let sorted = strings.map { number($0) }.sorted()
        if Self.hasDuplicates(sorted) {
            let message = "Input collection contains duplicates"
            fail(Self.invalid + message + ".", older: message)
        }
        return sorted
    }

    private mutating func binarySet(_ strings: [[UInt8]]) throws(RequestError) -> [[UInt8]] {
        if strings.isEmpty { fail(Self.invalid + "Binary sets should not be empty") }
        var binaries: [[UInt8]] = []
        for string in strings { binaries.append(try Base64.decode(string)) }
        let sorted = binaries.sorted { $0.lexicographicallyPrecedes($1) }
        if Self.hasDuplicates(sorted) {
            let (current, older) = (Self.duplicates(binaries, strings, separator: ","), Self.listing(strings))
            fail(
                Self.invalid + "Input collection \(current)of type BS contains duplicates.",
                older: Self.invalid + "Input collection \(older)of type BS contains duplicates."
            )
        }
        return sorted
    }

    private mutating func number(_ text: [UInt8]) -> Number {
        do {
            return try Number(text)
        } catch {
            let text = String(decoding: text, as: UTF8.self)
            fail(error.message(for: text), older: error.olderMessage(for: text))
            return .zero
        }
    }

    private mutating func failForEmptyName() {
        if depth == 0 {
            emptyName = AttributeValueFailure("Empty attribute name")
        } else {
            fail("Empty attribute name")
        }
    }

    private mutating func fail(_ message: String, older: String? = nil) {
        firstFailure = firstFailure ?? AttributeValueFailure(message, older: older ?? message)
    }

    /// The elements of a set; `null` is what is wrong with one that is null (ExtendDB/extenddb,
    /// tests/test_attribute_value_validation.py, after the service's own tests).
    private mutating func strings(
        _ reader: inout JSONReader,
        _ type: ExpectedType,
        null: String
    ) throws(RequestError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.takeNull() {
                fail(Self.invalid + null)
            } else {
                strings.append(Self.bytes(try reader.string(type), reader))
            }
        }
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

    /// A set as the newer messages show it: the members before the first repeated one in order, that one, and the rest as
    /// it came.
    private static func duplicates(_ members: [[UInt8]], _ texts: [[UInt8]], separator: String) -> String {
        var seen: Set<[UInt8]> = []
        let repeated = members.firstIndex { !seen.insert($0).inserted } ?? members.endIndex
        let sorted = zip(members, texts).prefix(repeated).sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
        let quoted = (sorted + texts[repeated...]).map { "\"\(String(decoding: $0, as: UTF8.self))\"" }
        return "[" + quoted.joined(separator: separator) + "]"
    }
}

extension AttributeValue {
    /// DynamoDB's message for values deeper than ``maximumDepth``.
    static let depthMessage =
        "Nesting Levels have exceeded supported limits: "
        + "Attributes in the item have nested levels beyond supported limit"

    /// Reads one attribute value, `{"<type>":...}`, where `reader` stands.
    ///
    /// Throws only what is a SerializationException; what else is wrong first goes to `failure`, unless there is
    /// something already.
    public init(_ reader: inout JSONReader, failure: inout AttributeValueFailure?) throws(RequestError) {
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
    /// Throws only what is a SerializationException; what else is wrong first goes to `failure`, unless there is
    /// something already.
    public init(_ reader: inout JSONReader, failure: inout AttributeValueFailure?) throws(RequestError) {
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
    if let failure = values.failure { throw .validation(failure.older) }
    return result
}
