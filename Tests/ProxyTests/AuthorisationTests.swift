import DynamoDB
import Foundation
import Testing

@testable import Proxy

/// What a tenant limited to tables and operations may do.
///
/// Tenant `one` has `things` and `own-*`, tenant `two` everything.
@Suite(.serialized) struct AuthorisationTests {
    private func fixture(
        _ operations: OperationsPolicy = .standard,
        tables: [String] = ["things", "own-*"]
    ) throws -> ProxyFixture {
        let fixture = try ProxyFixture(adjust: { configuration in
            configuration.tenants[0].operations = operations
            configuration.tenants[0].tables = tables
        })
        fixture.upstream.withData { data in
            for table in ["own-1", "other", "things-2"] {
                data.create(table)
            }
        }
        return fixture
    }

    private func expectDenied(_ reply: TestClient.Reply, _ operation: String, _ comment: Comment) {
        #expect(reply.status == 400, comment)
        #expect(reply.json["__type"] as? String == "com.amazon.coral.service#AccessDeniedException", comment)
        let message = reply.json["Message"] as? String ?? ""
        #expect(message.contains("is not authorized to perform: dynamodb:\(operation) on resource: "), comment)
        #expect(message.hasPrefix("User: arn:aws:iam::000000000000:user/one "), comment)
        #expect(reply.checksumHolds && reply.hasRequestID, comment)
    }

    private static let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
    private static let key = #""Key":{"id":{"S":"k"}}"#
    private static let item = #""Item":{"id":{"S":"k"}}"#

