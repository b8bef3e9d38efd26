import Foundation
import Testing

@testable import Proxy

/// Requests over their tenant's rates, through a real proxy.
@Suite struct EnforcementRequestTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let refusal = """
        {"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of \
        configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with \
        the UpdateTable API."}
        """

    private func fixture(
        _ throttling: ThrottlingSettings = ThrottlingSettings(),
        adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> ProxyFixture {
        try ProxyFixture(reactors: 1) { configuration in
            configuration.throttling = throttling
            configuration.throttling.burst = 0
            adjust(&configuration)
        }
    }

    private func rates(
        reads: Double = .infinity,
        writes: Double = .infinity,
        egress: Double = .infinity
    ) -> EnforcedRates {
        EnforcedRates(readUnits: reads, writeUnits: writes, egressBytes: egress)
    }

    /// Waits for something another thread does, which takes no time to speak of.
    private func eventually(_ condition: () throws -> Bool) throws {
        for _ in 0..<2_000 {
            if try condition() { return }
            usleep(2_000)
        }
        Issue.record("it never came about")
    }

    @Test func `a refusal is DynamoDB's, and hits are none of it`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        _ = try client.put("k", "v")
        _ = try client.get("k")
        tenant.limits.setRates(rates(reads: 0))
        for _ in 0..<2 { #expect(try client.get("k").cache == "hit") }
        let reply = try client.get("other")
        #expect(reply.status == 400 && reply.text == Self.refusal && reply.cache == "throttled")
        #expect(reply.checksumHolds && reply.hasRequestID)
        #expect(reply.headers["content-type"] == "application/x-amz-json-1.0")
        #expect(try client.get("k", consistent: true).cache == "throttled")
        #expect(try client.call("Query", #"{"TableName":"things"}"#).cache == "throttled")
        #expect(try client.put("k", "w").status == 200, "writes have their own rate")
        tenant.limits.setRates(rates(writes: 0))
        #expect(try client.put("k", "x").text == Self.refusal)
        #expect(try client.delete("k").cache == "throttled")
        #expect(try client.update("k", "x").cache == "throttled")
        #expect(try client.get("k").value == "w")
        let sample = tenant.meter.sample()
        #expect(sample.throttled == 6 && sample.queued == 0)
        #expect(sample.writeUnitsRefused == 3)
        #expect(fixture.upstream.record().all.isEmpty)
    }

    @Test func `what carries no data costs nothing`() throws {
        let fixture = try fixture { $0.tenants[0].operations = .all }
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        tenant.limits.setRates(rates(reads: 0, writes: 0))
        #expect(try client.call("DescribeTable", #"{"TableName":"things"}"#).status == 200)
        #expect(try client.call("ListTables", "{}").status == 200)
        #expect(tenant.meter.sample() == TenantSample())
    }

    @Test func `a tenant at its limit is nobody else's`() throws {
        let fixture = try fixture()
        try fixture.tenant("one").limits.setRates(rates(reads: 0, writes: 0, egress: 0))
        #expect(try fixture.client("two").put("k", "v").status == 200)
        #expect(try fixture.client("two").get("k").cache == "miss")
        #expect(try fixture.client("two").get("k").cache == "hit")
        #expect(try fixture.client("one").get("k").cache == "throttled")
    }

    @Test func `a request waits until the debt is paid`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        _ = try client.put("k", "v")
        tenant.limits.setRates(rates(reads: 100))
        let start = MonotonicClock.now()
        tenant.limits.reads.charge(20, now: start)
        #expect(try client.get("k").cache == "miss")
        #expect(MonotonicClock.now() - start >= 200 * Self.millisecond)
        let sample = tenant.meter.sample()
        #expect(sample.queued == 1 && sample.throttled == 0)
        #expect(sample.waitNanoseconds > 0)
    }

    @Test func `after the deadline it is refused`() throws {
        let fixture = try fixture(ThrottlingSettings(queueDeadline: 300 * Self.millisecond))
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        tenant.limits.setRates(rates(reads: 10))
        tenant.limits.reads.charge(2, now: MonotonicClock.now())
        try client.send("GetItem", TestClient.getBody("k"))
        try eventually { tenant.meter.sample().queued == 1 }
        tenant.limits.reads.charge(1_000, now: MonotonicClock.now())
        let reply = try client.receive()
        #expect(reply.text == Self.refusal)
        #expect(tenant.meter.sample().waitNanoseconds >= 300 * Self.millisecond)
        // Now the debt tells at once.
        let start = MonotonicClock.now()
        #expect(try client.get("k").cache == "throttled")
        #expect(MonotonicClock.now() - start < 250 * Self.millisecond)
        #expect(tenant.meter.sample().queued == 1)
    }

    @Test func `a queue is bounded`() throws {
        let fixture = try fixture(ThrottlingSettings(queueLength: 3))
        let tenant = try fixture.tenant()
        tenant.limits.setRates(rates(reads: 100))
        tenant.limits.reads.charge(30, now: MonotonicClock.now())
        let clients = (0..<8).map { _ in fixture.client() }
        for (index, client) in clients.enumerated() { try client.send("GetItem", TestClient.getBody("k\(index)")) }
        let statuses = try clients.map { try $0.receive().cache }
        #expect(statuses.filter { $0 == "miss" }.count == 3)
        #expect(statuses.filter { $0 == "throttled" }.count == 5)
    }

    @Test func `whoever has gone is not served`() throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        tenant.limits.setRates(rates(writes: 100))
        tenant.limits.writes.charge(30, now: MonotonicClock.now())
        // An answer that is left unread makes the end of the connection a reset, and no half-close.
        try client.send("ListTables", #"{"Limit":0}"#)
        try client.send("DeleteItem", #"{"TableName":"things","Key":{"id":{"S":"k"}}}"#)
        try eventually { tenant.meter.sample().queued == 1 }
        client.disconnect()
        let other = fixture.client()
        #expect(try other.put("k", "v").status == 200)
        #expect(recorder.of("DeleteItem").isEmpty)
        #expect(tenant.meter.sample().writeUnitsUsed == 1)
    }

    @Test func `a write opens its window when it is sent, not while it waits`() throws {
        let fixture = try fixture()
        let (writer, reader) = (fixture.client("one"), fixture.client("two"))
        let tenant = try fixture.tenant("one")
        _ = try writer.put("k", "old")
        tenant.limits.setRates(rates(writes: 100))
        tenant.limits.writes.charge(50, now: MonotonicClock.now())
        try writer.send("PutItem", TestClient.putBody("k", "new"))
        try eventually { tenant.meter.sample().queued == 1 }
        #expect(try reader.get("k").cache == "miss")
        #expect(try reader.get("k").cache == "hit")
        #expect(try writer.receive().status == 200)
        let after = try reader.get("k")
        #expect(after.value == "new" && after.cache == "miss")
    }

    @Test func `reads of one item that wait are paid for once`() throws {
        let fixture = try fixture()
        let tenant = try fixture.tenant()
        let writer = fixture.client("two")
        _ = try writer.put("k", "v")
        _ = try fixture.client().get("unrelated")
        let before = tenant.meter.sample()
        let recorder = fixture.upstream.record()
        // One more after the first would take too long.
        tenant.limits.setRates(rates(reads: 2))
        tenant.limits.reads.charge(0.2, now: MonotonicClock.now())
        let clients = (0..<2).map { _ in fixture.client() }
        for client in clients { try client.send("GetItem", TestClient.getBody("k")) }
        let replies = try clients.map { try $0.receive() }
        #expect(replies.allSatisfy { $0.value == "v" }, "\(replies.map(\.cache))")
        #expect(recorder.of("GetItem").count == 1)
        // A request is counted once its answer is on its way.
        try eventually { (tenant.meter.sample() - before).requests == 2 }
        let used = tenant.meter.sample() - before
        #expect(used.readUnitsUsed == 0.5 && used.queued == 2)
        #expect(used.readUnitsIfMissed == 1)
    }

    @Test func `an answer from memory waits for bytes owed`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        _ = try client.put("k", "v")
        _ = try client.get("k")
        tenant.limits.setRates(rates(reads: 0, egress: 100_000))
        let start = MonotonicClock.now()
        tenant.limits.egress.charge(20_000, now: start)
        #expect(try client.get("k").cache == "hit")
        #expect(MonotonicClock.now() - start >= 200 * Self.millisecond)
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]}}}"#
        tenant.limits.egress.charge(20_000, now: MonotonicClock.now())
        #expect(try client.call("BatchGetItem", batch).cache == "hit")
        #expect(tenant.meter.sample().queued == 2)
        // What is not in memory has to wait for units too.
        tenant.limits.egress.charge(10_000, now: MonotonicClock.now())
        #expect(try client.get("other").cache == "throttled")
    }

    @Test func `requests in a row of one connection wait one after the other`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        _ = try client.put("k", "v")
        _ = try client.get("k")
        tenant.limits.setRates(rates(egress: 100_000))
        tenant.limits.egress.charge(20_000, now: MonotonicClock.now())
        // The next one is let in while the one before is answered.
        for _ in 0..<4 { try client.send("GetItem", TestClient.getBody("k")) }
        for _ in 0..<4 {
            let reply = try client.receive()
            #expect(reply.cache == "hit" && reply.value == "v" && reply.checksumHolds)
        }
        try eventually { tenant.meter.sample().hits == 4 }
    }

    @Test func `a batch pays for what memory does not have`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        for key in ["a", "b", "c"] { _ = try client.put(key, "v") }
        _ = try client.get("a")
        tenant.limits.setRates(.ample)
        let before = tenant.meter.sample()
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}},{"id":{"S":"c"}}]}}}"#
        #expect(try client.call("BatchGetItem", batch).cache == "partial")
        let used = tenant.meter.sample() - before
        #expect(used.requests == 1 && used.reads == 3 && used.hits == 1 && used.misses == 2)
        #expect(used.readUnitsUsed == 1 && used.readUnitsIfMissed == 1.5 && used.readUnitsUncacheable == 0)
        #expect(used.egressIfHit < used.egressUsed && used.egressUsed <= used.egressIfMissed)
    }

    @Test func `a batch that memory answers counts the same whatever way it takes`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        for key in ["a", "b", "c"] { _ = try client.put(key, String(repeating: "v", count: 5_000)) }
        let keys = #""Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}},{"id":{"S":"c"}},{"id":{"S":"absent"}}]"#
        let plain = #"{"RequestItems":{"things":{\#(keys)}}}"#
        // As long, so that both ways have the same bytes.
        let projected = #"{"RequestItems":{"things":{"ProjectionExpression":"id,v,seq",\#(keys)}}}"#
        let padded = plain + String(repeating: " ", count: projected.utf8.count - plain.utf8.count)
        _ = try client.call("BatchGetItem", plain)
        tenant.limits.setRates(.ample)
        var samples: [TenantSample] = []
        var replies: [String] = []
        for batch in [padded, projected] {
            let before = tenant.meter.sample()
            let reply = try client.call("BatchGetItem", batch)
            #expect(reply.cache == "hit" && reply.checksumHolds)
            replies.append(reply.text)
            try eventually { tenant.meter.sample().requests > before.requests }
            samples.append(tenant.meter.sample() - before)
        }
        #expect(replies[0].utf8.count == replies[1].utf8.count)
        #expect(samples[0] == samples[1])
        #expect(samples[0].reads == 4 && samples[0].hits == 4 && samples[0].readUnitsIfMissed == 3.5)
    }

    @Test func `batches in a row of one connection that must wait are answered one after the other`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        let names = ["a", "b", "c", "d"]
        for key in names {
            _ = try client.put(key, "v\(key)")
            _ = try client.get(key)
        }
        tenant.limits.setRates(rates(egress: 100_000))
        tenant.limits.egress.charge(20_000, now: MonotonicClock.now())
        for key in names {
            try client.send("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"\#(key)"}}]}}}"#)
        }
        for key in names {
            let reply = try client.receive()
            #expect(reply.cache == "hit" && reply.text.contains(#""v\#(key)""#) && reply.checksumHolds, "\(reply.text)")
        }
    }

    @Test func `the meter tells hits, misses and what no cache saves apart`() throws {
        let fixture = try fixture()
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        _ = try client.put("k", String(repeating: "v", count: 6_000))
        let start = tenant.meter.sample()
        _ = try client.get("k")
        let missed = tenant.meter.sample() - start
        #expect(missed.requests == 1 && missed.reads == 1 && missed.misses == 1 && missed.hits == 0)
        #expect(missed.readUnitsUsed == 1 && missed.readUnitsIfMissed == 1 && missed.readUnitsUncacheable == 0)
        #expect(missed.egressUsed == missed.egressIfMissed && missed.egressIfHit < missed.egressUsed)
        let second = tenant.meter.sample()
        for _ in 0..<10 { _ = try client.get("k") }
        let hit = tenant.meter.sample() - second
        #expect(hit.requests == 10 && hit.hits == 10 && hit.misses == 0)
        #expect(hit.readUnitsUsed == 0 && hit.readUnitsIfMissed == 10)
        #expect(hit.egressUsed == hit.egressIfHit && hit.egressUsed < hit.egressIfMissed)
        #expect(abs(hit.egressIfMissed / 10 / missed.egressIfMissed - 1) < 0.02)
        #expect(abs(hit.egressIfHit / 10 / missed.egressIfHit - 1) < 0.02)
        let third = tenant.meter.sample()
        _ = try client.get("k", consistent: true)
        let strong = tenant.meter.sample() - third
        #expect(strong.reads == 1 && strong.misses == 0 && strong.hits == 0)
        #expect(strong.readUnitsUsed == 2 && strong.readUnitsUncacheable == 2)
        #expect(strong.egressIfHit == strong.egressUsed)
    }

    @Test func `limits and figures outlive a reload`() throws {
        let fixture = try fixture()
        let tenant = try fixture.tenant()
        _ = try fixture.client().put("k", "v")
        try fixture.proxy.reload(fixture.configuration)
        _ = try fixture.client().put("k", "v")
        #expect(tenant.meter.sample().requests == 2)
        let successor = try fixture.tenant()
        #expect(successor !== tenant && successor.limits === tenant.limits && successor.meter === tenant.meter)
        var smaller = fixture.configuration
        smaller.tenants.removeFirst()
        try fixture.proxy.reload(smaller)
        try fixture.proxy.reload(fixture.configuration)
        #expect(try fixture.tenant().limits !== tenant.limits)
    }

    @Test func `a proxy that stops answers those who wait`() throws {
        let fixture = try fixture(ThrottlingSettings(queueDeadline: 20_000 * Self.millisecond)) {
            $0.drainDeadline = 1_000 * Self.millisecond
        }
        let (client, tenant) = (fixture.client(), try fixture.tenant())
        tenant.limits.setRates(rates(reads: 1))
        tenant.limits.reads.charge(10, now: MonotonicClock.now())
        try client.send("GetItem", TestClient.getBody("k"))
        try eventually { tenant.meter.sample().queued == 1 }
        fixture.proxy.stop()
        #expect(try client.receive().text == Self.refusal)
        fixture.proxy.run()
    }

    @Test func `tenants take turns for the upstream's connections`() throws {
        let fixture = try fixture { $0.upstreams[0].maxConnections = 1 }
        for name in ["one", "two"] { _ = try fixture.client(name).get("known") }
        let recorder = fixture.upstream.record { call in
            call.operation == "GetItem" ? FakeDynamoDB.Plan(beforeReply: .gate("gate")) : FakeDynamoDB.Plan()
        }
        let ones = (0..<4).map { _ in fixture.client("one") }
        // The first holds the only connection; the others wait in the order in which they come.
        let fences = [fixture.client("one"), fixture.client("two")]
        for (index, client) in ones.enumerated() {
            try client.send("GetItem", TestClient.getBody("a\(index)"))
            if index == 0 { try eventually { recorder.of("GetItem").count == 1 } }
            _ = try fences[0].get("known")
        }
        let two = fixture.client("two")
        try two.send("GetItem", TestClient.getBody("b0"))
        _ = try fences[1].get("known")
        fixture.upstream.release("gate")
        for client in ones + [two] { #expect(try client.receive().status == 200) }
        let order = recorder.of("GetItem").map { call in
            ((call.json["Key"] as? [String: [String: String]])?["id"]?["S"]) ?? ""
        }
        #expect(order.count == 5 && Set(order.suffix(4)) == ["a1", "a2", "a3", "b0"])
        #expect((order.firstIndex(of: "b0") ?? 9) <= 2, "\(order)")
    }
}
