import DynamoDB

/// What the proxy needs to know of a table to cache its items; from DescribeTable and DescribeTimeToLive.
struct TableMetadata: Sendable, Equatable {
    /// Tells a re-created table from the one before: TableId, or what the upstream gives in its place.
    let identity: String?
    /// Nil when the upstream refuses to describe the table: then a PutItem drops the whole table's entries.
    let schema: KeySchema?
    let arn: String?
    /// The attribute by which the upstream expires items, while TTL is enabled.
    let timeToLiveAttribute: [UInt8]?
    /// Other regions write to the table too, which this proxy does not see.
    let isReplicated: Bool
}

/// A tenant's knowledge of a table's metadata.
enum MetadataState: Sendable {
    /// Nothing asked yet, or what was known is outdated.
    case unknown
    /// Known.
    case known(TableMetadata)
    /// The table can't be described or used now (not found, being made, upstream out of reach): ask again after the
    /// time given.
    case unavailable(until: UInt64)
}
