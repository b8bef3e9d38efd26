import Foundation
import Testing

@testable import Proxy

/// What a client is told when its request has no answer from upstream.
@Suite(.serialized) struct UpstreamFailureTests {
    private static let writes = [
        ("PutItem", TestClient.putBody("k", "v")),
        ("UpdateItem", #"{"TableName":"things","Key":{"id":{"S":"k"}}}"#),
        ("DeleteItem", #"{"TableName":"things","Key":{"id":{"S":"k"}}}"#),
        ("BatchWriteItem", #"{"RequestItems":{"things":[{"DeleteRequest":{"Key":{"id":{"S":"k"}}}}]}}"#),
        ("TransactWriteItems", #"{"TransactItems":[{"Delete":{"TableName":"things","Key":{"id":{"S":"k"}}}}]}"#),
        ("ExecuteStatement", #"{"Statement":"DELETE FROM things WHERE id='k'"}"#),
        ("UpdateTable", #"{"TableName":"things"}"#),
        ("Polish", #"{"TableName":"things"}"#),
        ("TagResource", #"{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/things"}"#),
    ]

    private static let reads = [
        ("GetItem", TestClient.getBody("k")),
        ("GetItem", TestClient.getBody("k", consistent: true)),
        ("GetItem", #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"v"}"#),
        ("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]}}}"#),
        ("Query", #"{"TableName":"things"}"#),
        ("ExecuteStatement", #"{"Statement":"SELECT * FROM things"}"#),
        ("DescribeTable", #"{"TableName":"things"}"#),
    ]

    private func expectFailure(_ reply: TestClient.Reply, _ status: Int, _ name: String, _ comment: Comment) {
        #expect(reply.status == status, comment)
        #expect(reply.json["__type"] as? String == "com.amazonaws.dynamodb.v20120810#\(name)", comment)
        #expect((reply.json["message"] as? String)?.isEmpty == false, comment)
        #expect(Set(reply.json.keys) == ["__type", "message"], comment)
        #expect(reply.checksumHolds && reply.hasRequestID, comment)
        #expect(reply.headers["content-type"] == "application/x-amz-json-1.0", comment)
    }

    @Test func `an upstream that can't be reached`() throws {
        // A port that was free a moment ago.
        let gone = try FakeDynamoDB()
        gone.stop()
        let fixture = try ProxyFixture(adjust: { $0.upstreams[0].endpoint = gone.url })
        let client = fixture.client()
        for (operation, body) in Self.reads + Self.writes {
            // Nothing was sent, so even a write can be tried again.
            expectFailure(try client.call(operation, body), 503, "ServiceUnavailable", "\(operation)")
        }
    }

    @Test(arguments: [FakeDynamoDB.Ending.truncation, .silence])
    func `an upstream that does not answer`(ending: FakeDynamoDB.Ending) throws {
        let fixture = try ProxyFixture(adjust: { configuration in
            configuration.upstreams[0].requestTimeout = 150_000_000
            configuration.coherence.dirtyWindow = 0
        })
        let client = fixture.client()
        _ = try client.put("other", "v")
        _ = try client.get("other")
        let recorder = fixture.upstream.record { _ in .init(ending: ending) }
        for (operation, body) in Self.reads {
            expectFailure(try client.call(operation, body), 503, "ServiceUnavailable", "\(operation)")
        }
        for (operation, body) in Self.writes {
            let before = recorder.of(operation).count
            expectFailure(try client.call(operation, body), 500, "InternalServerError", "\(operation)")
            #expect(recorder.of(operation).count == before + 1, "never sent twice: \(operation)")
        }
    }

    @Test func `what is in memory is served though the upstream is gone`() throws {
        let upstream = try FakeDynamoDB()
        let fixture = try ProxyFixture(upstream: upstream)
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        upstream.stop()
        #expect(try client.get("k").value == "v1")
        #expect(
            try client.get("k", consistent: true).status == 503,
            "not even an entry stands in for a consistent read"
        )
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}},{"id":{"S":"none"}}]}}}"#
        #expect(try client.call("BatchGetItem", batch).status == 503, "half an answer is none")
        #expect(try client.put("k", "v2").status == 503)
        #expect(try client.get("k").status == 503, "the write has dropped the entry")
    }

    @Test(arguments: [500, 502, 503, 408, 302])
    func `an answer to a write that does not say what became of it is passed on, and its key not cached`(
        status: Int
    ) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan.reply(status, "<html>no\n</html>")
            plan.isApplied = true
            return call.operation == "PutItem" ? plan : .init()
        }
        let reply = try client.put("k", "v2")
        #expect(reply.status == status)
        #expect(reply.text == "<html>no\n</html>")
        for _ in 0..<2 {
            let read = try client.get("k")
            #expect(read.value == "v2")
            #expect(read.cache == "dirty")
        }
        #expect(fixture.upstream.count("PutItem") == 2)
    }

    @Test(arguments: [400, 404, 409, 413, 429])
    func `an answer to a write that refuses it is definite`(status: Int) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        fixture.upstream.script { $0.operation == "PutItem" ? .reply(status, "{}") : .init() }
        #expect(try client.put("k", "v2").status == status)
        #expect(try client.get("k").cache == "miss")
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `upstream credentials of a profile`() throws {
        let file =
            FileManager.default.temporaryDirectory.path + "/credentials-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let text = "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let fixture = try ProxyFixture(adjust: { $0.upstreams[0].credentials = .profile(name: "default", file: file) })
        let recorder = fixture.upstream.record()
        #expect(try fixture.client().get("k").status == 200)
        #expect(recorder.of("GetItem").first?.headers["authorization"]?.contains("AKIDFILE") == true)
    }
}
