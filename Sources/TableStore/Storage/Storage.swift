import CSQLite
import DynamoDB

/// The embedded store's data in one SQLite database, in a file or in memory.
///
/// Confined to one thread. A failure of SQLite is answered as an InternalServerError and kept in ``failure``: the caller
/// then rolls the transaction back and calls `Engine.reload()`, as the engine's memory may be ahead of the database.
/// Until it has, everything throws, because SQLite may have ended the transaction by itself.
///
/// What is called in a `body` of ``items(in:_:_:)`` or ``entries(of:table:_:_:)`` may read, ranges too, but not write.
final class Storage {
    /// Why the database can't be used, without any data of it; nil as long as it can.
    private(set) var failure: String?

    let connection: Connection
    /// The statements prepared so far, by their query.
    private var statements: [Statement?]

    /// Opens or creates the database; without `file` it is in memory.
    ///
    /// Throws ``StorageOpenError`` when the file is not a database of this format, is damaged, is in use by another
    /// process, or can't be read and written; such a file is left as it is.
    init(file: String?) throws(StorageOpenError) {
        connection = if let file { try Self.open(file) } else { try Self.openInMemory() }
        statements = Array(repeating: nil, count: Query.allCases.count)
    }

    deinit {
        // Before the connection, which is not closed while it has statements.
        statements = []
    }

    // MARK: Transactions

    /// Begins a transaction; everything below happens in one.
    func begin() throws(ErrorReply) {
        try execute(.begin)
    }

    /// Makes the transaction durable (a file is synced).
    ///
    /// When it throws, the transaction is to be rolled back as after any failure.
    func commit() throws(ErrorReply) {
        try execute(.commit)
    }

    /// Undoes the transaction and forgets ``failure``.
    func rollback() {
        failure = nil
        // SQLite has ended it by itself after some failures.
        if !connection.isIdle { try? execute(.rollback) }
    }

    // MARK: Statements

    /// A statement to use until ``give(_:)``; another one of the same text when that is in use already.
    func take(_ query: Query) throws(ErrorReply) -> Statement {
        guard failure == nil else { throw .internalServerError() }
        if let statement = statements[query.rawValue], !statement.isTaken {
            statement.take()
            return statement
        }
        do throws(Connection.Failure) {
            let statement = try connection.prepare(query.sql)
            statement.take()
            if statements[query.rawValue] == nil { statements[query.rawValue] = statement }
            return statement
        } catch {
            throw fail(error, query)
        }
    }

    /// Ends the use of a statement.
    func give(_ statement: Statement) {
        statement.reset()
    }

    /// Goes to the next row; false when there is none.
    func step(_ statement: Statement, _ query: Query) throws(ErrorReply) -> Bool {
        try check(statement.step(), query)
    }

    /// Whether a step came to a row; throws if it failed.
    func check(_ result: Int32, _ query: Query) throws(ErrorReply) -> Bool {
        switch result {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw fail(connection.failure(result), query)
        }
    }

    /// Runs a statement without rows; `bind` sets its parameters.
    func execute(_ query: Query, _ bind: (Statement) -> Void = { _ in }) throws(ErrorReply) {
        let statement = try take(query)
        defer { give(statement) }
        bind(statement)
        while try step(statement, query) {}
    }

    /// The number given to the row inserted last.
    var lastInsertedRow: Int64 { connection.lastInsertedRow }

    private func fail(_ error: Connection.Failure, _ query: Query) -> ErrorReply {
        failure = "SQLite failed in \(query): \(error)"
        return .internalServerError()
    }
}
