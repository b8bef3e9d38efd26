import CMallocCounter
import Foundation
import Logging
import SigV4
import Synchronization
import Testing
import Transport
import Upstream

@testable import Proxy

/// A warm hit, of a GetItem or of all keys of a BatchGetItem, allocates nothing between the bytes received and the bytes sent: HTTP parsing, signature, scan of
/// the request, lookup, reply (docs/allocation-budget.md).
@Suite(.serialized) struct AllocationTests {
    private enum Order: Sendable {
        case count
        case report
        case stop
    }

    /// What the thread under test tells.
    private final class Report: Sendable {
        let started = DispatchSemaphore(value: 0)
        let counted = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        let facts = Mutex<(port: Int, orders: Mailbox<Order>)?>(nil)
        let count = Mutex<UInt64>(0)
        let calls = Mutex(system_calls())
    }

    private static func serve(_ report: Report, isDevelopment: Bool, isLimited: Bool, upstream: String) throws {
        var configuration = Configuration(
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
        if isDevelopment { configuration.development = DevelopmentSettings(upstream: .endpoint(upstream)) }
        let shared = try SharedState(configuration: configuration, now: MonotonicClock.now())
        let reactor = try Reactor()
        let registry = try shared.directory.registry(for: configuration)
        if isLimited {
            for (_, tenant) in shared.directory.currentTenants() { tenant.limits.setRates(.ample) }
        }
        let worker = Worker(
            reactor: reactor,
            upstream: try HTTPUpstream(reactor: reactor),
            shared: shared,
            registry: registry,
            logger: .init(label: "test")
        )
        let server = try HTTPServer(
            reactor: reactor,
            address: ListenAddress(host: "127.0.0.1", port: 0),
            handler: worker
        )
        let orders = reactor.mailbox { (order: Order) in
            switch order {
            case .count:
                malloc_counter_start()
                report.counted.signal()
            case .report:
                let count = malloc_counter_stop()
                report.count.withLock { $0 = count }
                report.calls.withLock { $0 = system_call_counts() }
                report.counted.signal()
            case .stop:
                server.drain(within: 0) { reactor.stop() }
            }
        }
        report.facts.withLock { $0 = (Int(server.port), orders) }
        report.started.signal()
        reactor.run()
    }

    /// Runs a proxy on a thread of its own, with an item in its cache.
    private static func measure(
        isDevelopment: Bool = false,
        isLimited: Bool = false,
        _ body: (Report, Mailbox<Order>, TestClient) throws -> Void
    ) throws {
        let upstream = try FakeDynamoDB()
        defer { upstream.stop() }
        let report = Report()
        let url = upstream.url
        Thread.detachNewThread {
            do {
                try serve(report, isDevelopment: isDevelopment, isLimited: isLimited, upstream: url)
            } catch {
                Issue.record("\(error)")
                report.started.signal()
            }
            report.finished.signal()
        }
        report.started.wait()
        let (port, orders) = try #require(report.facts.withLock { $0 })
        defer {
            orders.send(.stop)
            report.finished.wait()
        }
        let client = TestClient(port: port, accessKeyID: "AKIDONE", secret: "secret of one")
        for key in ["k", "l", "m"] {
            _ = try client.put(key, "value of \(key)")
            #expect(try client.get(key).cache == "miss")
        }
        #expect(try client.get("absent").cache == "miss")
        try body(report, orders, client)
    }

    /// Each with the number of times that it is sent: before a thousand items have been read the estimator of the curve
    /// takes stock, for which a debug build allocates.
    private static let requests = [
        ("GetItem", #"{"TableName":"things","Key":{"id":{"S":"k"}}}"#, 200),
        (
            "BatchGetItem",
            #"{"RequestItems":{"things":{"Keys":["#
                + #"{"id":{"S":"k"}},{"id":{"S":"l"}},{"id":{"S":"absent"}},{"id":{"S":"m"}}]}}}"#, 40
        ),
    ]

    @Test(
        .enabled(if: malloc_counter_available()),
        arguments: [(false, false), (false, true), (true, false)],
        requests
    )
    func `a warm hit allocates nothing`(
        circumstances: (Bool, Bool),
        request: (operation: String, body: String, count: Int)
    ) throws {
        let (isDevelopment, isLimited) = circumstances
        try Self.measure(isDevelopment: isDevelopment, isLimited: isLimited) { (report, orders, client) throws in
            /// Allocations of the thread during some hits; the bookkeeping of the counting itself included.
            func allocations(duringHits hits: Int) throws -> Int {
                orders.send(.count)
                report.counted.wait()
                for _ in 0..<hits {
                    #expect(try client.call(request.operation, request.body).cache == "hit")
                }
                orders.send(.report)
                report.counted.wait()
                return Int(report.count.withLock { $0 })
            }

            _ = try allocations(duringHits: 50)
            let few = try allocations(duringHits: 10)
            let many = try allocations(duringHits: 10 + request.count)
            #expect(many - few == 0, "\(request.count) hits more made \(many - few) allocations more")
        }
    }

    @Test(.enabled(if: system_call_counter_available()))
    func `a hit waits once, receives once and sends once`() throws {
        try Self.measure { (report, orders, client) throws in
            /// What the thread has called by now.
            func calls() -> system_calls {
                orders.send(.report)
                report.counted.wait()
                return report.calls.withLock { $0 }
            }

            let hits: UInt64 = 500
            let before = calls()
            for _ in 0..<hits {
                #expect(try client.get("k").cache == "hit")
            }
            let after = calls()
            // Besides the hits: the order to report, and a timer now and then.
            #expect(after.epoll_wait - before.epoll_wait <= hits + 50)
            #expect(after.recv - before.recv == hits)
            #expect(after.send - before.send == hits)
            #expect(after.epoll_ctl - before.epoll_ctl == 0)
        }
    }

    @Test(.enabled(if: system_call_counter_available()))
    func `a miss waits twice and changes nothing of what is watched`() throws {
        try Self.measure { (report, orders, client) throws in
            func calls() -> system_calls {
                orders.send(.report)
                report.counted.wait()
                return report.calls.withLock { $0 }
            }

            let misses: UInt64 = 200
            // The first calls upstream make the connection and the description.
            for number in 0..<5 { #expect(try client.get("warm \(number)").cache == "miss") }
            let before = calls()
            for number in 0..<misses {
                #expect(try client.get("absent \(number)").cache == "miss")
            }
            let after = calls()
            // For the request and for the upstream's reply; besides, the order to report, and a timer now and then.
            #expect(after.epoll_wait - before.epoll_wait <= 2 * misses + 50)
            #expect(after.epoll_ctl - before.epoll_ctl == 0)
        }
    }
}
