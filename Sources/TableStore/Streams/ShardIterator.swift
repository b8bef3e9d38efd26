import DynamoDB

/// A place in a shard from which GetRecords goes on; clients take its text for opaque.
///
///     STREAM-ARN|1|NUMBER|TIME
struct ShardIterator: Equatable {
    /// Milliseconds for which an iterator can be used (API Reference, GetShardIterator).
    static let lifetime: Int64 = 900_000

    let streamARN: String
    /// The number of the first record to return.
    let first: Int64
    /// When it was made; milliseconds since 1970.
    let createdAt: Int64

    init(streamARN: String, first: Int64, createdAt: Int64) {
        self.streamARN = streamARN
        self.first = first
        self.createdAt = createdAt
    }

    /// Nil for a text that is none of ours.
    init?(_ text: String) {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "1", let first = Int64(parts[2]), first >= 0,
            let createdAt = Int64(parts[3]), createdAt >= 0
        else { return nil }
        self.init(streamARN: String(parts[0]), first: first, createdAt: createdAt)
    }

    var text: String { "\(streamARN)|1|\(first)|\(createdAt)" }
}
