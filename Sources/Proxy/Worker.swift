import Cache
import DynamoDB
import Logging
import SigV4
import Synchronization
import Transport
import Upstream

/// One reactor's proxy: everything a request meets, confined to the reactor's thread.
///
/// The stages are extensions in `Stages/`, in the order a request meets them; `Stages/RequestPath.swift` begins.
final class Worker {
    let reactor: Reactor
    private let upstream: any Upstream
    /// The embedded stores' upstreams, by store.
    private var embedded: [ObjectIdentifier: EmbeddedUpstream] = [:]
    let shared: SharedState
    private(set) var registry: TenantRegistry
    /// What every hit of an access key's tenant touches, by the key's number in the registry.
    private var coldLines: ColdLines
    /// A table that has been asked for with each access key: found without a search.
    private var firstViews: [TenantTable?]
    let logger: Logger

    /// The lane in which it counts what tenants use.
    let lane: Int

    /// Goes through what is large.
    let side: SideThreads

    let verifier: SignatureVerifier
    var requestIDs = RequestID()
    var failureLog = LogLimit()
    /// Where requests are recorded; nil when they are not.
    var trace: TraceLane?
    /// Reused buffers of the hit path.
    let keyBuffer = KeyBuffer()
    /// What has been read of the request that is being handled, ahead of its verification.
    let foreseen = ForeseenGet()
    let lookupBuffer = KeyBuffer()
    let dropBuffer = KeyBuffer()
    var valueBuffer: [UInt8] = []
    /// The same of batches.
    var batchPlan = BatchPlan()
    let batchKeys = KeyBuffer(
        capacity: BatchGetItemRequest.maximumKeys * (CacheKey.longestPrefix + ItemKey.maximumCanonicalLength)
    )
    var batchReply = BatchReplyBody()

    /// The tenants' tables by tenant number and name: a cache of `Tenant.table(named:now:)` without locks.
    var views = ByteMap<TenantTable>()
    /// Development: tenants by access key id and region.
    var developmentTenants = ByteMap<Tenant>()

    /// Requests that wait for another's read, by ticket.
    var waiting: [UInt64: (FetchResult) -> Void] = [:]
    private var lastTicket: UInt64 = 0
    private(set) var landings: Mailbox<FlightLanding>?
    /// Requests that wait for a table's description, by view.
    var describing: [ObjectIdentifier: [() -> Void]] = [:]
    /// Requests that wait for their tenant's rates, by its limits.
    var rooms: [ObjectIdentifier: WaitingRoom] = [:]
    /// Calls of tenants by their upstream's data domain.
    var domainCalls: [ObjectIdentifier: DomainCalls] = [:]

    init(reactor: Reactor, upstream: any Upstream, shared: SharedState, registry: TenantRegistry, logger: Logger) {
        self.reactor = reactor
        self.upstream = upstream
        self.shared = shared
        self.registry = registry
        self.logger = logger
        lane = shared.workers.add(1, ordering: .relaxed).oldValue
        coldLines = registry.coldLines(lane: lane)
        firstViews = Array(repeating: nil, count: registry.keyCount)
        let limits = shared.configuration.limits
        side = SideThreads(reactor: reactor, byteLimit: limits.bufferedBytes / max(1, shared.configuration.reactors))
        verifier = SignatureVerifier(clockWindow: shared.configuration.clockWindow)
        verifier.makeRoom(forSecrets: registry.keyCount)
        landings = reactor.mailbox { [unowned self] landing in
            waiting.removeValue(forKey: landing.ticket)?(landing.result)
        }
    }

    /// Takes a new registry; what the old one allowed is forgotten.
    func adopt(_ registry: TenantRegistry) {
        self.registry = registry
        coldLines = registry.coldLines(lane: lane)
        firstViews = Array(repeating: nil, count: registry.keyCount)
        verifier.makeRoom(forSecrets: registry.keyCount)
        views.removeAll()
    }

    /// What answers the calls of a route.
    func upstream(of route: UpstreamRoute) -> any Upstream {
        guard let store = route.store else { return upstream }
        if let known = embedded[ObjectIdentifier(store)] { return known }
        let made = EmbeddedUpstream(store: store, reactor: reactor)
        embedded[ObjectIdentifier(store)] = made
        return made
    }

    /// Fails what waits for an upstream, and every later call.
    func shutdownUpstreams() {
        giveUpDispatches()
        upstream.shutdown()
        for embedded in embedded.values { embedded.shutdown() }
    }

    /// Unix seconds by which signatures are judged.
    var wallClock: Int64 { shared.wallClock?() ?? reactor.wallClock }

