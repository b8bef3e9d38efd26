/// The tables of the database.
enum Schema {
    /// `application_id`: `LvrT`.
    static let applicationID: Int32 = 0x4C76_7254
    /// `user_version`: the version of this format.
    static let version: Int32 = 1

    /// What makes the tables; SQLite keeps these texts word for word.
    static let statements = [
        """
        CREATE TABLE counters(name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE definitions(number INTEGER PRIMARY KEY, definition BLOB NOT NULL) STRICT
        """,
        // Apart from the items' bytes, so that sums and splits of pages touch keys alone.
        """
        CREATE TABLE items(table_number INTEGER NOT NULL, slot INTEGER NOT NULL, partition BLOB NOT NULL, \
        sort BLOB NOT NULL, size INTEGER NOT NULL, expiry INTEGER, content INTEGER NOT NULL, \
        PRIMARY KEY (table_number, slot, partition, sort)) STRICT, WITHOUT ROWID
        """,
        // With a number, since SQLite keeps more of a row in its page when the table has one.
        """
        CREATE TABLE contents(number INTEGER PRIMARY KEY, item BLOB NOT NULL) STRICT
        """,
        """
        CREATE INDEX expiries ON items(table_number, expiry) WHERE expiry IS NOT NULL
        """,
        """
        CREATE TABLE entries(index_number INTEGER NOT NULL, slot INTEGER NOT NULL, partition BLOB NOT NULL, \
        sort BLOB NOT NULL, tie INTEGER NOT NULL, base_partition BLOB NOT NULL, base_sort BLOB NOT NULL, \
        base_slot INTEGER NOT NULL, size INTEGER NOT NULL, \
        PRIMARY KEY (index_number, slot, partition, sort, tie, base_partition, base_sort)) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE streams(number INTEGER PRIMARY KEY, description BLOB NOT NULL) STRICT
        """,
        """
        CREATE TABLE records(number INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, \
        appended_at INTEGER NOT NULL, record BLOB NOT NULL) STRICT
        """,
        """
        CREATE INDEX records_of_stream ON records(stream)
        """,
        """
        CREATE INDEX records_by_age ON records(appended_at)
        """,
        """
        CREATE TABLE tokens(token BLOB PRIMARY KEY, used_at INTEGER NOT NULL, request BLOB NOT NULL, \
        outcome BLOB NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX tokens_by_age ON tokens(used_at)
        """,
    ]

    /// Makes a new database one of this format.
    static var creation: String {
        let lines = ["PRAGMA application_id = \(applicationID)", "PRAGMA user_version = \(version)"]
        return (lines + statements).joined(separator: ";\n")
    }
}
