import Foundation
import Testing

@testable import Proxy

/// What the operations that are neither GetItem nor BatchGetItem drop from the cache.
@Suite(.serialized) struct OtherOperationsTests {
    private func fixture(_ operations: OperationsPolicy = .standard) throws -> ProxyFixture {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].operations = operations })
        fixture.upstream.withData { $0.create("others") }
        return fixture
    }

    /// Reads an item of both tables until both are served from memory.
    private func warm(_ client: TestClient) throws {
        for table in ["things", "others"] {
            _ = try client.get("k", table: table)
            #expect(try client.get("k", table: table).cache == "hit")
        }
    }

    private func caches(_ client: TestClient) throws -> [String] {
        try ["things", "others"].map { try client.get("k", table: $0).cache }
    }

    private static let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/things"

    @Test(arguments: [
        #"{"TableName":"things"}"#, #"{"TableName":"\#(arn)"}"#, #"{"Deep":[{"SourceTableName":"thin\u0067s"}]}"#,
        #"{"Deep":{"Any":["\#(arn)/index/i"]}}"#, #"{"RequestItems":{"things":[]}}"#,
        #"{"Statement":"DELETE FROM things WHERE id = 'k'"}"#,
    ])
    func `an unknown operation drops the tables it names`(body: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        try warm(client)
        let recorder = fixture.upstream.record()
        #expect(try client.call("Polish", body).status == 200)
        #expect(recorder.of("Polish").map(\.text) == [body])
        #expect(try caches(client) == ["miss", "hit"])
        #expect(try caches(client) == ["hit", "hit"], "caching goes on")
    }

    @Test func `an unknown operation that names no table drops everything`() throws {
        let fixture = try fixture(.all)
        let client = fixture.client()
        try warm(client)
        #expect(try client.call("Polish", "{}").status == 200)
        #expect(try caches(client) == ["miss", "miss"])
    }

    @Test(arguments: [
        "Query", "Scan", "TransactGetItems", "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups",
    ])
    func `a read drops nothing`(operation: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        try warm(client)
        let body =
            operation == "TransactGetItems"
            ? #"{"TransactItems":[{"Get":{"TableName":"things","Key":{"id":{"S":"k"}}}}]}"# : #"{"TableName":"things"}"#
        #expect(try client.call(operation, body).cache == "not-cacheable")
        #expect(try caches(client) == ["hit", "hit"])
    }

    @Test(arguments: [
        ("UpdateTable", #"{"TableName":"things"}"#), ("UpdateTimeToLive", #"{"TableName":"\#(arn)"}"#),
        ("ImportTable", #"{"TableCreationParameters":{"TableName":"things"}}"#),
        ("RestoreTableToPointInTime", #"{"TargetTableName":"things"}"#),
        ("UpdateTableReplicaAutoScaling", #"{"TableName":"things"}"#),
        ("CreateGlobalTable", #"{"GlobalTableName":"things"}"#),
    ])
    func `a change of the table drops the table`(operation: String, body: String) throws {
        let fixture = try fixture(.all)
        let client = fixture.client()
        try warm(client)
        let described = fixture.upstream.count("DescribeTable")
        #expect(try client.call(operation, body).status == 200)
        #expect(try caches(client) == ["miss", "hit"])
        #expect(fixture.upstream.count("DescribeTable") == described + 1, "the table is described anew")
    }

    @Test(arguments: [
        "DELETE FROM things WHERE id = 'k'", "delete from \\\"things\\\" where id='k'",
        "UPDATE things SET v=1 WHERE id='k'",
        "INSERT INTO things VALUE {'id':'k'}",
    ])
    func `a statement that writes drops its table`(statement: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        try warm(client)
        _ = try client.call("ExecuteStatement", "{\"Statement\":\"\(statement)\"}")
        #expect(try caches(client) == ["miss", "hit"])
    }

    @Test func `a statement that writes to a table by its ARN drops the table`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        try warm(client)
        let statement = #"DELETE FROM \"\#(Self.arn)\" WHERE id = ?"#
        let reply = try client.call("ExecuteStatement", #"{"Statement":"\#(statement)","Parameters":[{"S":"k"}]}"#)
        #expect(reply.status == 200)
        let item = try client.get("k").item
        #expect(item == nil, "the deletion was acknowledged")
    }

    @Test(arguments: [
        "/* */ DELETE FROM things WHERE id = 'k'", "SELECT 1; DELETE FROM things WHERE id='k'", "MERGE INTO things",
    ])
    func `a statement that is not understood drops everything`(statement: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        try warm(client)
        _ = try client.call("ExecuteStatement", "{\"Statement\":\"\(statement)\"}")
        #expect(try caches(client) == ["miss", "miss"])
    }

    @Test func `of many statements those that write count`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        try warm(client)
        for operation in ["BatchExecuteStatement", "ExecuteTransaction"] {
            let member = operation == "ExecuteTransaction" ? "TransactStatements" : "Statements"
            let selects = #"{"Statement":"SELECT * FROM things WHERE id='k'"}"#
            _ = try client.call(operation, "{\"\(member)\":[\(selects),\(selects)]}")
            #expect(try caches(client) == ["hit", "hit"])
            let update = #"{"Statement":"UPDATE others SET v=1 WHERE id='k'"}"#
            _ = try client.call(operation, "{\"\(member)\":[\(selects),\(update)]}")
            #expect(try caches(client) == ["hit", "miss"])
        }
    }

    @Test func `a bulk write suspends the caching of its table`() throws {
        let fixture = try fixture(.all)
        let client = fixture.client()
        try warm(client)
        #expect(try client.call("StartBulkPutItems", #"{"TableName":"things"}"#).status == 200)
        let cache = try client.get("k").cache
        #expect(cache == "dirty", "it goes on after it has been answered")
        #expect(try client.get("k", table: "others").cache == "hit")
    }

    @Test func `writes of many keys drop these keys`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        for key in ["a", "b", "c"] {
            _ = try client.get(key)
        }
        try warm(client)
        func caches() throws -> [String] { try ["a", "b", "c", "k"].map { try client.get($0).cache } }
        _ = try client.call(
            "TransactWriteItems",
            """
            {"TransactItems":[{"Update":{"TableName":"things","Key":{"id":{"S":"a"}}}},\
            {"ConditionCheck":{"TableName":"things","Key":{"id":{"S":"b"}}}},\
            {"Put":{"TableName":"things","Item":{"x":{"S":"y"},"id":{"S":"c"}}}}]}
            """
        )
        #expect(try caches() == ["miss", "hit", "miss", "hit"], "a check writes nothing")
        _ = try client.call(
            "BatchWriteItem",
            #"{"RequestItems":{"things":[{"PutRequest":{"Item":{"id":{"S":"b"}}}},"#
                + #"{"DeleteRequest":{"Key":{"id":{"S":"c"}}}}],"others":[{"DeleteRequest":{"Key":{"id":{"S":"k"}}}}]}}"#
        )
        #expect(try caches() == ["hit", "miss", "miss", "hit"])
        #expect(try client.get("k", table: "others").cache == "miss")
        _ = try client.call("TransactWriteItems", #"{"TransactItems":[{"Polish":{"TableName":"things"}}]}"#)
        #expect(try caches() == ["miss", "miss", "miss", "miss"], "an unknown action may write any key")
    }

    @Test func `idempotency tokens of tenants that share an account do not meet`() throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        func token(_ tenant: String, _ token: String) throws -> String {
            let action = #"{"Delete":{"TableName":"things","Key":{"id":{"S":"k"}}}}"#
            let body = #"{"ClientRequestToken":"\#(token)","TransactItems":[\#(action)]}"#
            #expect(try fixture.client(tenant).call("TransactWriteItems", body).status == 200)
            let sent = try #require(recorder.all.last?.json)
            #expect((sent["TransactItems"] as? [Any])?.count == 1)
            return try #require(sent["ClientRequestToken"] as? String)
        }
        let first = try token("one", "t")
        #expect(try token("one", "t") == first, "a retry is known as one")
        #expect(try token("one", #"\u0074"#) == first)
        #expect(try token("two", "t") != first)
        #expect(try token("one", "u") != first)
        #expect(first.utf8.count <= 36)
        let refused = String(repeating: "x", count: 37)
        #expect(try token("one", refused) == refused, "the upstream words the error")
    }
}
