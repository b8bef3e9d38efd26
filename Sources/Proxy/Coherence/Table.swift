import Cache
import Glibc
import Synchronization

/// One table of one data domain, as far as coherence is concerned: shared by all tenants that may reach its data.
///
/// `epoch` is part of every cache key of the table, so raising it makes all of the table's entries unreachable at once.
final class Table: Sendable {
    /// A store that may hold entries of the table, and the tenant under whose number they are kept.
    struct Holder {
        let tenant: UInt32
        let store: Store
        /// The epoch of the entries held.
        var epoch: UInt64
    }

    /// Entries of an earlier epoch, which nobody can reach any more.
    struct Remains {
        let store: Store
        let epoch: UInt64
    }

    private struct Holders {
        var current: [Holder] = []
        var remains: [Remains] = []
    }

    /// Epochs whose entries are remembered as remains; those of others leave the store as entries that nobody asks for do.
    private static let maxRemains = 64

    let number: UInt32
    let name: [UInt8]
    /// The table's own scope.
    let scope: WriteScope
    private let domain: WriteScope
    private let holders = Mutex(Holders())

    init(number: UInt32, name: [UInt8], domain: WriteScope, now: UInt64, epoch: UInt64 = 0) {
        self.number = number
        self.name = name
        self.domain = domain
        scope = WriteScope(now: now, epoch: epoch)
    }

    /// Whether these are the bytes of its name.
    func isNamed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == name.count, let start = bytes.baseAddress else { return false }
        return unsafe name.withUnsafeBytes { name in
            unsafe name.baseAddress.map { unsafe memcmp($0, start, bytes.count) == 0 } ?? false
        }
    }

    /// Raised whenever something happened to the table, or to all of its domain, that names no key.
    ///
    /// Both parts only grow, so no sum ever comes back.
    var epoch: UInt64 { scope.epoch &+ domain.epoch }

    /// Raised whenever the table's description may have changed.
    var descriptionVersion: UInt64 { scope.descriptionVersion &+ domain.descriptionVersion }

    /// The time of the last write that named no key.
    var lastWrite: UInt64 { max(scope.lastWrite, domain.lastWrite) }

    /// Why a fill of the table may not begin now, if it may not; as `WriteScope.refusal`.
    func refusal(now: UInt64) -> KeyStripes.Refusal? {
        scope.refusal(now: now) ?? domain.refusal(now: now)
    }

    /// Notes that a tenant's store may hold entries of the table's epoch.
    ///
    /// Call before the entry is installed.
    func register(tenant: UInt32, store: Store, epoch: UInt64) {
        holders.withLock { holders in
            guard let index = holders.current.firstIndex(where: { $0.tenant == tenant && $0.store === store }) else {
                holders.current.append(Holder(tenant: tenant, store: store, epoch: epoch))
                return
            }
            let earlier = holders.current[index].epoch
            guard epoch > earlier else { return }
            holders.current[index].epoch = epoch
            if holders.remains.count < Self.maxRemains {
                holders.remains.append(Remains(store: store, epoch: earlier))
            }
        }
    }

    /// Forgets who may hold entries, and makes what they hold unreachable: the tenants are gone.
    ///
    /// A fill that registers again holds a lease of the new epoch, or installs nothing.
    func forgetHolders(now: UInt64) {
        // Under one lock: a write must find either the holders or a new epoch.
        holders.withLock { holders in
            for holder in holders.current where holders.remains.count < Self.maxRemains {
                holders.remains.append(Remains(store: holder.store, epoch: holder.epoch))
            }
            holders.current.removeAll()
            scope.invalidate(now: now)
        }
    }

    /// The stores that may hold entries of the table.
    func currentHolders() -> [Holder] {
        holders.withLock { $0.current }
    }

    /// Frees what is kept of earlier epochs.
    func removeRemains() {
        let epoch = epoch
        let remains = holders.withLock { holders in
            let stale = holders.current.filter { $0.epoch < epoch }.map { Remains(store: $0.store, epoch: $0.epoch) }
            // A fill of the present epoch registers anew, and a write finds nothing of theirs to drop.
            holders.current.removeAll { $0.epoch < epoch }
            defer { holders.remains.removeAll() }
            return holders.remains + stale
        }
        for remains in remains {
            remains.store.removeGroup(CacheKey.group(table: number, epoch: remains.epoch))
        }
    }
}
