import DynamoDB

extension Storage {
    /// Adds or replaces an entry: at `key` of the index stands the item `base` of the table, with `size` bytes of it
    /// projected.
    func putEntry(_ entry: IndexEntry, in index: Int64) throws(ErrorReply) {
        try execute(.putEntry) {
            $0.bind(index, at: 1)
            $0.bind(entry.key, at: 2)
            $0.bind(entry.base.tied, at: 5)
            $0.bind(entry.base.slot, at: 8)
            $0.bind(Int64(entry.size), at: 9)
        }
    }

    /// Removes an entry.
    func removeEntry(at key: StorageKey, base: StorageKey, in index: Int64) throws(ErrorReply) {
        try execute(.removeEntry) {
            $0.bind(index, at: 1)
            $0.bind(key, at: 2)
            $0.bind(base.tied, at: 5)
        }
    }

    /// Removes all entries of an index.
    func removeEntries(of index: Int64) throws(ErrorReply) {
        try execute(.removeEntries) { $0.bind(index, at: 1) }
    }

    /// How many entries an index has and their bytes.
    func entryStatistics(of index: Int64) throws(ErrorReply) -> Table.Statistics {
        try statistics(.entryStatistics, of: index)
    }

    /// Bytes of the entries of one partition of an index.
    func entryBytes(of index: Int64, slot: Int64, partition: [UInt8]) throws(ErrorReply) -> Int {
        try bytes(.entryBytes, of: index, slot: slot, partition: partition)
    }

    /// Calls `body` for entries with their whole items, in order of the index key, then of the table's key, until it
    /// returns false.
    ///
    /// `body` may not write. The reverse order is that of both keys. An entry whose item is not there is left out.
    func entries(
        of index: Int64,
        table: Int64,
        _ range: StorageRange,
        _ body: (IndexEntry, StoredItem) throws(ErrorReply) -> Bool
    ) throws(ErrorReply) {
        let query = range.isForward ? Query.entriesForward : .entriesBackward
        let (lower, upper) = range.bounds
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(index, at: 1)
        statement.bind(table, at: 2)
        statement.bind(lower.key, at: 3)
        statement.bind(lower.base, at: 6)
        statement.bind(upper.key, at: 9)
        statement.bind(upper.base, at: 12)
        while try step(statement, query) {
            let entry = IndexEntry(key: statement.key(0), base: statement.key(3), size: Int(statement.integer(6)))
            let item = StoredItem(json: statement.blob(7), size: Int(statement.integer(8)))
            guard try body(entry, item) else { return }
        }
    }
}
