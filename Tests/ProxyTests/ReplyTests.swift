import DynamoDB
import Foundation
import Testing

@testable import Proxy

/// What every reply carries, wherever it comes from.
@Suite(.serialized) struct ReplyTests {
    private func expectHeaders(_ reply: TestClient.Reply, _ kind: String, requestID: Bool = true) {
        let comment = Comment(rawValue: kind)
        #expect(reply.checksumHolds, comment)
        #expect(reply.hasRequestID || !requestID, comment)
        #expect(reply.headers["content-length"] == "\(reply.body.count)", comment)
        #expect(reply.headers["server"] != nil, comment)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = format.date(from: reply.headers["date"] ?? "")
        #expect(abs(date?.timeIntervalSinceNow ?? .infinity) < 10, comment)
        #expect(reply.headers["content-encoding"] == nil, comment)
        #expect(reply.headers["transfer-encoding"] == nil, comment)
    }

    private func raw(_ head: String, _ body: String = "") -> [UInt8] {
        Array((head.replacingOccurrences(of: "\n", with: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    private func exchange(_ fixture: ProxyFixture, _ bytes: [UInt8]) throws -> TestClient.Reply {
        let client = fixture.client()
        try client.sendRaw(bytes)
        return try client.receive()
    }

    @Test func `every kind of answer that is DynamoDB's`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["things"] })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        let projected = #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"v"}"#
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}},{"id":{"S":"l"}}]}}}"#
        for (cache, operation, body) in [
            ("miss", "GetItem", TestClient.getBody("k")), ("hit", "GetItem", TestClient.getBody("k")),
            ("hit", "GetItem", projected), ("miss", "GetItem", TestClient.getBody("none")),
            ("hit", "GetItem", TestClient.getBody("none")),
            ("consistent-read", "GetItem", TestClient.getBody("k", consistent: true)),
            ("partial", "BatchGetItem", batch),
            ("hit", "BatchGetItem", batch), ("not-cacheable", "PutItem", TestClient.putBody("k", "v2")),
            ("not-cacheable", "Query", #"{"TableName":"things"}"#), ("not-cacheable", "ListTables", "{}"),
            ("not-cacheable", "DescribeEndpoints", "{}"), ("not-cacheable", "DescribeLimits", "{}"),
        ] {
            let reply = try client.call(operation, body)
            expectHeaders(reply, "\(cache) \(operation)")
            #expect(reply.status == 200)
            #expect(reply.cache == cache)
            #expect(reply.headers["content-type"] == "application/x-amz-json-1.0")
            #expect(reply.headers["connection"] == "keep-alive")
        }
        fixture.upstream.script { $0.operation == "TagResource" ? .reply("") : .init() }
        let empty = try client.call("TagResource", #"{"ResourceArn":"arn:aws:dynamodb:us-east-1:1:table/things"}"#)
        expectHeaders(empty, "empty body")
        #expect(empty.status == 200)
        #expect(empty.body.isEmpty)
        #expect(empty.headers["x-amz-crc32"] == "0")
    }

    @Test func `every kind of refusal`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["things"] })
        let client = fixture.client()
        let stranger = TestClient(port: fixture.proxy.ports[0], accessKeyID: "AKIDNOBODY", secret: "s")
        let liar = TestClient(port: fixture.proxy.ports[0], accessKeyID: "AKIDONE", secret: "wrong")
        let unsigned = fixture.client()
        unsigned.isSigned = false
        for (name, reply) in [
            ("AccessDeniedException", try client.get("k", table: "others")),
            ("SerializationException", try client.call("GetItem", "{")),
            ("SerializationException", try client.call("GetItem", #"{"TableName":1}"#)),
            ("UnknownOperationException", try client.call("get", "{}")),
            ("UnrecognizedClientException", try stranger.get("k")),
            ("InvalidSignatureException", try liar.get("k")),
            ("MissingAuthenticationTokenException", try unsigned.get("k")),
        ] {
            expectHeaders(reply, name)
            #expect(reply.status == 400)
            #expect(reply.errorName == name)
            #expect(reply.headers["content-type"] == "application/x-amz-json-1.0")
            #expect(reply.cache == "refused", "\(name)")
        }
    }

    @Test func `the upstream's request id is kept`() throws {
        let fixture = try ProxyFixture()
        fixture.upstream.script {
            $0.operation == "Query" ? .reply(200, "{}", headers: ["X-Amzn-RequestId": "ITS"]) : .init()
        }
        let reply = try fixture.client().call("Query", #"{"TableName":"things"}"#)
        #expect(reply.headers["x-amzn-requestid"] == "ITS")
        expectHeaders(reply, "Query", requestID: false)
    }

    @Test func `request ids differ`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        let ids = try (0..<20).map { _ in try client.get("k").headers["x-amzn-requestid"] ?? "" }
        #expect(Set(ids).count == 20)
        #expect(ids.allSatisfy { $0.hasSuffix("VV4KQNSO5AEMVJF66Q9ASUAAJG") })
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("application/json; charset=utf-8", "application/json"),
        ("Application/JSON", "application/json"), ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/x-amz-json-1.0;charset=UTF-8", "application/x-amz-json-1.0"),
    ])
    func `the content type follows the request's`(asked: String, expected: String) throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["things"] })
        let client = fixture.client()
        client.contentType = asked
        let recorder = fixture.upstream.record()
        _ = try client.get("k")
        #expect(
            recorder.of("GetItem").first?.headers["content-type"] == expected,
            "the upstream is asked in the same type"
        )
        let projected = #"{"TableName":"things","Key":{"id":{"S":"k"}},"ProjectionExpression":"v"}"#
        let batch = #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]}}}"#
        let replies = [
            try client.get("k"), try client.call("GetItem", projected), try client.call("BatchGetItem", batch),
            try client.call("DescribeLimits", "{}"), try client.call("ListTables", "{}"),
            try client.get("k", table: "others"), try client.call("GetItem", "{"), try client.call("get", "{}"),
        ]
        #expect(replies.map { $0.headers["content-type"] ?? "none" } == Array(repeating: expected, count: 8))
    }

    @Test(arguments: ["text/plain", "application/x-amz-json-1.1", "", "application/cbor", "application/jsonx"])
    func `other content types are unknown`(contentType: String) throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        client.contentType = contentType
        let reply = try client.get("k")
        #expect(reply.status == 404)
        #expect(reply.text == "<UnknownOperationException/>\n")
        expectHeaders(reply, "404")
    }

    @Test(arguments: ["PUT", "DELETE", "OPTIONS", "PATCH"])
    func `other methods are unknown`(method: String) throws {
        let fixture = try ProxyFixture()
        let reply = try exchange(fixture, raw("\(method) / HTTP/1.1\nHost: h\nContent-Length: 0"))
        #expect(reply.status == 404)
        #expect(reply.text == "<UnknownOperationException/>\n")
        expectHeaders(reply, method)
    }

    @Test func `a health check`() throws {
        let fixture = try ProxyFixture(adjust: { $0.upstreams[0].region = "eu-west-3" })
        let reply = try exchange(fixture, raw("GET / HTTP/1.1\nHost: h"))
        #expect(reply.status == 200)
        #expect(reply.text == "healthy: dynamodb.eu-west-3.amazonaws.com ")
        expectHeaders(reply, "health")
    }

    @Test func `a body that is too large`() throws {
        let fixture = try ProxyFixture(adjust: { $0.limits.bodyBytes = 1000 })
        let client = fixture.client()
        #expect(try client.put("k", String(repeating: "x", count: 900)).status == 200)
        let reply = try client.put("k", String(repeating: "x", count: 1000))
        #expect(reply.status == 413)
        #expect(reply.body.isEmpty)
        #expect(reply.headers["connection"] == "close")
        expectHeaders(reply, "413")
        #expect(fixture.upstream.count("PutItem") == 1)
    }

    @Test(arguments: [
        "POST / HTTP/1.1\nContent-Length: 2", "POST / HTTP/1.1\nHost: h\nContent-Length: 2\nContent-Length: 2",
        "POST / HTTP/1.1\nHost: h\nContent-Length: 2\nTransfer-Encoding: chunked", "POST / HTTP/1.1\nHost: h\nA : b",
        "nonsense", "POST / HTTP/1.1\nHost: h\nContent-Length: two", "PRI * HTTP/2.0",
    ])
    func `what is no HTTP is refused in DynamoDB's shape`(head: String) throws {
        let fixture = try ProxyFixture()
        let reply = try exchange(fixture, raw(head, "{}"))
        #expect(reply.status == 400)
        #expect(reply.json["__type"] as? String == "com.amazon.coral.service#SerializationException")
        #expect(reply.headers["connection"] == "close")
        expectHeaders(reply, head)
    }
}
