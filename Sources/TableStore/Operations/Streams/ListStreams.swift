import DynamoDB

/// ListStreams: the streams that can be read, of a table or of all.
struct ListStreams: StoreOperation {
    static let shape = Shapes.listStreams

    private static let maximumPageSize = 100

    private let tableName: String?
    private let limit: Int
    private let start: String?

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName")
        limit = members.integer("Limit") ?? Self.maximumPageSize
        start = members.string("ExclusiveStartStreamArn")
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var streams = try engine.streams()
        if let start {
            let number = try engine.stream(start).number
            streams.removeAll { $0.number <= number }
        }
        if let tableName {
            let name = TableARN(tableName)?.table ?? tableName
            streams.removeAll { $0.tableName != name }
        }
        var reply = JSONObject()
        reply.append(
            "Streams",
            streams.prefix(limit).map { stream in
                var object = JSONObject()
                object.append("StreamArn", engine.identity.streamARN(stream))
                object.append("TableName", stream.tableName)
                object.append("StreamLabel", stream.label)
                return object
            }
        )
        if streams.count > limit {
            reply.append("LastEvaluatedStreamArn", engine.identity.streamARN(streams[limit - 1]))
        }
        return reply.bytes
    }
}
