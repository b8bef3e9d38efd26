import Cache
import Foundation
import Synchronization
import Testing

@testable import Proxy

/// A fake upstream that outlives the proxies before it, and a folder for their snapshot.
private final class Restarts {
    let upstream: FakeDynamoDB
    let folder: URL
    var path: String { folder.appending(path: "snapshot").path }

    init() throws {
        upstream = try FakeDynamoDB()
        folder = FileManager.default.temporaryDirectory.appending(path: "leveret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        upstream.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A proxy on the snapshot whose tables nobody writes to while it is stopped, unless `adjust` says otherwise.
    func start(
        at path: String? = nil,
        ahead seconds: Int64 = 0,
        _ adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> ProxyFixture {
        let shifted: @Sendable () -> Int64 = { Int64(time(nil)) + seconds }
        return try ProxyFixture(
            upstream: upstream,
            adjust: { configuration in
                configuration.snapshot = path ?? self.path
                for index in configuration.tenants.indices {
                    configuration.tenants[index].cache.unchangedWhileStopped = true
                }
                adjust(&configuration)
            },
            wallClock: seconds == 0 ? nil : shifted
        )
    }

    /// Items `k0`..., and the absence of `absent`, read by a proxy that is then stopped.
    func fill(_ count: Int = 3, _ adjust: (inout Configuration) -> Void = { _ in }) throws {
        upstream.withData { data in
            for number in 0..<count { data.writeOutOfBand("k\(number)", "v\(number)") }
        }
        let fixture = try start(adjust)
        let client = fixture.client()
        for number in 0..<count { #expect(try client.get("k\(number)").value == "v\(number)") }
        #expect(try client.get("absent").item == nil)
        #expect(try client.get("k0").cache == "hit")
        fixture.stopProxy()
    }
}

extension ProxyFixture {
    fileprivate var items: Int { proxy.stores.map(\.usage.items).reduce(0, +) }
    fileprivate var bytes: Int { proxy.stores.map(\.usage.bytes).reduce(0, +) }
}

@Suite(.serialized) struct SnapshotRestartTests {
    @Test func `items are served again without asking the upstream`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let reads = restarts.upstream.count("GetItem")
        for round in 0..<3 {
            let fixture = try restarts.start()
            fixture.proxy.waitForSnapshot()
            #expect(fixture.items == (round == 0 ? 4 : 5))
            let client = fixture.client()
            for number in 0..<3 {
                let reply = try client.get("k\(number)")
                #expect(reply.cache == "hit" && reply.value == "v\(number)")
            }
            let absent = try client.get("absent")
            #expect(absent.cache == "hit" && absent.item == nil)
            // Another tenant's is its own.
            #expect(try fixture.client("two").get("k0").cache == (round == 0 ? "miss" : "hit"))
            fixture.stopProxy()
        }
        #expect(restarts.upstream.count("GetItem") == reads + 1)
    }

    @Test func `by default frequencies only`() throws {
        let restarts = try Restarts()
        func off(_ configuration: inout Configuration) {
            for index in configuration.tenants.indices {
                configuration.tenants[index].cache.unchangedWhileStopped = false
            }
        }
        try restarts.fill(3, off)
        #expect(
            !(try Data(contentsOf: URL(filePath: restarts.path))).contains(Array("\"v1\"".utf8)),
            "no item is written down"
        )
        let fixture = try restarts.start(off)
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
        #expect(fixture.bytes > 0, "frequencies")
        #expect(try fixture.client().get("k1").cache == "miss")
        #expect(fixture.proxy.stores[0].usage.items + fixture.proxy.stores[1].usage.items == 1)
    }

    @Test func `the miss-ratio curve goes on`() throws {
        let restarts = try Restarts()
        try restarts.fill(20)
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        let curves = fixture.proxy.stores.map { $0.curve() }
        let known = try #require(curves.first { !$0.sizes.isEmpty })
        #expect(known.reads == 22, "20 items, one of them twice, and an absence")
        // What is read now has been seen before, in simulated caches that are large enough.
        for number in 0..<20 { _ = try fixture.client().get("k\(number)") }
        let later = try #require(fixture.proxy.stores.map { $0.curve() }.first { !$0.sizes.isEmpty })
        #expect(later.reads == 42)
        #expect(try #require(later.missRatio.last) < 0.6, "\(later)")
    }

    @Test func `each table as the configuration says`() throws {
        let restarts = try Restarts()
        restarts.upstream.withData { data in
            for table in ["kept-one", "other"] {
                data.create(table)
                data.writeOutOfBand("k", "v", in: table)
            }
        }
        func rules(_ configuration: inout Configuration) {
            configuration.tenants[0].cache.unchangedWhileStopped = false
            configuration.tenants[0].cache.tables = [.init(pattern: "kept-*", unchangedWhileStopped: true)]
        }
        var fixture = try restarts.start(rules)
        for table in ["kept-one", "other"] { #expect(try fixture.client().get("k", table: table).cache == "miss") }
        fixture.stopProxy()
        fixture = try restarts.start(rules)
        fixture.proxy.waitForSnapshot()
        #expect(try fixture.client().get("k", table: "kept-one").cache == "hit")
        #expect(try fixture.client().get("k", table: "other").cache == "miss")
    }

    @Test func `an entry's time goes on while the proxy is stopped`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        // 5 minutes for items, 10 s for absence.
        let fixture = try restarts.start(ahead: 298)
        fixture.proxy.waitForSnapshot()
        let client = fixture.client()
        client.clockOffset = 298
        #expect(try client.get("k1").cache == "hit")
        #expect(try client.get("absent").cache == "miss")
        try waitUntil("the rest of its time has passed") { (try? client.get("k1").cache) != "hit" }
    }

    @Test func `an entry past its time is not served`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let fixture = try restarts.start(ahead: 301)
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
        let client = fixture.client()
        client.clockOffset = 301
        #expect(try client.get("k1").cache == "miss")
    }

    @Test func `a shorter time to live holds for what was saved`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let fixture = try restarts.start { $0.tenants[0].cache.ttl = 1_500_000_000 }
        fixture.proxy.waitForSnapshot()
        #expect(try fixture.client().get("k1").cache == "hit")
        try waitUntil("it has passed") { (try? fixture.client().get("k1").cache) != "hit" }
    }

