/// Why a body is refused before anything is forwarded.
///
/// Every case is a SerializationException.
public enum RequestError: Error, Equatable, Sendable {
    /// Not one well-formed JSON value: syntax, UTF-8, a lone surrogate, bytes after the value, deeper than
    /// ``JSONReader/maximumDepth``. DynamoDB answers it without a message.
    case malformedJSON
    /// An object names one member twice, perhaps once with escapes. Parsers disagree on which of them counts, so the
    /// proxy and its upstream could act on different requests.
    case duplicateMember
    /// A modelled member holds another JSON type than the model's; `message` is DynamoDB's.
    case wrongType(message: String)

    /// The `Message` member of the reply; nil when the reply has none.
    public var message: String? {
        switch self {
        case .malformedJSON, .duplicateMember: nil
        case .wrongType(let message): message
        }
    }
}

/// The types that modelled members have.
///
/// The raw value is the class DynamoDB names when it meets an array instead.
public enum ExpectedType: String, Sendable {
    case string = "class java.lang.String"
    case boolean = "class java.lang.Boolean"
    case integer = "class java.lang.Integer"
    case binary = "class java.nio.ByteBuffer"
    case list = "interface java.util.List"
    case attributeMap = "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
    case nameMap = "java.util.Map<java.lang.String, java.lang.String>"
    case keysMap = "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.KeysAndAttributes>"
    case writesMap =
        "java.util.Map<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>"
    case attributeValue = "class com.amazonaws.dynamodb.v20120810.AttributeValue"
    case structure = "class com.amazonaws.dynamodb.v20120810.Structure"

    /// DynamoDB's message for a value of another JSON type (mhart/dynalite, test/helpers.js `assertType`, which ran
    /// against the service).
    ///
    /// `isDecimal` tells a number with fraction or exponent from an integer.
    func message(for found: JSONKind, isDecimal: Bool = false) -> String {
        switch found {
        case .object: return "Start of structure or map found where not expected"
        case .array: return "Unrecognized collection type \(rawValue)"
        case .string, .number, .true, .false, .null: break
        }
        let target: String
        switch self {
        case .string: target = "String"
        case .boolean: target = "Boolean"
        case .integer: target = "Integer"
        case .binary: return "only base-64-encoded strings are convertible to bytes"
        case .attributeValue: return "Unexpected value type in payload"
        case .list, .attributeMap, .nameMap, .keysMap, .writesMap, .structure: return "Unexpected field type"
        }
        switch found {
        case .number: return (isDecimal ? "DECIMAL" : "NUMBER") + "_VALUE cannot be converted to " + target
        case .true: return "TRUE_VALUE cannot be converted to " + target
        case .false: return "FALSE_VALUE cannot be converted to " + target
        case .string where self == .integer: return "STRING_VALUE cannot be converted to Integer"
        case .object, .array, .string, .null: return "Unexpected token received from parser"
        }
    }
}
