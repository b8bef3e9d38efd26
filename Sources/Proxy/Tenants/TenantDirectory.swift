import Cache
import Logging
import SigV4
import Synchronization
import TableStore
import Upstream

/// Makes tenants from configurations and keeps what outlives a reload: numbers, stores and data domains.
final class TenantDirectory: Sendable {
    private struct State {
        var numbers: [String: UInt32] = [:]
        var lastNumber: UInt32 = 0
        var tenants: [UInt32: Tenant] = [:]
        var stores: [String: Store] = [:]
        /// By tenant name, as the stores are.
        var accounts: [String: Account] = [:]
        /// Lanes of each meter: the worker threads, whose number a reload does not change.
        var workers = 0
        var domains: [String: DataDomain] = [:]
    }

    /// What a tenant has used, and what it may.
    private struct Account {
        let meter: TenantMeter
        let limits: TenantLimits
    }

    private let state = Mutex(State())
    private let tableNumbers = TableNumbers()
    private let embeddedStores: EmbeddedStores
    private let pool: SegmentPool
    private let start: UInt64

    /// A directory of nothing yet.
    ///
    /// `now` is the start of the process, monotonic nanoseconds: as for `KeyStripes`; the stores' memory is the pool's.
    init(now: UInt64, pool: SegmentPool, logger: Logger?) {
        start = now
        self.pool = pool
        embeddedStores = EmbeddedStores(logger: logger)
    }

    /// Builds the registry that a configuration describes.
    ///
    /// - Throws: `ConfigurationError`-like errors of an upstream's URL or credentials.
    func registry(for configuration: Configuration) throws -> TenantRegistry {
        let routes = try Dictionary(
            uniqueKeysWithValues: configuration.upstreams.map { ($0.name, try route(to: $0)) }
        )
        let settingsByName = Dictionary(uniqueKeysWithValues: configuration.upstreams.map { ($0.name, $0) })
        var principals: [(String, TenantRegistry.Principal)] = []
        var tenants: [UInt32: Tenant] = [:]
        let isControlled = configuration.allocation.mode == .apply
        for (settings, budget) in zip(configuration.tenants, configuration.cacheBudgets) {
            guard let route = routes[settings.upstream], let upstream = settingsByName[settings.upstream] else {
                throw ServerError("tenant \(settings.name): there is no upstream named \(settings.upstream)")
            }
            // A tenant whose upstream has become another one is another tenant to the cache.
            let number = number(of: "\(settings.name) \(upstream.dataFingerprint)")
            let account = account(of: settings.name, workers: configuration.reactors)
            account.limits.setBurst(configuration.throttling.burst)
            let tenant = Tenant(
                number: number,
                name: settings.name,
                store: store(
                    of: settings.name,
                    policy: settings.cache.policy,
                    budget: budget,
                    largest: configuration.cacheTotal,
                    isControlled: isControlled
                ),
                policy: AccessPolicy(operations: settings.operations, tables: settings.tables.map(Pattern.init)),
                route: route,
                cacheRules: CacheRules(settings.cache),
                meter: account.meter,
                limits: account.limits,
                predecessor: state.withLock { $0.tenants[number] }
            )
            tenants[number] = tenant
            for key in settings.keys {
                let principal = TenantRegistry.Principal(
                    tenant: tenant,
                    secret: SecretKey(key.secret.bytes),
                    sessionToken: key.sessionToken?.bytes
                )
                principals.append((key.id, principal))
            }
        }
        releaseStores(except: Set(configuration.tenants.map(\.name)))
        releaseAccounts(except: Set(configuration.tenants.map(\.name)))
        embeddedStores.close(except: Set(configuration.embeddedStores.compactMap(\.embeddedIdentity)))
        state.withLock { $0.tenants = tenants }
        return TenantRegistry(principals: principals, throttling: configuration.throttling)
    }

    /// Takes over the numbers and epochs of another process, before the first registry is built.
    func adopt(_ saved: SnapshotDirectory) {
        state.withLock { state in
            for tenant in saved.tenants {
                state.numbers[tenant.identity] = tenant.number
                state.lastNumber = max(state.lastNumber, tenant.number)
            }
            for domain in saved.domains {
                state.domains[domain.identity] = DataDomain(domain, numbers: tableNumbers, now: start)
            }
        }
        tableNumbers.begin(after: saved.domains.flatMap(\.tables).map(\.number).max() ?? 0)
    }

    /// The configured tenants, each with what its number was given for.
    func currentTenants() -> [(identity: String, tenant: Tenant)] {
        state.withLock { state in
            state.numbers.compactMap { identity, number in state.tenants[number].map { (identity, $0) } }
        }
    }

    /// The configured tenant of that number.
    func tenant(number: UInt32) -> Tenant? {
        state.withLock { $0.tenants[number] }
    }

    /// The configured tenants by their names.
    func tenantsByName() -> [String: Tenant] {
        state.withLock { state in
            Dictionary(state.tenants.values.map { ($0.name, $0) }) { first, _ in first }
        }
    }

    /// The number under which a tenant's entries are kept.
    func number(of name: String) -> UInt32 {
        state.withLock { state in
            if let known = state.numbers[name] { return known }
            state.lastNumber += 1
            state.numbers[name] = state.lastNumber
            return state.lastNumber
        }
    }

    /// The stores of the configured tenants.
    func allStores() -> [Store] {
        state.withLock { Array($0.stores.values) }
    }

    /// Every data domain known.
    func allDomains() -> [DataDomain] {
        state.withLock { Array($0.domains.values) }
    }

