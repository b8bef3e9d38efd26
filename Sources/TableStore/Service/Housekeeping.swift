import DynamoDB

extension Engine {
    /// Items deleted, records and tokens trimmed, in one call: a few milliseconds' work.
    private static let portion = 100
    /// Items that expired longer ago are left alone (Developer Guide, "Using time to live").
    private static let longestExpired: Int64 = 5 * 366 * 86_400
    /// Milliseconds for which a client request token counts (API Reference, TransactWriteItems).
    private static let tokenLifetime: Int64 = 600_000

    /// Does a bounded part of the work that no request asks for: deletes expired items, trims stream records and client
    /// request tokens.
    ///
    /// Called about once a second in a transaction of its own, and again soon as long as there is more; returns whether
    /// there is. What it throws undoes the transaction.
    func housekeeping() throws(ErrorReply) -> Bool {
        var left = Self.portion
        for table in tables.values where table.definition.timeToLiveAttribute != nil && left > 0 {
            left -= try deleteExpired(in: table, limit: left)
        }
        let trimmed = try storage.trimRecords(before: now - TableStream.retention, limit: Self.portion)
        try storage.trimTokens(before: now - Self.tokenLifetime)
        try removeEndedStreams()
        return left == 0 || trimmed == Self.portion
    }

    /// Removes streams that ended long ago and whose records have all been trimmed.
    private func removeEndedStreams() throws(ErrorReply) {
        for stream in try streams() {
            guard let endedAt = stream.endedAt, endedAt < now - TableStream.retention,
                try storage.lastRecord(of: stream.number) == nil
            else { continue }
            try storage.removeStream(stream.number)
        }
    }

    /// Deletes items whose time has come; returns how many.
    private func deleteExpired(in table: Table, limit: Int) throws(ErrorReply) -> Int {
        let second = now / 1000
        let number = table.definition.number
        let keys = try storage.expired(
            in: number,
            from: second - Self.longestExpired,
            before: second,
            limit: limit
        )
        var count = 0
        for key in keys {
            guard let (item, size) = try item(key, in: table),
                let primaryKey = PrimaryKey(of: item, in: table.definition.keySchema)
            else { continue }
            try apply(
                ItemChange(
                    key: primaryKey,
                    storageKey: key,
                    old: item,
                    oldSize: size,
                    isByTimeToLive: true
                ),
                to: table
            )
            count += 1
        }
        return count
    }
}
