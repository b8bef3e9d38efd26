import DynamoDB

/// A digest of a part of a request that is the same for requests that mean the same: the order of members and the notation
/// of numbers do not count.
struct RequestDigest {
    /// FNV-1a of 128 bits (Fowler, Noll, Vo).
    private var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

    private init() {}

    /// 16 bytes.
    static func of(_ value: Members.Value?) throws(ErrorReply) -> [UInt8] {
        var digest = RequestDigest()
        if let value { try digest.add(value) }
        return (0..<16).map { UInt8(truncatingIfNeeded: digest.hash >> (8 * UInt128($0))) }
    }

    /// Every value ends where it can be told from the next: with a byte that UTF-8 does not have, or with JSON's own end.
    ///
    /// Recursion is bounded by the depth of the request's shape.
    private mutating func add(_ value: Members.Value) throws(ErrorReply) {
        switch value {
        case .string(let text): add("s" + text)
        case .integer(let number): add("i\(number)")
        case .boolean(let isTrue): add("b\(isTrue)")
        case .attributeValue(let decoded):
            var json: [UInt8] = []
            try decoded.checked(for: .transactWriteItems).append(to: &json)
            add(json)
        case .attributeMap(let decoded):
            var json: [UInt8] = []
            try decoded.checked(for: .transactWriteItems).append(to: &json)
            add(json)
        case .list(let values):
            add("[")
            for value in values { try add(value) }
            add("]")
        case .map(let entries):
            try add(entries)
        case .structure(let members):
            try add(members.values.map { ($0.name, $0.value) })
        case .raw(let json):
            add(Self.canonical(json))
        case .null:
            add("n")
        }
    }

    /// The attribute values or names in a JSON object, by their placeholders.
    private static func canonical(_ json: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        let values = unsafe json.withUnsafeBytes { (json) -> AttributeMap? in unsafe try? AttributeMap(json: json) }
        if let values {
            values.append(to: &output)
            return output
        }
        let pairs = unsafe json.withUnsafeBytes { (json) -> [(String, String)] in unsafe Self.names(json) }
        for (placeholder, name) in pairs.sorted(by: { $0.0 < $1.0 }) {
            JSONText.appendQuoted(placeholder.utf8, to: &output)
            JSONText.appendQuoted(name.utf8, to: &output)
        }
        return output
    }

    private static func names(_ json: UnsafeRawBufferPointer) -> [(String, String)] {
        var names: [(String, String)] = []
        var reader = unsafe JSONReader(json)
        do {
            try reader.beginObject()
            while let placeholder = try reader.nextMember() {
                let placeholder = reader.decoded(placeholder)
                names.append((placeholder, reader.decoded(try reader.string())))
            }
        } catch {
            // The request's decoder has read it before.
            return names
        }
        return names
    }

    private mutating func add(_ entries: [(key: String, value: Members.Value)]) throws(ErrorReply) {
        add("{")
        for entry in entries.sorted(by: { $0.key < $1.key }) {
            add(entry.key)
            try add(entry.value)
        }
        add("}")
    }

    private mutating func add(_ text: String) { add(Array(text.utf8)) }

    private mutating func add(_ bytes: [UInt8]) {
        for byte in bytes { add(byte) }
        add(0xFF)
    }

    private mutating func add(_ byte: UInt8) {
        hash = (hash ^ UInt128(byte)) &* 0x100_0000_0000_0000_0000_013B
    }
}
