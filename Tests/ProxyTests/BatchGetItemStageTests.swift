import Foundation
import Testing

@testable import Proxy

/// A BatchGetItem: what memory has of it, what is read upstream, and how both become one reply.
@Suite(.serialized) struct BatchGetItemStageTests {
    private func fixture(_ adjust: (inout Configuration) -> Void = { _ in }) throws -> ProxyFixture {
        let fixture = try ProxyFixture(adjust: adjust)
        fixture.upstream.withData { data in
            data.create("others")
            for key in ["a", "b", "c"] {
                data.writeOutOfBand(key, "\(key)1")
                data.writeOutOfBand(key, "\(key)2", in: "others")
            }
        }
        return fixture
    }

    private func keys(_ keys: [String]) -> String {
        "[" + keys.map { "{\"id\":{\"S\":\"\($0)\"}}" }.joined(separator: ",") + "]"
    }

    private func body(
        _ names: [String],
        _ members: String = "",
        other: [String] = [],
        _ otherMembers: String = ""
    ) -> String {
        let others = other.isEmpty ? "" : ",\"others\":{\"Keys\":\(keys(other))\(otherMembers)}"
        return "{\"RequestItems\":{\"things\":{\"Keys\":\(keys(names))\(members)}\(others)}}"
    }

    /// The attribute `v` of a table's items, sorted.
    private func values(_ reply: TestClient.Reply, _ table: String = "things") -> [String]? {
        let responses = reply.json["Responses"] as? [String: [[String: [String: String]]]]
        return responses?[table]?.map { $0["v"]?["S"] ?? "" }.sorted()
    }

    /// The keys a call asks for, by table.
    private func asked(_ call: FakeDynamoDB.Call?) -> [String: [String]] {
        let tables = call?.json["RequestItems"] as? [String: [String: Any]] ?? [:]
        return tables.mapValues { table in
            ((table["Keys"] as? [[String: [String: String]]]) ?? []).map { $0["id"]?["S"] ?? "" }.sorted()
        }
    }

