import Foundation
import Testing

@testable import Proxy

/// `--dev`: no signature is checked, and the caller's access key id and region name the tenant.
@Suite(.serialized) struct DevelopmentModeTests {
    private func fixture() throws -> ProxyFixture {
        try ProxyFixture(adjust: { configuration in
            configuration.development = DevelopmentSettings(upstream: .endpoint(configuration.upstreams[0].endpoint))
            configuration.tenants = []
            configuration.upstreams = []
        })
    }

    private func client(_ fixture: ProxyFixture, _ id: String, _ region: String = "us-east-1") -> TestClient {
        let client = TestClient(port: fixture.proxy.ports[0], accessKeyID: id, secret: "whatever")
        client.region = region
        return client
    }

    @Test func `each access key and each region has entries of its own`() throws {
        let fixture = try fixture()
        _ = try client(fixture, "alice").put("k", "v1")
        let callers = [
            ("alice", "us-east-1"), ("bob", "us-east-1"), ("alice", "eu-west-1"), ("alice", "local"),
            ("alic", "e-us-east-1"),
        ]
        for (id, region) in callers {
            #expect(try client(fixture, id, region).get("k").cache == "miss", "\(id) \(region)")
        }
        for (id, region) in callers {
            let reply = try client(fixture, id, region).get("k")
            #expect(reply.cache == "hit", "\(id) \(region)")
            #expect(reply.value == "v1")
        }
    }

    @Test func `a write by one caller is seen by all`() throws {
        let fixture = try fixture()
        let callers = [client(fixture, "alice"), client(fixture, "bob"), client(fixture, "alice", "eu-west-1")]
        for (number, writer) in callers.enumerated() {
            _ = try writer.put("k", "v\(number)")
            for reader in callers {
                #expect(try reader.get("k").value == "v\(number)")
                #expect(try reader.get("k").cache == "hit")
            }
        }
    }

    @Test func `the caller's headers are passed on untouched`() throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let authorization =
            "AWS4-HMAC-SHA256 Credential=AKIDX/20200101/us-west-2/dynamodb/aws4_request,"
            + "SignedHeaders=host;x-amz-date;x-amz-target,  Signature=" + String(repeating: "0", count: 64)
        let client = client(fixture, "alice")
        for (operation, body) in [
            ("PutItem", TestClient.putBody("k", "v1")), ("GetItem", TestClient.getBody("k")),
            ("Query", #"{"TableName":"things"}"#),
            ("GetItem", #"{"TableName":"things","Key":{"id":{"S":"l"}},"ProjectionExpression":"v"}"#),
        ] {
            let head = """
                POST / HTTP/1.1\r
                Host: dynamodb.us-west-2.example.com:1234\r
                Content-Type: application/x-amz-json-1.0\r
                X-Amz-Target: DynamoDB_20120810.\(operation)\r
                X-Amz-Date: 20200101T000000Z\r
                X-Amz-Security-Token: a token\r
                Authorization: \(authorization)\r
                Content-Length: \(body.utf8.count)\r
                \r

                """
            try client.sendRaw(Array((head + body).utf8))
            #expect(try client.receive().status == 200)
            let call = try #require(recorder.of(operation).last)
            #expect(call.headers["authorization"] == authorization)
            #expect(call.headers["x-amz-date"] == "20200101T000000Z")
            #expect(call.headers["x-amz-security-token"] == "a token")
            #expect(call.headers["host"] == "dynamodb.us-west-2.example.com:1234")
            #expect(call.headers["x-amz-target"] == "DynamoDB_20120810.\(operation)")
        }
        let own = try #require(recorder.of("DescribeTable").first)
        let credential = own.headers["authorization"] ?? ""
        #expect(credential.contains("Credential=AKIDX/"), "the proxy asks as the same caller")
        #expect(credential.contains("/us-west-2/dynamodb/aws4_request"))
    }

    @Test func `requests without a signature work`() throws {
        let fixture = try fixture()
        let client = client(fixture, "alice")
        client.isSigned = false
        let recorder = fixture.upstream.record()
        #expect(try client.put("k", "v1").status == 200)
        #expect(try client.get("k").cache == "miss")
        let hit = try client.get("k")
        #expect(hit.cache == "hit")
        #expect(hit.value == "v1")
        #expect(
            recorder.of("GetItem").first?.headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=") == true
        )
        let known = self.client(fixture, "alice")
        #expect(try known.get("k").cache == "miss", "nobody's entries are not alice's")
    }

    @Test(arguments: ["nonsense", "Bearer x", "AWS4-HMAC-SHA256 Credential=a", "AWS4-HMAC-SHA256"])
    func `an Authorization header that can't be read is passed on`(authorization: String) throws {
        let fixture = try fixture()
        let recorder = fixture.upstream.record()
        let client = client(fixture, "alice")
        for cache in ["miss", "hit"] {
            let body = TestClient.getBody("k")
            let head =
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-amz-json-1.0\r\n"
                + "X-Amz-Target: DynamoDB_20120810.GetItem\r\nAuthorization: \(authorization)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            try client.sendRaw(Array((head + body).utf8))
            #expect(try client.receive().cache == cache)
        }
        #expect(recorder.of("GetItem").first?.headers["authorization"] == authorization)
    }

    @Test func `everything is allowed, streams too`() throws {
        let fixture = try fixture()
        let client = client(fixture, "alice")
        let recorder = fixture.upstream.record()
        for operation in ["CreateBackup", "ListBackups", "Polish", "DescribeLimits", "ListTables"] {
            #expect(try client.call(operation, "{}").status == 200, "\(operation)")
        }
        #expect(try client.call("ListStreams", "{}", api: "DynamoDBStreams_20120810").status == 200)
        #expect(
            recorder.all.map(\.operation) == [
                "CreateBackup", "ListBackups", "Polish", "DescribeLimits", "ListTables", "ListStreams",
            ]
        )
        #expect(recorder.all.last?.headers["x-amz-target"] == "DynamoDBStreams_20120810.ListStreams")
    }

    @Test func `any region can be named`() throws {
        let fixture = try fixture()
        for region in ["local", "ddblocal", "eusc-de-east-1", "none"] {
            #expect(try client(fixture, "alice", region).get("k").status == 200, "\(region)")
        }
    }
}
