public import Logging

/// Everything a proxy is told before it starts: what `leveret.yaml` says, with the defaults filled in.
///
/// Durations are nanoseconds and sizes bytes unless a name says otherwise. `docs/configuration.md` documents the keys.
public struct Configuration: Sendable {
    /// Where the proxy accepts connections.
    public var listeners: [Listener]
    /// Number of reactor threads; by default one for each core online.
    public var reactors: Int
    /// What one client, and all of them together, may ask of the proxy.
    public var limits: Limits
    /// The DynamoDB endpoints that requests are forwarded to.
    ///
    /// Names are unique.
    public var upstreams: [UpstreamSettings]
    /// Who may call.
    ///
    /// Names, and access key ids over all tenants, are unique.
    public var tenants: [TenantSettings]
    /// How long the coherence protocol waits and remembers.
    public var coherence: CoherenceSettings
    /// Memory for all tenants' caches together; see ``cacheBudgets``.
    public var cacheTotal: Int
    /// Whether to ask the system for pages of 2 MiB for that memory.
    public var cacheHugePages = false
    /// What all tenants share besides; nil limits nothing.
    public var resources: ResourceTotals?
    /// How what they share is allocated among them.
    public var allocation = AllocationSettings()
    /// How requests beyond a tenant's rates are held back.
    public var throttling = ThrottlingSettings()
    /// Where the admin API is served, if anywhere.
    public var admin: AdminSettings?
    /// Where what the caches know is kept from a clean stop to the next start, if anywhere.
    public var snapshot: String?
    /// Where the requests are recorded, if anywhere.
    public var trace: TraceSettings?
    /// Seconds a request's signing time may differ from the proxy's clock, either way.
    public var clockWindow: Int64
    /// What is logged, and in which form.
    public var log: LogSettings
    /// How long a graceful stop waits for the requests in work.
    public var drainDeadline: UInt64
    /// Present under `--dev`: one upstream, no signature checks, tenants named by the caller.
    public var development: DevelopmentSettings?
    /// Present under `leveret local`: the embedded store alone, without tenants and cache; no signature is checked.
    public var local: EmbeddedSettings?

    /// The default configuration: one loopback listener, no tenants.
    public init(
        listeners: [Listener] = [Listener()],
        reactors: Int = Configuration.coresOnline,
        limits: Limits = Limits(),
        upstreams: [UpstreamSettings] = [],
        tenants: [TenantSettings] = [],
        coherence: CoherenceSettings = CoherenceSettings(),
        cacheTotal: Int = Configuration.defaultCacheTotal,
        snapshot: String? = nil,
        clockWindow: Int64 = 900,
        log: LogSettings = LogSettings(),
        drainDeadline: UInt64 = 10_000_000_000,
        development: DevelopmentSettings? = nil
    ) {
        self.listeners = listeners
        self.reactors = reactors
        self.limits = limits
        self.upstreams = upstreams
        self.tenants = tenants
        self.coherence = coherence
        self.cacheTotal = cacheTotal
        self.snapshot = snapshot
        self.clockWindow = clockWindow
        self.log = log
        self.drainDeadline = drainDeadline
        self.development = development
    }

    /// 256 MiB.
    public static let defaultCacheTotal = 256 << 20
}

/// An address to accept connections on.
public struct Listener: Sendable, Equatable {
    /// An IPv4 or IPv6 address, without brackets.
    public var host: String
    /// 0 lets the system choose a free port.
    public var port: Int
    /// Absent for plain HTTP.
    public var tls: TLSFiles?

    /// By default the loopback address and the port DynamoDB Local uses.
    public init(host: String = "127.0.0.1", port: Int = 8000, tls: TLSFiles? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }
}

/// Paths of a listener's PEM files.
public struct TLSFiles: Sendable, Equatable {
    /// The certificate, followed by its chain.
    public var certificate: String
    /// The certificate's private key.
    public var key: String

