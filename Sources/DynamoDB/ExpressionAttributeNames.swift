/// The substitutes of `ExpressionAttributeNames`, and which of them an expression has used.
struct ExpressionAttributeNames {
    /// Bytes of a substitute, its `#` included (Developer Guide, "Service, account, and table quotas").
    private static let maximumKeyCount = 255
    /// Bytes of all substitutes and names together.
    private static let maximumTotalCount = 2 << 20
    /// Bytes of an attribute's name.
    static let maximumNameCount = 65535
    /// What DynamoDB says of a longer name (ExtendDB/extenddb, issue 365, measured in September 2026).
    static let tooLargeMessage = "Attribute name is too large, must be less than 65536 bytes"

    private let names: [[UInt8]: [UInt8]]
    private var used: Set<[UInt8]> = []

    /// No substitutes.
    init() {
        names = [:]
    }

    /// The substitutes of a raw JSON object of strings.
    init(_ object: UnsafeRawBufferPointer) throws(ExpressionError) {
        let members: [(key: [UInt8], name: [UInt8])]
        do {
            members = try unsafe Self.members(object)
        } catch {
            throw ExpressionError("ExpressionAttributeNames is not a map of strings")
        }
        guard !members.isEmpty else { throw ExpressionError("ExpressionAttributeNames must not be empty") }
        var names: [[UInt8]: [UInt8]] = [:]
        var total = 0
        for (key, name) in members {
            try Self.check(key, name)
            total += key.count + name.count
            guard names.updateValue(name, forKey: key) == nil else {
                throw ExpressionError("ExpressionAttributeNames names \(String(decoding: key, as: UTF8.self)) twice")
            }
        }
        guard total <= Self.maximumTotalCount else {
            throw ExpressionError("ExpressionAttributeNames exceeds max size")
        }
        self.names = names
    }

    /// The attribute name `key` stands for, which counts as used from now on.
    mutating func resolve(_ key: [UInt8]) -> [UInt8]? {
        guard let name = names[key] else { return nil }
        used.insert(key)
        return name
    }

    /// Refuses substitutes that no expression has used.
    func checkAllUsed() throws(ExpressionError) {
        guard used.count < names.count else { return }
        let unused = names.keys.filter { !used.contains($0) }.map { String(decoding: $0, as: UTF8.self) }.sorted()
        throw ExpressionError(
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {\(unused.joined(separator: ", "))}"
        )
    }

    private static func members(
        _ object: UnsafeRawBufferPointer
    ) throws(RequestError) -> [(key: [UInt8], name: [UInt8])] {
        var members: [(key: [UInt8], name: [UInt8])] = []
        var reader = unsafe JSONReader(object)
        try reader.beginObject(.nameMap)
        while let key = try reader.nextMember() {
            let name = try reader.string()
            unsafe members.append(
                (
                    JSONText.unescaped(key.range.slice(of: object)), JSONText.unescaped(name.range.slice(of: object))
                )
            )
        }
        try reader.finish()
        return members
    }

    private static func check(_ key: [UInt8], _ name: [UInt8]) throws(ExpressionError) {
        guard key.count <= maximumKeyCount else {
            throw ExpressionError(
                "ExpressionAttributeNames contains invalid key: "
                    + "The expression attribute map contains a key that is too long; size of key: \(key.count)"
            )
        }
        let text = String(decoding: key, as: UTF8.self)
        guard key.count > 1, key[0] == UInt8(ascii: "#"), key.dropFirst().allSatisfy(ExpressionLexer.isWord) else {
            throw ExpressionError("ExpressionAttributeNames contains invalid key: Syntax error; key: \"\(text)\"")
        }
        guard !name.isEmpty else {
            throw ExpressionError(
                "ExpressionAttributeNames contains invalid value: Empty attribute name for key \(text)"
            )
        }
        guard name.count <= maximumNameCount else {
            throw ExpressionError(
                "ExpressionAttributeNames contains invalid value: \(Self.tooLargeMessage) for key \(text)"
            )
        }
    }
}
