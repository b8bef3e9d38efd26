public import TableStore

/// A DynamoDB endpoint that requests are forwarded to, or the embedded store.
public struct UpstreamSettings: Sendable {
    /// What tenants call it.
    public var name: String
    /// An `http` or `https` URL, possibly with a path; `embedded` for the embedded store.
    public var endpoint: String
    /// The embedded store in this process, in place of an endpoint.
    public var embedded: EmbeddedSettings?
    /// The region requests are signed for.
    public var region: String
    /// Where the credentials come from that requests are signed with.
    public var credentials: CredentialsSource
    /// A PEM file of the authorities to trust instead of the system's.
    public var caFile: String?
    /// How long a connection may take to open.
    public var connectTimeout: UInt64
    /// How long a request may take, connecting included.
    public var requestTimeout: UInt64
    /// Most connections that each reactor opens.
    public var maxConnections: Int
    /// Two upstreams with the same identity are the same data: a write through one drops the other's cached copy.
    ///
    /// Absent: the endpoint names the data.
    public var identity: String?

    /// The endpoint is taken as valid.
    public init(
        name: String,
        endpoint: String,
        region: String,
        credentials: CredentialsSource = .environment,
        caFile: String? = nil,
        connectTimeout: UInt64 = 2_000_000_000,
        requestTimeout: UInt64 = 10_000_000_000,
        maxConnections: Int = 256,
        identity: String? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.region = region
        self.credentials = credentials
        self.caFile = caFile
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.maxConnections = maxConnections
        self.identity = identity
    }
}

extension UpstreamSettings {
    /// What stands for the embedded store where an endpoint's URL or an upstream's name would stand.
    public static let embeddedName = "embedded"

    /// The embedded store as an upstream.
    public static func embedded(
        name: String = embeddedName,
        region: String = "us-east-1",
        _ settings: EmbeddedSettings = EmbeddedSettings()
    ) -> UpstreamSettings {
        var upstream = UpstreamSettings(name: name, endpoint: embeddedName, region: region)
        upstream.embedded = settings
        return upstream
    }
}

extension Configuration {
    /// The upstreams that are embedded stores, those of `--dev` and `leveret local` included.
    var embeddedStores: [UpstreamSettings] {
        var stores = upstreams.filter { $0.embedded != nil }
        if case .embedded(let settings)? = development?.upstream { stores.append(.embedded(settings)) }
        if let local { stores.append(.embedded(local)) }
        return stores
    }
}

/// How the embedded store is kept, and how it behaves.
public struct EmbeddedSettings: Sendable, Equatable {
    /// The database's path; nil keeps it in memory, for as long as the process lives.
    public var file: String?
    /// Throughput, latency and faults.
    public var service: ServiceModel

    /// By default in memory, and behaving well.
    public init(file: String? = nil, service: ServiceModel = ServiceModel()) {
        self.file = file
        self.service = service
    }
}

/// Where an upstream's credentials come from.
public enum CredentialsSource: Sendable {
    /// Written in the configuration, or in files it names.
    case `static`(id: String, secret: Secret, token: Secret?)
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if set, `AWS_SESSION_TOKEN`.
    case environment
    /// A profile of a shared credentials file. Without a name `AWS_PROFILE` or `default`; without a file
    /// `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`.
    case profile(name: String?, file: String?)
}