    /// Every way to name the table `$`.
    private static let naming: [(operation: String, body: String)] = [
        ("GetItem", #"{"TableName":"$",\#(key)}"#),
        ("GetItem", #"{\#(key),"ConsistentRead":true,"T\u0061bleName":"$"}"#),
        ("GetItem", #"{"TableName":"\#(arn)$",\#(key)}"#),
        ("GetItem", #"{"TableName":"\#(arn)$/index/i",\#(key)}"#),
        ("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]},"$":{"Keys":[{"id":{"S":"k"}}]}}}"#),
        ("BatchGetItem", #"{"RequestItems":{"\#(arn)$":{"Keys":[{"id":{"S":"k"}}]}}}"#),
        ("Query", #"{"TableName":"$","KeyConditionExpression":"id = :i","IndexName":"i"}"#),
        ("Scan", #"{"TableName":"\#(arn)$"}"#),
        ("PutItem", #"{"TableName":"$",\#(item)}"#),
        ("UpdateItem", #"{"TableName":"$",\#(key)}"#),
        ("DeleteItem", #"{"TableName":"\#(arn)$",\#(key)}"#),
        (
            "BatchWriteItem",
            #"{"RequestItems":{"things":[{"PutRequest":{\#(item)}}],"$":[{"DeleteRequest":{\#(key)}}]}}"#
        ),
        ("TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"$",\#(key)}}]}"#),
        ("TransactWriteItems", #"{"TransactItems":[{"Put":{"TableName":"$",\#(item)}}]}"#),
        ("TransactWriteItems", #"{"TransactItems":[{"Update":{"TableName":"$",\#(key)}}]}"#),
        ("TransactWriteItems", #"{"TransactItems":[{"Delete":{"TableName":"$",\#(key)}}]}"#),
        (
            "TransactWriteItems",
            #"{"TransactItems":[{"Put":{"TableName":"things",\#(item)}},{"ConditionCheck":{"TableName":"$",\#(key)}}]}"#
        ),
        ("ExecuteStatement", #"{"Statement":"SELECT * FROM \"$\""}"#),
        ("ExecuteStatement", #"{"Statement":"select id from \"$\".\"i\" where id = 'k'"}"#),
        ("ExecuteStatement", #"{"Statement":"INSERT INTO \"$\" VALUE {'id':'k'}"}"#),
        ("ExecuteStatement", #"{"Statement":"UPDATE \"$\" SET v = 1 WHERE id = 'k'"}"#),
        ("ExecuteStatement", #"{"Statement":"DELETE FROM \"$\" WHERE id = 'k'"}"#),
        (
            "BatchExecuteStatement",
            #"{"Statements":[{"Statement":"SELECT * FROM things"},{"Statement":"SELECT * FROM \"$\""}]}"#
        ),
        (
            "ExecuteTransaction",
            #"{"TransactStatements":[{"Statement":"EXISTS(SELECT * FROM \"$\" WHERE id = 'k')"}]}"#
        ),
        ("DescribeTable", #"{"TableName":"$"}"#),
        ("DescribeTimeToLive", #"{"TableName":"\#(arn)$"}"#),
        ("DescribeContinuousBackups", #"{"TableName":"$"}"#),
        ("DescribeKinesisStreamingDestination", #"{"TableName":"$"}"#),
        ("UpdateTable", #"{"TableName":"$"}"#),
        ("UpdateTimeToLive", #"{"TableName":"$"}"#),
        ("TagResource", #"{"ResourceArn":"\#(arn)$","Tags":[]}"#),
        ("UntagResource", #"{"ResourceArn":"\#(arn)$","TagKeys":[]}"#),
        ("ListTagsOfResource", #"{"ResourceArn":"\#(arn)$"}"#),
        ("ListStreams", #"{"TableName":"$"}"#),
        ("DescribeStream", #"{"StreamArn":"\#(arn)$/stream/2026-01-01T00:00:00.000"}"#),
        ("GetShardIterator", #"{"StreamArn":"\#(arn)$/stream/2026-01-01T00:00:00.000","ShardId":"s"}"#),
        ("GetRecords", #"{"ShardIterator":"\#(arn)$/stream/2026-01-01T00:00:00.000|1|AAAA"}"#),
        ("Polish", #"{"TableName":"$"}"#),
        ("Polish", #"{"Things":[{"SourceTableName":"$"}]}"#),
        ("Polish", #"{"Anything":{"Deep":["\#(arn)$"]}}"#),
        ("Polish", #"{"RequestItems":{"$":{}}}"#),
        ("DeleteTable", #"{"TableName":"$"}"#),
        ("CreateTable", #"{"TableName":"$"}"#),
    ]

    private func api(_ operation: String) -> String {
        switch Operation(rawValue: operation)?.api ?? .dynamoDB {
        case .dynamoDB: "DynamoDB_20120810"
        case .streams: "DynamoDBStreams_20120810"
        }
    }

    @Test(arguments: ["other", "things-2", "Things", "own", #"oth\u0065r"#])
    func `every way to name another's table is refused, and nothing of it is sent`(table: String) throws {
        let fixture = try fixture()
        let (client, owner) = (fixture.client(), fixture.client("two"))
        for _ in 0..<2 {
            _ = try owner.get("k", table: "other")
        }
        let recorder = fixture.upstream.record()
        for (operation, template) in Self.naming {
            // Within a statement, which is a string in JSON, a backslash would have to be escaped itself.
            if operation.contains("Execute"), table.contains(#"\"#) { continue }
            let body = template.replacingOccurrences(of: "$", with: table)
            let reply = try client.call(operation, body, api: api(operation))
            expectDenied(reply, operation, "\(operation) \(body)")
        }
        #expect(recorder.all.map(\.operation) == [])
        #expect(try owner.get("k", table: "other").cache == "hit")
    }

    @Test(arguments: ["things", "own-1"])
    func `every way to name an own table is served`(table: String) throws {
        let fixture = try fixture()
        let client = fixture.client()
        // PartiQL names a table in quotes, and a table that has been deleted would be described in vain.
        for (operation, template) in Self.naming where operation != "DeleteTable" {
            let body = template.replacingOccurrences(of: "$", with: table)
            // Asking one table for the same thing twice is no valid request.
            if operation == "BatchGetItem" || operation == "BatchWriteItem", table == "things" { continue }
            let reply = try client.call(operation, body, api: api(operation))
            #expect(reply.status == 200, "\(operation) \(body): \(reply.text)")
        }
    }

    @Test(arguments: [
        ("ListStreams", "{}"), ("GetRecords", #"{"ShardIterator":"opaque"}"#), ("DescribeTable", "{}"),
        ("TagResource", #"{"ResourceArn":"arn:aws:s3:::bucket"}"#), ("Query", #"{"TableName":null}"#),
        ("ExecuteStatement", #"{"Statement":"SELECT * FROM things -- , other"}"#),
        ("ExecuteStatement", #"{"Statement":"SELECT * FROM things, other"}"#),
        ("ExecuteStatement", #"{"Statement":"SELECT * FROM things WHERE id IN (SELECT id FROM other)"}"#),
        ("ExecuteStatement", #"{"Statement":"DROP TABLE things"}"#), ("ExecuteStatement", "{}"),
        ("BatchExecuteStatement", #"{"Statements":[]}"#), ("TransactWriteItems", #"{"TransactItems":[]}"#),
        ("Polish", "{}"), ("GetItem", #"{"Key":{"id":{"S":"k"}}}"#),
    ])
    func `a request that names no table for certain is refused`(operation: String, body: String) throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let reply = try fixture.client().call(operation, body, api: api(operation))
        expectDenied(reply, operation, "\(operation) \(body)")
        #expect(recorder.all.isEmpty)
    }

    @Test func `a statement may name a table by its ARN`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        let foreign = #"{"Statement":"SELECT * FROM \"\#(Self.arn)other\""}"#
        expectDenied(try client.call("ExecuteStatement", foreign), "ExecuteStatement", "another's")
        let own = try client.call("ExecuteStatement", #"{"Statement":"SELECT * FROM \"\#(Self.arn)things\""}"#)
        #expect(own.status == 200)
    }

    @Test func `a member that comes twice is refused before it is judged`() throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        for (operation, body) in [
            ("GetItem", #"{"TableName":"things",\#(Self.key),"TableName":"other"}"#),
            ("GetItem", #"{"TableName":"things",\#(Self.key),"\u0054ableName":"other"}"#),
            ("PutItem", #"{"TableName":"things",\#(Self.item),"TableName":"other"}"#),
            ("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[]}},"RequestItems":{"other":{"Keys":[]}}}"#),
            ("Polish", #"{"TableName":"things","TableName":"other"}"#),
        ] {
            #expect(try client.call(operation, body).errorName == "SerializationException", "\(operation)")
        }
        #expect(recorder.all.isEmpty)
    }

    // MARK: Operations

    private static let deniedByDefault = Operation.allCases.filter { $0.defaultPolicy == .deny }

    @Test func `what is denied by default is refused though it names an own table`() throws {
        let fixture = try fixture(tables: ["*"])
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        #expect(Self.deniedByDefault.count == 32)
        for operation in Self.deniedByDefault {
            let reply = try client.call(operation.name, #"{"TableName":"things"}"#)
            expectDenied(reply, operation.name, "\(operation)")
        }
        expectDenied(try client.call("Polish", "{}"), "Polish", "an unknown operation that names no table")
        #expect(recorder.all.isEmpty)
    }

    @Test func `a tenant with all operations has everything forwarded`() throws {
        let fixture = try fixture(.all, tables: ["*"])
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        let forwarded = Self.deniedByDefault + [.listTables, .describeLimits, .listStreams, .getRecords]
        for operation in forwarded {
            let body = #"{"Anything":"goes"}"#
            #expect(try client.call(operation.name, body, api: api(operation.name)).status == 200, "\(operation)")
            #expect(recorder.all.last?.operation == operation.name)
            #expect(recorder.all.last?.text == body)
            #expect(recorder.all.last?.headers["x-amz-target"] == "\(api(operation.name)).\(operation.name)")
        }
        #expect(try client.call("Polish", "{}").status == 200)
        #expect(recorder.all.count == forwarded.count + 1)
    }

    @Test func `all operations on some tables`() throws {
        let fixture = try fixture(.all)
        let client = fixture.client()
        #expect(try client.call("CreateBackup", #"{"TableName":"things","BackupName":"b"}"#).status == 200)
        let recorder = fixture.upstream.record()
        for (operation, body) in [
            ("CreateBackup", #"{"TableName":"other","BackupName":"b"}"#), ("ListBackups", "{}"), ("Polish", "{}"),
            (
                "RestoreTableToPointInTime",
                #"{"SourceTableName":"other","TargetTableName":"own-2","UseLatestRestorableTime":true}"#
            ),
            ("RestoreTableFromBackup", #"{"TargetTableName":"own-2","BackupArn":"\#(Self.arn)other/backup/1"}"#),
            ("ImportTable", #"{"TableCreationParameters":{"TableName":"other"}}"#),
            ("DescribeExport", #"{"ExportArn":"\#(Self.arn)other/export/1"}"#),
            ("DescribeGlobalTable", #"{"GlobalTableName":"other"}"#),
            ("PutResourcePolicy", #"{"ResourceArn":"\#(Self.arn)other","Policy":"{}"}"#),
        ] {
            expectDenied(try client.call(operation, body), operation, "\(operation)")
        }
        #expect(recorder.all.isEmpty)
    }

    @Test func `a tenant that may only read`() throws {
        let fixture = try fixture(.readOnly)
        let (client, owner) = (fixture.client(), fixture.client("two"))
        _ = try owner.put("k", "v1")
        #expect(try client.get("k").value == "v1")
        #expect(try client.call("ExecuteStatement", #"{"Statement":"SELECT * FROM things"}"#).status == 200)
        #expect(try client.call("DescribeTable", #"{"TableName":"things"}"#).status == 200)
        let recorder = fixture.upstream.record()
        for (operation, template) in Self.naming {
            let writes = ["INSERT", "UPDATE", "DELETE"].contains { template.contains($0) }
            guard Operation(rawValue: operation)?.changesNothing != true, !operation.contains("Execute") || writes
            else {
                continue
            }
            let reply = try client.call(operation, template.replacingOccurrences(of: "$", with: "things"))
            expectDenied(reply, operation, "\(operation) \(template)")
        }
        let mixed =
            #"{"Statements":[{"Statement":"SELECT * FROM things"},{"Statement":"UPDATE things SET v=1 WHERE id='k'"}]}"#
        expectDenied(try client.call("BatchExecuteStatement", mixed), "BatchExecuteStatement", "one of them writes")
        #expect(recorder.all.isEmpty)
        #expect(try client.get("k").cache == "hit", "what was refused drops nothing")
    }

    @Test func `a tenant of named operations`() throws {
        let fixture = try fixture(.only(["GetItem", "Polish"]))
        let client = fixture.client()
        #expect(try client.get("k").status == 200)
        #expect(try client.call("Polish", #"{"TableName":"things"}"#).status == 200)
        expectDenied(try client.put("k", "v"), "PutItem", "not named")
        expectDenied(try client.call("Shine", #"{"TableName":"things"}"#), "Shine", "not named")
        expectDenied(
            try client.call("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]}}}"#),
            "BatchGetItem",
            "not named"
        )
    }

    @Test func `no operation at all`() throws {
        let fixture = try fixture(.all, tables: ["*"])
        let recorder = fixture.upstream.record()
        let client = fixture.client()
        for (name, api) in [
            ("get", "DynamoDB_20120810"), ("GetItem", "DynamoDB_20111205"), ("GetItem", "Kinesis_20131202"),
            ("Get-Item", "DynamoDB_20120810"), ("", "DynamoDB_20120810"), ("GetItem ", "DynamoDB_20120810 "),
        ] {
            let reply = try client.call(name, "{}", api: api)
            #expect(
                reply.json["__type"] as? String == "com.amazon.coral.service#UnknownOperationException",
                "\(api).\(name)"
            )
        }
        #expect(recorder.all.isEmpty)
    }

    @Test func `a stream's operation under the other API's name is unknown to it`() throws {
        let fixture = try fixture()
        let reply = try fixture.client().call("ListStreams", "{}", api: "DynamoDB_20120810")
        expectDenied(reply, "ListStreams", "an unknown operation that names no table")
    }
}
