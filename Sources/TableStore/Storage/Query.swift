/// What is asked of the database; each is prepared once.
enum Query: Int, CaseIterable {
    case begin, commit, rollback
    case nextNumber, definitions, saveDefinition, removeDefinition
    case item, content, addContent, setContent, removeContent, addItem, setItem, removeItem
    case removeContents, removeItems, itemStatistics, itemBytes
    case setExpiry, clearExpiries, expired
    case itemsForward, itemsBackward
    case putEntry, removeEntry, removeEntries, entryStatistics, entryBytes
    case entriesForward, entriesBackward
    case appendRecord, records, lastRecord, firstRecordSince, trimRecords, removeRecords
    case streams, saveStream, removeStream
    case token, saveToken, trimTokens

    var sql: String {
        switch self {
        case .begin: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"

        case .nextNumber:
            """
            INSERT INTO counters VALUES ('number', 1)
            ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last
            """
        case .definitions: "SELECT number, definition FROM definitions ORDER BY number"
        case .saveDefinition: "REPLACE INTO definitions VALUES (?1, ?2)"
        case .removeDefinition: "DELETE FROM definitions WHERE number = ?1"

        case .item: "SELECT item, size FROM items CROSS JOIN contents ON number = content WHERE \(Self.itemKey)"
        case .content: "SELECT content, size, expiry FROM items WHERE \(Self.itemKey)"
        case .addContent: "INSERT INTO contents (item) VALUES (?2)"
        case .setContent: "UPDATE contents SET item = ?2 WHERE number = ?1"
        case .removeContent: "DELETE FROM contents WHERE number = ?1"
        case .addItem:
            """
            INSERT INTO items (table_number, slot, partition, sort, size, expiry, content)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """
        case .setItem: "UPDATE items SET size = ?5, expiry = ?6 WHERE \(Self.itemKey)"
        case .removeItem: "DELETE FROM items WHERE \(Self.itemKey) RETURNING content"
        case .removeContents:
            "DELETE FROM contents WHERE number IN (SELECT content FROM items WHERE table_number = ?1)"
        case .removeItems: "DELETE FROM items WHERE table_number = ?1"
        case .itemStatistics: "SELECT count(*), coalesce(sum(size), 0) FROM items WHERE table_number = ?1"
        case .itemBytes:
            "SELECT coalesce(sum(size), 0) FROM items WHERE table_number = ?1 AND slot = ?2 AND partition = ?3"
        case .setExpiry: "UPDATE items SET expiry = ?5 WHERE \(Self.itemKey)"
        case .clearExpiries: "UPDATE items SET expiry = NULL WHERE table_number = ?1 AND expiry IS NOT NULL"
        case .expired:
            """
            SELECT slot, partition, sort FROM items INDEXED BY expiries WHERE table_number = ?1 AND expiry >= ?4 AND expiry < ?2
            ORDER BY expiry LIMIT ?3
            """
        case .itemsForward: Self.items("ASC")
        case .itemsBackward: Self.items("DESC")

        case .putEntry: "REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        case .removeEntry:
            """
            DELETE FROM entries WHERE index_number = ?1 AND slot = ?2 AND partition = ?3 AND sort = ?4
            AND tie = ?5 AND base_partition = ?6 AND base_sort = ?7
            """
        case .removeEntries: "DELETE FROM entries WHERE index_number = ?1"
        case .entryStatistics: "SELECT count(*), coalesce(sum(size), 0) FROM entries WHERE index_number = ?1"
        case .entryBytes:
            "SELECT coalesce(sum(size), 0) FROM entries WHERE index_number = ?1 AND slot = ?2 AND partition = ?3"
        case .entriesForward: Self.entries("ASC")
        case .entriesBackward: Self.entries("DESC")

        case .appendRecord: "INSERT INTO records (stream, appended_at, record) VALUES (?1, ?2, ?3)"
        case .records:
            """
            SELECT number, appended_at, record FROM records INDEXED BY records_of_stream
            WHERE stream = ?1 AND number >= ?2 ORDER BY number LIMIT ?3
            """
        case .lastRecord: "SELECT max(number) FROM records INDEXED BY records_of_stream WHERE stream = ?1"
        case .firstRecordSince:
            """
            SELECT number FROM records INDEXED BY records_of_stream
            WHERE stream = ?1 AND appended_at >= ?2 ORDER BY number LIMIT 1
            """
        case .trimRecords:
            """
            DELETE FROM records WHERE number IN
            (SELECT number FROM records WHERE appended_at < ?1 ORDER BY appended_at LIMIT ?2) RETURNING number
            """
        case .removeRecords: "DELETE FROM records WHERE stream = ?1"
        case .streams: "SELECT number, description FROM streams ORDER BY number"
        case .saveStream: "REPLACE INTO streams VALUES (?1, ?2)"
        case .removeStream: "DELETE FROM streams WHERE number = ?1"

        case .token: "SELECT request, outcome FROM tokens WHERE token = ?1 AND used_at > ?2"
        case .saveToken: "REPLACE INTO tokens VALUES (?1, ?2, ?3, ?4)"
        case .trimTokens: "DELETE FROM tokens WHERE used_at < ?1"
        }
    }

    private static let itemKey = "table_number = ?1 AND slot = ?2 AND partition = ?3 AND sort = ?4"

    /// Items from one position on until before another.
    private static func items(_ order: String) -> String {
        """
        SELECT slot, partition, sort, item, size FROM items CROSS JOIN contents ON number = content
        WHERE table_number = ?1 AND (slot, partition, sort) >= (?2, ?3, ?4) AND (slot, partition, sort) < (?5, ?6, ?7)
        ORDER BY slot \(order), partition \(order), sort \(order)
        """
    }

    /// Entries from one position on until before another, with their items.
    private static func entries(_ order: String) -> String {
        """
        SELECT e.slot, e.partition, e.sort, base_slot, base_partition, base_sort, e.size, item, i.size
        FROM entries AS e CROSS JOIN items AS i CROSS JOIN contents
        ON i.table_number = ?2 AND i.slot = base_slot AND i.partition = base_partition AND i.sort = base_sort
        AND number = content
        WHERE index_number = ?1
        AND (e.slot, e.partition, e.sort, tie, base_partition, base_sort) >= (?3, ?4, ?5, ?6, ?7, ?8)
        AND (e.slot, e.partition, e.sort, tie, base_partition, base_sort) < (?9, ?10, ?11, ?12, ?13, ?14)
        ORDER BY e.slot \(order), e.partition \(order), e.sort \(order),
        tie \(order), base_partition \(order), base_sort \(order)
        """
    }
}
