internal import SigV4
private import Upstream

/// When open-loop requests are sent.
public enum Arrivals: String, CaseIterable, Sendable {
    /// At equal distances.
    case uniform
    /// As a Poisson process: independent of each other.
    case poisson
}

/// When requests are signed.
public enum Signing: String, CaseIterable, Sendable {
    /// Signatures are kept and used again for minutes.
    case prepared
    /// Each request anew.
    case always
}

/// Whose certificates an https endpoint may show.
public enum ServerTrust: Sendable, Equatable {
    /// Those that the system trusts.
    case system
    /// Those that are in a PEM file, or signed by one in it.
    case certificates(file: String)
    /// Anybody's; the host's name is not checked either.
    case anybody
}

/// An access key with its secret, which is not shown.
public struct BenchmarkCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    let signing: SigningCredentials

    /// Credentials; `sessionToken` is nil for lasting ones.
    public init(accessKeyID: String, secret: String, sessionToken: String? = nil) {
        signing = SigningCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: SecretKey(Array(secret.utf8)),
            sessionToken: sessionToken
        )
    }

    /// A profile's of AWS's shared credentials file (`AWS_SHARED_CREDENTIALS_FILE`, `~/.aws/credentials`).
    ///
    /// Without a name that of `AWS_PROFILE`, or else `default`.
    public init(profile: String?) throws(PlanError) {
        do throws(CredentialsError) {
            signing = try ProfileCredentials(profile: profile).current()
        } catch {
            throw PlanError(error.description)
        }
    }

    /// The access key id only.
    public var description: String { signing.description }
    /// The access key id only.
    public var customMirror: Mirror { signing.customMirror }
}

/// What one tenant does.
public struct TenantPlan: Sendable {
    /// How reports call it.
    public var name: String
    /// What its requests are signed with.
    public var credentials: BenchmarkCredentials
    /// What region they are signed for.
    public var region = "us-east-1"
    /// The table.
    public var table: String
    /// What is done.
    public var mix: OperationMix
    /// Which keys it is done to.
    public var distribution: KeyDistribution
    /// How many keys there are at first; of a trace, the trace's.
    public var keys = 10_000
    /// How large their items are; of a trace, as the trace says.
    public var sizes = ItemSizes.fixed(1_000)
    /// Open loop: operations a second; nil: closed loop, each connection sends when it has its reply.
    public var rate: Double?
    /// Open loop: when requests are sent.
    public var arrivals = Arrivals.poisson
    /// Of a trace: open loop at the trace's own times, so many times as fast, once; nil: in its order only.
    public var traceSpeed: Double?
    /// Connections, of all threads together.
    public var connections = 16
    /// Closed loop: nanoseconds between a reply and the connection's next request.
    public var thinkTime: UInt64 = 0
    /// Part of the GetItem requests that are strongly consistent.
    public var consistent = 0.0
    /// Closed loop: nanoseconds between requests that a connection should have kept, to correct for coordinated omission.
    public var expectedInterval: UInt64?

    /// Whether operations are due at times of their own, and not when there is a reply.
    var isOpenLoop: Bool { rate != nil || traceSpeed != nil }

    /// A plan with the given essentials and defaults for the rest.
    public init(
        name: String,
        credentials: BenchmarkCredentials,
        table: String,
        mix: OperationMix,
        distribution: KeyDistribution? = nil
    ) {
        self.name = name
        self.credentials = credentials
        self.table = table
        self.mix = mix
        self.distribution = distribution ?? mix.usualDistribution
    }
}

/// What is run.
public struct BenchmarkPlan: Sendable {
    /// Where requests go.
    public var endpoint: HTTPEndpoint
    /// Whom an https endpoint has to prove to be.
    public var trust = ServerTrust.system
    /// Who sends them, all at once.
    public var tenants: [TenantPlan]
    /// Threads that send them.
    public var threads = 1
    /// Nanoseconds at the beginning that do not count.
    public var warmup: UInt64 = 0
    /// Nanoseconds that count.
    public var duration: UInt64 = 10_000_000_000
    /// Operations of each tenant, after the warm-up, that end it; `duration` ends it all the same.
    public var operations: Int?
    /// Nanoseconds between two points of the time series.
    public var interval: UInt64 = 1_000_000_000
    /// The same seed draws the same keys.
    public var seed: UInt64 = 1
    /// When requests are signed.
    public var signing = Signing.prepared
    /// Signatures kept for each tenant, kind of request and thread.
    public var preparedSignatures = 1 << 18
    /// How often a request is sent again after throttling, a 5xx status or a lost connection.
    public var retries = 0
    /// Nanoseconds a request may take.
    public var timeout: UInt64 = 10_000_000_000
    /// Nanoseconds that opening a connection may take, TLS included.
    public var connectTimeout = Self.usualConnectTimeout
    static let usualConnectTimeout: UInt64 = 3_000_000_000

    private static let mostPoints: UInt64 = 1_000_000
    /// Nanoseconds after which the time series has all the points it may have.
    public var longestDuration: UInt64 {
        let (product, isTooLarge) = interval.multipliedReportingOverflow(by: Self.mostPoints)
        return isTooLarge ? .max : product
    }

    /// A plan with defaults.
    public init(endpoint: HTTPEndpoint, tenants: [TenantPlan]) {
        self.endpoint = endpoint
        self.tenants = tenants
    }

    /// Refuses what cannot be run.
    public func check() throws(PlanError) {
        guard !tenants.isEmpty else { throw PlanError("there is no tenant") }
        guard (1...64).contains(threads) else { throw PlanError("threads: 1 to 64") }
        guard Set(tenants.map(\.name)).count == tenants.count else { throw PlanError("two tenants have one name") }
        guard duration > 0, interval >= 1_000_000 else { throw PlanError("duration and interval are above 0") }
        guard duration / interval <= Self.mostPoints else {
            throw PlanError("the time series has more than a million points")
        }
        guard (0...100).contains(retries) else { throw PlanError("retries: 0 to 100") }
        guard operations.map({ $0 > 0 }) ?? true else { throw PlanError("requests: at least 1") }
        for tenant in tenants {
            let place = "tenant \(tenant.name): "
            guard (1...100_000).contains(tenant.connections) else {
                throw PlanError(place + "connections: 1 to 100000")
            }
            guard (1...1 << 30).contains(tenant.keys) else { throw PlanError(place + "keys: 1 to \(1 << 30)") }
            guard (0...1).contains(tenant.consistent) else { throw PlanError(place + "consistent: 0 to 1") }
            if let rate = tenant.rate, !(rate > 0 && rate <= 1e7) {
                throw PlanError(place + "rate: above 0, at most 10000000")
            }
            if let speed = tenant.traceSpeed {
                guard case .trace = tenant.distribution else {
                    throw PlanError(place + "trace timing goes with the distribution trace:FILE")
                }
                guard speed >= 1e-6, speed <= 1e6 else { throw PlanError(place + "trace timing: 0.000001 to 1000000") }
                guard tenant.rate == nil else { throw PlanError(place + "trace timing is a rate of its own") }
            }
            if case .trace = tenant.distribution, tenant.mix[.query] + tenant.mix[.batchGet] > 0 {
                throw PlanError(place + "a trace says itself what is done; leave the mix out")
            }
            guard tenant.mix[.batchGet] == 0 || tenant.keys >= tenant.mix.batchSize else {
                throw PlanError(place + "a batch has more keys than there are")
            }
        }
    }
}
