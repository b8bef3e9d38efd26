import Cache
import DynamoDB
import Synchronization

/// One table of a tenant's: how it is cached, what is known of its schema.
///
/// Metadata is kept per tenant, because tenants of one data domain may sign for different accounts or regions.
final class TenantTable: Sendable {
    // First what a hit looks at.
    let table: Table
    /// When a hit should have the metadata refreshed (monotonic nanoseconds); read without a lock on every hit.
    private let refreshAt = Atomic<UInt64>(0)
    let cache: EffectiveCacheSettings

    /// What is known, in a form that a tenant's successor takes over when the configuration is reloaded.
    struct Knowledge {
        var state = MetadataState.unknown
        var descriptionVersion: UInt64 = 0
        /// The last description seen, kept while the table can't be described, to tell a re-created one.
        var lastKnown: TableMetadata?
    }

    private let knowledge: Mutex<Knowledge>

    init(table: Table, cache: EffectiveCacheSettings, knowledge: Knowledge = Knowledge()) {
        self.table = table
        self.cache = cache
        self.knowledge = Mutex(knowledge)
    }

    /// Adds what every hit touches.
    func addColdLines(to lines: inout ColdLines, row: Int) {
        lines.add(self, bytes: 72, to: row)
        lines.add(table, bytes: 64, to: row)
        lines.add(table.scope, bytes: 24, to: row)
        unsafe table.name.withUnsafeBytes { name in
            lines.add(UInt(bitPattern: name.baseAddress), bytes: name.count, to: row)
        }
    }

    /// What is known now.
    func currentKnowledge() -> Knowledge {
        knowledge.withLock { $0 }
    }

    /// The metadata, as far as it still describes the table.
    func metadata(now: UInt64) -> MetadataState {
        let version = table.descriptionVersion
        return knowledge.withLock { knowledge in
            guard knowledge.descriptionVersion == version else { return .unknown }
            if case .unavailable(let until) = knowledge.state, now >= until { return .unknown }
            return knowledge.state
        }
    }

    /// Records a description that was asked for while the table's description had `version`.
    ///
    /// When it shows another table under the same name, all entries of the name become unreachable.
    func record(_ state: MetadataState, version: UInt64, now: UInt64, refreshAfter: UInt64) {
        refreshAt.store(now &+ refreshAfter, ordering: .relaxed)
        knowledge.withLock { knowledge in
            if case .known(let new) = state {
                if let old = knowledge.lastKnown, old.identity != new.identity || old.schema != new.schema {
                    table.scope.invalidate(now: now)
                }
                knowledge.lastKnown = new
            }
            knowledge.state = state
            knowledge.descriptionVersion = version
        }
    }

    /// True once each time the metadata has become old: the caller then asks for it again in the background.
    func claimsRefresh(now: UInt64, retryAfter: UInt64) -> Bool {
        let due = refreshAt.load(ordering: .relaxed)
        guard now >= due else { return false }
        return refreshAt.compareExchange(
            expected: due,
            desired: now &+ retryAfter,
            ordering: .relaxed
        ).exchanged
    }
}

/// How one table of one tenant is cached, after defaults and patterns.
struct EffectiveCacheSettings: Sendable, Equatable {
    var isEnabled: Bool
    /// Nanoseconds.
    var timeToLive: UInt64
    /// Nanoseconds; 0: absence is not cached.
    var negativeTimeToLive: UInt64
    /// Nobody writes to the table while the proxy is stopped: entries of a snapshot are as good as they were.
    var isUnchangedWhileStopped = false
    var maxEntryBytes: Int
}
