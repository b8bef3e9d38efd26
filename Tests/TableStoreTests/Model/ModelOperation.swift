/// A put, update, deletion or condition check, by itself or in a transaction or batch.
struct ModelWrite {
    enum Action {
        case put(ModelItem)
        case update(key: ModelItem, ModelUpdate?)
        case delete(key: ModelItem)
        case check(key: ModelItem)
    }

    var table: String
    var action: Action
    var condition: ModelCondition?
    /// `ReturnValues`.
    var returns: String?
    var returnsOldOnFailure = false
}

/// Items to be read by their keys.
struct ModelGet {
    var table: String
    var keys: [ModelItem]
    var projection: ModelProjection?
    var isConsistent = false
}

/// What a query asks of the sort key.
enum ModelSortCondition {
    case compare(ModelComparator, ModelValue)
    case between(ModelValue, ModelValue)
    case begins(ModelValue)

    func holds(_ value: ModelValue) -> Bool {
        switch self {
        case .compare(let comparator, let other): comparator.holds(value, other)
        case .between(let low, let high): value.isBefore(low) == false && high.isBefore(value) == false
        case .begins(let prefix): value.begins(with: prefix)
        }
    }
}

/// A query or scan, and how its pages are turned.
struct ModelRead {
    var table: String
    var index: String?
    /// The partition of a query; nil for a scan.
    var partition: ModelValue?
    var sort: ModelSortCondition?
    /// The segment of a parallel scan.
    var segment: (number: Int, total: Int)?
    var filter: ModelCondition?
    var projection: ModelProjection?
    var select: String?
    var limit: Int?
    /// The place of the item to start after, counted among those there are from 0; nil to start with the first.
    var startAfter: Int?
    /// A sort key to start after, of a query of a table, whether there is such an item or not.
    var startKey: ModelValue?
    var isForward = true
    var isConsistent = false
}

/// An operation with all that a request needs.
struct ModelOperation {
    enum Kind {
        case write(ModelWrite)
        case get(ModelGet)
        case read(ModelRead)
        case batchGet([ModelGet])
        case batchWrite([ModelWrite])
        case transactGet([ModelGet])
        case transactWrite([ModelWrite], token: String?)
        /// A request that is refused whatever the tables hold.
        case broken(operation: String, body: String, refusal: ModelRefusal)
        /// TTL deletes what has expired.
        case expire
        /// TTL is switched.
        case timeToLive(table: String)
        /// A global index is deleted, or created again.
        case toggleIndex(table: String)
        /// Everything is compared.
        case verify
        /// The store is opened anew; `inTransaction` is an operation whose transaction is under way when it ends.
        case restart(ModelRestart)
    }

    var kind: Kind
    /// Chooses among spellings of the request.
    var style: UInt64
    var capacity: ModelCapacity = .none
    var wantsMetrics = false
    /// Whether the request is spelled with the parameters that expressions have replaced.
    var isLegacy = false
    /// When it happens; milliseconds since 1970.
    var time: Int64 = 0
}

/// How a store ends.
enum ModelRestart {
    /// It is closed.
    case closed
    /// It goes away while it writes.
    case dropped
    /// Its process is killed: the files stay as they are.
    case killed
    /// Only the engine's memory is built anew.
    case reloaded
}
