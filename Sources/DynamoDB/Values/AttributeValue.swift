/// The types of attribute values; the raw value is the name DynamoDB's JSON and `attribute_type` give them.
public enum AttributeType: String, Sendable, CaseIterable {
    /// String.
    case string = "S"
    /// Number.
    case number = "N"
    /// Binary.
    case binary = "B"
    /// Boolean.
    case bool = "BOOL"
    /// Null.
    case null = "NULL"
    /// List.
    case list = "L"
    /// Map.
    case map = "M"
    /// String set.
    case stringSet = "SS"
    /// Number set.
    case numberSet = "NS"
    /// Binary set.
    case binarySet = "BS"

    /// Whether values of this type have an order.
    var isOrdered: Bool { self == .string || self == .number || self == .binary }
}

/// The value of an attribute.
///
/// Equality is DynamoDB's: numbers by value, strings by their bytes, sets and maps without regard to order.
public enum AttributeValue: Sendable, Hashable {
    /// Levels of values in each other, the attribute's own included (Developer Guide, "Service, account, and table
    /// quotas").
    static let maximumDepth = 32

    /// A string, as UTF-8.
    case string([UInt8])
    /// A number.
    case number(Number)
    /// Any bytes.
    case binary([UInt8])
    /// True or false.
    case bool(Bool)
    /// The null value.
    case null
    /// Values of any types.
    case list([AttributeValue])
    /// Values by name.
    case map(AttributeMap)
    /// Strings, sorted and distinct; not empty.
    case stringSet([[UInt8]])
    /// Numbers, sorted and distinct; not empty.
    case numberSet([Number])
    /// Binaries, sorted and distinct; not empty.
    case binarySet([[UInt8]])

    /// A string.
    public static func string(_ text: String) -> AttributeValue { .string(Array(text.utf8)) }

    /// The type.
    public var type: AttributeType {
        switch self {
        case .string: .string
        case .number: .number
        case .binary: .binary
        case .bool: .bool
        case .null: .null
        case .list: .list
        case .map: .map
        case .stringSet: .stringSet
        case .numberSet: .numberSet
        case .binarySet: .binarySet
        }
    }

    /// Bytes the value takes in an item, its name not included (``ItemSize``).
    public var size: Int {
        switch self {
        case .string(let bytes), .binary(let bytes): bytes.count
        case .number(let number): number.size
        case .bool, .null: 1
        case .list(let values): values.reduce(3) { $0 + 1 + $1.size }
        case .map(let members): members.attributes.reduce(3) { $0 + 1 + $1.name.count + $1.value.size }
        case .stringSet(let elements), .binarySet(let elements): elements.reduce(0) { $0 + $1.count }
        case .numberSet(let numbers): numbers.reduce(0) { $0 + $1.size }
        }
    }

    /// Levels of values in each other; 1 for all but lists and maps with members.
    var depth: Int {
        switch self {
        case .list(let values): 1 + (values.map(\.depth).max() ?? 0)
        case .map(let members): 1 + (members.attributes.map(\.value.depth).max() ?? 0)
        case .string, .number, .binary, .bool, .null, .stringSet, .numberSet, .binarySet: 1
        }
    }

    /// Whether this value comes before `other`.
    ///
    /// Nil when the two are of different types or of a type without an order.
    public func precedes(_ other: AttributeValue) -> Bool? {
        switch (self, other) {
        case (.string(let one), .string(let two)), (.binary(let one), .binary(let two)):
            one.lexicographicallyPrecedes(two)
        case (.number(let one), .number(let two)):
            one < two
        default:
            nil
        }
    }
}
