import Cache
import DynamoDB
import SigV4
import Synchronization
import TableStore
import Upstream

/// One tenant at run time.
final class Tenant: Sendable {
    /// Table names remembered at most for one tenant; past it all are forgotten and learnt anew.
    private static let maxTables = 10_000

    /// Unique in the process; part of every cache key.
    ///
    /// The same name keeps its number when the configuration is reloaded.
    let number: UInt32
    // Next what a hit looks at: of a tenant that seldom asks it comes from far away.
    let store: Store
    /// What it has asked for and used.
    let meter: TenantMeter
    /// The rates it is held to.
    let limits: TenantLimits
    let policy: AccessPolicy
    /// The upstream's.
    let region: String

    let name: String
    let route: UpstreamRoute
    private let cacheRules: CacheRules
    private let tables = Mutex<[[UInt8]: TenantTable]>([:])
    /// What was known before a reload, by table.
    private let inherited: [[UInt8]: TenantTable.Knowledge]

    init(
        number: UInt32,
        name: String,
        store: Store,
        policy: AccessPolicy,
        route: UpstreamRoute,
        cacheRules: CacheRules,
        meter: TenantMeter = TenantMeter(),
        limits: TenantLimits = TenantLimits(),
        predecessor: Tenant? = nil
    ) {
        self.number = number
        self.name = name
        self.store = store
        self.policy = policy
        self.route = route
        region = route.endpoint.region
        self.meter = meter
        self.limits = limits
        self.cacheRules = cacheRules
        inherited = predecessor?.tables.withLock { $0.mapValues { $0.currentKnowledge() } } ?? [:]
    }

    /// Adds what every hit touches.
    func addColdLines(to lines: inout ColdLines, row: Int, lane: Int) {
        lines.add(self, bytes: 112, to: row)
        store.addColdLines(to: &lines, row: row)
        lines.add(meter, bytes: 32, to: row)
        lines.add(meter.address(ofLane: lane), bytes: 64, to: row)
        lines.add(limits, bytes: 32, to: row)
    }

    /// The tables that requests have named.
    func namedTables() -> [TenantTable] {
        tables.withLock { Array($0.values) }
    }

    /// The tenant's view of a table.
    ///
    /// Nil when the data domain knows too many tables: then nothing of it is cached.
    func table(named tableName: [UInt8], now: UInt64) -> TenantTable? {
        if let known = tables.withLock({ $0[tableName] }) { return known }
        guard let table = route.domain.table(named: tableName, now: now) else { return nil }
        let view = TenantTable(
            table: table,
            cache: cacheRules.settings(forTable: tableName),
            knowledge: inherited[tableName] ?? TenantTable.Knowledge()
        )
        return tables.withLock { tables in
            if let winner = tables[tableName] { return winner }
            if tables.count >= Self.maxTables {
                // Forgetting a description loses the means to notice that its table was re-created.
                for forgotten in tables.values {
                    forgotten.table.scope.invalidate(now: now)
                }
                tables.removeAll()
            }
            tables[tableName] = view
            return view
        }
    }
}

extension Tenant {
    /// The caller of `leveret local`, whoever it is: everything is allowed, nothing cached.
    convenience init(local route: UpstreamRoute, pool: SegmentPool) {
        var cache = CacheSettings()
        cache.enabled = false
        self.init(
            number: 0,
            name: "local",
            store: Store(budget: 0, pool: pool),
            policy: AccessPolicy(operations: .all, tables: [Pattern("*")]),
            route: route,
            cacheRules: CacheRules(cache)
        )
    }
}

/// Where a tenant's requests go, and as whom.
struct UpstreamRoute: Sendable {
    /// How requests are signed for the upstream.
    enum Identity: Sendable {
        /// With the upstream's credentials.
        case credentials(any CredentialsProvider)
        /// Development: the caller's own headers are passed on; requests of the proxy's own carry this key id and a
        /// made-up signature, which DynamoDB Local and its like do not check.
        case caller(SigningCredentials)
    }

    /// Of the embedded store only region and timeout count.
    let endpoint: UpstreamEndpoint
    let identity: Identity
    let domain: DataDomain
    /// The embedded store, when it is the upstream.
    var store: EmbeddedDynamoDB?
}

/// A tenant's cache settings: defaults, then the first table pattern that matches.
struct CacheRules: Sendable {
    struct Rule: Sendable {
        let pattern: Pattern
        let isEnabled: Bool?
        let timeToLive: UInt64?
        let negativeTimeToLive: UInt64?
        var isUnchangedWhileStopped: Bool?
    }

    let defaults: EffectiveCacheSettings
    let rules: [Rule]

    func settings(forTable name: [UInt8]) -> EffectiveCacheSettings {
        var settings = defaults
        if let rule = rules.first(where: { $0.pattern.matches(name) }) {
            settings.isEnabled = rule.isEnabled ?? settings.isEnabled
            settings.timeToLive = rule.timeToLive ?? settings.timeToLive
            settings.negativeTimeToLive = rule.negativeTimeToLive ?? settings.negativeTimeToLive
            settings.isUnchangedWhileStopped = rule.isUnchangedWhileStopped ?? settings.isUnchangedWhileStopped
        }
        return settings
    }
}
