import DynamoDB

/// A stream of a table, enabled or not: what is kept of it apart from its records.
///
/// A stream has one shard, open as long as the stream is enabled. Its records, and the stream itself once it is disabled
/// or its table deleted, can be read for a day (Developer Guide, "Change data capture for DynamoDB Streams").
struct TableStream: Sendable, Equatable {
    /// Milliseconds for which records and disabled streams are kept.
    static let retention: Int64 = 86_400_000

    let number: Int64
    let tableName: String
    let label: String
    let view: StreamDefinition.View
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// The table's key attributes: HASH, then RANGE.
    let keyNames: [String]
    /// When it was disabled; milliseconds since 1970.
    var endedAt: Int64?

    var isEnabled: Bool { endedAt == nil }

    /// The name of its shard.
    var shardID: String {
        let digits = String(createdAt)
        let hex = String(number, radix: 16)
        return "shardId-" + String(repeating: "0", count: max(0, 20 - digits.count)) + digits + "-"
            + String(repeating: "0", count: max(0, 8 - hex.count)) + hex
    }
}

extension TableStream {
    private static let shape: [Shape.Member] = [
        .init("tableName", .string(), .required),
        .init("label", .string(), .required),
        .init("view", .string(), .required),
        .init("createdAt", .long(), .required),
        .init("keyNames", .list(.string()), .required),
        .init("endedAt", .long()),
    ]

    /// Reads what ``saved()`` wrote; nil when it is something else.
    init?(saved: [UInt8], number: Int64) {
        guard let members = try? Members(saved, as: Self.shape),
            let tableName = members.string("tableName"), let label = members.string("label"),
            let view = members.string("view").flatMap(StreamDefinition.View.init),
            let createdAt = members.integer("createdAt"), let keyNames = members.strings("keyNames")
        else { return nil }
        self.init(
            number: number,
            tableName: tableName,
            label: label,
            view: view,
            createdAt: Int64(createdAt),
            keyNames: keyNames,
            endedAt: members.integer("endedAt").map(Int64.init)
        )
    }

    /// The stream as the storage keeps it.
    func saved() -> [UInt8] {
        var object = JSONObject()
        object.append("tableName", tableName)
        object.append("label", label)
        object.append("view", view.rawValue)
        object.append("createdAt", createdAt)
        object.append("keyNames", keyNames)
        object.append("endedAt", endedAt)
        return object.bytes
    }
}

extension StoreIdentity {
    func streamARN(_ stream: TableStream) -> String { "\(tableARN(stream.tableName))/stream/\(stream.label)" }
}

extension Engine {
    /// All streams that can be read, in the order in which they were enabled.
    func streams() throws(ErrorReply) -> [TableStream] {
        try storage.streams().compactMap { TableStream(saved: $0.description, number: $0.number) }
    }

    /// The stream of an ARN.
    ///
    /// What is no ARN of a stream is invalid rather than not found (scylladb/scylladb, test/alternator/test_streams.py,
    /// which runs against the service).
    func stream(_ arn: String) throws(ErrorReply) -> TableStream {
        let parts = arn.split(separator: "/", omittingEmptySubsequences: false)
        guard TableARN(arn) != nil, parts.count == 4, parts[2] == "stream" else {
            throw .validation("Invalid StreamArn: \(arn)")
        }
        for stream in try streams() where identity.streamARN(stream) == arn { return stream }
        throw .resourceNotFound("Requested resource not found: Stream: \(arn) not found")
    }
}
