import Foundation

/// A JSON value to compare: objects without order, numbers by value.
enum JSON: Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    struct NotJSON: Error {}

    init(_ text: some Sequence<UInt8>) throws {
        self = try JSON(JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed))
    }

    /// Parses JSON text.
    init(_ text: String) throws {
        try self.init(text.utf8)
    }

    private init(_ value: Any) throws {
        switch value {
        case is NSNull: self = .null
        case let value as String: self = .string(value)
        case let value as NSNumber:
            // Booleans are numbers to Foundation, of a type of their own.
            self =
                type(of: value) == type(of: NSNumber(value: true))
                ? .boolean(value.boolValue) : .number(value.doubleValue)
        case let value as [Any]: self = .array(try value.map(JSON.init))
        case let value as [String: Any]: self = .object(try value.mapValues(JSON.init))
        default: throw NotJSON()
        }
    }

    /// A member of an object.
    subscript(name: String) -> JSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// An element of an array.
    subscript(index: Int) -> JSON? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(floatLiteral value: Double) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Dictionary(elements) { $1 }) }
    init(nilLiteral: ()) { self = .null }
}

extension JSON: CustomStringConvertible {
    var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let value): Double(Int(exactly: value) ?? .min) == value ? "\(Int(value))" : "\(value)"
        case .string(let value): "\"\(value)\""
        case .array(let elements): "[\(elements.map(\.description).joined(separator: ","))]"
        case .object(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
        }
    }
}
