import DynamoDB
import Foundation
import Testing

@testable import Proxy

/// What a GetItem is answered from, and what of its answer is kept.
@Suite(.serialized) struct GetItemStageTests {
    @Test func `a miss is passed on byte for byte and becomes a hit`() throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script { call in
            call.operation == "GetItem" ? .reply(#"{ "Item" : {"id":{"S":"k"},"v":{"S":"é\u0041"}} }"#) : .init()
        }
        let client = fixture.client()
        let miss = try client.get("k")
        #expect(miss.cache == "miss")
        #expect(miss.text == #"{ "Item" : {"id":{"S":"k"},"v":{"S":"é\u0041"}} }"#)
        let hit = try client.get("k")
        #expect(hit.cache == "hit")
        #expect(hit.text == #"{"Item":{"id":{"S":"k"},"v":{"S":"é\u0041"}}}"#, "the item's bytes are the upstream's")
        #expect(fixture.upstream.count("GetItem") == 1)
    }

    @Test func `an entry expires`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache.ttl = 150_000_000 })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k").cache == "miss")
        usleep(200_000)
        fixture.upstream.withData { $0.writeOutOfBand("k", "v2") }
        let later = try client.get("k")
        #expect(later.isGone)
        #expect(later.value == "v2")
    }

    @Test func `absence has a life of its own`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache.negativeTTL = 150_000_000 })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k").cache == "miss")
        #expect(try client.get("none").cache == "miss")
        usleep(200_000)
        #expect(try client.get("none").isGone)
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `absence is answered from memory`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        #expect(try client.get("none").text == "{}")
        let hit = try client.get("none")
        #expect(hit.cache == "hit")
        #expect(hit.text == "{}")
        let projected = try client.call(
            "GetItem",
            #"{"TableName":"things","Key":{"id":{"S":"none"}},"ProjectionExpression":"v"}"#
        )
        #expect(projected.cache == "hit")
        #expect(projected.text == "{}")
    }

    @Test func `with a negative life of 0 absence is not kept`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache.negativeTTL = 0 })
        let client = fixture.client()
        for _ in 0..<2 {
            #expect(try client.get("none").cache == "miss")
        }
        #expect(fixture.upstream.count("GetItem") == 2)
    }

    // MARK: Single-flight

    /// Lets `leader` begin a read that is held upstream, and `waiters` join it.
    private func join(
        _ fixture: ProxyFixture,
        _ leader: TestClient,
        _ waiters: [TestClient],
        body: String? = nil
    ) throws {
        try leader.send("GetItem", body ?? TestClient.getBody("k"))
        try fixture.upstream.waitForArrival(at: "gate")
        for waiter in waiters {
            try waiter.send("GetItem", TestClient.getBody("k"))
        }
        usleep(200_000)
    }

    @Test func `when a shared read fails, all who waited get an answer`() throws {
        let fixture = try ProxyFixture()
        let (leader, waiters) = (fixture.client(), (0..<5).map { _ in fixture.client() })
        fixture.upstream.hold("GetItem", ending: .truncation)
        try join(fixture, leader, waiters)
        fixture.upstream.release("gate")
        for client in [leader] + waiters {
            let reply = try client.receive()
            #expect(reply.status == 503)
            #expect(reply.errorName == "ServiceUnavailable")
        }
        fixture.upstream.script { _ in .init() }
        #expect(try leader.get("k").cache == "miss", "the flight is over")
    }

    @Test func `when a shared read is refused, all who waited get the refusal`() throws {
        let fixture = try ProxyFixture()
        let (leader, waiters) = (fixture.client(), (0..<5).map { _ in fixture.client() })
        let error = #"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException" }"#
        fixture.upstream.hold("GetItem", ending: .error(status: 400, body: error))
        try join(fixture, leader, waiters)
        fixture.upstream.release("gate")
        let replies = try ([leader] + waiters).map { try $0.receive() }
        #expect(replies.allSatisfy { $0.status == 400 && $0.text == error })
        #expect(replies.map(\.cache) == ["miss"] + Array(repeating: "coalesced", count: 5))
        #expect(fixture.upstream.count("GetItem") == 1)
        fixture.upstream.script { _ in .init() }
        #expect(try leader.get("k").cache == "miss", "a refusal is not kept")
    }

    @Test func `a shared read goes on when the client that began it has gone`() throws {
        let fixture = try ProxyFixture()
        let (leader, waiter) = (fixture.client(), fixture.client())
        _ = try waiter.put("k", "v1")
        fixture.upstream.hold("GetItem")
        try join(fixture, leader, [waiter])
        leader.disconnect()
        usleep(50_000)
        fixture.upstream.release("gate")
        let reply = try waiter.receive()
        #expect(reply.value == "v1")
        #expect(reply.cache == "coalesced")
        #expect(try waiter.get("k").cache == "hit")
        #expect(fixture.upstream.count("GetItem") == 1)
    }

    @Test func `a shared read is cut to what each has asked for`() throws {
        let fixture = try ProxyFixture()
        let (leader, waiter) = (fixture.client(), fixture.client())
        _ = try waiter.put("k", "v1")
        fixture.upstream.hold("GetItem")
        let projected = #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"v"}"#
        try join(fixture, leader, [waiter], body: projected)
        fixture.upstream.release("gate")
        #expect(try leader.receive().text == #"{"Item":{"v":{"S":"v1"}}}"#)
        #expect(Set((try waiter.receive().item ?? [:]).keys) == ["id", "v", "seq"])
    }

    // MARK: Consistent reads

    @Test func `a consistent read goes upstream and refreshes the entry`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        fixture.upstream.withData { $0.writeOutOfBand("k", "v2") }
        #expect(try client.get("k").value == "v1", "the proxy has not seen the write")
        let recorder = fixture.upstream.record()
        let consistent = try client.get("k", consistent: true)
        #expect(consistent.cache == "consistent-read")
        #expect(consistent.value == "v2")
        #expect(recorder.of("GetItem").map(\.isConsistent) == [true])
        let after = try client.get("k")
        #expect(after.cache == "hit")
        #expect(after.value == "v2")
    }

    @Test func `a consistent read that finds nothing refreshes the entry too`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        fixture.upstream.withData { $0.writeOutOfBand("k", nil) }
        #expect(try client.get("k", consistent: true).item == nil)
        let after = try client.get("k")
        #expect(after.cache == "hit")
        #expect(after.item == nil)
    }

    @Test func `a projected consistent read refreshes the whole entry`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        fixture.upstream.withData { $0.writeOutOfBand("k", "v2") }
        let body = #"{"TableName":"things","Key":{"id":{"S":"k"}},"ConsistentRead":true,"ProjectionExpression":"id"}"#
        #expect(try client.call("GetItem", body).text == #"{"Item":{"id":{"S":"k"}}}"#)
        #expect(try client.get("k").value == "v2")
    }

    // MARK: What is not kept

    /// Caches `v1`, writes out of band, reads consistently, and gives the eventually consistent read after that.
    private func readAfterConsistentRead(
        cache: CacheSettings = CacheSettings(),
        _ write: (inout FakeData) -> Void
    ) throws -> TestClient.Reply {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache = cache })
        fixture.upstream.withData { $0.timeToLiveAttribute = "ttl" }
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        #expect(try client.get("k").cache == "hit")
        fixture.upstream.withData(write)
        _ = try client.get("k", consistent: true)
        return try client.get("k")
    }

    @Test func `what a consistent read found replaces the entry though it is itself not kept`() throws {
        let tooLarge = try readAfterConsistentRead(cache: CacheSettings(maxEntryBytes: 1000)) {
            $0.writeOutOfBand("k", String(repeating: "x", count: 2000))
        }
        #expect(tooLarge.value?.count == 2000)
        let absent = try readAfterConsistentRead(cache: CacheSettings(negativeTTL: 0)) {
            $0.writeOutOfBand("k", nil)
        }
        #expect(absent.item == nil)
        let past = try readAfterConsistentRead {
            $0.writeOutOfBand("k", attributes: ["v": ["S": "v2"], "ttl": ["N": "\(time(nil) - 60)"]])
        }
        #expect(past.value == "v2")
    }

    @Test func `a consistent read that finds more than a store can hold replaces the entry`() throws {
        let reply = try readAfterConsistentRead(cache: CacheSettings(budget: 1 << 20)) {
            $0.writeOutOfBand("k", String(repeating: "x", count: 1_200_000))
        }
        #expect(reply.value?.count == 1_200_000)
    }

    @Test func `what is larger than the budget is not kept`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache.budget = 1 << 20 })
        fixture.upstream.withData { $0.writeOutOfBand("large", String(repeating: "x", count: 1_200_000)) }
        let client = fixture.client()
        for _ in 0..<2 {
            let reply = try client.get("large")
            #expect(reply.cache == "too-large")
            #expect(reply.value?.count == 1_200_000)
        }
        _ = try client.put("small", "v")
        #expect(try client.get("small").cache == "miss")
        #expect(try client.get("small").cache == "hit")
    }

    @Test func `what is larger than an entry may be is not kept`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].cache.maxEntryBytes = 100 })
        fixture.upstream.script { call in
            // With the 38 bytes around them: 100 and 101.
            let text = String(repeating: "x", count: call.text.contains("101") ? 63 : 62)
            return call.operation == "GetItem"
                ? .reply(#"{"Item":{"id":{"S":"k"},"v":{"S":"\#(text)"}}}"#) : .init()
        }
        let client = fixture.client()
        for _ in 0..<2 {
            let reply = try client.get("101")
            #expect(reply.body.count == 101)
            #expect(reply.cache == "too-large")
        }
        #expect(try client.get("100").body.count == 100)
        #expect(try client.get("100").cache == "hit")
    }

    // MARK: The item's own time to live

    /// Runs `body` with a client of a table that has TTL on, and an item with this value of the TTL attribute.
    private func withTimeToLive(
        _ value: [String: String],
        isEnabled: Bool = true,
        _ body: (TestClient) throws -> Void
    ) throws {
        let fixture = try ProxyFixture()
        fixture.upstream.withData { data in
            data.timeToLiveAttribute = isEnabled ? "ttl" : nil
            data.writeOutOfBand("k", attributes: ["v": ["S": "v1"], "ttl": value])
        }
        try body(fixture.client())
        fixture.stopProxy()
    }

    @Test func `an item past its time to live is passed on and not kept`() throws {
        try withTimeToLive(["N": "\(time(nil) - 5)"]) { client throws in
            for _ in 0..<2 {
                let reply = try client.get("k")
                #expect(reply.cache == "miss")
                #expect(reply.value == "v1")
            }
        }
    }

    @Test(arguments: ["1", "-5", "0", "99999999999", "1e10"])
    func `a time to live that is long past or far off does not matter`(seconds: String) throws {
        try withTimeToLive(["N": seconds]) { client throws in
            #expect(try client.get("k").cache == "miss")
            #expect(try client.get("k").cache == "hit")
        }
    }

    @Test func `a time to live that is no number does not matter`() throws {
        try withTimeToLive(["S": "\(time(nil) - 5)"]) { client throws in
            #expect(try client.get("k").cache == "miss")
            #expect(try client.get("k").cache == "hit")
        }
    }

    @Test func `the attribute means nothing while the table's TTL is off`() throws {
        try withTimeToLive(["N": "\(time(nil) - 5)"], isEnabled: false) { client throws in
            #expect(try client.get("k").cache == "miss")
            #expect(try client.get("k").cache == "hit")
        }
    }

    @Test func `an entry does not outlive its item's time to live`() throws {
        try withTimeToLive(["N": "\(time(nil) + 2)"]) { client throws in
            #expect(try client.get("k").cache == "miss")
            usleep(2_100_000)
            #expect(try client.get("k").isGone)
        }
    }

    // MARK: Upstream errors

    @Test(arguments: [400, 403, 413, 429, 500, 503])
    func `an upstream's error is passed on byte for byte and not kept`(status: Int) throws {
        let fixture = try ProxyFixture()
        let body = #"{"__type" : "com.amazon.coral.service#SomeException",  "message":"é"}"#
        let checksum = "\(Array(body.utf8).withUnsafeBytes { CRC32.checksum($0) })"
        let recorder = fixture.upstream.record { call in
            guard call.operation == "GetItem" else { return .init() }
            return .reply(
                status,
                body,
                headers: [
                    "x-amzn-RequestId": "UPSTREAMREQUESTID", "Retry-After": "7", "x-amz-retry-after": "1500",
                    "x-amz-crc32": checksum,
                ]
            )
        }
        let client = fixture.client()
        for _ in 0..<2 {
            let reply = try client.get("k")
            #expect(reply.status == status)
            #expect(reply.text == body)
            #expect(reply.headers["x-amzn-requestid"] == "UPSTREAMREQUESTID")
            #expect(reply.headers["retry-after"] == "7")
            #expect(reply.headers["x-amz-retry-after"] == "1500")
            #expect(reply.headers["content-type"] == "application/x-amz-json-1.0")
            #expect(reply.checksumHolds)
            #expect(reply.cache == "miss")
        }
        #expect(recorder.of("GetItem").count == 2, "one call each, none tried again")
    }

    @Test func `an answer of a form that is not known is passed on and not kept`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        for body in ["[]", "", "not JSON", #"{"Item":[]}"#, #"{"Item":{"id":{"S":"k"}},"Item":{}}"#] {
            fixture.upstream.script { $0.operation == "GetItem" ? .reply(body) : .init() }
            let reply = try client.get("k")
            #expect(reply.text == body)
            #expect(reply.cache == "miss")
        }
    }
}
