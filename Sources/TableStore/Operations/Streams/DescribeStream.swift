import DynamoDB

/// DescribeStream: a stream and its one shard.
struct DescribeStream: StoreOperation {
    static let shape = Shapes.describeStream

    private let arn: String
    private let startShardID: String?
    private let childrenOf: String?

    init(_ members: Members) throws(ErrorReply) {
        arn = members.string("StreamArn") ?? ""
        startShardID = members.string("ExclusiveStartShardId")
        childrenOf = members.structure("ShardFilter")?.string("ShardId")
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let stream = try engine.stream(arn)
        var description = JSONObject()
        description.append("StreamArn", arn)
        description.append("StreamLabel", stream.label)
        description.append("StreamStatus", stream.isEnabled ? "ENABLED" : "DISABLED")
        description.append("StreamViewType", stream.view.rawValue)
        description.append("CreationRequestDateTime", time: stream.createdAt)
        description.append("TableName", stream.tableName)
        description.append(
            "KeySchema",
            zip(stream.keyNames, ["HASH", "RANGE"]).map { name, type in
                var element = JSONObject()
                element.append("AttributeName", name)
                element.append("KeyType", type)
                return element
            }
        )
        // The one shard has no children.
        let isListed = startShardID.map { $0 < stream.shardID } ?? true && childrenOf == nil
        description.append("Shards", isListed ? [try shard(of: stream, engine)] : [])
        var reply = JSONObject()
        reply.append("StreamDescription", description)
        return reply.bytes
    }

    private func shard(of stream: TableStream, _ engine: Engine) throws(ErrorReply) -> JSONObject {
        var range = JSONObject()
        range.append("StartingSequenceNumber", SequenceNumber.text(0))
        if !stream.isEnabled {
            let last = try engine.storage.lastRecord(of: stream.number)
            range.append("EndingSequenceNumber", SequenceNumber.text(last ?? 0))
        }
        var shard = JSONObject()
        shard.append("ShardId", stream.shardID)
        shard.append("SequenceNumberRange", range)
        return shard
    }
}
