/// An operand whose names and values have been looked up.
indirect enum Operand: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case size(Operand)

    /// Looks names and values up.
    ///
    /// Of functions only `size` is an operand here.
    init(
        _ syntax: OperandSyntax,
        _ attributes: inout ExpressionAttributes,
        kind: ExpressionKind
    ) throws(ExpressionError) {
        switch syntax {
        case .path(let path):
            self = .path(try DocumentPath(path, names: &attributes.names, kind: kind))
        case .value(let key):
            self = .value(try attributes.resolve(key, kind: kind))
        case .function(let function):
            var operands: [Operand] = []
            for operand in function.operands { operands.append(try Operand(operand, &attributes, kind: kind)) }
            try kind.checkCount(operands.count, of: function.name, expected: 1)
            if let type = operands[0].type, [.number, .bool, .null].contains(type) {
                throw kind.typeError(function.name, type.rawValue)
            }
            self = .size(operands[0])
        }
    }

    /// The type, where it does not depend on the item.
    var type: AttributeType? {
        switch self {
        case .path: nil
        case .value(let value): value.type
        case .size: .number
        }
    }

    /// The operand's value for an item; nil when there is none.
    func value(in item: Item) -> AttributeValue? {
        switch self {
        case .path(let path): item[path]
        case .value(let value): value
        case .size(let operand): operand.value(in: item)?.elementCount.map { .number(Number($0)) }
        }
    }
}

extension ExpressionKind {
    /// Refuses a wrong number of operands.
    func checkCount(_ count: Int, of function: String, expected: Int) throws(ExpressionError) {
        guard count == expected else {
            throw error(
                "Incorrect number of operands for operator or function; "
                    + "operator or function: \(function), number of operands: \(count)"
            )
        }
    }

    /// An operand of a type that the operator or function does not take.
    func typeError(_ function: String, _ type: String) -> ExpressionError {
        error(
            "Incorrect operand type for operator or function; operator or function: \(function), operand type: \(type)"
        )
    }

    /// An operand that has to be a path and is none.
    func pathError(_ function: String) -> ExpressionError {
        error("Operator or function requires a document path; operator or function: \(function)")
    }

    /// A function that exists but not here.
    func misuseError(_ function: String) -> ExpressionError {
        error("The function is not allowed to be used this way in an expression; function: \(function)")
    }
}

extension AttributeMap {
    /// The value at a path; nil when there is none.
    subscript(path: DocumentPath) -> AttributeValue? {
        var value = AttributeValue.map(self)
        for element in path.elements {
            switch (element, value) {
            case (.attribute(let name), .map(let members)):
                guard let member = members[name] else { return nil }
                value = member
            case (.index(let index), .list(let values)):
                guard values.indices.contains(index) else { return nil }
                value = values[index]
            default:
                return nil
            }
        }
        return value
    }
}

extension AttributeValue {
    /// What `size` counts: UTF-16 code units of strings (nubo-db/dynamodb-conformance, query/expressions, checked against
    /// the service), bytes of binaries, elements of sets, lists and maps; nil for other types.
    fileprivate var elementCount: Int? {
        switch self {
        // One for each byte that begins a character, and one more where it takes a surrogate pair.
        case .string(let bytes): bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) + ($1 >= 0xF0 ? 1 : 0) }
        case .binary(let bytes): bytes.count
        case .list(let values): values.count
        case .map(let members): members.count
        case .stringSet(let elements), .binarySet(let elements): elements.count
        case .numberSet(let numbers): numbers.count
        case .number, .bool, .null: nil
        }
    }

    /// Whether this string or binary begins with `prefix` of the same type.
    func begins(with prefix: AttributeValue) -> Bool {
        switch (self, prefix) {
        case (.string(let bytes), .string(let prefix)), (.binary(let bytes), .binary(let prefix)):
            bytes.starts(with: prefix)
        default:
            false
        }
    }

    /// Whether this holds `part`: a string or binary a part of itself, a set or list an element.
    func contains(_ part: AttributeValue) -> Bool {
        switch (self, part) {
        case (.string(let bytes), .string(let part)), (.binary(let bytes), .binary(let part)):
            Self.find(part, in: bytes)
        case (.stringSet(let elements), .string(let part)), (.binarySet(let elements), .binary(let part)):
            elements.contains(part)
        case (.numberSet(let numbers), .number(let part)):
            numbers.contains(part)
        case (.list(let values), _):
            values.contains(part)
        default:
            false
        }
    }

    /// Whether `part` occurs in `bytes`, in linear time (Knuth, Morris and Pratt, "Fast pattern matching in strings",
    /// 1977).
    private static func find(_ part: [UInt8], in bytes: [UInt8]) -> Bool {
        guard !part.isEmpty else { return true }
        guard part.count <= bytes.count else { return false }
        // For each prefix of `part`, the length of the longest shorter prefix that it ends with.
        var borders = [0]
        var length = 0
        for byte in part.dropFirst() {
            while length > 0, part[length] != byte { length = borders[length - 1] }
            if part[length] == byte { length += 1 }
            borders.append(length)
        }
        length = 0
        for byte in bytes {
            while length > 0, part[length] != byte { length = borders[length - 1] }
            if part[length] == byte { length += 1 }
            if length == part.count { return true }
        }
        return false
    }
}
