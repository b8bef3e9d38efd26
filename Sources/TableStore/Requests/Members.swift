import DynamoDB

/// The members of a request, or of a structure in it, decoded as their shape says.
///
/// A null member is absent; members the shape does not know are ignored.
struct Members: Sendable {
    /// What a member holds.
    enum Value: Sendable {
        case string(String)
        case integer(Int)
        case boolean(Bool)
        case list([Value])
        /// In the request's order.
        case map([(key: String, value: Value)])
        case structure(Members)
        case attributeValue(Decoded<AttributeValue>)
        case attributeMap(Decoded<AttributeMap>)
        /// JSON whose types have been checked.
        case raw([UInt8])
        /// A null element of a list or map; no request with one is accepted.
        case null
    }

    private(set) var values: [(name: String, value: Value)] = []
    /// A bit for each member of the shape that is there, by its position in the shape.
    private(set) var present: UInt64 = 0
    /// Of a request: whether its JSON is nested deeper than ``newerDepth``.
    var isDeep = false

    /// Arrays and objects in each other beyond which the service reads PutItem, UpdateItem and DeleteItem in an older way
    /// (paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/deepRequests.test.ts: with 63 maps in each other,
    /// which ran against the service).
    static let newerDepth = 128

    subscript(name: String) -> Value? {
        for index in values.indices where values[index].name == name { return values[index].value }
        return nil
    }

    /// Adds the member that is `index`th in the shape.
    mutating func append(_ name: String, _ value: Value, index: Int) {
        values.append((name, value))
        present |= 1 << UInt64(index)
    }

    func has(_ name: String) -> Bool {
        for index in values.indices where values[index].name == name { return true }
        return false
    }

    func string(_ name: String) -> String? {
        if case .string(let value)? = self[name] { value } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .integer(let value)? = self[name] { value } else { nil }
    }

    func boolean(_ name: String) -> Bool? {
        if case .boolean(let value)? = self[name] { value } else { nil }
    }

    func structure(_ name: String) -> Members? {
        if case .structure(let value)? = self[name] { value } else { nil }
    }

    /// A list of structures.
    func structures(_ name: String) -> [Members]? {
        guard case .list(let values)? = self[name] else { return nil }
        return values.compactMap { if case .structure(let members) = $0 { members } else { nil } }
    }

    func strings(_ name: String) -> [String]? {
        guard case .list(let values)? = self[name] else { return nil }
        return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    func list(_ name: String) -> [Value]? {
        if case .list(let values)? = self[name] { values } else { nil }
    }

    func map(_ name: String) -> [(key: String, value: Value)]? {
        if case .map(let entries)? = self[name] { entries } else { nil }
    }

    func attributeMap(_ name: String) -> Decoded<AttributeMap>? {
        if case .attributeMap(let value)? = self[name] { value } else { nil }
    }

    func attributeValue(_ name: String) -> Decoded<AttributeValue>? {
        if case .attributeValue(let value)? = self[name] { value } else { nil }
    }

    /// The JSON of a member that is kept so (`ExpressionAttributeNames`, `ExpressionAttributeValues`).
    func raw(_ name: String) -> [UInt8]? {
        if case .raw(let json)? = self[name] { json } else { nil }
    }
}

/// Attribute values whose JSON types are right; whether the values are is asked later, as DynamoDB does.
struct Decoded<Value: Sendable>: Sendable {
    /// The value, whether or not it breaks a rule.
    let unchecked: Value
    /// What the ValidationException says, if there is one.
    let failure: AttributeValueFailure?

    init(_ value: Value, failure: AttributeValueFailure?) {
        unchecked = value
        self.failure = failure
    }

    /// The value.
    ///
    /// Throws a ValidationException, in the operation's words, when it breaks one of DynamoDB's rules for attribute values.
    func checked(for operation: DynamoDB.Operation) throws(ErrorReply) -> Value {
        if let failure { throw .validation(failure.message(operation.attributeValueWording)) }
        return unchecked
    }
}

extension Members {
    /// Decodes a request.
    ///
    /// Throws a SerializationException for what is not JSON of the shape; then a ValidationException that lists the
    /// broken constraints (`1 validation error detected: Value ...`).
    init(_ body: [UInt8], as shape: [Shape.Member]) throws(ErrorReply) {
        self = try unsafe body.span.bytes.withUnsafeBytes { (bytes) throws(ErrorReply) in
            do throws(RequestError) {
                var decoder = unsafe ShapeDecoder(bytes)
                return try decoder.request(shape)
            } catch {
                throw ErrorReply(error)
            }
        }
        try ConstraintCheck.run(self, shape)
    }
}

extension ErrorReply {
    /// A request refused before it is acted on.
    init(_ error: RequestError) {
        self = error.message.map(Self.serialization) ?? .malformedJSON
    }
}
