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
