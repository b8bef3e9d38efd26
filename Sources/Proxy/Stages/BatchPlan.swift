import Cache
import DynamoDB

/// A BatchGetItem taken apart: what memory has of it, and what must be read upstream.
struct BatchPlan {
    /// What is known of one key.
    enum Found {
        /// The stored form of the item or of its absence.
        case stored([UInt8])
        /// To be read upstream.
        case missing
        /// Left for the client to ask again: the reply is full.
        case postponed
    }

    struct Key {
        let range: ByteRange
        let canonical: [UInt8]
        var found = Found.missing
    }

    struct TablePart {
        let spec: BatchGetTable
        let view: TenantTable
        let projection: Projection?
        var keys: [Key]

        var missing: [Key] {
            keys.filter { key in
                if case .missing = key.found { true } else { false }
            }
        }
    }

    let request: BatchGetItemRequest
    var tables: [TablePart]

    /// What a reply may hold at most, in bytes: DynamoDB's 16 MiB.
    static let maxReplyBytes = 16 << 20

    var missingCount: Int { tables.reduce(0) { $0 + $1.missing.count } }
    var keyCount: Int { tables.reduce(0) { $0 + $1.keys.count } }

    /// Why, or how far, the cache answered.
    var status: CacheStatus {
        let missing = missingCount
        if missing == 0 { return .hit }
        if missing < keyCount { return .partial }
        return tables.allSatisfy(\.spec.consistentRead) ? .consistentRead : .miss
    }
}
