import DynamoDB

/// GetRecords: the records of a shard from a place on, and where to go on.
struct GetRecords: StoreOperation {
    static let shape = Shapes.getRecords

    /// Records and bytes of a reply (API Reference, GetRecords).
    private static let maximumCount = 1000
    private static let maximumBytes = 1 << 20
    /// Records read from the storage at a time: they may be of 800 KB.
    private static let batch = 10

    private let iterator: ShardIterator
    private let limit: Int

    init(_ members: Members) throws(ErrorReply) {
        guard let iterator = ShardIterator(members.string("ShardIterator") ?? "") else {
            throw .validation("Invalid ShardIterator")
        }
        self.iterator = iterator
        limit = members.integer("Limit") ?? Self.maximumCount
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let stream = try engine.stream(iterator.streamARN)
        guard engine.now - iterator.createdAt <= ShardIterator.lifetime else {
            throw .expiredIterator
        }
        var output = Array("{\"Records\":[".utf8)
        var (next, count) = (iterator.first, 0)
        reading: while count < limit {
            let records = try engine.storage.records(
                of: stream.number,
                from: next,
                limit: min(Self.batch, limit - count)
            )
            if records.isEmpty { break }
            for record in records {
                if count > 0 {
                    guard output.count + record.record.count <= Self.maximumBytes else { break reading }
                    output.append(UInt8(ascii: ","))
                }
                SavedRecord.append(record, of: stream, to: &output)
                next = record.number + 1
                count += 1
            }
        }
        output.append(UInt8(ascii: "]"))
        // A closed shard ends with its last record.
        let last = try engine.storage.lastRecord(of: stream.number)
        if stream.isEnabled || last.map({ $0 >= next }) ?? false {
            output += ",\"NextShardIterator\":".utf8
            let iterator = ShardIterator(streamARN: iterator.streamARN, first: next, createdAt: engine.now)
            JSONText.appendQuoted(iterator.text.utf8, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }
}

extension ErrorReply {
    /// The model's text (botocore, data/dynamodbstreams).
    fileprivate static let expiredIterator = ErrorReply(
        type: "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException",
        message: "The provided iterator exceeds the maximum age allowed."
    )
}
