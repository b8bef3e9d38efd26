import Logging
import Transport
import Upstream

@testable import Proxy

extension Worker {
    /// One with libcurl's upstream.
    convenience init(_ reactor: Reactor, _ shared: SharedState, _ registry: TenantRegistry) throws {
        self.init(
            reactor: reactor,
            upstream: try HTTPUpstream(reactor: reactor),
            shared: shared,
            registry: registry,
            logger: .init(label: "test")
        )
    }
}

extension Configuration {
    /// One tenant, whose access key is AKIDONE.
    static func oneTenant(upstream: String) -> Configuration {
        Configuration(
            upstreams: [
                UpstreamSettings(
                    name: "fake",
                    endpoint: upstream,
                    region: "us-east-1",
                    credentials: .static(id: "AKIDUPSTREAM", secret: Secret("upstream secret"), token: nil)
                )
            ],
            tenants: [
                TenantSettings(
                    name: "one",
                    keys: [TenantKey(id: "AKIDONE", secret: Secret("secret of one"))],
                    upstream: "fake"
                )
            ]
        )
    }
}
