/// What the `X-Amz-Target` header asks for.
public enum Target: Sendable, Equatable {
    /// An operation of the table.
    case known(Operation)
    /// An operation this proxy has not heard of, of an API version it speaks.
    case unknown(name: String, api: Operation.API)
    /// The API of 2011, which DynamoDB still answers and this proxy does not.
    case legacy
    /// Anything else: UnknownOperationException.
    case malformed

    /// Parses the header's value.
    ///
    /// Allocates only for ``unknown(name:api:)``.
    public static func parse(_ value: UnsafeRawBufferPointer) -> Self {
        // The one that the fastest path serves.
        if unsafe isGetItem(value) { return .known(.getItem) }
        var dot = 0
        while dot < value.count, unsafe value[dot] != UInt8(ascii: ".") {
            dot += 1
        }
        guard dot < value.count else { return .malformed }
        let version = unsafe UnsafeRawBufferPointer(rebasing: value[..<dot])
        let name = unsafe UnsafeRawBufferPointer(rebasing: value[(dot + 1)...])
        let api: Operation.API
        if unsafe isEqual(version, "DynamoDB_20120810") {
            api = .dynamoDB
        } else if unsafe isEqual(version, "DynamoDBStreams_20120810") {
            api = .streams
        } else {
            return unsafe isEqual(version, "DynamoDB_20111205") ? .legacy : .malformed
        }
        if let operation = unsafe Operation.named(name, api: api) { return .known(operation) }
        guard unsafe isOperationName(name) else { return .malformed }
        return .unknown(name: unsafe String(decoding: name, as: UTF8.self), api: api)
    }

    /// Whether the header's value asks for GetItem.
    public static func isGetItem(_ value: UnsafeRawBufferPointer) -> Bool {
        unsafe isEqual(value, "DynamoDB_20120810.GetItem")
    }

    private static func isEqual(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
        unsafe rawEqual(
            bytes,
            UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        )
    }

    /// Letters and digits, starting with a capital; no operation's name has come near 128.
    private static func isOperationName(_ name: UnsafeRawBufferPointer) -> Bool {
        guard 1...128 ~= name.count, case UInt8(ascii: "A")...UInt8(ascii: "Z") = unsafe name[0] else { return false }
        return unsafe name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default:
                false
            }
        }
    }
}
