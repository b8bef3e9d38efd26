import Synchronization

/// The data behind one upstream: within it, a table name means one table to everybody.
///
/// Tenants whose upstreams may hold the same data share a domain, so that a write by one drops the others' entries.
/// Taking two upstreams for one domain costs needless drops; taking one for two would cost stale reads, so in doubt
/// upstreams are one: the domain is the endpoint, not the region or the account that a request is signed for.
final class DataDomain: Sendable {
    /// Names known at most: beyond it further tables are not cached (their requests are forwarded).
    static let maxTables = 100_000

    let identity: String
    /// What a write covers that can't be pinned to a table.
    let scope: WriteScope
    private let tables = Mutex<[[UInt8]: Table]>([:])
    private let numbers: TableNumbers

    init(identity: String, numbers: TableNumbers, now: UInt64) {
        scope = WriteScope(now: now)
        self.identity = identity
        self.numbers = numbers
    }

    /// A domain whose tables have the numbers and epochs of another process.
    init(_ saved: SnapshotDirectory.SavedDomain, numbers: TableNumbers, now: UInt64) {
        let scope = WriteScope(now: now, epoch: saved.epoch)
        self.scope = scope
        identity = saved.identity
        self.numbers = numbers
        tables.withLock { tables in
            for table in saved.tables.prefix(Self.maxTables) {
                tables[table.name] = Table(
                    number: table.number,
                    name: table.name,
                    domain: scope,
                    now: now,
                    epoch: table.epoch
                )
            }
        }
    }

    /// The table of that name; made known if it is not.
    ///
    /// Nil when there are too many: nothing of such a table is ever cached, so its writes need no window.
    func table(named name: [UInt8], now: UInt64) -> Table? {
        tables.withLock { tables in
            if let table = tables[name] { return table }
            guard tables.count < Self.maxTables else { return nil }
            let table = Table(number: numbers.next(), name: name, domain: scope, now: now)
            tables[name] = table
            return table
        }
    }

    /// Every table known.
    func allTables() -> [Table] {
        tables.withLock { Array($0.values) }
    }
}

/// Hands out table numbers, unique in the process.
final class TableNumbers: Sendable {
    private let last = Atomic<UInt32>(0)

    /// Numbers up to this one are taken; before any other thread asks.
    func begin(after number: UInt32) {
        last.store(number, ordering: .relaxed)
    }

    func next() -> UInt32 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
