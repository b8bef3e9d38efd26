import Alloc
import Cache
import Foundation
import Logging
import Testing
import Transport

@testable import Proxy

/// The control loop in a proxy that serves.
@Suite(.serialized) struct ControlLoopTests {
    private static let items = 2500

    /// Two tenants on one embedded store, with bases of 2 MiB of cache and `readUnits` RCU/s together.
    private func company(
        readUnits: Double?,
        adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> ProxyFixture {
        try ProxyFixture(reactors: 1) { configuration in
            configuration.upstreams = [.embedded()]
            for index in configuration.tenants.indices {
                configuration.tenants[index].upstream = "embedded"
                configuration.tenants[index].operations = .all
            }
            configuration.cacheTotal = 4 << 20
            if let readUnits { configuration.resources = ResourceTotals(readUnits: readUnits) }
            configuration.allocation.interval = 250_000_000
            configuration.allocation.stepInterval = 50_000_000
            configuration.allocation.floor.cacheBytes = 256 << 10
            configuration.admin = AdminSettings(listener: Listener(host: "127.0.0.1", port: 0))
            adjust(&configuration)
        }
    }

    private func admin(_ fixture: ProxyFixture) throws -> TestClient {
        TestClient(port: try #require(fixture.proxy.adminPort), accessKeyID: "none", secret: "none")
    }

    private func fill(_ client: TestClient) throws {
        let table = """
            {"TableName":"things","BillingMode":"PAY_PER_REQUEST",\
            "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],\
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}
            """
        #expect(try client.call("CreateTable", table).status == 200)
        let value = String(repeating: "x", count: 1000)
        for first in stride(from: 0, to: Self.items, by: 25) {
            let puts = (first..<first + 25).map {
                #"{"PutRequest":{"Item":{"id":{"S":"k\#($0)"},"v":{"S":"\#(value)"}}}}"#
            }
            let body = #"{"RequestItems":{"things":[\#(puts.joined(separator: ","))]}}"#
            #expect(try client.call("BatchWriteItem", body).status == 200)
        }
    }

    /// Reads until `condition` holds, from the first `keys` of each tenant; false after 15 s.
    private func read(
        _ clients: [(client: TestClient, keys: Int)],
        until condition: () throws -> Bool
    ) throws -> Bool {
        var random = SplitMix(3)
        let end = Date(timeIntervalSinceNow: 15)
        while Date() < end {
            for (client, keys) in clients {
                for _ in 0..<50 { _ = try client.get("k\(random.below(keys))") }
            }
            if try condition() { return true }
        }
        return false
    }

    @Test(arguments: [nil, 100_000])
    func twoTenantsTradeCacheAndTheAPITellsIt(readUnits: Double?) throws {
        let fixture = try company(readUnits: readUnits)
        let (one, two, admin) = (fixture.client("one"), fixture.client("two"), try admin(fixture))
        try fill(one)
        // A few hot items need little; the others do not fit into 2 MiB.
        let hasTraded = try read([(one, 20), (two, Self.items)]) {
            let budgets = fixture.proxy.tenants.sorted { $0.name < $1.name }.map(\.store.budget)
            #expect(budgets.reduce(0, +) <= 4 << 20)
            return budgets[0] < 1_600_000 && budgets[1] > 2_500_000
        }
        #expect(hasTraded)

        let now = try admin.raw("GET", "/v1/allocation")
        #expect(now.status == 200 && now.headers["content-type"] == "application/json")
        #expect(now.json["mode"] as? String == "apply" && now.json["policy"] as? String == "optimal")
        #expect(now.json["interval"] as? Double == 0.25)
        let tenants = try #require(now.json["tenants"] as? [[String: Any]])
        #expect(tenants.map { $0["name"] as? String } == ["one", "two"])
        let base = try #require(tenants[0]["base"] as? [String: Any])
        let current = try #require(tenants[0]["current"] as? [String: Any])
        #expect(base["cache"] as? Int == 2 << 20)
        #expect((current["cache"] as? Int ?? .max) < 2 << 20)
        #expect((base["rcu"] as? Double) == readUnits.map { $0 / 2 })
        #expect(tenants[1]["curve"] is [String: Any] && tenants[1]["demand"] is [String: Any])

        let rounds = try #require(
            try admin.raw("GET", "/v1/allocation/rounds?last=100").json["rounds"] as? [[String: Any]]
        )
        // On a slow machine others may come before the one that moved the caches.
        let applied = rounds.filter { $0["applied"] as? Bool == true }
        let transfers = try applied.flatMap { try #require($0["transfers"] as? [[String: Any]]) }
        #expect(
            transfers.contains {
                $0["from"] as? String == "one" && $0["to"] as? String == "two" && $0["resource"] as? String == "cache"
            }
        )
        #expect(try admin.raw("GET", "/v1/allocation/rounds?last=1").json["rounds"].map { ($0 as? [Any])?.count } == 1)

        // A reload of the same settings undoes nothing; one that says otherwise does at once.
        try fixture.proxy.reload(fixture.configuration)
        Thread.sleep(forTimeInterval: 0.05)
        #expect(fixture.proxy.tenants.first { $0.name == "one" }.map { $0.store.budget < 2 << 20 } == true)
        var off = fixture.configuration
        off.allocation.mode = .off
        try fixture.proxy.reload(off)
        #expect(wait { fixture.proxy.tenants.allSatisfy { $0.store.budget == 2 << 20 } })
        #expect(wait { (try? admin.raw("GET", "/v1/allocation"))?.json["mode"] as? String == "off" })
    }

    @Test func basesAreInForceBeforeTheFirstRequestAndChangeOnReload() throws {
        let fixture = try company(readUnits: 300) { $0.tenants[0].weight = 2 }
        func rates() -> [Double] {
            fixture.proxy.tenants.sorted { $0.name < $1.name }.map(\.limits.rates.readUnits)
        }
        #expect(rates() == [200, 100])
        #expect(fixture.proxy.tenants.allSatisfy { $0.limits.rates.writeUnits == .infinity })
        var changed = fixture.configuration
        changed.tenants[0].share.readUnits = 30
        changed.resources?.writeUnits = 50
        try fixture.proxy.reload(changed)
        #expect(wait { rates() == [30, 270] })
        #expect(abs(fixture.proxy.tenants.map(\.limits.rates.writeUnits).reduce(0, +) - 50) < 1e-9)
        changed.tenants.removeLast()
        changed.resources = nil
        try fixture.proxy.reload(changed)
        #expect(wait { rates() == [.infinity] })
    }

    @Test func aStoreThatIsGoneKeepsNothing() throws {
        let fixture = try company(readUnits: nil)
        var configuration = fixture.configuration
        configuration.admin = nil
        let directory = TenantDirectory(now: MonotonicClock.now(), pool: SegmentPool(), logger: nil)
        _ = try directory.registry(for: configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let desk = try ControlDesk(configuration, directory: directory, reactor: Reactor(), logger: logger)
        desk.start()
        let store = try #require(directory.tenantsByName()["two"]).store
        #expect(store.budget == 2 << 20)
        configuration.tenants.removeLast()
        _ = try directory.registry(for: configuration)
        #expect(store.budget == 0)
        // As the control loop may, before it is told.
        store.setBudget(2 << 20)
        desk.adopt(configuration)
        #expect(store.budget == 0)
        #expect(directory.tenantsByName()["one"]?.store.budget == 4 << 20)
    }

    @Test(arguments: [false, true])
    func aLoopThatHasEndedKeepsNothing(hasAdmin: Bool) throws {
        let fixture = try company(readUnits: nil)
        var configuration = fixture.configuration
        if !hasAdmin { configuration.admin = nil }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        weak var kept: TenantDirectory?
        do {
            let directory = TenantDirectory(now: MonotonicClock.now(), pool: SegmentPool(), logger: nil)
            _ = try directory.registry(for: configuration)
            kept = directory
            let loop = try ControlLoop(configuration, directory: directory, logger: logger)
            loop.adopt(configuration)
            loop.end()
        }
        // The thread signals just before it lets go.
        #expect(wait { kept == nil })
    }

    @Test func observingReportsOnly() throws {
        let fixture = try company(readUnits: nil) { $0.allocation.mode = .observe }
        let (one, two, admin) = (fixture.client("one"), fixture.client("two"), try admin(fixture))
        try fill(one)
        let hasReported = try read([(one, 20), (two, Self.items)]) {
            let rounds = try admin.raw("GET", "/v1/allocation/rounds").json["rounds"] as? [[String: Any]] ?? []
            return rounds.contains { $0["reason"] as? String == "mode: observe" }
        }
        #expect(hasReported)
        #expect(fixture.proxy.tenants.allSatisfy { $0.store.budget == 2 << 20 })
    }

    // MARK: Admin API

    @Test func whatTheAPIRefuses() throws {
        let fixture = try company(readUnits: nil)
        let admin = try admin(fixture)
        for path in ["/", "/v1", "/v1/allocation/", "/v1/allocation/round", "/v1/allocationx"] {
            let reply = try admin.raw("GET", path)
            #expect(reply.status == 404 && (reply.json["error"] as? String)?.contains("/v1/allocation") == true)
        }
        for method in ["POST", "PUT", "DELETE"] {
            let reply = try admin.raw(method, "/v1/allocation", "{}")
            #expect(reply.status == 405 && reply.headers["allow"] == "GET" && reply.json["error"] is String)
        }
        for query in ["last=0", "last=-1", "last=x", "last=", "last", "last=99999999999999999999"] {
            let reply = try admin.raw("GET", "/v1/allocation/rounds?\(query)")
            #expect(reply.status == 400 && (reply.json["error"] as? String)?.contains("last=10") == true, "\(query)")
        }
        #expect(try admin.raw("GET", "/v1/allocation/rounds?x=1").status == 200)
        try admin.sendRaw(Array("GET /v1 HTTP/1.1\r\nbroken\r\n\r\n".utf8))
        let refused = try admin.receive()
        #expect(refused.status == 400 && refused.json["error"] is String)
        #expect(try fixture.client().raw("GET", "/v1/allocation").text.contains("healthy"))
    }

    @Test func anAdminAddressInUseIsToldAtTheStart() throws {
        let fixture = try company(readUnits: nil)
        let port = try #require(fixture.proxy.adminPort)
        #expect(throws: ServerError.self) {
            try company(readUnits: nil) { $0.admin = AdminSettings(listener: Listener(host: "127.0.0.1", port: port)) }
        }
    }

    private func wait(_ condition: () -> Bool) -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return condition()
    }
}