    /// Both files are read when the proxy starts and again when it reloads.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Bounds on what clients may make the proxy hold.
public struct Limits: Sendable, Equatable {
    /// Largest request line and headers, in bytes.
    public var headBytes: Int
    /// Most header fields of a request.
    public var headerCount: Int
    /// Largest request body, in bytes.
    ///
    /// DynamoDB's own bound is 16 MiB.
    public var bodyBytes: Int
    /// Most connections open at once, over all listeners.
    public var connections: Int
    /// How long a connection may stay open between requests.
    public var idleDeadline: UInt64
    /// How long a request's head may take to arrive.
    public var headDeadline: UInt64
    /// How long a request's body may take to arrive.
    public var bodyDeadline: UInt64
    /// How long a client may take to read a reply.
    public var writeDeadline: UInt64
    /// Most bytes of request bodies held at once, over all connections.
    public var bufferedBytes: Int
    /// Most requests waiting for an upstream at once, over all tenants.
    public var inFlight: Int

    /// The defaults suit a machine with a few GiB of memory.
    public init(
        headBytes: Int = 16 << 10,
        headerCount: Int = 100,
        bodyBytes: Int = 16 << 20,
        connections: Int = 10_000,
        idleDeadline: UInt64 = 75_000_000_000,
        headDeadline: UInt64 = 10_000_000_000,
        bodyDeadline: UInt64 = 60_000_000_000,
        writeDeadline: UInt64 = 60_000_000_000,
        bufferedBytes: Int = 256 << 20,
        inFlight: Int = 4096
    ) {
        self.headBytes = headBytes
        self.headerCount = headerCount
        self.bodyBytes = bodyBytes
        self.connections = connections
        self.idleDeadline = idleDeadline
        self.headDeadline = headDeadline
        self.bodyDeadline = bodyDeadline
        self.writeDeadline = writeDeadline
        self.bufferedBytes = bufferedBytes
        self.inFlight = inFlight
    }
}

/// The coherence protocol's times.
public struct CoherenceSettings: Sendable, Equatable {
    /// For this long after a write, a miss of its key is filled by a consistent read.
    public var consistentReadAfterWrite: UInt64
    /// For this long after a write whose outcome is unknown, its key is not cached.
    public var dirtyWindow: UInt64
    /// How often a table's description is read again.
    public var tableRefresh: UInt64

    /// 5 s, 60 s and 60 s unless told.
    public init(
        consistentReadAfterWrite: UInt64 = 5_000_000_000,
        dirtyWindow: UInt64 = 60_000_000_000,
        tableRefresh: UInt64 = 60_000_000_000
    ) {
        self.consistentReadAfterWrite = consistentReadAfterWrite
        self.dirtyWindow = dirtyWindow
        self.tableRefresh = tableRefresh
    }
}

/// What is logged, and in which form.
public struct LogSettings: Sendable, Equatable {
    /// Lines below this level are not written.
    public var level: Logger.Level
    /// How a line looks.
    public var format: LogFormat

    /// By default `info` and more, as text.
    public init(level: Logger.Level = .info, format: LogFormat = .text) {
        self.level = level
        self.format = format
    }
}

/// What `--dev` asks for.
public struct DevelopmentSettings: Sendable, Equatable {
    /// What the proxy stands in front of.
    public enum Upstream: Sendable, Equatable {
        /// An endpoint's URL, for example `http://127.0.0.1:5000`.
        ///
        /// Requests reach it with their Authorization header untouched.
        case endpoint(String)
        /// The embedded store, one for all callers.
        case embedded(EmbeddedSettings)
    }

    /// What the proxy stands in front of.
    public var upstream: Upstream
    /// Bytes for all callers' caches together.
    public var cacheBudget: Int

    /// A URL is taken as valid.
    public init(upstream: Upstream, cacheBudget: Int = Configuration.defaultCacheTotal) {
        self.upstream = upstream
        self.cacheBudget = cacheBudget
    }
}
