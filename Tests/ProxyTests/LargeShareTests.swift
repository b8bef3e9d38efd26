import Testing
import Transport
import Upstream

@testable import Proxy

/// What a tenant may have gone through beside a reactor.
@Suite struct LargeShareTests {
    private static let limit = 32 << 20

    /// A worker whose reactor does not run, so that what is done beside it is never taken back; its tenants.
    private func withWorker(_ body: (Worker, [Tenant]) throws -> Void) throws {
        var configuration = Configuration(
            upstreams: [
                UpstreamSettings(
                    name: "none",
                    endpoint: "http://127.0.0.1:9",
                    region: "us-east-1",
                    credentials: .static(id: "AKIDUPSTREAM", secret: Secret("upstream secret"), token: nil)
                )
            ],
            tenants: ["one", "two"].map { name in
                TenantSettings(name: name, keys: [TenantKey(id: "AKID\(name)", secret: Secret(name))], upstream: "none")
            }
        )
        configuration.limits.bufferedBytes = Self.limit
        configuration.reactors = 1
        let shared = try SharedState(configuration: configuration, now: MonotonicClock.now())
        let reactor = try Reactor()
        let registry = try shared.directory.registry(for: configuration)
        let worker = try Worker(reactor, shared, registry)
        let tenants = shared.directory.currentTenants().map(\.1).sorted { $0.name < $1.name }
        try #require(tenants.count == 2)
        try withExtendedLifetime(registry) { try body(worker, tenants) }
    }

    @Test func `replies count, and those to reads are refused to a tenant that has filled its part`() throws {
        try withWorker { worker, tenants in
            let (one, two) = (tenants[0], tenants[1])
            let reply = UpstreamReply(status: 200, body: [UInt8](repeating: 0, count: 1 << 20))
            func isTaken(_ tenant: Tenant) -> Bool {
                if case .success = worker.received(.success(reply), of: tenant) { true } else { false }
            }
            var taken = 0
            while taken < 100, isTaken(one) {
                // As a reply that is gone through, and that nobody can refuse.
                worker.aside(reply.body.count, for: one) {
                } then: {
                }
                taken += 1
            }
            // Four fifths of the room.
            #expect(taken == (Self.limit * 4 / 5) >> 20)
            #expect(!worker.hasRoom(for: reply.body.count, of: one))
            guard case .failure(let failure) = worker.received(.success(reply), of: one) else { return }
            #expect(failure.kind == .overloaded && failure.mayHaveBeenSent)
            // What is small does not wait, and the other tenant has room.
            #expect(worker.hasRoom(for: Worker.inlineBytes, of: one))
            #expect(isTaken(two) && worker.hasRoom(for: 16 << 20, of: two))
        }
    }
}
