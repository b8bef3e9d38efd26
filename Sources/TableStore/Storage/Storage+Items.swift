import DynamoDB

extension Storage {
    /// The item with a key.
    func item(_ key: StorageKey, in table: Int64) throws(ErrorReply) -> StoredItem? {
        let statement = try take(.item)
        defer { give(statement) }
        guard try check(statement.step(table, key), .item) else { return nil }
        return StoredItem(json: statement.blob(0), size: Int(statement.integer(1)))
    }

    /// Adds or replaces an item; `expiry` is the Unix second its TTL attribute holds, if any.
    func put(_ item: StoredItem, expiry: Int64?, at key: StorageKey, in table: Int64) throws(ErrorReply) {
        let size = Int64(item.size)
        guard let old = try content(of: key, in: table) else {
            try write(item.json, as: nil)
            return try write(.addItem, key, in: table, size: size, expiry: expiry, content: lastInsertedRow)
        }
        try write(item.json, as: old.content)
        if old.size != size || old.expiry != expiry {
            try write(.setItem, key, in: table, size: size, expiry: expiry)
        }
    }

    /// Removes an item.
    func removeItem(_ key: StorageKey, in table: Int64) throws(ErrorReply) {
        guard let content = try removeKey(key, in: table) else { return }
        try execute(.removeContent) { $0.bind(content, at: 1) }
    }

    /// Sets what ``expired(in:before:limit:)`` looks at, for an item already there.
    func setExpiry(_ expiry: Int64?, at key: StorageKey, in table: Int64) throws(ErrorReply) {
        let statement = try take(.setExpiry)
        defer { give(statement) }
        statement.bind(expiry, at: 5)
        _ = try check(statement.step(table, key), .setExpiry)
    }

    /// Forgets the expiry of all items of a table.
    func clearExpiries(of table: Int64) throws(ErrorReply) {
        try execute(.clearExpiries) { $0.bind(table, at: 1) }
    }

    /// The keys of items whose expiry is from `first` on and before `second`, the oldest first.
    func expired(
        in table: Int64,
        from first: Int64 = .min,
        before second: Int64,
        limit: Int
    ) throws(ErrorReply) -> [StorageKey] {
        let statement = try take(.expired)
        defer { give(statement) }
        statement.bind(table, at: 1)
        statement.bind(second, at: 2)
        // A negative limit would be none.
        statement.bind(Int64(max(0, limit)), at: 3)
        statement.bind(first, at: 4)
        var keys: [StorageKey] = []
        while try step(statement, .expired) { keys.append(statement.key(0)) }
        return keys
    }

    /// How many items a table has and their bytes.
    func itemStatistics(of table: Int64) throws(ErrorReply) -> Table.Statistics {
        try statistics(.itemStatistics, of: table)
    }

    /// Bytes of the items of one partition of a table.
    func itemBytes(of table: Int64, slot: Int64, partition: [UInt8]) throws(ErrorReply) -> Int {
        try bytes(.itemBytes, of: table, slot: slot, partition: partition)
    }

    /// Calls `body` for items in order until it returns false.
    ///
    /// `body` may not write. The reverse order is that of the whole key.
    func items(
        in table: Int64,
        _ range: StorageRange,
        _ body: (StorageKey, StoredItem) throws(ErrorReply) -> Bool
    ) throws(ErrorReply) {
        let query = range.isForward ? Query.itemsForward : .itemsBackward
        let (lower, upper) = range.bounds
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(table, at: 1)
        statement.bind(lower.key, at: 2)
        statement.bind(upper.key, at: 5)
        while try step(statement, query) {
            let item = StoredItem(json: statement.blob(3), size: Int(statement.integer(4)))
            guard try body(statement.key(0), item) else { return }
        }
    }

    // MARK: Keys and contents

    /// What is kept with a key: the number of the item's bytes, and what ``put(_:expiry:at:in:)`` set.
    private func content(
        of key: StorageKey,
        in table: Int64
    ) throws(ErrorReply) -> (content: Int64, size: Int64, expiry: Int64?)? {
        let statement = try take(.content)
        defer { give(statement) }
        guard try check(statement.step(table, key), .content) else { return nil }
        return (statement.integer(0), statement.integer(1), statement.optionalInteger(2))
    }

    /// Writes an item's bytes over those with a number, or adds them.
    private func write(_ json: [UInt8], as content: Int64?) throws(ErrorReply) {
        let query = content == nil ? Query.addContent : .setContent
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(content, at: 1)
        _ = try check(statement.step(withBytes: json, at: 2), query)
    }

    private func write(
        _ query: Query,
        _ key: StorageKey,
        in table: Int64,
        size: Int64,
        expiry: Int64?,
        content: Int64? = nil
    ) throws(ErrorReply) {
        let statement = try take(query)
        defer { give(statement) }
        statement.bind(size, at: 5)
        statement.bind(expiry, at: 6)
        statement.bind(content, at: 7)
        _ = try check(statement.step(table, key), query)
    }

    /// Removes a key; returns the number of the item's bytes.
    private func removeKey(_ key: StorageKey, in table: Int64) throws(ErrorReply) -> Int64? {
        let statement = try take(.removeItem)
        defer { give(statement) }
        guard try check(statement.step(table, key), .removeItem) else { return nil }
        let content = statement.integer(0)
        // SQLite ends the deletion with the step after the row.
        while try step(statement, .removeItem) {}
        return content
    }
}
