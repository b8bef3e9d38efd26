import Cache
import Synchronization

/// One table of one data domain, as far as coherence is concerned: shared by all tenants that may reach its data.
///
/// `epoch` is part of every cache key of the table, so raising it makes all of the table's entries unreachable at once.
final class Table: Sendable {
    /// A store that may hold entries of the table, and the tenant under whose number they are kept.
    struct Holder {
        let tenant: UInt32
        let store: Store
    }

    let number: UInt32
    let name: [UInt8]

    private let epochCounter = Atomic<UInt64>(0)
    private let descriptionCounter = Atomic<UInt64>(0)
    private let writesInFlight = Atomic<Int>(0)
    private let dirtyUntil = Atomic<UInt64>(0)
    private let lastWrite: Atomic<UInt64>
    private let holders = Mutex<[Holder]>([])

    init(number: UInt32, name: [UInt8], now: UInt64) {
        self.number = number
        self.name = name
        lastWrite = Atomic(now)
    }

    /// Raised whenever something happened to the table that names no key.
    var epoch: UInt64 { epochCounter.load(ordering: .sequentiallyConsistent) }

    /// Raised whenever the table's description may have changed (created, deleted, updated).
    var descriptionVersion: UInt64 { descriptionCounter.load(ordering: .sequentiallyConsistent) }

    /// Why a fill of the table may not begin now, if it may not.
    ///
    /// The caller must have read `epoch` before: then a write that opens after this check has raised the epoch, and
    /// what the fill installs under the old one can't be reached.
    func refusal(now: UInt64) -> KeyStripes.Refusal? {
        if writesInFlight.load(ordering: .sequentiallyConsistent) > 0 { return .writeInFlight }
        return now < dirtyUntil.load(ordering: .sequentiallyConsistent) ? .dirty : nil
    }

    /// The time of the last write that named no key.
    var lastTableWrite: UInt64 { lastWrite.load(ordering: .sequentiallyConsistent) }

    /// Begins a write that may touch any key.
    func open() {
        writesInFlight.add(1, ordering: .sequentiallyConsistent)
        epochCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Ends a write that may have touched any key.
    func close(now: UInt64, dirtyFor: UInt64) {
        if dirtyFor > 0 {
            extendDirty(until: now &+ dirtyFor)
        }
        lastWrite.store(now, ordering: .sequentiallyConsistent)
        epochCounter.add(1, ordering: .sequentiallyConsistent)
        writesInFlight.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Makes every entry unreachable, without a write of ours: the table turned out to be another one.
    func invalidate(now: UInt64) {
        lastWrite.store(now, ordering: .sequentiallyConsistent)
        epochCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Ends the caching of the table for this process: something goes on changing it that this proxy does not see.
    func suspend() {
        extendDirty(until: UInt64(Int64.max))
    }

    /// Notes that what was known of the table's schema, TTL or identity may no longer hold.
    func descriptionChanges() {
        descriptionCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// Deadlines stay below 2^63: the standard library's atomic maximum compares as if signed.
    private func extendDirty(until deadline: UInt64) {
        dirtyUntil.max(min(deadline, UInt64(Int64.max)), ordering: .sequentiallyConsistent)
    }

    /// Notes that a tenant's store may hold entries of the table.
    ///
    /// Call before the entry is installed.
    func register(tenant: UInt32, store: Store) {
        holders.withLock { holders in
            if !holders.contains(where: { $0.tenant == tenant && $0.store === store }) {
                holders.append(Holder(tenant: tenant, store: store))
            }
        }
    }

    /// Forgets who may hold entries, and makes what they hold unreachable: the tenants are gone.
    ///
    /// A fill that registers again holds a lease of the new epoch, or installs nothing.
    func forgetHolders() {
        holders.withLock { $0.removeAll() }
        epochCounter.add(1, ordering: .sequentiallyConsistent)
    }

    /// The stores that may hold entries of the table.
    func currentHolders() -> [Holder] {
        holders.withLock { $0 }
    }
}
