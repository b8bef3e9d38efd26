import DynamoDB

/// A table as CreateTable and UpdateTable made it; what the catalog keeps.
struct TableDefinition: Sendable, Equatable {
    /// Names the table in the storage; never used again after the table is gone.
    var number: Int64
    /// `TableId`, a UUID.
    var tableID: String
    var name: String
    /// Milliseconds since 1970.
    var createdAt: Int64
    var keySchema: KeySchema
    /// Key attributes of the table and its indexes, in the request's order.
    var attributes: [KeySchema.Attribute]
    var billing: Billing
    var localIndexes: [Index] = []
    var globalIndexes: [Index] = []
    /// The stream that is enabled now.
    var stream: StreamDefinition?
    /// The attribute that holds an item's expiry, when TTL is enabled.
    var timeToLiveAttribute: String?
    var isDeletionProtected = false
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`; nil when none was ever named.
    var tableClass: String?
    /// `SSESpecification` with `Enabled: true`: its `KMSMasterKeyId`, or an empty string for the account's own key.
    var encryptionKey: String?
    /// Most request units a second of a pay-per-request table, when limited.
    var onDemandLimits: OnDemandLimits?
    var tags: [Tag] = []
    /// When the provisioned throughput was last raised and lowered; milliseconds since 1970.
    var lastIncrease: Int64?
    var lastDecrease: Int64?
    /// How often throughput was lowered on the UTC day of ``lastDecrease``.
    var decreasesToday = 0
    /// When the table last became pay-per-request; milliseconds since 1970.
    var payPerRequestSince: Int64?
    /// When ``tableClass`` was last changed; milliseconds since 1970.
    var tableClassSince: Int64?
    /// Units a second that the table is ready for at once (`WarmThroughput`); they only grow.
    var warmThroughput = Throughput(read: 0, write: 0)
    /// The label of the last stream, which is told after it has been disabled.
    var latestStreamLabel: String?

    struct Tag: Sendable, Equatable {
        var key: String
        var value: String
    }

    var indexes: [Index] { localIndexes + globalIndexes }
}

/// How a table's capacity is paid for.
enum Billing: Sendable, Equatable {
    case provisioned(Throughput)
    case payPerRequest
}

/// Provisioned capacity units a second.
struct Throughput: Sendable, Equatable {
    var read: Int
    var write: Int
}

/// Most units a second of an on-demand table; nil and -1 mean no limit.
struct OnDemandLimits: Sendable, Equatable {
    var read: Int?
    var write: Int?
}

/// A local or global secondary index.
struct Index: Sendable, Equatable {
    enum Projection: Sendable, Equatable {
        case all
        case keysOnly
        /// The keys and these attributes.
        case include([String])
    }

    /// Names the index in the storage; never used again.
    var number: Int64
    var name: String
    var isGlobal: Bool
    var keySchema: KeySchema
    var projection: Projection
    /// Of a global index of a provisioned table.
    var throughput: Throughput?
    var onDemandLimits: OnDemandLimits?
    var lastIncrease: Int64?
    var lastDecrease: Int64?
    var decreasesToday = 0
    /// As ``TableDefinition/warmThroughput``.
    var warmThroughput = Throughput(read: 0, write: 0)
}

/// An enabled stream.
struct StreamDefinition: Sendable, Equatable {
    enum View: String, Sendable {
        case keysOnly = "KEYS_ONLY"
        case newImage = "NEW_IMAGE"
        case oldImage = "OLD_IMAGE"
        case newAndOldImages = "NEW_AND_OLD_IMAGES"
    }

    /// Names the stream in the storage; never used again.
    var number: Int64
    /// `LatestStreamLabel`: when it was enabled, as `2015-07-25T00:48:05.899`.
    var label: String
    var view: View
}

/// A table in use: its definition, and what changes with every write.
///
/// Confined to the store's thread.
final class Table {
    var definition: TableDefinition
    /// Items, and bytes of items (``ItemSize``).
    var statistics: Statistics
    /// The same of each index, by its number.
    var indexStatistics: [Int64: Statistics] = [:]

    struct Statistics: Equatable {
        var items = 0
        var bytes = 0
    }

    init(_ definition: TableDefinition, statistics: Statistics = Statistics()) {
        self.definition = definition
        self.statistics = statistics
    }
}
