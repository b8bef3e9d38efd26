import DynamoDB

extension Shape {
    /// Where a value stands, which decides how DynamoDB words a wrong type.
    enum Place {
        /// A member of a structure.
        case field
        /// An element of a list or a value of a map.
        case element
    }

    private static let wrongField = "Unexpected field type"

    /// What DynamoDB's parser says of generic types it can't name.
    private static let parameterized =
        "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
        + "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
        + "of loader 'bootstrap')"

    /// Whether a JSON value of this kind can be of the shape.
    func accepts(_ kind: JSONKind) -> Bool {
        switch self {
        case .string: kind == .string
        case .integer, .long, .timestamp: kind == .number
        case .boolean: kind == .true || kind == .false || kind == .string
        case .list: kind == .array
        case .map, .structure, .attributeValue, .attributeMap, .rawStrings, .rawValues: kind == .object
        }
    }

    /// DynamoDB's message for a value of another JSON type (mhart/dynalite, test/helpers.js `assertType`, which ran
    /// against the service).
    ///
    /// `isDecimal` tells a number with fraction or exponent from an integer.
    func message(_ found: JSONKind, isDecimal: Bool, in place: Place) -> String {
        switch found {
        case .object: return "Start of structure or map found where not expected"
        case .array: return "Unrecognized collection type \(self.typeName)"
        case .string, .number, .true, .false, .null: break
        }
        switch self {
        case .list, .map, .attributeMap, .rawStrings, .rawValues:
            return place == .field ? Self.wrongField : Self.parameterized
        case .structure, .attributeValue:
            return place == .field ? Self.wrongField : "Unexpected value type in payload"
        case .string, .boolean, .integer, .long, .timestamp:
            return "\(Self.tokenName(found, isDecimal: isDecimal)) cannot be converted to \(simpleName)"
        }
    }

    private static func tokenName(_ kind: JSONKind, isDecimal: Bool) -> String {
        switch kind {
        case .number: isDecimal ? "DECIMAL_VALUE" : "NUMBER_VALUE"
        case .true: "TRUE_VALUE"
        case .false: "FALSE_VALUE"
        case .string: "STRING_VALUE"
        case .null: "NULL_VALUE"
        case .object, .array: ""
        }
    }

    private var simpleName: String {
        switch self {
        case .string: "String"
        case .integer: "Integer"
        case .long: "Long"
        case .timestamp: "Date"
        case .boolean: "Boolean"
        case .list: "List"
        case .map, .attributeMap, .rawStrings, .rawValues: "Map"
        case .structure(let name, _): name
        case .attributeValue: "AttributeValue"
        }
    }

    /// The Java type as a message shows it.
    private var typeName: String {
        switch self {
        case .list, .timestamp, .string, .integer, .long, .boolean, .structure, .attributeValue: "class \(className)"
        case .map, .attributeMap, .rawStrings, .rawValues: className
        }
    }

    private var className: String {
        switch self {
        case .string, .integer, .long, .boolean: "java.lang.\(simpleName)"
        case .timestamp: "java.util.Date"
        case .structure, .attributeValue: "com.amazonaws.dynamodb.v20120810.\(simpleName)"
        case .list(let element, _): "java.util.List<\(element.className)>"
        case .map(let element, _): "java.util.Map<java.lang.String, \(element.className)>"
        case .attributeMap, .rawValues: "java.util.Map<java.lang.String, \(Shape.attributeValue.className)>"
        case .rawStrings: "java.util.Map<java.lang.String, java.lang.String>"
        }
    }
}
