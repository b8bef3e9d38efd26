public import Cache

/// Somebody who may call: who they are, what they may do, and how their reads are cached.
public struct TenantSettings: Sendable {
    /// Unique; shown in logs and metrics.
    public var name: String
    /// The tenant's access keys; several while one is being replaced.
    public var keys: [TenantKey]
    /// Name of the upstream that serves the tenant.
    public var upstream: String
    /// The tenant's share of what is divided between tenants, relative to the others' weights.
    public var weight: Double
    /// What of the rates the tenant is entitled to whatever its weight, a second; the rest goes by weight.
    public var share = ResourceTotals()
    /// The operations the tenant may call.
    public var operations: OperationsPolicy
    /// Patterns of the tables the tenant may name: `*` is any run of characters, `?` any one.
    public var tables: [String]
    /// How the tenant's reads are cached.
    public var cache: CacheSettings

    /// A tenant with the standard operations on every table.
    public init(
        name: String,
        keys: [TenantKey],
        upstream: String,
        weight: Double = 1,
        operations: OperationsPolicy = .standard,
        tables: [String] = ["*"],
        cache: CacheSettings = CacheSettings()
    ) {
        self.name = name
        self.keys = keys
        self.upstream = upstream
        self.weight = weight
        self.operations = operations
        self.tables = tables
        self.cache = cache
    }
}

/// One access key of a tenant.
public struct TenantKey: Sendable {
    /// The access key id.
    public var id: String
    /// The secret access key.
    public var secret: Secret
    /// When present, requests must carry exactly this session token.
    public var sessionToken: Secret?

    /// The values are taken as valid.
    public init(id: String, secret: Secret, sessionToken: Secret? = nil) {
        self.id = id
        self.secret = secret
        self.sessionToken = sessionToken
    }
}

/// The operations a tenant may call.
public enum OperationsPolicy: Sendable, Equatable {
    /// The operations table's default for tenants that share an upstream.
    case standard
    /// Of the standard operations those that change nothing.
    case readOnly
    /// Everything, also operations the proxy does not know.
    case all
    /// Exactly the named operations.
    case only(Set<String>)
}

/// How a tenant's reads are cached.
public struct CacheSettings: Sendable, Equatable {
    /// False: every read is forwarded.
    public var enabled: Bool
    /// Bytes.
    ///
    /// Absent: the tenant's share by weight; see ``Configuration/cacheBudgets``.
    public var budget: Int?
    /// The longest an item is kept.
    public var ttl: UInt64
    /// The longest that the absence of an item is kept; 0 keeps none.
    public var negativeTTL: UInt64
    /// What decides which items stay when the budget is full.
    public var policy: PolicyKind
    /// Larger items are not kept; in bytes.
    ///
    /// Absent: whatever the store can hold.
    public var maxEntryBytes: Int?
    /// Whether nobody, by any way, writes to the tables between a stop of the proxy and its next start: then items of a
    /// snapshot may be served.
    public var unchangedWhileStopped: Bool
    /// What differs for some tables; the first whose pattern matches counts.
    public var tables: [TableCacheSettings]

    /// Enabled, lazy GDSF, 5 min, 10 s.
    public init(
        enabled: Bool = true,
        budget: Int? = nil,
        policy: PolicyKind = .lazyGDSF,
        ttl: UInt64 = 300_000_000_000,
        negativeTTL: UInt64 = 10_000_000_000,
        maxEntryBytes: Int? = nil,
        unchangedWhileStopped: Bool = false,
        tables: [TableCacheSettings] = []
    ) {
        self.enabled = enabled
        self.budget = budget
        self.policy = policy
        self.ttl = ttl
        self.negativeTTL = negativeTTL
        self.maxEntryBytes = maxEntryBytes
        self.unchangedWhileStopped = unchangedWhileStopped
        self.tables = tables
    }
}

/// What differs for the tables a pattern matches.
///
/// Absent values are the tenant's.
public struct TableCacheSettings: Sendable, Equatable {
    /// `*` is any run of characters, `?` any one.
    public var pattern: String
    /// False: reads of these tables are forwarded.
    public var enabled: Bool?
    /// The longest an item is kept.
    public var ttl: UInt64?
    /// The longest that the absence of an item is kept; 0 keeps none.
    public var negativeTTL: UInt64?
    /// Whether nobody writes to these tables between a stop of the proxy and its next start.
    public var unchangedWhileStopped: Bool?

    /// Without more than a pattern it changes nothing.
    public init(
        pattern: String,
        enabled: Bool? = nil,
        ttl: UInt64? = nil,
        negativeTTL: UInt64? = nil,
        unchangedWhileStopped: Bool? = nil
    ) {
        self.pattern = pattern
        self.enabled = enabled
        self.ttl = ttl
        self.negativeTTL = negativeTTL
        self.unchangedWhileStopped = unchangedWhileStopped
    }
}