    @Test func `a clock that was set back is a cold start`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let fixture = try restarts.start(ahead: -600)
        fixture.proxy.waitForSnapshot()
        let client = fixture.client()
        client.clockOffset = -600
        #expect(try client.get("k1").cache == "miss")
    }

    @Test func `a table that was made anew is another one`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        restarts.upstream.withData { data in
            data.create("things")
            data.writeOutOfBand("k1", "new")
        }
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
        #expect(try fixture.client().get("k1").value == "new")
    }

    @Test func `a table whose items expire by another attribute is another one`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        restarts.upstream.withData { $0.timeToLiveAttribute = "gone" }
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
    }

    @Test func `a configuration that no longer allows it`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        for adjust in [
            { $0.tenants[0].cache.unchangedWhileStopped = false },
            { $0.tenants[0].cache.enabled = false },
            { $0.tenants[0].tables = ["others"] },
            { $0.tenants[0].name = "renamed" },
            { $0.tenants.removeFirst() },
            { $0.upstreams[0].identity = "elsewhere" },
        ] as [(inout Configuration) -> Void] {
            let copy = restarts.folder.appending(path: "copy-\(UUID().uuidString)").path
            try FileManager.default.copyItem(atPath: restarts.path, toPath: copy)
            let fixture = try restarts.start(at: copy, adjust)
            fixture.proxy.waitForSnapshot()
            #expect(fixture.items == 0)
            #expect(try fixture.client("two").get("k1").cache == "miss")
        }
        let fixture = try restarts.start { $0.tenants[0].cache.policy = .lru }
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 4, "another policy's items may stay")
    }

    @Test func `a process that dies leaves nothing stale`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let first = try restarts.start()
        first.proxy.waitForSnapshot()
        #expect(first.items == 4)
        // The file as the dead process leaves it.
        let left = restarts.folder.appending(path: "left").path
        try FileManager.default.copyItem(atPath: restarts.path, toPath: left)
        #expect(try first.client().put("k1", "newer").status == 200)
        let second = try restarts.start(at: left)
        second.proxy.waitForSnapshot()
        #expect(second.items == 0)
        #expect(second.bytes > 0, "frequencies are as good as before")
        let reply = try second.client().get("k1")
        #expect(reply.cache == "miss" && reply.value == "newer")
    }

    @Test func `a start that fails before it serves costs nothing`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let other = try ProxyFixture()
        #expect(throws: (any Error).self) {
            _ = try restarts.start { $0.listeners = [Listener(host: "127.0.0.1", port: other.proxy.ports[0])] }
        }
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 4)
    }

    @Test func `a damaged file is a cold start, and stays until the next stop`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        let whole = try Data(contentsOf: URL(filePath: restarts.path))
        for index in [3, 30, 90, whole.count - 3] {
            var damaged = whole
            damaged[index] ^= 4
            try damaged.write(to: URL(filePath: restarts.path))
            let fixture = try restarts.start()
            fixture.proxy.waitForSnapshot()
            #expect(fixture.items == 0 && fixture.bytes == 0)
            #expect(try fixture.client().get("k1").value == "v1")
            let after = try Data(contentsOf: URL(filePath: restarts.path))
            #expect(after.dropFirst(64) == damaged.dropFirst(64))
            fixture.stopProxy()
        }
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 1)
    }

    @Test func `items whose table cannot be described wait for it, and a stop does not wait`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        restarts.upstream.withData { $0.describeError = #"{"__type":"x#ThrottlingException"}"# }
        let fixture = try restarts.start()
        try waitUntil("it has asked") { restarts.upstream.count("DescribeTable") > 1 }
        #expect(fixture.items == 0)
        restarts.upstream.withData { $0.describeError = nil }
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 4)
        fixture.stopProxy()

        restarts.upstream.withData { $0.describeError = #"{"__type":"x#ThrottlingException"}"# }
        let stopped = try restarts.start()
        let begin = ContinuousClock.now
        stopped.stopProxy()
        #expect(ContinuousClock.now - begin < .seconds(5))
    }

    @Test func `a snapshot in a folder that is gone is an error in the log only`() throws {
        let restarts = try Restarts()
        let fixture = try restarts.start(at: restarts.folder.appending(path: "gone/snapshot").path)
        _ = try fixture.client().get("k1")
        fixture.stopProxy()
    }
}