    /// The data domain of that identity.
    func domain(identity: String) -> DataDomain {
        state.withLock { state in
            if let known = state.domains[identity] { return known }
            let domain = DataDomain(identity: identity, numbers: tableNumbers, now: start)
            state.domains[identity] = domain
            return domain
        }
    }

    /// The store of a tenant, made if there is none.
    ///
    /// A tenant whose policy has become another one gets an empty store. `largest` is what its budget may become. With
    /// `isControlled` the budgets of stores that there are are the control loop's, and a new one gets what is free until
    /// the loop has made room.
    func store(of name: String, policy: PolicyKind, budget: Int, largest: Int, isControlled: Bool = false) -> Store {
        state.withLock { state in
            let known = state.stores[name]
            if let known, known.policy == policy {
                if !isControlled { known.setBudget(budget) }
                return known
            }
            known?.setBudget(0)
            let free = largest - state.stores.values.reduce(0) { sum, store in sum + store.budget }
            let first = isControlled ? min(budget, max(0, free)) : budget
            // The number of shards stays while the budget changes: room to grow, without shares too small for large items.
            let shards = Store.shards(forLargest: min(largest, budget.multipliedReportingOverflow(by: 4).partialValue))
            let store = Store(budget: first, policy: policy, pool: pool, shards: shards, curve: budget > 0)
            state.stores[name] = store
            return store
        }
    }

    /// Frees the stores of tenants that are no longer configured.
    private func releaseStores(except names: Set<String>) {
        state.withLock { state in
            for (name, store) in state.stores where !names.contains(name) {
                store.setBudget(0)
                state.stores[name] = nil
            }
        }
    }

    /// The meter and the limits of a tenant, made without limits when there are none.
    private func account(of name: String, workers: Int) -> Account {
        state.withLock { state in
            if state.workers == 0 { state.workers = max(1, workers) }
            if let known = state.accounts[name] { return known }
            let account = Account(meter: TenantMeter(workers: state.workers), limits: TenantLimits())
            state.accounts[name] = account
            return account
        }
    }

    /// Forgets what tenants that are no longer configured have used.
    private func releaseAccounts(except names: Set<String>) {
        state.withLock { state in
            for name in state.accounts.keys where !names.contains(name) { state.accounts[name] = nil }
        }
    }

    /// Closes the embedded stores, after the last request.
    func closeEmbeddedStores() {
        embeddedStores.close(except: [])
    }

    /// The way to an embedded store, which is opened if it is not.
    func route(toEmbedded settings: UpstreamSettings, _ embedded: EmbeddedSettings) throws -> UpstreamRoute {
        let identity = settings.embeddedIdentity ?? ""
        // A name that is never resolved: only region and timeout are used.
        var endpoint = try UpstreamEndpoint(url: "http://embedded", region: settings.region)
        endpoint.totalTimeout = settings.requestTimeout
        return UpstreamRoute(
            endpoint: endpoint,
            identity: .caller(
                SigningCredentials(
                    accessKeyID: "embedded",
                    secretAccessKey: SecretKey(Array("embedded".utf8)),
                    sessionToken: nil
                )
            ),
            domain: domain(identity: settings.identity ?? identity),
            store: try embeddedStores.store(identity, embedded, region: settings.region)
        )
    }

    private func route(to settings: UpstreamSettings) throws -> UpstreamRoute {
        if let embedded = settings.embedded { return try route(toEmbedded: settings, embedded) }
        var endpoint = try UpstreamEndpoint(url: settings.endpoint, region: settings.region)
        endpoint.connectTimeout = settings.connectTimeout
        endpoint.totalTimeout = settings.requestTimeout
        endpoint.caFile = settings.caFile
        endpoint.maxConnections = settings.maxConnections
        let provider: any CredentialsProvider =
            switch settings.credentials {
            case .static(let id, let secret, let token):
                StaticCredentials(
                    SigningCredentials(
                        accessKeyID: id,
                        secretAccessKey: SecretKey(secret.bytes),
                        sessionToken: token.map { String(decoding: $0.bytes, as: UTF8.self) }
                    )
                )
            case .environment: try EnvironmentCredentials()
            case .profile(let name, let file): try ProfileCredentials(profile: name, file: file)
            }
        return UpstreamRoute(
            endpoint: endpoint,
            identity: .credentials(provider),
            domain: domain(identity: settings.identity ?? endpoint.domainIdentity)
        )
    }
}

extension CacheRules {
    /// The rules that a tenant's settings spell out.
    init(_ settings: CacheSettings) {
        self.init(
            defaults: EffectiveCacheSettings(
                isEnabled: settings.enabled,
                timeToLive: settings.ttl,
                negativeTimeToLive: settings.negativeTTL,
                isUnchangedWhileStopped: settings.unchangedWhileStopped,
                maxEntryBytes: settings.maxEntryBytes ?? Int.max
            ),
            rules: settings.tables.map {
                Rule(
                    pattern: Pattern($0.pattern),
                    isEnabled: $0.enabled,
                    timeToLive: $0.ttl,
                    negativeTimeToLive: $0.negativeTTL,
                    isUnchangedWhileStopped: $0.unchangedWhileStopped
                )
            }
        )
    }
}

extension UpstreamSettings {
    /// Tells settings that may lead to other data from those that lead to the same: the endpoint, the region, and whose
    /// credentials are used (not the secrets, which change when they are rotated).
    fileprivate var dataFingerprint: String {
        let owner =
            switch credentials {
            case .static(let id, _, _): "static \(id)"
            case .environment: "environment"
            case .profile(let name, let file): "profile \(name ?? "") \(file ?? "")"
            }
        return "\(embeddedIdentity ?? endpoint) \(region) \(identity ?? "") \(owner)"
    }
}
