import DynamoDB
import Foundation
import Testing

@testable import Proxy

/// Requests and replies that are gone through beside the reactor: all is as with small ones.
@Suite(.serialized) struct LargeRequestTests {
    /// A value whose parts tell where they belong.
    private func text(_ seed: Int, _ count: Int) -> String {
        var text = ""
        text.reserveCapacity(count + 1000)
        let filling = String(repeating: ".", count: 980)
        while text.utf8.count < count { text += "\(seed) \(text.utf8.count) \(filling)" }
        return String(decoding: text.utf8.prefix(count), as: UTF8.self)
    }

    private func batchWrite(_ keys: Range<Int>, _ count: Int) -> String {
        let puts = keys.map { #"{"PutRequest":{"Item":{"id":{"S":"k\#($0)"},"v":{"S":"\#(text($0, count))"}}}}"# }
        return #"{"RequestItems":{"things":[\#(puts.joined(separator: ","))]}}"#
    }

    private func batchGet(_ keys: Range<Int>) -> String {
        let keys = keys.map { #"{"id":{"S":"k\#($0)"}}"# }
        return #"{"RequestItems":{"things":{"Keys":[\#(keys.joined(separator: ","))]}}}"#
    }

    private func values(_ reply: TestClient.Reply) -> [String: String] {
        let responses = reply.json["Responses"] as? [String: [[String: [String: String]]]] ?? [:]
        let pairs = (responses["things"] ?? []).map { ($0["id"]?["S"] ?? "", $0["v"]?["S"] ?? "") }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test func `16 MB batches go both ways`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        let size = 640_000
        // What is in memory already goes with the write.
        #expect(try client.put("k3", "old").status == 200)
        #expect(try client.get("k3").cache == "miss")
        #expect(try client.get("k3").cache == "hit")
        let recorder = fixture.upstream.record()
        let body = batchWrite(0..<25, size)
        let written = try client.call("BatchWriteItem", body)
        #expect(written.status == 200)
        #expect(recorder.of("BatchWriteItem").map(\.body.count) == [body.utf8.count])
        #expect(recorder.of("BatchWriteItem").first.map { $0.body == Array(body.utf8) } == true)
        let miss = try client.call("BatchGetItem", batchGet(0..<25))
        let hit = try client.call("BatchGetItem", batchGet(0..<25))
        let single = try client.get("k24")
        #expect([miss.cache, hit.cache, single.cache] == ["miss", "hit", "hit"])
        #expect(single.value == text(24, size))
        for reply in [miss, hit] {
            #expect(reply.status == 200 && reply.checksumHolds)
            let values = values(reply)
            #expect(values.count == 25)
            #expect((0..<25).allSatisfy { values["k\($0)"] == text($0, size) })
        }
    }

    @Test func `an item of 400 KB is written, read, cut and dropped`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        for (round, size) in [400_000, 390_000].enumerated() {
            let value = text(round, size)
            let put = #"{"TableName":"things","Item":{"id":{"S":"k"},"v":{"S":"\#(value)"},"w":{"S":"\#(round)"}}}"#
            #expect(try client.call("PutItem", put).status == 200)
            let miss = try client.get("k")
            let hit = try client.get("k")
            #expect([miss.cache, hit.cache] == ["miss", "hit"])
            for reply in [miss, hit] { #expect(reply.checksumHolds && reply.value == value) }
            let projected =
                #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"w","#
                + #""ReturnConsumedCapacity":"TOTAL"}"#
            let cut = try client.call("GetItem", projected)
            #expect(cut.cache == "hit" && cut.checksumHolds)
            #expect(
                cut.isJSON(
                    #"{"Item":{"w":{"S":"\#(round)"}},"ConsumedCapacity":{"TableName":"things","CapacityUnits":0}}"#
                )
            )
            let refused = projected.replacing(#""w""#, with: #""size""#)
            #expect(try client.call("GetItem", refused).cache == "not-cacheable")
        }
    }

    @Test func `a large write opens its window before it is sent`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let (writer, reader) = (fixture.client(), fixture.client("two"))
        #expect(try writer.put("k", "old").status == 200)
        #expect(try reader.get("k").cache == "miss")
        #expect(try reader.get("k").cache == "hit")
        fixture.upstream.hold("PutItem")
        try writer.send("PutItem", TestClient.putBody("k", text(1, 300_000)))
        try fixture.upstream.waitForArrival(at: "gate")
        #expect(try reader.get("k").cache == "leased")
        fixture.upstream.release("gate")
        #expect(try writer.receive().status == 200)
        #expect(try reader.get("k").value == text(1, 300_000))
    }

    @Test func `requests of a connection stay in order, and others are served meanwhile`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let (client, other) = (fixture.client(), fixture.client("two"))
        #expect(try other.put("o", "1").status == 200)
        try client.send("BatchWriteItem", batchWrite(0..<20, 400_000))
        try client.send("GetItem", TestClient.getBody("k19"))
        for _ in 0..<20 { #expect(try other.get("o").value == "1") }
        #expect(try client.receive().status == 200)
        #expect(try client.receive().value == text(19, 400_000))
    }

    @Test func `a small encoded request has room beside a large one`() throws {
        let fixture = try ProxyFixture(reactors: 1, adjust: { $0.limits.bufferedBytes = $0.limits.bodyBytes })
        let (large, small) = (fixture.client(), fixture.client("two"))
        try large.send("BatchWriteItem", batchWrite(0..<20, 700_000))
        for _ in 0..<20 {
            try small.send("GetItem", "not gzip", headers: ["content-encoding": "gzip"])
            #expect(try small.receive().status == 500)
        }
        #expect(try large.receive().status == 200)
    }

    @Test func `a client that goes leaves nothing behind`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let client = fixture.client()
        for number in 0..<10 {
            let gone = fixture.client("two")
            try gone.send("PutItem", TestClient.putBody("k", text(number, 500_000)))
            gone.disconnect()
        }
        // No window stays open, whether or not the writes were sent.
        try waitUntil("the key can be cached") {
            _ = try? client.get("k")
            return (try? client.get("k"))?.cache == "hit"
        }
    }

