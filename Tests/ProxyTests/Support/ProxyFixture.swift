import Foundation
import Logging

@testable import Proxy

/// A proxy in front of a fake upstream, with two tenants that share its data, `one` and `two`.
final class ProxyFixture {
    let upstream: FakeDynamoDB
    let proxy: ProxyServer
    let configuration: Configuration
    private let ownsUpstream: Bool

    /// Starts it, before an upstream of its own unless given one, with a configuration that `adjust` may change.
    init(
        reactors: Int = 2,
        upstream shared: FakeDynamoDB? = nil,
        adjust: (inout Configuration) -> Void = { _ in },
        wallClock: (@Sendable () -> Int64)? = nil
    ) throws {
        upstream = try shared ?? FakeDynamoDB()
        ownsUpstream = shared == nil
        var configuration = Configuration(
            listeners: [Listener(host: "127.0.0.1", port: 0)],
            reactors: reactors,
            upstreams: [
                UpstreamSettings(
                    name: "fake",
                    endpoint: upstream.url,
                    region: "us-east-1",
                    credentials: .static(id: "AKIDUPSTREAM", secret: Secret("upstream secret"), token: nil),
                    requestTimeout: 5_000_000_000
                )
            ],
            tenants: ["one", "two"].map { name in
                TenantSettings(
                    name: name,
                    keys: [TenantKey(id: "AKID\(name.uppercased())", secret: Secret("secret of \(name)"))],
                    upstream: "fake"
                )
            },
            // Nothing counts as just written but what a test has written.
            coherence: CoherenceSettings(consistentReadAfterWrite: 0, dirtyWindow: 60_000_000_000)
        )
        adjust(&configuration)
        self.configuration = configuration
        proxy = try ProxyServer(
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            wallClock: wallClock
        )
    }

    deinit {
        stopProxy()
        if ownsUpstream { upstream.stop() }
    }

    /// Stops the proxy and waits for its end; the upstream goes on.
    func stopProxy() {
        proxy.stop()
        proxy.run()
    }

    func client(_ tenant: String = "one") -> TestClient {
        TestClient(port: proxy.ports[0], accessKeyID: "AKID\(tenant.uppercased())", secret: "secret of \(tenant)")
    }
}
