import Foundation
import Testing

@testable import Proxy

/// GetItem by the ways of naming a table and a key, and by what is known of the table.
@Suite(.serialized) struct GetItemTableTests {
    @Test func `settings by table`() throws {
        let fixture = try ProxyFixture(adjust: { configuration in
            configuration.tenants[0].cache.tables = [
                TableCacheSettings(pattern: "off-*", enabled: false),
                TableCacheSettings(pattern: "short-?", ttl: 150_000_000),
                TableCacheSettings(pattern: "short-*", ttl: 1),
                TableCacheSettings(pattern: "there-*", negativeTTL: 0),
            ]
        })
        let tables = ["off-1", "short-1", "there-1", "things"]
        let client = fixture.client()
        fixture.upstream.withData { data in
            for table in tables {
                data.create(table)
                data.writeOutOfBand("k", "v", in: table)
            }
        }
        #expect(try tables.map { try client.get("k", table: $0).cache } == ["disabled", "miss", "miss", "miss"])
        #expect(try client.get("none", table: "there-1").cache == "miss")
        usleep(200_000)
        let replies = try tables.map { try client.get("k", table: $0) }
        #expect(replies[1].isGone)
        #expect([0, 2, 3].map { replies[$0].cache } == ["disabled", "hit", "hit"])
        #expect(try client.get("none", table: "there-1").cache == "miss")
        #expect(try client.get("none").cache == "miss")
        #expect(try client.get("none").cache == "hit")
    }

    @Test func `a tenant whose cache is off`() throws {
        let fixture = try ProxyFixture(adjust: { configuration in
            configuration.tenants[0].cache.enabled = false
            configuration.tenants[0].cache.tables = [TableCacheSettings(pattern: "things", enabled: false)]
        })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k").cache == "disabled")
        #expect(try client.get("k", consistent: true).cache == "disabled")
        #expect(fixture.upstream.count("GetItem") == 2)
        #expect(fixture.upstream.count("DescribeTimeToLive") <= 1, "reads need no description")
    }

    private static let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/things"