    @Test func `errors are those of small requests`() throws {
        let fixture = try ProxyFixture { configuration in
            configuration.tenants[0].tables = ["things"]
        }
        let (bound, free) = (fixture.client(), fixture.client("two"))
        let padding = String(repeating: " ", count: 200_000)
        func compare(_ operation: String, _ start: String, _ end: String, client: TestClient) throws {
            let small = try client.call(operation, start + end)
            let large = try client.call(operation, start + padding + end)
            #expect(small.status == large.status && small.text == large.text, "\(operation) \(start)")
            #expect(small.status != 200 && large.checksumHolds)
        }
        let deep = String(repeating: "[", count: 300)
        for client in [bound, free] {
            try compare("PutItem", "{", "", client: client)
            try compare("PutItem", #"{"a":"# + deep, "}", client: client)
            try compare("PutItem", #"{"TableName":"things","TableName":"things""#, "}", client: client)
            try compare("PutItem", #"{"TableName":1"#, "}", client: client)
            try compare("GetItem", #"{"TableName":"things","Key":1"#, "}", client: client)
            try compare("BatchGetItem", #"{"RequestItems":[]"#, "}", client: client)
            try compare("Frobnicate", "{", "", client: client)
            try compare("DeleteBackup", "{", "}", client: client)
        }
        try compare("PutItem", #"{"TableName":"others","Item":{"id":{"S":"k"}}"#, "}", client: bound)
        try compare("GetItem", #"{"TableName":"others","Key":{"id":{"S":"k"}}"#, "}", client: bound)
        try compare("BatchGetItem", #"{"RequestItems":{"others":{"Keys":[{"id":{"S":"k"}}]}}"#, "}", client: bound)
        try compare("ExecuteStatement", #"{"Statement":"SELECT * FROM others""#, "}", client: bound)
    }

    @Test func `a large request of a few keys is served from memory`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        #expect(try client.put("k1", "v1").status == 200)
        let padding = String(repeating: " ", count: 100_000)
        let batch = batchGet(1..<2) + padding
        let caches = try (0..<2).map { _ in try client.call("BatchGetItem", batch).cache }
        #expect(caches == ["miss", "hit"])
        #expect(try client.call("BatchGetItem", batch).text.contains("v1"))
        let get = try client.call("GetItem", TestClient.getBody("k1") + padding)
        #expect(get.value == "v1" && get.cache == "not-cacheable")
    }

    @Test(arguments: ["Frobnicate", "BatchExecuteStatement"])
    func `what names more than can be told apart drops everything`(operation: String) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        #expect(try client.put("k", "v").status == 200)
        #expect(try [client.get("k").cache, client.get("k").cache] == ["miss", "hit"])
        let body =
            operation == "Frobnicate"
            ? #"{"RequestItems":{\#((0..<200).map { #""table\#($0)":1"# }.joined(separator: ","))}}"#
            : """
            {"Statements":[\((0..<200).map {
                #"{"Statement":"DELETE FROM table\#($0) WHERE id='1'"}"# }.joined(separator: ","))]}
            """
        #expect(try client.call(operation, body).status == 200)
        #expect(try client.get("k").cache == "miss")
    }

    @Test func `a large transaction's token is made the tenant's own`() throws {
        let fixture = try ProxyFixture()
        let recorder = fixture.upstream.record()
        let put = #"{"Put":{"TableName":"things","Item":{"id":{"S":"k"},"v":{"S":"\#(text(0, 300_000))"}}}}"#
        let body = #"{"ClientRequestToken":"t","TransactItems":[\#(put)]}"#
        #expect(try fixture.client().call("TransactWriteItems", body).status == 200)
        let sent = try #require(recorder.of("TransactWriteItems").first?.json)
        #expect((sent["TransactItems"] as? [Any])?.count == 1)
        let token = try #require(sent["ClientRequestToken"] as? String)
        #expect(token != "t" && token.utf8.count == 36)
    }

    @Test func `what a large request costs is asked for and hidden`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let tenant = try fixture.tenant()
        tenant.limits.setRates(.ample)
        let recorder = fixture.upstream.record { call in
            guard call.operation == "PutItem" else { return FakeDynamoDB.Plan() }
            return .reply(#"{"ConsumedCapacity":{"TableName":"things","CapacityUnits":293}}"#)
        }
        let before = tenant.meter.sample()
        let reply = try fixture.client().call("PutItem", TestClient.putBody("k", text(0, 300_000)))
        #expect(reply.text == "{}" && reply.checksumHolds)
        #expect(recorder.of("PutItem").first?.json["ReturnConsumedCapacity"] as? String == "TOTAL")
        #expect((tenant.meter.sample() - before).writeUnitsUsed == 293)
    }

    @Test func `a large reply whose checksum is wrong is none`() throws {
        let fixture = try ProxyFixture()
        let item = #"{"Item":{"id":{"S":"k"},"v":{"S":"\#(text(0, 300_000))"}}}"#
        fixture.upstream.script { call in
            call.operation == "GetItem" ? .reply(200, item, headers: ["x-amz-crc32": "1"]) : FakeDynamoDB.Plan()
        }
        let reply = try fixture.client().get("k")
        #expect(reply.status == 503 && reply.cache == "upstream-failure")
    }
}

/// What is found out about a body before anything is done.
@Suite struct TouchingTests {
    private func touching(
        _ operation: DynamoDB.Operation?,
        _ body: String,
        _ tables: [String] = ["*"]
    ) throws -> Touching {
        let policy = AccessPolicy(operations: .standard, tables: tables.map { Pattern($0) })
        return try Array(body.utf8).withUnsafeBytes { try Touching(operation, $0, policy) }
    }

    private func writes(_ count: Int) -> String {
        let delete = #"{"DeleteRequest":{"Key":{"id":{"S":"k"}}}}"#
        return #"{"RequestItems":{"t":[\#(Array(repeating: delete, count: count).joined(separator: ","))]}}"#
    }

    @Test func `lists that no operation has are left out, and counted`() throws {
        let most = try touching(.batchWriteItem, writes(100))
        #expect(!most.isExcessive && most.touched.writes.count == 100)
        let more = try touching(.batchWriteItem, writes(101))
        #expect(more.isExcessive && more.writeCount == 101 && more.namesTable)
        #expect(more.touched.writes.isEmpty && more.touched.tables.isEmpty)
    }

    @Test func `the first table that is not the tenant's is told`() throws {
        let body = #"{"RequestItems":{"mine":[],"theirs":[],"others":[]}}"#
        #expect(try touching(.batchWriteItem, body, ["mine"]).denial?.table == Array("theirs".utf8))
        #expect(try touching(.batchWriteItem, body).denial == nil)
        let nothing = try touching(.listStreams, "{}", ["mine"])
        #expect(nothing.denial != nil && nothing.denial?.table == nil)
        let long = String(repeating: "x", count: 5000)
        #expect(try touching(.putItem, #"{"TableName":"\#(long)"}"#, ["mine"]).denial?.table?.count == 1024)
    }

    @Test func `statements are summed up`() throws {
        let body = """
            {"Statements":[{"Statement":"SELECT * FROM a"},{"Statement":"DELETE FROM b WHERE id='1'"},\
            {"Statement":"DELETE FROM b WHERE id='2'"},{"Statement":"UPDATE c SET v='1' WHERE id='2'"}]}
            """
        let effects = try touching(.batchExecuteStatement, body).statements
        #expect(effects.mayWrite && !effects.writesAnywhere && effects.denial == nil)
        #expect(effects.tables == [Array("b".utf8), Array("c".utf8)])
        #expect(try touching(.batchExecuteStatement, body, ["a", "b"]).statements.denial?.table == Array("c".utf8))
        let select = try touching(.executeStatement, #"{"Statement":"SELECT * FROM a"}"#).statements
        #expect(!select.mayWrite && select.tables.isEmpty)
        #expect(try touching(.executeStatement, #"{"Statement":"WITH x"}"#).statements.writesAnywhere)
    }
}
