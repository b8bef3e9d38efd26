import DynamoDB

/// Reads a request as its shape says, in the order of the body; throws at the first member of a wrong type.
///
/// Recursion is bounded by the shapes and the reader's depth.
struct ShapeDecoder {
    private var reader: JSONReader

    /// A decoder of `bytes`, which must stay valid as long as it is used.
    init(_ bytes: UnsafeRawBufferPointer) {
        reader = unsafe JSONReader(bytes)
    }

    /// The whole body.
    mutating func request(_ shape: [Shape.Member]) throws(RequestError) -> Members {
        let found = try reader.peek()
        guard found == .object else {
            try reader.skipValue()
            try reader.finish()
            throw .malformedJSON
        }
        var result = try members(shape)
        try reader.finish()
        result.isDeep = reader.deepest > Members.newerDepth
        return result
    }

    private mutating func members(_ shape: [Shape.Member]) throws(RequestError) -> Members {
        var members = Members()
        var seen: UInt64 = 0
        var unknown: [JSONString] = []
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard let index = index(of: name, in: shape) else {
                unknown.append(name)
                try reader.skipUniqueValue()
                continue
            }
            let bit: UInt64 = 1 << UInt64(index)
            guard seen & bit == 0 else { throw .duplicateMember }
            seen |= bit
            if try reader.takeNull() { continue }
            members.append(shape[index].name, try value(shape[index].shape, .field), index: index)
        }
        if unknown.count > 1 { try reader.requireUnique(unknown) }
        return members
    }

    private func index(of name: JSONString, in shape: [Shape.Member]) -> Int? {
        for index in shape.indices where reader.matches(name, shape[index].key) { return index }
        return nil
    }

    private mutating func value(_ shape: Shape, _ place: Shape.Place) throws(RequestError) -> Members.Value {
        let found = try reader.peek()
        guard shape.accepts(found) else { throw try mismatch(shape, place, found) }
        switch shape {
        case .string:
            return .string(reader.decoded(try reader.string()))
        case .integer:
            return .integer(Int(Int32(clamping: try number())))
        case .long:
            return .integer(try number())
        case .timestamp:
            return .integer(try milliseconds())
        case .boolean:
            return .boolean(try reader.boolean())
        case .list(let element, _):
            return .list(try list(element))
        case .map(let element, _):
            return .map(try map(element))
        case .structure(_, let members):
            return .structure(try self.members(members))
        case .attributeValue:
            var failure: AttributeValueFailure?
            let value = try AttributeValue(&reader, failure: &failure)
            return .attributeValue(Decoded(value, failure: failure))
        case .attributeMap:
            var failure: AttributeValueFailure?
            let map = try AttributeMap(&reader, failure: &failure)
            return .attributeMap(Decoded(map, failure: failure))
        case .rawStrings:
            return .raw(try raw(.string()))
        case .rawValues:
            return .raw(try raw(.attributeValue))
        }
    }

    private mutating func list(_ element: Shape) throws(RequestError) -> [Members.Value] {
        var elements: [Members.Value] = []
        try reader.beginArray()
        while try reader.nextElement() {
            elements.append(try reader.takeNull() ? .null : try value(element, .element))
        }
        return elements
    }

    private mutating func map(_ element: Shape) throws(RequestError) -> [(key: String, value: Members.Value)] {
        var names: [JSONString] = []
        var entries: [(key: String, value: Members.Value)] = []
        try reader.beginObject()
        while let name = try reader.nextMember() {
            names.append(name)
            entries.append((reader.decoded(name), try reader.takeNull() ? .null : try value(element, .element)))
        }
        try reader.requireUnique(names)
        return entries
    }

    /// A map whose types are checked, as the JSON it is.
    private mutating func raw(_ element: Shape) throws(RequestError) -> [UInt8] {
        var names: [JSONString] = []
        let start = reader.position
        try reader.beginObject()
        while let name = try reader.nextMember() {
            names.append(name)
            if try reader.takeNull() { continue }
            _ = try value(element, .element)
        }
        try reader.requireUnique(names)
        return unsafe Array(ByteRange(start: start, end: reader.position).slice(of: reader.bytes))
    }

    /// A number without its fraction; beyond Int64 its bound.
    private mutating func number() throws(RequestError) -> Int {
        let text = unsafe try reader.number().slice(of: reader.bytes)
        let digits = unsafe text.prefix { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
        let hasExponent = unsafe text.contains { $0 | 0x20 == UInt8(ascii: "e") }
        if !hasExponent, let value = unsafe Int(String(decoding: digits, as: UTF8.self)) { return value }
        let value = unsafe Double(String(decoding: text, as: UTF8.self)) ?? 0
        return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }

    /// A number of seconds, in milliseconds; beyond Int64 its bound.
    private mutating func milliseconds() throws(RequestError) -> Int {
        let text = unsafe try reader.number().slice(of: reader.bytes)
        let value = unsafe (Double(String(decoding: text, as: UTF8.self)) ?? 0) * 1000
        return Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }

    private mutating func mismatch(
        _ shape: Shape,
        _ place: Shape.Place,
        _ found: JSONKind
    ) throws(RequestError) -> RequestError {
        var isDecimal = false
        if found == .number {
            let text = unsafe try reader.number().slice(of: reader.bytes)
            isDecimal = unsafe text.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        }
        return .wrongType(message: shape.message(found, isDecimal: isDecimal, in: place))
    }
}
