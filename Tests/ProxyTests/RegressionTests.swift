import Foundation
import Testing

@testable import Proxy

/// What hostile testing found once, so that it stays mended.
@Suite(.serialized) struct RegressionTests {
    @Test(arguments: ["0", "101", "-1", "1e3", "101.0", "1000000000000000000000000000000"])
    func `a page size that DynamoDB refuses shows nobody's tables`(limit: String) throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["mine-*"] })
        let reply = try fixture.client().call("ListTables", "{\"Limit\":\(limit)}")
        #expect(reply.status == 400)
        #expect(reply.errorName == "ValidationException")
        #expect(!reply.text.contains("things"))
        #expect(fixture.upstream.count("ListTables") == 0)
    }

    @Test func `a list of tables that can't be read is not passed on`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["mine-*"] })
        fixture.upstream.script { _ in
            var plan = FakeDynamoDB.Plan()
            plan.ending = .error(status: 200, body: #"{"TableNames":["theirs"],"TableNames":["theirs"]}"#)
            return plan
        }
        let reply = try fixture.client().call("ListTables", "{}")
        #expect(reply.status == 500)
        #expect(!reply.text.contains("theirs"))
    }

    @Test func `a reply that does not match its checksum is no reply`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation.hasSuffix("Item") { plan.headers = ["x-amz-crc32": "1"] }
            return plan
        }
        let read = try client.get("k")
        #expect(read.status == 503)
        #expect(read.errorName == "ServiceUnavailable")
        let write = try client.put("k", "v2")
        #expect(write.status == 500)
        #expect(write.errorName == "InternalServerError")
        fixture.upstream.script { _ in FakeDynamoDB.Plan() }
        let after = try client.get("k")
        #expect(after.value == "v2")
        #expect(after.cache == "dirty", "the write's outcome could not be known")
    }

    private func development() throws -> ProxyFixture {
        try ProxyFixture(adjust: { configuration in
            configuration.development = DevelopmentSettings(upstream: configuration.upstreams[0].endpoint)
        })
    }

    private func get(_ client: TestClient, _ authorization: String?) throws -> TestClient.Reply {
        let body = TestClient.getBody("k")
        let header = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        try client.sendRaw(
            Array(
                """
                POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r
                X-Amz-Target: DynamoDB_20120810.GetItem\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """.utf8
            )
        )
        return try client.receive()
    }

    @Test(arguments: [
        "AWS4-HMAC-SHA256 Credential=AK/20261121/REGION/dynamodb/aws4_request, SignedHeaders=host, Signature=abc",
        "AWS4-HMAC-SHA256 Credential=AK/20261121/REGION/dynamodb/aws4_request, SignedHeaders=, Signature=",
        "aws4-hmac-sha256 Credential=AK/20261121/REGION/dynamodb/aws4_request",
        "Credential=AK/20261121/REGION/dynamodb/aws4_request,Signature=x",
    ])
    func `development tells regions apart whatever else the header says`(header: String) throws {
        let fixture = try development()
        let client = fixture.client()
        for region in ["us-east-1", "eu-west-1"] {
            let authorization = header.replacingOccurrences(of: "REGION", with: region)
            #expect(try get(client, authorization).cache == "miss", "\(region)")
            #expect(try get(client, authorization).cache == "hit", "\(region)")
        }
    }

    @Test func `development shares no entries between callers it can't read`() throws {
        let fixture = try development()
        let client = fixture.client()
        for header in [nil, "garbage", "Credential=x", "Credential=x/20261121", "other garbage"] {
            #expect(try get(client, header).cache == "miss", "\(header ?? "none")")
            #expect(try get(client, header).cache == "hit", "\(header ?? "none")")
        }
    }

    @Test func `development serves any number of callers, and stays coherent`() throws {
        let fixture = try development()
        let client = fixture.client()
        func header(_ number: Int) -> String {
            "AWS4-HMAC-SHA256 Credential=AK\(number)/20261121/us-east-1/dynamodb/aws4_request, Signature=a"
        }
        for number in 0..<1100 {
            #expect(try get(client, header(number)).status == 200, "caller \(number)")
        }
        // Its first tenant has been forgotten; writes must still reach what is cached for it now.
        _ = try get(client, header(3))
        #expect(try get(client, header(3)).cache == "hit")
        let writer = TestClient(port: fixture.proxy.ports[0], accessKeyID: "AK5000", secret: "x")
        _ = try writer.put("k", "new")
        #expect(try get(client, header(3)).value == "new")
    }

    @Test func `half a request head does not hold up a stop`() throws {
        let fixture = try ProxyFixture(adjust: { $0.drainDeadline = 20_000_000_000 })
        let client = fixture.client()
        try client.sendRaw(Array("POST / HT".utf8))
        usleep(100_000)
        let begun = Date()
        fixture.stopProxy()
        #expect(Date().timeIntervalSince(begun) < 10)
    }

    @Test func `a body that does not inflate gets DynamoDB's answer`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].operations = .all })
        let client = fixture.client()
        try client.send("ListTables", "not gzip", headers: ["content-encoding": "gzip"])
        let reply = try client.receive()
        #expect(reply.status == 500, "\(reply.text)")
        #expect(reply.errorName == "InternalServerError")
    }
}