/// Writes by the new process around the loading of what the old one kept.
@Suite(.serialized) struct SnapshotRaceTests {
    /// A proxy whose loading waits for the table's description.
    private func held(_ count: Int = 3) throws -> (Restarts, ProxyFixture) {
        let restarts = try Restarts()
        try restarts.fill(count)
        restarts.upstream.script { call in
            FakeDynamoDB.Plan(beforeReply: call.operation == "DescribeTable" ? .gate("description") : .nothing)
        }
        let fixture = try restarts.start()
        try restarts.upstream.waitForArrival(at: "description")
        return (restarts, fixture)
    }

    @Test(arguments: ["one", "two"])
    func `a write before the load`(tenant: String) throws {
        let (restarts, fixture) = try held()
        #expect(try fixture.client(tenant).update("k1", "newer").status == 200)
        restarts.upstream.release("description")
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 3)
        let reply = try fixture.client().get("k1")
        #expect(reply.cache == "miss" && reply.value == "newer")
        #expect(try fixture.client().get("k2").cache == "hit")
    }

    @Test(arguments: ["one", "two"])
    func `a write during the load`(tenant: String) throws {
        let (restarts, fixture) = try held()
        restarts.upstream.hold("UpdateItem")
        let writer = fixture.client(tenant)
        try writer.send(
            "UpdateItem",
            """
            {"TableName":"things","Key":{"id":{"S":"k1"}},"UpdateExpression":"SET v = :v",\
            "ExpressionAttributeValues":{":v":{"S":"newer"}}}
            """
        )
        try restarts.upstream.waitForArrival(at: "gate")
        restarts.upstream.release("description")
        fixture.proxy.waitForSnapshot()
        let during = try fixture.client().get("k1")
        #expect(during.cache != "hit" && during.value == "newer")
        restarts.upstream.release("gate")
        #expect(try writer.receive().status == 200)
        let after = try fixture.client().get("k1")
        #expect(after.cache != "hit" && after.value == "newer")
        #expect(try fixture.client().get("k0").cache == "hit")
    }

    @Test(arguments: ["one", "two"])
    func `a write after the load`(tenant: String) throws {
        let restarts = try Restarts()
        try restarts.fill()
        let fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(try fixture.client().get("k1").cache == "hit")
        #expect(try fixture.client(tenant).update("k1", "newer").status == 200)
        let reply = try fixture.client().get("k1")
        #expect(reply.cache == "miss" && reply.value == "newer")
        #expect(try fixture.client(tenant).delete("k2").status == 200)
        #expect(try fixture.client().get("k2").item == nil)
    }

    @Test func `a write that names no key, before the load`() throws {
        let (restarts, fixture) = try held()
        let statement = #"{"Statement":"DELETE FROM things WHERE id = ?","Parameters":[{"S":"k1"}]}"#
        #expect(try fixture.client().call("ExecuteStatement", statement).status == 200)
        restarts.upstream.release("description")
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
        #expect(try fixture.client().get("k1").item == nil)
    }

    @Test func `a write of unknown outcome before the stop`() throws {
        let restarts = try Restarts()
        restarts.upstream.withData { data in
            for number in 0..<3 { data.writeOutOfBand("k\(number)", "v\(number)") }
        }
        var fixture = try restarts.start()
        for number in 0..<3 { _ = try fixture.client().get("k\(number)") }
        restarts.upstream.script { call in
            FakeDynamoDB.Plan(ending: call.operation == "UpdateItem" ? .error(status: 500, body: "{}") : .answer)
        }
        #expect(try fixture.client().update("k1", "newer").status == 500)
        _ = try fixture.client().get("k1")
        restarts.upstream.script { _ in FakeDynamoDB.Plan() }
        fixture.stopProxy()
        fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 2)
        #expect(try fixture.client().get("k1").value == "newer")
    }

    @Test func `a table whose last write may still land`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        var fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        restarts.upstream.script { call in
            FakeDynamoDB.Plan(ending: call.operation == "ExecuteStatement" ? .error(status: 500, body: "{}") : .answer)
        }
        let statement = #"{"Statement":"DELETE FROM things WHERE id = ?","Parameters":[{"S":"k1"}]}"#
        #expect(try fixture.client().call("ExecuteStatement", statement).status == 500)
        _ = try fixture.client().get("k0")
        fixture.stopProxy()
        fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 0)
    }

    @Test func `a write whose answer the stop did not wait for`() throws {
        let restarts = try Restarts()
        try restarts.fill()
        var fixture = try restarts.start { $0.drainDeadline = 100_000_000 }
        fixture.proxy.waitForSnapshot()
        restarts.upstream.hold("PutItem")
        try fixture.client().send("PutItem", TestClient.putBody("k1", "newer"))
        try restarts.upstream.waitForArrival(at: "gate")
        fixture.stopProxy()
        restarts.upstream.release("gate")
        fixture = try restarts.start()
        fixture.proxy.waitForSnapshot()
        #expect(fixture.items == 3)
        #expect(try fixture.client().get("k1").value == "newer")
    }

    /// Writers and readers while 3,000 items are being loaded: nobody ever reads what was overwritten.
    @Test func `many writes while many items are loaded`() throws {
        let count = 3_000
        let restarts = try Restarts()
        try restarts.fill(count)
        for round in 0..<3 {
            let fixture = try restarts.start()
            let problems = Mutex<[String]>([])
            let group = DispatchGroup()
            for writer in 0..<4 {
                let port = fixture.proxy.ports[0]
                let tenant = writer % 2 == 0 ? "one" : "two"
                let thread = Thread {
                    let client = TestClient(
                        port: port,
                        accessKeyID: "AKID\(tenant.uppercased())",
                        secret: "secret of \(tenant)"
                    )
                    var random = SystemRandomNumberGenerator()
                    for turn in 0..<150 {
                        // Each writer has keys of its own, so that it knows their values.
                        let key = "k\(Int.random(in: 0..<(count / 4), using: &random) * 4 + writer)"
                        let value = "\(round)-\(writer)-\(turn)"
                        guard (try? client.update(key, value))?.status == 200,
                            let read = (try? client.get(key))?.value
                        else {
                            problems.withLock { $0.append("\(key): no answer") }
                            continue
                        }
                        if read != value { problems.withLock { $0.append("\(key): \(read), not \(value)") } }
                    }
                    group.leave()
                }
                group.enter()
                thread.start()
            }
            #expect(group.wait(timeout: .now() + 60) == .success)
            fixture.proxy.waitForSnapshot()
            #expect(problems.withLock { $0 } == [])
            let client = fixture.client()
            var hits = 0
            for number in 0..<count {
                let reply = try client.get("k\(number)")
                hits += reply.cache == "hit" ? 1 : 0
                #expect(reply.value == restarts.upstream.value(of: "k\(number)"))
            }
            #expect(hits > count / 2)
            fixture.stopProxy()
        }
    }
}
