import Foundation
import Synchronization
import Testing

@testable import Proxy

/// The races that a cache in front of DynamoDB can lose (docs/coherence.md lists them by the same numbers).
@Suite(.serialized) struct RaceTests {
    /// Fills the cache with a key and checks that it is served from memory.
    private func warm(_ client: TestClient, _ key: String, _ value: String) throws {
        _ = try client.put(key, value)
        #expect(try client.get(key).value == value)
        let hit = try client.get(key)
        #expect(hit.cache == "hit")
        #expect(hit.value == value)
    }

    /// Holds the calls of an operation at a gate, from the next one on: only as many as `count`.
    private func hold(
        _ upstream: FakeDynamoDB,
        _ operation: String,
        applied: Bool,
        gate: String = "gate",
        count: Int = 1
    ) {
        let first = upstream.count(operation) + 1
        upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == operation, (first..<(first + count)).contains(call.ordinal) {
                if applied { plan.beforeReply = .gate(gate) } else { plan.beforeApply = .gate(gate) }
            }
            return plan
        }
    }

    @Test func `1: a fill begun before a write does not install after it`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        _ = try writer.put("k", "v1")
        hold(fixture.upstream, "GetItem", applied: true)
        try reader.send("GetItem", TestClient.getBody("k"))
        try fixture.upstream.waitForArrival(at: "gate")
        _ = try writer.put("k", "v2")
        fixture.upstream.release("gate")
        #expect(try reader.receive().value == "v1", "the read was begun before the write and saw the old value")
        let after = try reader.get("k")
        #expect(after.value == "v2")
        #expect(after.cache == "miss")
    }

    @Test func `2: a fill begun while a write is in flight does not install`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        try warm(reader, "k", "v1")
        hold(fixture.upstream, "PutItem", applied: false)
        try writer.send("PutItem", TestClient.putBody("k", "v2"))
        try fixture.upstream.waitForArrival(at: "gate")
        let during = try reader.get("k")
        #expect(during.value == "v1")
        #expect(during.cache == "leased")
        fixture.upstream.release("gate")
        #expect(try writer.receive().status == 200)
        #expect(try reader.get("k").value == "v2")
    }

    @Test func `3: no hit between a write's commit and its answer`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        try warm(reader, "k", "v1")
        hold(fixture.upstream, "PutItem", applied: true)
        try writer.send("PutItem", TestClient.putBody("k", "v2"))
        try fixture.upstream.waitForArrival(at: "gate")
        let during = try reader.get("k")
        #expect(during.value == "v2")
        #expect(during.cache == "leased")
        fixture.upstream.release("gate")
        #expect(try writer.receive().status == 200)
    }

    @Test func `4: an eventually consistent read after a write is not cached stale`() throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.consistentReadAfterWrite = 5_000_000_000 })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        fixture.upstream.withData { $0.lag = 60_000_000_000 }
        _ = try client.put("k", "v2")
        #expect(try client.get("k").value == "v2")
        let hit = try client.get("k")
        #expect(hit.value == "v2")
        #expect(hit.cache == "hit")
    }

    @Test func `4: the stronger read is reported as the weaker one that was asked for`() throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.consistentReadAfterWrite = 5_000_000_000 })
        let seen = Mutex<[Bool]>([])
        fixture.upstream.script { call in
            guard call.operation == "GetItem" else { return FakeDynamoDB.Plan() }
            seen.withLock { $0.append(call.isConsistent) }
            var plan = FakeDynamoDB.Plan()
            plan.ending = .error(
                status: 200,
                body: #"{"Item":{"id":{"S":"k"}},"ConsumedCapacity":{"TableName":"things","CapacityUnits":1.0}}"#
            )
            return plan
        }
        let reply = try fixture.client().call(
            "GetItem",
            #"{"TableName":"things","Key":{"id":{"S":"k"}},"ReturnConsumedCapacity":"TOTAL"}"#
        )
        #expect(seen.withLock { $0 } == [true])
        let capacity = reply.json["ConsumedCapacity"] as? [String: Any]
        #expect(capacity?["CapacityUnits"] as? Double == 0.5)
        #expect(capacity?["TableName"] as? String == "things")
    }

    @Test func `5: answers of two writers that arrive in reverse order`() throws {
        let fixture = try ProxyFixture()
        let (first, second, reader) = (fixture.client(), fixture.client("two"), fixture.client())
        let ordinal = fixture.upstream.count("PutItem")
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "PutItem" {
                plan.beforeReply = .gate(call.ordinal == ordinal + 1 ? "first" : "second")
            }
            return plan
        }
        try first.send("PutItem", TestClient.putBody("k", "v1"))
        try fixture.upstream.waitForArrival(at: "first")
        try second.send("PutItem", TestClient.putBody("k", "v2"))
        try fixture.upstream.waitForArrival(at: "second")
        fixture.upstream.release("second")
        #expect(try second.receive().status == 200)
        #expect(try reader.get("k").cache == "leased")
        fixture.upstream.release("first")
        #expect(try first.receive().status == 200)
        #expect(try reader.get("k").value == "v2")
        #expect(try reader.get("k").value == "v2")
    }

    @Test func `6: an update is never merged into what is cached`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        try warm(client, "k", "v1")
        fixture.upstream.withData { $0.writeOutOfBand("k", "behind the proxy's back") }
        _ = try client.update("k", "v2")
        let reply = try client.get("k")
        #expect(reply.cache == "miss")
        #expect(reply.value == "v2")
        #expect(reply.itemSequence == fixture.upstream.withData { $0.current("k")?.sequence })
    }

    @Test func `7: a write that timed out and lands late`() throws {
        let fixture = try ProxyFixture(adjust: { $0.upstreams[0].requestTimeout = 300_000_000 })
        let client = fixture.client()
        try warm(client, "k", "v1")
        hold(fixture.upstream, "PutItem", applied: false)
        let reply = try client.put("k", "v2")
        #expect(reply.status == 500)
        #expect(reply.errorName == "InternalServerError")
        let before = try client.get("k")
        #expect(before.value == "v1")
        #expect(before.cache == "dirty")
        fixture.upstream.release("gate")
        try waitUntil("the write has landed") { fixture.upstream.value(of: "k") == "v2" }
        #expect(try client.get("k").value == "v2")
    }

    @Test func `7: the key is cached again when the late write can no longer come`() throws {
        let fixture = try ProxyFixture(adjust: {
            $0.upstreams[0].requestTimeout = 200_000_000
            $0.coherence.dirtyWindow = 300_000_000
        })
        let client = fixture.client()
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "PutItem" { plan.ending = .truncation }
            return plan
        }
        #expect(try client.put("k", "v1").status == 500)
        #expect(try client.get("k").cache == "dirty")
        usleep(400_000)
        #expect(try client.get("k").cache == "miss")
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `8: a retry that overtakes its first attempt`() throws {
        let fixture = try ProxyFixture()
        let (attempt1, attempt2, other) = (fixture.client(), fixture.client(), fixture.client())
        try warm(other, "k", "v1")
        hold(fixture.upstream, "PutItem", applied: false)
        try attempt1.send("PutItem", TestClient.putBody("k", "v2"))
        try fixture.upstream.waitForArrival(at: "gate")
        attempt1.disconnect()
        #expect(try attempt2.put("k", "v2").status == 200)
        #expect(try other.put("k", "v3").status == 200)
        let during = try other.get("k")
        #expect(during.value == "v3")
        #expect(during.cache == "leased", "the first attempt may still land")
        fixture.upstream.release("gate")
        try waitUntil("the first attempt has landed") { fixture.upstream.value(of: "k") == "v2" }
        #expect(try other.get("k").value == "v2")
    }

    @Test func `9: the client goes while its write is in flight`() throws {
        let fixture = try ProxyFixture()
        let (writer, reader) = (fixture.client(), fixture.client())
        try warm(reader, "k", "v1")
        hold(fixture.upstream, "PutItem", applied: false)
        try writer.send("PutItem", TestClient.putBody("k", "v2"))
        try fixture.upstream.waitForArrival(at: "gate")
        writer.disconnect()
        fixture.upstream.release("gate")
        try waitUntil("the window is closed") { (try? reader.get("k"))?.cache != "leased" }
        #expect(try reader.get("k").value == "v2")
        #expect(try reader.get("k").cache == "hit")
    }

    @Test func `10: the replay of a transaction installs nothing`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        try warm(client, "k", "v2")
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            plan.isApplied = call.operation != "TransactWriteItems"
            return plan
        }
        let reply = try client.call(
            "TransactWriteItems",
            """
            {"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"things",\
            "Item":{"id":{"S":"k"},"v":{"S":"v1"}}}}]}
            """
        )
        #expect(reply.status == 200)
        #expect(try client.get("k").value == "v2")
    }

    @Test func `11: a batch that was applied in part`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        try warm(client, "a", "a1")
        try warm(client, "b", "b1")
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "BatchWriteItem" {
                plan.ending = .error(
                    status: 200,
                    body: #"{"UnprocessedItems":{"things":[{"PutRequest":{"Item":{"id":{"S":"b"}}}}]}}"#
                )
            }
            return plan
        }
        let body = """
            {"RequestItems":{"things":[{"PutRequest":{"Item":{"id":{"S":"a"},"v":{"S":"a2"}}}},\
            {"PutRequest":{"Item":{"id":{"S":"b"},"v":{"S":"b2"}}}}]}}
            """
        let reply = try client.call("BatchWriteItem", body)
        #expect(reply.text.contains("UnprocessedItems"))
        for (key, value) in [("a", "a2"), ("b", "b2")] {
            let read = try client.get(key)
            #expect(read.cache == "miss", "every key of the batch is dropped")
            #expect(read.value == value)
        }
    }

    @Test func `12: the old item of a failed condition is not installed`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "UpdateItem" {
                plan.isApplied = false
                plan.ending = .error(
                    status: 400,
                    body: #"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","#
                        + #""message":"The conditional request failed","Item":{"id":{"S":"k"},"v":{"S":"old"}}}"#
                )
            }
            return plan
        }
        _ = try client.put("k", "new")
        let refused = try client.update("k", "newer", condition: true)
        #expect(refused.errorName == "ConditionalCheckFailedException")
        #expect(refused.text.contains("old"), "the upstream's error is passed on byte for byte")
        #expect(try client.get("k").value == "new")
    }

    @Test func `13: a table is deleted and made again during a fill`() throws {
        let fixture = try ProxyFixture()
        let (reader, owner) = (fixture.client(), fixture.client("two"))
        _ = try reader.put("k", "of the first table")
        hold(fixture.upstream, "GetItem", applied: true)
        try reader.send("GetItem", TestClient.getBody("k"))
        try fixture.upstream.waitForArrival(at: "gate")
        _ = try owner.call("DeleteTable", #"{"TableName":"things"}"#)
        _ = try owner.call("CreateTable", #"{"TableName":"things"}"#)
        fixture.upstream.release("gate")
        _ = try reader.receive()
        let after = try reader.get("k")
        #expect(after.item == nil)
        #expect(after.cache == "miss")
    }

    @Test func `13: a table that was made again behind the proxy's back`() throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.tableRefresh = 200_000_000 })
        let client = fixture.client()
        try warm(client, "k", "v1")
        fixture.upstream.withData { data in
            data.tables["things"] = nil
            data.create("things")
        }
        usleep(300_000)
        _ = try client.get("k")
        try waitUntil("the new table is noticed") { (try? client.get("k"))?.item == nil }
    }

    @Test func `14: a PartiQL write names no key`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        try warm(reader, "k", "v1")
        hold(fixture.upstream, "GetItem", applied: true)
        try reader.send("GetItem", TestClient.getBody("other"))
        try fixture.upstream.waitForArrival(at: "gate")
        let statement = #"{"Statement":"DELETE FROM \"things\" WHERE \"id\" = ?","Parameters":[{"S":"k"}]}"#
        #expect(try writer.call("ExecuteStatement", statement).status == 200)
        fixture.upstream.release("gate")
        _ = try reader.receive()
        #expect(try reader.get("k").item == nil)
        #expect(try reader.get("other").cache == "miss", "the fill begun before the statement was not installed")
        #expect(try reader.get("k").cache == "hit", "caching goes on")
    }

    @Test func `14: a statement that can't be pinned covers tables nobody has named yet`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        fixture.upstream.withData { $0.writeOutOfBand("k", "v1") }
        hold(fixture.upstream, "ExecuteStatement", applied: false)
        // A comment makes the statement one that may write anything.
        try writer.send(
            "ExecuteStatement",
            #"{"Statement":"/* */ DELETE FROM things WHERE id = ?","Parameters":[{"S":"k"}]}"#
        )
        try fixture.upstream.waitForArrival(at: "gate")
        let during = try reader.get("k")
        #expect(during.value == "v1")
        #expect(during.cache == "leased")
        fixture.upstream.release("gate")
        #expect(try writer.receive().status == 200)
        _ = try reader.get("k")
        #expect(try reader.get("k").value != "v1")
    }

    @Test func `14: a PartiQL read drops nothing`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        try warm(client, "k", "v1")
        _ = try client.call("ExecuteStatement", #"{"Statement":"SELECT * FROM things WHERE id = 'k'"}"#)
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `15: absence is not installed over a creation`() throws {
        let fixture = try ProxyFixture()
        let (reader, writer) = (fixture.client(), fixture.client())
        hold(fixture.upstream, "GetItem", applied: true)
        try reader.send("GetItem", TestClient.getBody("k"))
        try fixture.upstream.waitForArrival(at: "gate")
        _ = try writer.put("k", "v1")
        fixture.upstream.release("gate")
        #expect(try reader.receive().item == nil)
        #expect(try reader.get("k").value == "v1")
    }

    @Test func `16: batches see acknowledged writes, and transactional reads are forwarded`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        try warm(client, "a", "a1")
        try warm(client, "b", "b1")
        _ = try client.put("a", "a2")
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}}}"#
        let mixed = try client.call("BatchGetItem", batch)
        #expect(mixed.cache == "partial")
        #expect(Self.values(mixed) == ["a2", "b1"])
        let hit = try client.call("BatchGetItem", batch)
        #expect(hit.cache == "hit")
        #expect(Self.values(hit) == ["a2", "b1"])
        _ = try client.call(
            "TransactGetItems",
            #"{"TransactItems":[{"Get":{"TableName":"things","Key":{"id":{"S":"a"}}}}]}"#
        )
        #expect(fixture.upstream.count("TransactGetItems") == 1)
    }

    private static func values(_ reply: TestClient.Reply) -> Set<String> {
        let responses = reply.json["Responses"] as? [String: [[String: [String: String]]]] ?? [:]
        return Set((responses["things"] ?? []).compactMap { $0["v"]?["S"] })
    }

    @Test func `17: a read after a write does not join a read begun before it`() throws {
        let fixture = try ProxyFixture()
        let (early, late, writer) = (fixture.client(), fixture.client(), fixture.client())
        _ = try writer.put("k", "v1")
        hold(fixture.upstream, "GetItem", applied: true)
        try early.send("GetItem", TestClient.getBody("k"))
        try fixture.upstream.waitForArrival(at: "gate")
        _ = try writer.put("k", "v2")
        #expect(try late.get("k").value == "v2", "answered while the early read is still held")
        fixture.upstream.release("gate")
        #expect(try early.receive().value == "v1")
        #expect(try late.get("k").value == "v2")
    }

    @Test func `17: reads of one absent entry share one read upstream`() throws {
        let fixture = try ProxyFixture()
        _ = try fixture.client().put("k", "v1")
        hold(fixture.upstream, "GetItem", applied: true, count: 100)
        let clients = (0..<20).map { _ in fixture.client() }
        for client in clients {
            try client.send("GetItem", TestClient.getBody("k"))
        }
        try fixture.upstream.waitForArrival(at: "gate")
        usleep(200_000)
        fixture.upstream.release("gate")
        let replies = try clients.map { try $0.receive() }
        #expect(replies.allSatisfy { $0.value == "v1" })
        #expect(replies.filter { $0.cache == "coalesced" }.count == 19)
        #expect(fixture.upstream.count("GetItem") == 1)
    }

    @Test func `18: a projected read fills with the whole item`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        let projected = #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"v"}"#
        for cache in ["miss", "hit"] {
            let reply = try client.call("GetItem", projected)
            #expect(reply.cache == cache)
            #expect(reply.text == #"{"Item":{"v":{"S":"v1"}}}"#)
        }
        let whole = try client.get("k")
        #expect(whole.cache == "hit")
        #expect(Set((whole.item ?? [:]).keys) == ["id", "v", "seq"])
    }

    @Test func `19: what another proxy wrote is seen when the time to live has passed`() throws {
        let upstream = try FakeDynamoDB()
        defer { upstream.stop() }
        let one = try ProxyFixture(upstream: upstream, adjust: { $0.tenants[0].cache.ttl = 300_000_000 })
        let two = try ProxyFixture(upstream: upstream)
        let client = one.client()
        try warm(client, "k", "v1")
        _ = try two.client().put("k", "v2")
        usleep(350_000)
        let reply = try client.get("k")
        #expect(reply.isGone)
        #expect(reply.value == "v2")
    }

    @Test func `20: a proxy that has just started trusts no eventually consistent read`() throws {
        let upstream = try FakeDynamoDB()
        defer { upstream.stop() }
        do {
            let before = try ProxyFixture(upstream: upstream)
            _ = try before.client().put("k", "v1")
            upstream.withData { $0.lag = 60_000_000_000 }
            _ = try before.client().put("k", "v2")
            before.stopProxy()
        }
        let after = try ProxyFixture(
            upstream: upstream,
            adjust: { $0.coherence.consistentReadAfterWrite = 5_000_000_000 }
        )
        #expect(try after.client().get("k").value == "v2")
    }

    @Test func `21: keys of different types, tables and tenants are different entries`() throws {
        let fixture = try ProxyFixture()
        let (one, two) = (fixture.client(), fixture.client("two"))
        _ = try one.put("1", "text")
        #expect(try one.get("1").value == "text")
        #expect(try one.get("1").cache == "hit")
        #expect(try two.get("1").cache == "miss", "each tenant has its own entry")
        for form in ["1", "1.0", "1e0", "+1", "01"] {
            let reply = try one.call("GetItem", #"{"TableName":"things","Key":{"id":{"N":"\#(form)"}}}"#)
            #expect(reply.value == nil, "the number is not the text")
            #expect(reply.cache == (form == "1" ? "miss" : "hit"), "all forms of a number are one key")
        }
        #expect(try one.call("GetItem", #"{"TableName":"things","Key":{"id":{"B":"MQ=="}}}"#).cache == "miss")
        #expect(try one.get("1", table: "other-things").errorName == "ResourceNotFoundException")
    }

    @Test func `21: a write by one tenant drops the other's entry before it is acknowledged`() throws {
        let fixture = try ProxyFixture()
        let (one, two) = (fixture.client(), fixture.client("two"))
        try warm(one, "k", "v1")
        #expect(try two.get("k").cache == "miss")
        #expect(try two.get("k").cache == "hit")
        _ = try one.update("k", "v2")
        #expect(try two.get("k").value == "v2")
        _ = try two.delete("k")
        #expect(try one.get("k").item == nil)
    }

    @Test func `22: a hit is refused when the key or the grant has been withdrawn`() throws {
        let fixture = try ProxyFixture()
        let (one, two) = (fixture.client(), fixture.client("two"))
        try warm(one, "k", "v1")
        #expect(try two.get("k").value == "v1")
        #expect(try two.get("k").cache == "hit")
        var changed = fixture.configuration
        changed.tenants[0].keys[0].id = "AKIDREPLACED"
        changed.tenants[1].tables = ["others-*"]
        try fixture.proxy.reload(changed)
        try waitUntil("the key is gone") { (try? one.get("k"))?.errorName == "UnrecognizedClientException" }
        try waitUntil("the table is gone") { (try? two.get("k"))?.errorName == "AccessDeniedException" }
    }

    @Test func `23: entries age by the monotonic clock, signatures by the wall clock`() throws {
        let clock = ClockOffset()
        let fixture = try ProxyFixture(wallClock: { Int64(time(nil)) + clock.value.load(ordering: .relaxed) })
        let client = fixture.client()
        try warm(client, "k", "v1")
        clock.value.store(86_400, ordering: .relaxed)
        #expect(try client.get("k").errorName == "InvalidSignatureException")
        client.clockOffset = 86_400
        #expect(try client.get("k").cache == "hit", "a day on the wall clock does not age an entry")
    }
}

/// A clock's offset that a test changes.
private final class ClockOffset: Sendable {
    let value = Atomic<Int64>(0)
}
