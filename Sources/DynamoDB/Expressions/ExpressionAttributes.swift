/// The substitutes a request's expressions use: `ExpressionAttributeNames` and `ExpressionAttributeValues`, and which of
/// them have been used.
///
/// Parse all expressions of a request with one of these, then call ``checkAllUsed()``.
public struct ExpressionAttributes {
    /// Bytes of a substitute, its `:` included (Developer Guide, "Service, account, and table quotas").
    private static let maximumKeyCount = 255
    /// Bytes of all substitutes and values together.
    private static let maximumTotalCount = 2 << 20

    var names = ExpressionAttributeNames()
    private var values: [[UInt8]: AttributeValue] = [:]
    private var usedValues: Set<[UInt8]> = []

    /// The substitutes in the raw JSON objects of a request, where it has them.
    ///
    /// What is wrong with a value is worded as the operation has it.
    public init(
        names: UnsafeRawBufferPointer? = nil,
        values: UnsafeRawBufferPointer? = nil,
        wording: AttributeValueFailure.Wording = .older
    ) throws(AttributeValueError) {
        do throws(ExpressionError) {
            if let names = unsafe names { self.names = try unsafe ExpressionAttributeNames(names) }
        } catch {
            throw .validation(error.message)
        }
        if let values = unsafe values { self.values = try unsafe Self.values(values, wording) }
    }

    /// Refuses substitutes that no expression has used.
    public func checkAllUsed() throws(ExpressionError) {
        try names.checkAllUsed()
        guard usedValues.count < values.count else { return }
        let unused = values.keys.filter { !usedValues.contains($0) }.map { String(decoding: $0, as: UTF8.self) }
        throw ExpressionError(
            "Value provided in ExpressionAttributeValues unused in expressions: "
                + "keys: {\(unused.sorted().joined(separator: ", "))}"
        )
    }

    /// The value `key` stands for, which counts as used from now on.
    mutating func resolve(_ key: [UInt8], kind: ExpressionKind) throws(ExpressionError) -> AttributeValue {
        guard let value = values[key] else {
            throw kind.error(
                "An expression attribute value used in expression is not defined; "
                    + "attribute value: \(String(decoding: key, as: UTF8.self))"
            )
        }
        usedValues.insert(key)
        return value
    }

    private static func values(
        _ object: UnsafeRawBufferPointer,
        _ wording: AttributeValueFailure.Wording
    ) throws(AttributeValueError) -> [[UInt8]: AttributeValue] {
        var members: [(key: [UInt8], value: AttributeValue, failure: AttributeValueFailure?)] = []
        do throws(RequestError) {
            var reader = unsafe JSONReader(object)
            try reader.beginObject(.attributeMap)
            while let key = try reader.nextMember() {
                var value = AttributeValueReader()
                let name = unsafe JSONText.unescaped(key.range.slice(of: object))
                members.append((name, try value.value(&reader), value.failure))
            }
            try reader.finish()
        } catch {
            throw .serialization(error)
        }

        guard !members.isEmpty else { throw .validation("ExpressionAttributeValues must not be empty") }
        for member in members { try check(key: member.key) }
        var values: [[UInt8]: AttributeValue] = [:]
        var total = 0
        for (key, value, failure) in members {
            if let message = failure?.message(wording) {
                guard case .older = wording else { throw .validation(message) }
                throw .validation(
                    "ExpressionAttributeValues contains invalid value: \(message) "
                        + "for key \(String(decoding: key, as: UTF8.self))"
                )
            }
            total += key.count + value.size
            guard values.updateValue(value, forKey: key) == nil else { throw .serialization(.duplicateMember) }
        }
        guard total <= maximumTotalCount else { throw .validation("ExpressionAttributeValues exceeds max size") }
        return values
    }

    private static func check(key: [UInt8]) throws(AttributeValueError) {
        guard key.count <= maximumKeyCount else {
            throw .validation(
                "ExpressionAttributeValues contains invalid key: "
                    + "The expression attribute map contains a key that is too long;"
            )
        }
        guard key.count > 1, key[0] == UInt8(ascii: ":"), key.dropFirst().allSatisfy(ExpressionLexer.isWord) else {
            throw .validation(
                "ExpressionAttributeValues contains invalid key: "
                    + "Syntax error; key: \"\(String(decoding: key, as: UTF8.self))\""
            )
        }
    }
}