    @Test func `a table by its ARN has the same entries as by its name`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k", table: Self.arn).cache == "miss")
        #expect(try client.get("k", table: Self.arn).cache == "hit")
        #expect(try client.get("k").cache == "hit")
        let capacity = try client.call(
            "GetItem",
            #"{"TableName":"\#(Self.arn)","Key":{"id":{"S":"k"}},"ReturnConsumedCapacity":"TOTAL"}"#
        )
        #expect(capacity.cache == "hit")
        let consumed = capacity.json["ConsumedCapacity"] as? [String: Any]
        #expect(consumed?["TableName"] as? String == Self.arn, "DynamoDB reports the name as it was given")
        _ = try client.put("k", "v2", table: Self.arn)
        #expect(try client.get("k").value == "v2", "a write by ARN drops what was read by name")
    }

    @Test(arguments: [
        "arn:aws:dynamodb:us-east-1:999999999999:table/things",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/things",
        "arn:aws:dynamodb:us-east-1:123456789012:table/things/index/by-v",
    ])
    func `the ARN of another table of that name is passed on`(arn: String) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        let recorder = fixture.upstream.record()
        for count in 1...2 {
            #expect(try client.get("k", table: arn).cache == "not-cacheable")
            #expect(recorder.of("GetItem").count == count)
        }
        #expect(recorder.of("GetItem").map(\.text) == Array(repeating: TestClient.getBody("k", table: arn), count: 2))
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `escapes in a table's name make no difference`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k", table: #"thi\u006egs"#).cache == "miss")
        #expect(try client.get("k").cache == "hit")
        #expect(try client.get("k", table: #"\u0074hings"#).cache == "hit")
        let reply = try client.call(
            "GetItem",
            #"{"TableName":"thi\u006egs","Key":{"id":{"S":"k"}},"ReturnConsumedCapacity":"TOTAL"}"#
        )
        #expect((reply.json["ConsumedCapacity"] as? [String: Any])?["TableName"] as? String == "things")
        _ = try client.put("k", "v2", table: #"thing\u0073"#)
        #expect(try client.get("k").value == "v2")
    }

    @Test func `escapes in a key make no difference`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("key", "v1")
        #expect(try client.get("key").cache == "miss")
        #expect(try client.get(#"\u006bey"#).cache == "hit")
        #expect(
            try client.call("GetItem", #"{"Key":{"i\u0064":{"\u0053":"key"}},"TableName":"things"}"#).cache == "hit"
        )
    }

    @Test func `all forms of a number are one key`() throws {
        let fixture = try ProxyFixture()
        let recorder = fixture.upstream.record { call in
            call.operation == "GetItem" ? .reply(#"{"Item":{"id":{"N":"100"}}}"#) : .init()
        }
        let client = fixture.client()
        func get(_ number: String) throws -> String {
            try client.call("GetItem", #"{"TableName":"things","Key":{"id":{"N":"\#(number)"}}}"#).cache
        }
        #expect(try get("1e2") == "miss")
        #expect(recorder.of("GetItem").first?.text.contains("1e2") == true, "the upstream gets the client's own form")
        for form in ["100", "100.0", "1E+2", "0100", "+100", "1000e-1", "0.1E3"] {
            #expect(try get(form) == "hit", "\(form)")
        }
        for other in ["-100", "10", "1000", "100.01"] {
            #expect(try get(other) == "miss", "\(other)")
        }
        #expect(try get("-0") == "miss")
        #expect(try get("0") == "hit")
        for invalid in ["", "NaN", "1 ", "0x1", "1e200", "one"] {
            #expect(try get(invalid) == "not-cacheable", "the upstream words the error of \(invalid)")
        }
    }

    @Test(arguments: [
        #"{"TableName":"things","Key":{"id":{"S":"k"}},"Unknown":1}"#,
        #"{"TableName":"things","Key":{"id":{"S":"k"}},"ReturnConsumedCapacity":"SOME"}"#,
        #"{"TableName":"things","Key":{"id":{"BOOL":true}}}"#,
        #"{"TableName":"things","Key":{}}"#,
        #"{"TableName":"things","Key":{"a":{"S":"1"},"b":{"S":"2"},"c":{"S":"3"}}}"#,
        #"{"TableName":"things","Key":{"id":{"S":"k"}},"AttributesToGet":["v"],"ProjectionExpression":"v"}"#,
        ##"{"TableName":"things","Key":{"id":{"S":"k"}},"ExpressionAttributeNames":{"#a":"b"}}"##,
        #"{"TableName":"x","Key":{"id":{"S":"k"}}}"#,
    ])
    func `an unusual request is the upstream's to judge`(body: String) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.get("k")
        let error = #"{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}"#
        let recorder = fixture.upstream.record { $0.operation == "GetItem" ? .reply(400, error) : .init() }
        let reply = try client.call("GetItem", body)
        #expect(reply.text == error)
        #expect(reply.cache == "not-cacheable")
        #expect(recorder.of("GetItem").map(\.text) == [body])
    }

    private static let accessDenied =
        #"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}"#

    @Test func `a table that may not be described is cached, and a PutItem drops all of it`() throws {
        let fixture = try ProxyFixture()
        fixture.upstream.withData { $0.describeError = Self.accessDenied }
        let client = fixture.client()
        for key in ["a", "b"] {
            _ = try client.put(key, "v1")
        }
        func caches() throws -> [String] { try ["a", "b"].map { try client.get($0).cache } }
        #expect(try caches() == ["miss", "miss"])
        #expect(try caches() == ["hit", "hit"])
        _ = try client.update("a", "v2")
        #expect(try caches() == ["miss", "hit"], "an UpdateItem names its key")
        _ = try client.delete("b")
        #expect(try caches() == ["hit", "miss"])
        _ = try client.put("c", "v1")
        #expect(try caches() == ["miss", "miss"], "which key a PutItem writes can't be told")
        let arn = try client.get("a", table: Self.arn)
        #expect(arn.cache == "not-cacheable", "whether the ARN is this table's can't be told")
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"d"}}]}}}"#
        #expect(try client.call("BatchGetItem", batch).cache == "partial")
        #expect(
            try client.call("BatchGetItem", batch).cache == "partial",
            "whose item is whose in a reply can't be told without the key's names"
        )
    }

    @Test func `in a table that is described a PutItem drops one key`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.get("a")
        _ = try client.put("c", "v1")
        #expect(try client.get("a").cache == "hit")
    }

    @Test func `a table that does not exist`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        let reply = try client.get("k", table: "no-such-table")
        #expect(reply.status == 400)
        #expect(reply.errorName == "ResourceNotFoundException")
        #expect(reply.cache == "no-description")
        _ = try client.call("CreateTable", #"{"TableName":"no-such-table"}"#)
        #expect(try client.get("k", table: "no-such-table").cache == "miss", "the proxy saw it being made")
        #expect(try client.get("k", table: "no-such-table").cache == "hit")
    }

    @Test func `a table that is still being made is not cached`() throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script { call in
            call.operation == "DescribeTable"
                ? .reply(#"{"Table":{"TableName":"things","TableStatus":"CREATING","KeySchema":[]}}"#) : .init()
        }
        #expect(try fixture.client().get("k").cache == "no-description")
    }

    @Test func `an entry of a global table lives as long as replication takes`() throws {
        let fixture = try ProxyFixture()
        let description =
            #"{"Table":{"TableName":"things","TableStatus":"ACTIVE","TableId":"t","Replicas":[{"RegionName":"eu-west-1"}],"#
            + #""KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
            + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}}"#
        fixture.upstream.script { $0.operation == "DescribeTable" ? .reply(description) : .init() }
        let client = fixture.client()
        _ = try client.put("k", "v1")
        #expect(try client.get("k").cache == "miss")
        usleep(2_050_000)
        #expect(try client.get("k").isGone)
    }
}