    @Test func `all missing, then all from memory`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let batch = body(["a", "b"], other: ["a"])
        let miss = try client.call("BatchGetItem", batch)
        #expect(miss.cache == "miss")
        let hit = try client.call("BatchGetItem", batch)
        #expect(hit.cache == "hit")
        for reply in [miss, hit] {
            #expect(values(reply) == ["a1", "b1"])
            #expect(values(reply, "others") == ["a2"])
            #expect((reply.json["UnprocessedKeys"] as? [String: Any])?.isEmpty == true)
            #expect(reply.json["ConsumedCapacity"] == nil)
            #expect(reply.checksumHolds)
        }
        #expect(fixture.upstream.count("BatchGetItem") == 1)
        let get = try client.get("a")
        #expect(get.cache == "hit", "a GetItem finds what the batch has filled")
        #expect(get.value == "a1")
    }

    @Test func `only what is missing is read`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.get("a")
        _ = try client.get("b", table: "others")
        let recorder = fixture.upstream.record()
        let reply = try client.call("BatchGetItem", body(["a", "c"], other: ["b"]))
        #expect(reply.cache == "partial")
        #expect(values(reply) == ["a1", "c1"])
        #expect(values(reply, "others") == ["b2"])
        #expect(
            recorder.of("BatchGetItem").map { asked($0) } == [["things": ["c"]]],
            "a table that is all hits is left out"
        )
    }

    @Test func `absence is kept, and answered from memory`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let batch = body(["a", "none"])
        #expect(values(try client.call("BatchGetItem", batch)) == ["a1"])
        let hit = try client.call("BatchGetItem", batch)
        #expect(hit.cache == "hit")
        #expect(values(hit) == ["a1"])
        #expect(try client.get("none").cache == "hit")
        let absent = try client.call("BatchGetItem", body(["none"]))
        #expect(absent.text == #"{"Responses":{"things":[]},"UnprocessedKeys":{}}"#)
    }

    // MARK: Unprocessed keys

    @Test func `unprocessed keys are given back in the client's form and nothing is known of them`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.get("a")
        fixture.upstream.script { call in
            guard call.operation == "BatchGetItem" else { return .init() }
            return .reply(
                """
                {"Responses":{"things":[{"id":{"S":"b"},"v":{"S":"b1"}}]},\
                "UnprocessedKeys":{"things":{"Keys":[{"id":{"S":"c"}}]}}}
                """
            )
        }
        let members = ##","ConsistentRead":false,"ProjectionExpression":"#v","ExpressionAttributeNames":{"#v":"v"}"##
        let reply = try client.call("BatchGetItem", body(["a", "b", "c", "none"], members))
        #expect(reply.cache == "partial")
        #expect(values(reply) == ["a1", "b1"])
        let unprocessed = reply.json["UnprocessedKeys"] as? [String: [String: Any]]
        #expect(
            NSDictionary(dictionary: unprocessed ?? [:]).isEqual(to: [
                "things": [
                    "Keys": [["id": ["S": "c"]]], "ProjectionExpression": "#v", "ExpressionAttributeNames": ["#v": "v"],
                ]
            ]),
            "\(reply.text)"
        )
        fixture.upstream.script { _ in .init() }
        #expect(try client.get("c").cache == "miss", "unprocessed is not absent")
        #expect(try client.get("b").cache == "hit")
        #expect(try client.get("none").cache == "hit", "neither returned nor unprocessed: absent")
    }

    @Test func `unprocessed keys of a consistent part ask for consistency again`() throws {
        let fixture = try fixture()
        let left = #""UnprocessedKeys":{"things":{"Keys":[{"id":{"S":"a"}}],"ConsistentRead":true}}"#
        fixture.upstream.script { $0.operation == "BatchGetItem" ? .reply("{\"Responses\":{},\(left)}") : .init() }
        let reply = try fixture.client().call("BatchGetItem", body(["a"], #","ConsistentRead":true"#))
        #expect(reply.isJSON("{\"Responses\":{\"things\":[]},\(left)}"), "\(reply.text)")
    }

    @Test func `unprocessed keys of a read made stronger ask for what the client did`() throws {
        let fixture = try fixture { $0.coherence.consistentReadAfterWrite = 60_000_000_000 }
        let recorder = fixture.upstream.record { call in
            guard call.operation == "BatchGetItem" else { return .init() }
            return .reply(
                #"{"Responses":{},"UnprocessedKeys":{"things":{"ConsistentRead":true,"Keys":[{"id":{"S":"a"}}]}}}"#
            )
        }
        let reply = try fixture.client().call("BatchGetItem", body(["a"]))
        #expect(recorder.of("BatchGetItem").first?.text.contains(#""ConsistentRead":true"#) == true)
        #expect(
            reply.isJSON(#"{"Responses":{"things":[]},"UnprocessedKeys":{"things":{"Keys":[{"id":{"S":"a"}}]}}}"#),
            "\(reply.text)"
        )
    }

    // MARK: What is passed on

    @Test func `a key asked for twice is the upstream's to refuse, in whatever form`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.get("a")
        let error = #"{"__type":"com.amazon.coral.validate#ValidationException","message":"duplicates"}"#
        let recorder = fixture.upstream.record { $0.operation == "BatchGetItem" ? .reply(400, error) : .init() }
        let number = #"{"RequestItems":{"things":{"Keys":[{"id":{"N":"1"}},{"id":{"N":"1.0"}}]}}}"#
        for batch in [body(["a", "b", "a"]), body(["a", #"\u0061"#]), number] {
            let reply = try client.call("BatchGetItem", batch)
            #expect(reply.text == error)
            #expect(reply.cache == "not-cacheable")
            #expect(recorder.of("BatchGetItem").last?.text == batch)
        }
    }

    @Test(arguments: [
        #","ProjectionExpression":"name""#, #","Unknown":1"#, #","AttributesToGet":["v"],"ProjectionExpression":"v""#,
    ])
    func `what DynamoDB would refuse is passed on whole`(members: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.get("a")
        let recorder = fixture.upstream.record()
        let batch = body(["a", "b"], members, other: ["c"])
        #expect(try client.call("BatchGetItem", batch).cache == "not-cacheable")
        #expect(recorder.of("BatchGetItem").map(\.text) == [batch])
    }

    @Test func `more keys than DynamoDB takes are passed on`() throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        let most = (0..<100).map { "k\($0)" }
        #expect(try client.call("BatchGetItem", body(most)).cache == "miss")
        let more = body(most + ["k100"])
        #expect(try client.call("BatchGetItem", more).cache == "not-cacheable")
        #expect(recorder.of("BatchGetItem").last?.text == more)
    }

    @Test func `an upstream's refusal is passed on, and nothing is kept`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.get("a")
        let error = #"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#
        fixture.upstream.script { $0.operation == "BatchGetItem" ? .reply(400, error) : .init() }
        let reply = try client.call("BatchGetItem", body(["a", "b"]))
        #expect(reply.status == 400)
        #expect(reply.text == error)
        fixture.upstream.script { _ in .init() }
        #expect(try client.get("b").cache == "miss")
    }

    // MARK: Per table

    @Test func `each table has its own projection`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let recorder = fixture.upstream.record()
        let batch = body(["a", "b"], #","ProjectionExpression":"v""#, other: ["c"], #","AttributesToGet":["id"]"#)
        for cache in ["miss", "hit"] {
            let reply = try client.call("BatchGetItem", batch)
            #expect(reply.cache == cache)
            let tables = reply.json["Responses"] as? [String: [[String: Any]]] ?? [:]
            #expect(tables["things"]?.map { Set($0.keys) } == [["v"], ["v"]])
            #expect(tables["others"]?.map { Set($0.keys) } == [["id"]])
        }
        #expect(recorder.of("BatchGetItem").first?.text.contains("Projection") == false, "whole items are read")
        #expect(try client.get("a").item?.count == 3)
    }

    @Test func `each table has its own consistency`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let batch = body(["a"], #","ConsistentRead":true"#, other: ["a"])
        _ = try client.call("BatchGetItem", batch)
        fixture.upstream.withData { data in
            data.writeOutOfBand("a", "new")
            data.writeOutOfBand("a", "new", in: "others")
        }
        let recorder = fixture.upstream.record()
        let reply = try client.call("BatchGetItem", batch)
        #expect(reply.cache == "partial")
        #expect(values(reply) == ["new"])
        #expect(values(reply, "others") == ["a2"], "eventually consistent: from memory")
        #expect(recorder.of("BatchGetItem").map { asked($0) } == [["things": ["a"]]])
        #expect(try client.get("a").value == "new", "the consistent part has refreshed its entry")
        let consistent = try client.call("BatchGetItem", body(["a"], #","ConsistentRead":true"#))
        #expect(consistent.cache == "consistent-read")
    }

    @Test func `a table whose cache is off is always read`() throws {
        let fixture = try fixture { configuration in
            configuration.tenants[0].cache.tables = [TableCacheSettings(pattern: "others", enabled: false)]
        }
        let client = fixture.client()
        let recorder = fixture.upstream.record()
        for cache in ["miss", "partial"] {
            let reply = try client.call("BatchGetItem", body(["a"], other: ["a"]))
            #expect(reply.cache == cache)
            #expect(values(reply, "others") == ["a2"])
        }
        #expect(recorder.of("BatchGetItem").last.map { asked($0) } == ["others": ["a"]])
    }

    // MARK: Capacity

    @Test(arguments: ["TOTAL", "INDEXES"])
    func `capacity is told for each table`(shape: String) throws {
        @Sendable func entry(_ table: String, _ units: String) -> String {
            let indexes = shape == "INDEXES" ? #","Table":{"CapacityUnits":\#(units)}"# : ""
            return #"{"TableName":"\#(table)","CapacityUnits":\#(units)\#(indexes)}"#
        }
        let fixture = try fixture()
        let client = fixture.client()
        fixture.upstream.script { call in
            guard call.operation == "BatchGetItem" else { return .init() }
            guard call.json["ReturnConsumedCapacity"] as? String == shape else { return .reply(500, "{}") }
            return .reply(
                #"{"Responses":{"things":[{"id":{"S":"b"}}]},"UnprocessedKeys":{},"ConsumedCapacity":"#
                    + "[\(entry("things", "2.5"))]}"
            )
        }
        _ = try client.get("a")
        _ = try client.get("a", table: "others")
        var batch = body(["a", "b"], other: ["a"])
        batch.removeLast()
        batch += #","ReturnConsumedCapacity":"\#(shape)"}"#
        func capacity(_ reply: TestClient.Reply) -> NSArray { reply.json["ConsumedCapacity"] as? NSArray ?? [] }
        func list(_ entries: String...) throws -> NSArray {
            let text = "[" + entries.joined(separator: ",") + "]"
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSArray)
        }
        let partial = try client.call("BatchGetItem", batch)
        #expect(partial.cache == "partial")
        #expect(capacity(partial) == (try list(entry("things", "2.5"), entry("others", "0.0"))), "\(partial.text)")
        let hit = try client.call("BatchGetItem", batch)
        #expect(hit.cache == "hit")
        #expect(capacity(hit) == (try list(entry("things", "0.0"), entry("others", "0.0"))), "\(hit.text)")
    }

    @Test func `a read made stronger reports what was asked for`() throws {
        let fixture = try fixture { $0.coherence.consistentReadAfterWrite = 60_000_000_000 }
        fixture.upstream.script { call in
            guard call.operation == "BatchGetItem" else { return .init() }
            return .reply(
                """
                {"Responses":{},"UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":"things","CapacityUnits":3.0},\
                {"TableName":"others","CapacityUnits":4.0}]}
                """
            )
        }
        var batch = body(["a"], other: ["a"], #","ConsistentRead":true"#)
        batch.removeLast()
        let reply = try fixture.client().call("BatchGetItem", batch + #","ReturnConsumedCapacity":"TOTAL"}"#)
        let units = (reply.json["ConsumedCapacity"] as? [[String: Any]] ?? []).map { $0["CapacityUnits"] as? Double }
        #expect(units == [1.5, 4.0], "halved where the client asked for less; \(reply.text)")
    }

    // MARK: Size

    @Test func `what does not fit into 16 MiB is left for another request`() throws {
        let fixture = try ProxyFixture(reactors: 1)
        let client = fixture.client()
        let names = (0..<50).map { "k\($0)" }
        let text = String(repeating: "x", count: 350_000)
        fixture.upstream.withData { data in
            for name in names {
                data.writeOutOfBand(name, text)
            }
        }
        for part in [names[0..<25], names[25..<45]] {
            #expect(try client.call("BatchGetItem", body(Array(part))).cache == "miss")
        }
        let mixed = try client.call("BatchGetItem", body(names))
        #expect(mixed.cache == "partial")
        #expect(mixed.body.count <= (16 << 20) + 1000)
        for name in names[45...] {
            _ = try client.get(name)
        }
        let hit = try client.call("BatchGetItem", body(names, #","ProjectionExpression":"id, v""#))
        #expect(hit.cache == "hit")
        #expect(hit.body.count <= (16 << 20) + 1000)
        let items = values(hit) ?? []
        let unprocessed = (hit.json["UnprocessedKeys"] as? [String: [String: Any]])?["things"]
        let left = unprocessed?["Keys"] as? [[String: [String: String]]] ?? []
        #expect(items.count == 47, "as many as fit")
        #expect(items.allSatisfy { $0 == text })
        #expect(left.map { $0["id"]?["S"] } == ["k47", "k48", "k49"])
        #expect(unprocessed?["ProjectionExpression"] as? String == "id, v")
    }
}
