/// An attribute value of the model.
///
/// Strings are bytes, as Swift's compare by canonical equivalence.
indirect enum ModelValue: Hashable, Sendable {
    case string([UInt8])
    case number(ModelNumber)
    case binary([UInt8])
    case boolean(Bool)
    case null
    case list([ModelValue])
    case map(ModelItem)
    case strings(Set<[UInt8]>)
    case numbers(Set<ModelNumber>)
    case binaries(Set<[UInt8]>)
}

/// Attributes by name; names are few and ASCII or in one normal form.
typealias ModelItem = [String: ModelValue]

/// DynamoDB's names of types.
enum ModelType: String, CaseIterable {
    case string = "S"
    case number = "N"
    case binary = "B"
    case boolean = "BOOL"
    case null = "NULL"
    case list = "L"
    case map = "M"
    case strings = "SS"
    case numbers = "NS"
    case binaries = "BS"
}

extension ModelValue {
    static func text(_ text: String) -> ModelValue { .string(Array(text.utf8)) }
    static func integer(_ value: Int) -> ModelValue { .number(ModelNumber(value)) }

    var type: ModelType {
        switch self {
        case .string: .string
        case .number: .number
        case .binary: .binary
        case .boolean: .boolean
        case .null: .null
        case .list: .list
        case .map: .map
        case .strings: .strings
        case .numbers: .numbers
        case .binaries: .binaries
        }
    }

    /// Bytes the value counts for in an item.
    var size: Int {
        switch self {
        case .string(let bytes), .binary(let bytes): bytes.count
        case .number(let number): number.size
        case .boolean, .null: 1
        case .list(let values): values.reduce(3) { $0 + 1 + $1.size }
        case .map(let members): members.reduce(3) { $0 + $1.key.utf8.count + 1 + $1.value.size }
        case .strings(let elements), .binaries(let elements): elements.reduce(0) { $0 + $1.count }
        case .numbers(let elements): elements.reduce(0) { $0 + $1.size }
        }
    }

    /// Whether one is before the other; nil when they have no order.
    func isBefore(_ other: ModelValue) -> Bool? {
        switch (self, other) {
        case (.number(let one), .number(let two)): one < two
        case (.string(let one), .string(let two)), (.binary(let one), .binary(let two)):
            one.lexicographicallyPrecedes(two)
        default: nil
        }
    }

    /// What `size()` gives; nil where it gives nothing.
    var length: Int? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self).utf16.count
        case .binary(let bytes): bytes.count
        case .list(let values): values.count
        case .map(let members): members.count
        case .strings(let elements), .binaries(let elements): elements.count
        case .numbers(let elements): elements.count
        case .number, .boolean, .null: nil
        }
    }

    func begins(with prefix: ModelValue) -> Bool {
        switch (self, prefix) {
        case (.string(let bytes), .string(let prefix)), (.binary(let bytes), .binary(let prefix)):
            bytes.starts(with: prefix)
        default: false
        }
    }

    func contains(_ part: ModelValue) -> Bool {
        switch (self, part) {
        case (.string(let bytes), .string(let part)), (.binary(let bytes), .binary(let part)):
            (0...max(0, bytes.count - part.count)).contains { bytes.dropFirst($0).starts(with: part) }
        case (.list(let values), _): values.contains(part)
        case (.strings(let elements), .string(let element)): elements.contains(element)
        case (.binaries(let elements), .binary(let element)): elements.contains(element)
        case (.numbers(let elements), .number(let element)): elements.contains(element)
        default: false
        }
    }
}

extension ModelItem {
    var size: Int { reduce(0) { $0 + $1.key.utf8.count + $1.value.size } }

    /// The attributes with these names; all for nil.
    func only(_ names: Set<String>?) -> ModelItem {
        guard let names else { return self }
        return filter { names.contains($0.key) }
    }
}

// MARK: - JSON of replies

/// A reply that the model can't read.
struct ModelReadingError: Error, CustomStringConvertible {
    var description: String
}

extension ModelValue {
    /// Reads `{"<type>":...}`, in the one spelling that DynamoDB replies with.
    init(_ json: JSON) throws {
        guard let object = json.object, object.count == 1, let (name, value) = object.first,
            let type = ModelType(rawValue: name)
        else { throw ModelReadingError(description: "not a value: \(json)") }
        func expect<Wanted>(_ value: Wanted?) throws -> Wanted {
            guard let value else { throw ModelReadingError(description: "not a value: \(json)") }
            return value
        }
        func elements<Element: Hashable>(_ read: (JSON) throws -> Element) throws -> Set<Element> {
            let list = try expect(value.array)
            let set = Set(try list.map(read))
            guard !set.isEmpty, set.count == list.count else {
                throw ModelReadingError(description: "not a set: \(json)")
            }
            return set
        }
        func text(_ json: JSON) throws -> [UInt8] { Array(try expect(json.string).utf8) }
        func number(_ json: JSON) throws -> ModelNumber {
            let text = try expect(json.string)
            let number = try expect(ModelNumber(text))
            guard number.text == text else { throw ModelReadingError(description: "number in odd notation: \(text)") }
            return number
        }
        func binary(_ json: JSON) throws -> [UInt8] { try expect(ModelBase64.bytes(try expect(json.string))) }

        switch type {
        case .string: self = .string(try text(value))
        case .number: self = .number(try number(value))
        case .binary: self = .binary(try binary(value))
        case .boolean: self = .boolean(try expect(value.boolean))
        case .null: self = try expect(value.boolean == true ? .null : nil)
        case .list: self = .list(try expect(value.array).map(ModelValue.init))
        case .map: self = .map(try ModelItem(value))
        case .strings: self = .strings(try elements(text))
        case .numbers: self = .numbers(try elements(number))
        case .binaries: self = .binaries(try elements(binary))
        }
    }
}

extension ModelItem {
    /// Reads `{"<name>":{"<type>":...},...}`.
    init(_ json: JSON) throws {
        guard let object = json.object else { throw ModelReadingError(description: "not an item: \(json)") }
        self = try object.mapValues(ModelValue.init)
    }
}

extension ModelValue: CustomStringConvertible {
    var description: String {
        var writer = ModelWriter(style: 0, isPlain: true)
        return writer.value(self)
    }
}
