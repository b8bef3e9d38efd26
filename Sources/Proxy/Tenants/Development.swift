import Cache
import DynamoDB
import SigV4
import Synchronization
import Upstream

/// The tenants of `--dev`: made as callers appear, one for each access key id and region, on one shared store.
final class DevelopmentTenants: Sendable {
    private let settings: DevelopmentSettings
    private let store: Store
    private let tenants = Mutex<[String: Tenant]>([:])

    init(settings: DevelopmentSettings) {
        self.settings = settings
        store = Store(budget: settings.cacheBudget)
    }

    /// The tenant of a caller (`access key id/region`, or empty for a request without an Authorization header).
    func tenant(
        caller: String,
        hasRegion: Bool,
        directory: TenantDirectory
    ) throws(ErrorReply) -> Tenant {
        if let known = tenants.withLock({ $0[caller] }) { return known }
        let parts = caller.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let region = hasRegion && parts.count == 2 ? String(parts[1]) : "us-east-1"
        guard let endpoint = try? UpstreamEndpoint(url: settings.upstream, region: region) else {
            throw .internalServerError("The development upstream's URL can't be used.")
        }
        let tenant = Tenant(
            number: directory.number(of: caller),
            name: caller.isEmpty ? "anonymous" : caller,
            store: store,
            policy: AccessPolicy(operations: .all, tables: [Pattern("*")]),
            route: UpstreamRoute(
                endpoint: endpoint,
                identity: .caller(
                    SigningCredentials(
                        accessKeyID: parts.first.map(String.init) ?? "development",
                        secretAccessKey: SecretKey(Array("development".utf8)),
                        sessionToken: nil
                    )
                ),
                domain: directory.domain(identity: endpoint.domainIdentity)
            ),
            cacheRules: CacheRules(CacheSettings())
        )
        return try tenants.withLock { tenants throws(ErrorReply) in
            if let winner = tenants[caller] { return winner }
            guard tenants.count < SharedState.maxDevelopmentTenants else {
                throw .requestLimitExceeded("Too many different callers for development mode.")
            }
            tenants[caller] = tenant
            return tenant
        }
    }
}

extension UpstreamEndpoint {
    /// What tells the data behind one endpoint from another's: the place, not the region requests are signed for, as
    /// some upstreams keep one set of data for all regions.
    var domainIdentity: String {
        "\(scheme.rawValue)://\(host):\(port)\(path)"
    }
}
