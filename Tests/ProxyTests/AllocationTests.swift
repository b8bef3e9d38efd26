import CMallocCounter
import DynamoDB
import Foundation
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
        let largeFrees = Mutex<UInt64>(0)
    }

    private static func serve(_ report: Report, isDevelopment: Bool, isLimited: Bool, upstream: String) throws {
        var configuration = Configuration.oneTenant(upstream: upstream)
        if isDevelopment { configuration.development = DevelopmentSettings(upstream: .endpoint(upstream)) }
        let shared = try SharedState(configuration: configuration, now: MonotonicClock.now())
        let reactor = try Reactor()
        let registry = try shared.directory.registry(for: configuration)
        if isLimited {
            for (_, tenant) in shared.directory.currentTenants() { tenant.limits.setRates(.ample) }
        }
        let worker = try Worker(reactor, shared, registry)
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
                report.largeFrees.withLock { $0 = freed_memory_large_blocks() }
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
            // Now and then one for a connection that is no longer kept.
            #expect(after.epoll_ctl - before.epoll_ctl < 5)
        }
    }

    /// As it is, in blocks (RFC 1951, section 3.2.4; RFC 1952).
    private func gzip(_ bytes: [UInt8]) -> [UInt8] {
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        var body: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        for start in stride(from: 0, to: bytes.count, by: 65_535) {
            let block = bytes[start..<min(start + 65_535, bytes.count)]
            let count = UInt32(block.count)
            body += [block.endIndex == bytes.count ? 1 : 0] + little(count, 2) + little(~count, 2) + block
        }
        let checksum = bytes.withUnsafeBytes { CRC32.checksum($0) }
        return body + little(checksum, 4) + little(UInt32(bytes.count), 4)
    }

    /// To give much memory back takes long: a large body's last owner is a thread beside, whatever becomes of the request.
    @Test(.enabled(if: freed_memory_available()))
    func `large bodies are not given back on the reactor's thread`() throws {
        try Self.measure { (report, orders, client) throws in
            func frees() -> UInt64 {
                orders.send(.report)
                report.counted.wait()
                return report.largeFrees.withLock { $0 }
            }

            let large = String(repeating: "x", count: 1_300_000)
            let put = #"{"Put":{"TableName":"things","Item":{"id":{"S":"c"},"v":{"S":"\#(large)"}}}}"#
            let write = #"{"PutRequest":{"Item":{"id":{"S":"a"},"v":{"S":"\#(large)"}}}}"#
            let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}}}"#
            let brackets = Array(repeating: UInt8(ascii: "["), count: 2_000_000)
            var before: UInt64 = 0
            // The first calls make what is used again.
            for round in 0..<6 {
                if round == 1 { before = frees() }
                #expect(try client.put("a", large).status == 200)
                #expect(try client.put("b", large).status == 200)
                #expect(try client.get("a").value == large)
                #expect(try client.get("a").cache == "hit")
                #expect(try client.call("BatchGetItem", batch).cache == "partial")
                #expect(try client.call("BatchGetItem", batch).cache == "hit")
                #expect(try client.call("BatchWriteItem", #"{"RequestItems":{"things":[\#(write)]}}"#).status == 200)
                let token = #"{"ClientRequestToken":"t\#(round)","TransactItems":[\#(put)]}"#
                #expect(try client.call("TransactWriteItems", token).status == 200)
                #expect(try client.call("PutItem", String(decoding: brackets, as: UTF8.self)).status == 400)
                try client.send("PutItem", body: gzip(brackets), headers: ["content-encoding": "gzip"])
                #expect(try client.receive().status == 400)
            }
            #expect(frees() - before == 0)
        }
    }
}
