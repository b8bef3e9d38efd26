import DynamoDB

/// A part of a table's or an index's key space.
struct StorageRange: Sendable, Equatable {
    enum Extent: Sendable, Equatable {
        /// Slots of a scan's segment.
        case slots(ClosedRange<Int64>)
        /// One partition of a query, within bounds of the sort key.
        case partition(slot: Int64, [UInt8], SortKeyRange)
    }

    /// Where to start, exclusively: a key of the table, or of an index with the table's key behind it.
    struct Start: Sendable, Equatable {
        var key: StorageKey
        /// The table's key, for an index.
        var base: StorageKey?
    }

    var extent: Extent
    var start: Start?
    var isForward = true
}

/// An entry of an index.
struct IndexEntry: Sendable, Equatable {
    /// By the index's key schema.
    var key: StorageKey
    /// By the table's.
    var base: StorageKey
    /// Bytes of what the index projects of the item.
    var size: Int
}

/// A stored stream record.
struct StreamRecord: Sendable, Equatable {
    var number: Int64
    /// Milliseconds since 1970.
    var appendedAt: Int64
    /// JSON of the stream room's making.
    var record: [UInt8]
}

/// What a client request token was used for.
struct SavedToken: Sendable, Equatable {
    /// A digest or copy of the request, without the token.
    var request: [UInt8]
    /// Read units a repetition of it consumes, and whatever else the reply needs: JSON of the transaction's making.
    var outcome: [UInt8]
}
