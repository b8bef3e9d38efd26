extension Storage {
    /// Makes a database in memory.
    static func openInMemory() throws(StorageOpenError) -> Connection {
        do throws(Connection.Failure) {
            let connection = try Connection(nil)
            try connection.execute(Settings.memory)
            try connection.execute(Schema.creation)
            return connection
        } catch {
            throw StorageOpenError(kind: .system, description: "no database can be made in memory: \(error)")
        }
    }

    /// Opens or creates a database in a file, and keeps everyone else away from it.
    static func open(_ name: String) throws(StorageOpenError) -> Connection {
        var file = try StorageFile(name)
        let connection = try attempt(name) { () throws(Connection.Failure) in try Connection(file.path) }
        if file.claim == nil { try file.claimCreated() }
        connection.claim = file.claim
        // What proves damaged is to stay as it is.
        connection.checkpointsOnClose(StorageFile.size(connection.logPath) == 0)
        try attempt(name) { () throws(Connection.Failure) in try connection.lockOrCreate() }
        if let damage = try attempt(name, { () throws(Connection.Failure) in try connection.damage() }) {
            throw .damaged(name, damage)
        }
        try attempt(name) { () throws(Connection.Failure) in try connection.execute(Settings.log) }
        connection.checkpointsOnClose(true)
        return connection
    }

    private static func attempt<Result>(
        _ name: String,
        _ body: () throws(Connection.Failure) -> Result
    ) throws(StorageOpenError) -> Result {
        do throws(Connection.Failure) {
            return try body()
        } catch {
            throw StorageOpenError(error, file: name)
        }
    }
}

extension Connection {
    /// Locks the file until it is closed, and makes the tables when nothing is in it.
    fileprivate func lockOrCreate() throws(Failure) {
        try execute(Settings.file)
        try execute("BEGIN EXCLUSIVE")
        // The transaction has begun a new database with one page. So it is, too, after a creation that was interrupted.
        if try column("PRAGMA page_count") + column("PRAGMA application_id") == ["1", "0"] {
            try execute(Schema.creation)
        }
        try execute("COMMIT")
    }

    /// What is wrong with the database; nil when all is well.
    fileprivate func damage() throws(Failure) -> String? {
        let settings = try column("PRAGMA encoding") + column("PRAGMA auto_vacuum")
        guard settings == ["UTF-8", "0"] else { return "its header is wrong" }
        let tables = try column("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'")
        guard tables.sorted() == Schema.statements.sorted() else { return "its tables are wrong" }
        let finding = try column("PRAGMA quick_check(1)").first ?? ""
        // Its first line is a headline.
        return finding == "ok" ? nil : finding.split(separator: "\n").last.map { String($0) } ?? "it can't be checked"
    }
}

/// How SQLite is to work.
private enum Settings {
    private static let all = """
        PRAGMA secure_delete = OFF;
        PRAGMA auto_vacuum = NONE;
        PRAGMA temp_store = MEMORY;
        PRAGMA cell_size_check = ON;
        """

    /// Large pages, since SQLite looks at every page it holds when a commit has added some.
    static let memory = """
        \(all)
        PRAGMA page_size = 16384;
        PRAGMA journal_mode = MEMORY;
        """

    /// The locking mode comes before anything is read, so that SQLite shares no memory with other processes.
    static let file = """
        PRAGMA locking_mode = EXCLUSIVE;
        \(all)
        PRAGMA page_size = 4096;
        PRAGMA cache_size = -32768;
        PRAGMA synchronous = FULL;
        """

    /// The log of commits; its size is bounded by a checkpoint every 1000 pages, and cut after a large transaction.
    static let log = """
        PRAGMA journal_mode = WAL;
        PRAGMA wal_autocheckpoint = 1000;
        PRAGMA journal_size_limit = 16777216;
        """
}
