import CSQLite

/// An open SQLite database.
///
/// Confined to one thread.
@safe
final class Connection {
    private let handle: OpaquePointer
    /// Let go after the file is closed.
    var claim: FileClaim?

    /// A result of SQLite that is a failure.
    struct Failure: Error, Equatable, CustomStringConvertible {
        /// The extended result code.
        var code: Int32
        /// `errno` of the failing system call, 0 if none.
        var systemError: Int32 = 0

        /// What a failure to open a database means.
        enum Kind { case inUse, damaged, other }

        var kind: Kind {
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .inUse
            case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_ERROR: .damaged
            default: .other
            }
        }

        /// SQLite's words for the code, without any data of the database.
        var description: String {
            let words = unsafe String(cString: sqlite3_errstr(code))
            return systemError == 0 ? "\(words) (\(code))" : "\(words) (\(code), \(SystemError(systemError)))"
        }
    }

    /// Whether SQLite could be configured, which is possible only before it is first used.
    private static let isConfigured = csqlite_configure() == SQLITE_OK

    /// Opens `path`, or a database in memory; creates a missing file.
    init(_ path: String?) throws(Failure) {
        _ = Self.isConfigured
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        let result = unsafe sqlite3_open_v2(path ?? ":memory:", &opened, flags, nil)
        guard let opened = unsafe opened else { throw Failure(code: SQLITE_NOMEM) }
        guard result == SQLITE_OK else {
            let failure = unsafe Failure(code: result, systemError: sqlite3_system_errno(opened))
            unsafe sqlite3_close_v2(opened)
            throw failure
        }
        unsafe handle = opened
        for (option, value) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
            (SQLITE_DBCONFIG_ENABLE_VIEW, 0), (SQLITE_DBCONFIG_DQS_DDL, 0), (SQLITE_DBCONFIG_DQS_DML, 0),
        ] as [(Int32, Int32)] {
            unsafe csqlite_db_config(handle, option, value)
        }
    }

    deinit {
        // A statement that is still there keeps SQLite's side open until it goes.
        unsafe sqlite3_close_v2(handle)
    }

    /// Whether no transaction is open.
    var isIdle: Bool { unsafe sqlite3_get_autocommit(handle) != 0 }

    /// The failure that the last call had.
    func failure(_ code: Int32) -> Failure {
        let isSystems = [SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL].contains(code & 0xFF)
        return unsafe Failure(code: code, systemError: isSystems ? sqlite3_system_errno(handle) : 0)
    }

    /// Where the log of commits (WAL) is: beside the file itself, also when that was opened through a link.
    var logPath: String {
        guard let file = unsafe sqlite3_db_filename(handle, "main"), let log = unsafe sqlite3_filename_wal(file) else {
            return ""
        }
        return unsafe String(cString: log)
    }

    /// Whether the log of commits is put into the database when it is closed.
    func checkpointsOnClose(_ isOn: Bool) {
        unsafe csqlite_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, isOn ? 0 : 1)
    }

    /// The number given to the row inserted last.
    var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    /// Prepares a statement that will be used many times.
    func prepare(_ sql: String) throws(Failure) -> Statement {
        var prepared: OpaquePointer?
        let result = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard let prepared = unsafe prepared, result == SQLITE_OK else { throw failure(result) }
        return unsafe Statement(prepared)
    }

    /// Runs statements that need no parameters.
    func execute(_ sql: String) throws(Failure) {
        let result = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw failure(result) }
    }

    /// One column of all rows, as text.
    func column(_ sql: String, number: Int32 = 0) throws(Failure) -> [String] {
        let statement = try prepare(sql)
        var values: [String] = []
        while true {
            switch statement.step() {
            case SQLITE_ROW: values.append(statement.text(number))
            case SQLITE_DONE: return values
            case let result: throw failure(result)
            }
        }
    }
}
