import DynamoDB

/// GetShardIterator: a place in a shard.
struct GetShardIterator: StoreOperation {
    static let shape = Shapes.getShardIterator

    private enum Place {
        case trimHorizon
        case latest
        case at(Int64)
        case after(Int64)
        /// Milliseconds since 1970.
        case time(Int64)
    }

    private let arn: String
    private let shardID: String
    private let place: Place

    init(_ members: Members) throws(ErrorReply) {
        arn = members.string("StreamArn") ?? ""
        shardID = members.string("ShardId") ?? ""
        let type = members.string("ShardIteratorType") ?? ""
        switch type {
        case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
            guard let text = members.string("SequenceNumber") else {
                throw .validation(
                    "One or more parameter values were invalid: SequenceNumber must be specified when "
                        + "ShardIteratorType is \(type)"
                )
            }
            guard let number = SequenceNumber.number(text) else {
                throw .validation("Invalid SequenceNumber: \(text)")
            }
            place = type == "AT_SEQUENCE_NUMBER" ? .at(number) : .after(number)
        case "AT_TIMESTAMP":
            guard let time = members.integer("Timestamp") else {
                throw .validation(
                    "One or more parameter values were invalid: Timestamp must be specified when "
                        + "ShardIteratorType is AT_TIMESTAMP"
                )
            }
            place = .time(Int64(clamping: time))
        default:
            guard !members.has("SequenceNumber") else {
                throw .validation(
                    "One or more parameter values were invalid: SequenceNumber must not be specified when "
                        + "ShardIteratorType is \(type)"
                )
            }
            place = type == "LATEST" ? .latest : .trimHorizon
        }
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let stream = try engine.stream(arn)
        guard stream.shardID == shardID else {
            throw .resourceNotFound("Requested resource not found: Shard does not exist")
        }
        let first = try first(of: stream, engine)
        var reply = JSONObject()
        reply.append("ShardIterator", ShardIterator(streamARN: arn, first: first, createdAt: engine.now).text)
        return reply.bytes
    }

    /// The number from which on records are to be returned.
    private func first(of stream: TableStream, _ engine: Engine) throws(ErrorReply) -> Int64 {
        let last = try engine.storage.lastRecord(of: stream.number) ?? 0
        switch place {
        case .trimHorizon:
            return 0
        case .latest:
            return last + 1
        case .at(let number):
            try checkKept(number, of: stream, engine)
            return number
        case .after(let number):
            try checkKept(number, of: stream, engine)
            return number + 1
        case .time(let time):
            guard time <= engine.now else { throw .invalidParameters("Timestamp is in the future") }
            return try engine.storage.firstRecord(of: stream.number, since: time) ?? last + 1
        }
    }

    /// Refuses the number of a record that is gone, or was never there.
    private func checkKept(_ number: Int64, of stream: TableStream, _ engine: Engine) throws(ErrorReply) {
        guard number > 0 else { return }
        guard let oldest = try engine.storage.firstRecord(of: stream.number, since: .min), number >= oldest else {
            throw .trimmedData
        }
        guard try engine.storage.lastRecord(of: stream.number).map({ number <= $0 }) ?? false else {
            throw .validation("Invalid SequenceNumber: \(SequenceNumber.text(number))")
        }
    }
}

extension ErrorReply {
    /// ironSource/node-dynamodb-stream, issue 13, has the text.
    fileprivate static let trimmedData = ErrorReply(
        type: "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException",
        message: "The data you are trying to access has been trimmed"
    )
}