    func ticket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// The tenant's view of a table name.
    ///
    /// - Returns: Nil for a name that is not the tenant's, that can't be a table's, or when too many are known: nothing of
    ///   it is ever cached. Names that are not the tenant's are not remembered either.
    func view(of name: UnsafeRawBufferPointer, for tenant: Tenant) -> TenantTable? {
        if let known = unsafe knownView(of: name, for: tenant) { return known }
        guard unsafe TableName.isValid(name) else { return nil }
        let owned = unsafe Array(name)
        guard tenant.policy.allowsTable(owned), let view = tenant.table(named: owned, now: reactor.now) else {
            return nil
        }
        // A request may outlive a reload: what its tenant was allowed is not its successor's.
        // Those of development mode are configured by nobody, and have numbers of their own.
        if !shared.isDevelopment, let successor = shared.directory.tenant(number: tenant.number), successor !== tenant {
            return view
        }
        if views.count >= Self.maxViews { views.removeAll() }
        unsafe views.insert(Array(lookupBuffer.bytes), view)
        return view
    }

    /// Asks for what a hit of an access key's tenant will touch.
    func prefetchLines(ofAccessKey number: Int) {
        coldLines.prefetch(row: number)
    }

    /// The view of a table that the tenant of an access key has asked for before; nothing is made.
    func knownView(of name: UnsafeRawBufferPointer, accessKey number: Int, _ tenant: Tenant) -> TenantTable? {
        if let first = firstViews[number] {
            return unsafe first.table.isNamed(name) ? first : knownView(of: name, for: tenant)
        }
        return unsafe knownView(of: name, for: tenant)
    }

    /// Finds the view without a search from now on, if it is the first that is asked for with the access key.
    func noteView(_ view: TenantTable, accessKey number: Int) {
        guard firstViews[number] == nil else { return }
        firstViews[number] = view
        view.addColdLines(to: &coldLines, row: number)
    }

    /// The same if it has been asked for before; nothing is made.
    ///
    /// Leaves in `lookupBuffer` what it is known under.
    func knownView(of name: UnsafeRawBufferPointer, for tenant: Tenant) -> TenantTable? {
        lookupBuffer.removeAll()
        unsafe withUnsafeBytes(of: tenant.number) { unsafe lookupBuffer.append($0) }
        unsafe lookupBuffer.append(name)
        return lookupBuffer.isOverflowed ? nil : unsafe views.find(lookupBuffer.bytes)
    }

    private static let maxViews = 50_000
}

/// What all workers share.
final class SharedState: Sendable {
    let configuration: Configuration
    let directory: TenantDirectory
    /// The memory of all stores.
    let pool: SegmentPool
    let stripes: KeyStripes
    let flights = FlightTable()
    let counters = StatusCounters()
    /// Workers made so far.
    let workers = Atomic<Int>(0)
    /// In place of the reactor's clock, for tests with recorded signatures.
    let wallClock: (@Sendable () -> Int64)?
    /// The region that health checks name.
    let region: String
    private let developmentTenants: DevelopmentTenants?
    /// Whether callers are told apart by what they say, unchecked.
    let isDevelopment: Bool

    /// The one tenant of `leveret local`.
    let localTenant: Tenant?

    /// Opens the embedded store that development mode or `leveret local` asks for.
    init(
        configuration: Configuration,
        now: UInt64,
        pool: SegmentPool = SegmentPool(),
        logger: Logger? = nil,
        wallClock: (@Sendable () -> Int64)? = nil
    ) throws {
        self.configuration = configuration
        self.wallClock = wallClock
        self.pool = pool
        isDevelopment = configuration.development != nil
        let directory = TenantDirectory(now: now, pool: pool, logger: logger)
        self.directory = directory
        stripes = KeyStripes(now: now)
        region = configuration.upstreams.first?.region ?? "us-east-1"
        developmentTenants = try configuration.development.map { settings in
            guard case .embedded(let embedded) = settings.upstream else {
                return DevelopmentTenants(settings: settings, embedded: nil, pool: pool)
            }
            let route = try directory.route(toEmbedded: .embedded(embedded), embedded)
            return DevelopmentTenants(settings: settings, embedded: route, pool: pool)
        }
        localTenant = try configuration.local.map { settings in
            try Tenant(local: directory.route(toEmbedded: .embedded(settings), settings), pool: pool)
        }
    }

    /// Every store in use.
    func allStores() -> [Store] {
        directory.allStores() + (developmentTenants.map { [$0.store] } ?? [])
    }

    /// The tenant of a caller under `--dev`.
    func developmentTenant(
        identity: [UInt8],
        accessKeyID: String,
        region: String?,
        now: UInt64
    ) throws(ErrorReply) -> Tenant {
        guard let developmentTenants else { throw .unrecognizedClient }
        return try developmentTenants.tenant(
            identity: identity,
            accessKeyID: accessKeyID,
            region: region,
            now: now,
            domain: { directory.domain(identity: $0.domainIdentity) }
        )
    }
}
