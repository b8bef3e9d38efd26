import Cache
import DynamoDB
import Foundation
import Testing
import Transport
import Upstream

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
            configuration.development = DevelopmentSettings(upstream: .endpoint(configuration.upstreams[0].endpoint))
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

/// What a review of the code found once.
@Suite(.serialized) struct ReviewedTests {
    @Test func `many items of alternating tables take no stack`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        fixture.upstream.withData { $0.create("others") }
        let put = { (table: String, number: Int) in
            "{\"Put\":{\"TableName\":\"\(table)\",\"Item\":{\"id\":{\"S\":\"k\(number)\"}}}}"
        }
        for count in [100, 20_000] {
            let items = (0..<count).map { put($0 % 2 == 0 ? "things" : "others", $0) }.joined(separator: ",")
            #expect(try client.call("TransactWriteItems", "{\"TransactItems\":[\(items)]}").status == 200)
        }
        #expect(fixture.upstream.count("DescribeTable") == 2)
    }

    /// KELVIN SIGN is canonically equivalent to K, and Swift's strings compare by equivalence.
    @Test func `a name that Unicode takes for another is another`() throws {
        let bodies = [
            #"{"TableName":"things","Key":{"id":{"S":"real"}},"\u212aey":{"id":{"S":"decoy"}}}"#,
            "{\"TableName\":\"things\",\"\u{212A}ey\":{\"id\":{\"S\":\"decoy\"}},\"Key\":{\"id\":{\"S\":\"real\"}}}",
        ]
        for body in bodies.map({ Array($0.utf8) }) {
            let touched = try body.withUnsafeBytes { try TouchedResources.of(.updateItem, body: $0) }
            #expect(touched.writes.count == 1)
            guard case .key(let range) = touched.writes.first?.location else {
                Issue.record("no key")
                continue
            }
            #expect(String(decoding: body[range.start..<range.end], as: UTF8.self).contains("real"))
        }
        #expect(TableReference("K") != TableReference("\u{212A}"))
        #expect(Set([TableReference("K"), TableReference("\u{212A}")]).count == 2)
    }

    @Test func `names that are not the tenant's are not remembered`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["things"] })
        let client = fixture.client()
        for number in 0..<50 {
            #expect(try client.get("k", table: "made-up-\(number)").errorName == "AccessDeniedException")
        }
        #expect(fixture.proxy.knownTables == [])
        _ = try client.get("k")
        #expect(fixture.proxy.knownTables == ["things"])
    }

    @Test func `a tenant whose upstream has changed is another to the cache`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        #expect(try client.get("k").cache == "hit")
        try fixture.proxy.reload(fixture.configuration)
        usleep(100_000)
        #expect(try client.get("k").cache == "hit", "the same settings keep what was cached")
        var changed = fixture.configuration
        changed.upstreams[0].region = "eu-west-1"
        try fixture.proxy.reload(changed)
        try waitUntil("the new upstream is asked") { (try? client.get("k"))?.cache == "miss" }
    }

    @Test func `a tenant whose policy has changed begins with an empty cache`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        var changed = fixture.configuration
        changed.tenants[0].cache.policy = .lru
        try fixture.proxy.reload(changed)
        try waitUntil("the cache is another") { (try? client.get("k"))?.cache == "miss" }
        #expect(try client.get("k").cache == "hit")
        _ = try client.put("k", "v2")
        #expect(try client.get("k").value == "v2")
        #expect(try client.get("k").cache == "hit")
    }

    @Test func `what a request brings over a reload is not what its tenant may do then`() throws {
        var configuration = Configuration.oneTenant(upstream: "http://127.0.0.1:1")
        let shared = try SharedState(configuration: configuration, now: MonotonicClock.now())
        let reactor = try Reactor()
        let worker = try Worker(reactor, shared, try shared.directory.registry(for: configuration))
        let former = try #require(shared.directory.currentTenants().first).tenant
        configuration.tenants[0].tables = ["others"]
        worker.adopt(try shared.directory.registry(for: configuration))
        let tenant = try #require(shared.directory.currentTenants().first).tenant
        #expect(tenant !== former && tenant.number == former.number)
        let name = Array("things".utf8)
        #expect(name.withUnsafeBytes { worker.view(of: $0, for: former) } != nil)
        #expect(name.withUnsafeBytes { worker.view(of: $0, for: tenant) } == nil)
    }

    @Test func `a table re-created behind the proxy's back is noticed after a reload, too`() throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.tableRefresh = 200_000_000 })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        try fixture.proxy.reload(fixture.configuration)
        fixture.upstream.withData { data in
            data.tables["things"] = nil
            data.create("things")
        }
        usleep(300_000)
        _ = try client.get("k")
        try waitUntil("the new table is noticed") { (try? client.get("k"))?.item == nil }
    }

    @Test func `a table deleted behind the proxy's back is not served for long`() throws {
        let fixture = try ProxyFixture(adjust: { $0.coherence.tableRefresh = 200_000_000 })
        let client = fixture.client()
        _ = try client.put("k", "v1")
        _ = try client.get("k")
        fixture.upstream.withData { $0.tables["things"] = nil }
        usleep(300_000)
        _ = try client.get("k")
        try waitUntil("its end is noticed") { (try? client.get("k"))?.errorName == "ResourceNotFoundException" }
    }

    @Test(arguments: ["ReplicaUpdates", "ResourcePolicy", "GlobalTableWitnessUpdates", "SSESpecification"])
    func `members that act outside the table are the operator's`(member: String) throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[1].operations = .all })
        let body = "{\"TableName\":\"things\",\"\(member)\":[]}"
        for operation in ["CreateTable", "UpdateTable"] {
            #expect(try fixture.client("one").call(operation, body).errorName == "AccessDeniedException")
        }
        #expect(try fixture.client("two").call("UpdateTable", body).status == 200)
    }

    @Test func `an item nobody asked for makes nothing absent`() throws {
        let fixture = try ProxyFixture()
        let client = fixture.client()
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "BatchGetItem" {
                plan.ending = .error(
                    status: 200,
                    body: #"{"Responses":{"things":[{"id":{"S":"other"}}]},"UnprocessedKeys":{}}"#
                )
            }
            return plan
        }
        _ = try client.call("BatchGetItem", #"{"RequestItems":{"things":{"Keys":[{"id":{"S":"k"}}]}}}"#)
        #expect(try client.get("k").cache == "miss")
    }

    @Test func `a bulk write that is refused suspends nothing`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].operations = .all })
        let client = fixture.client()
        fixture.upstream.script { call in
            var plan = FakeDynamoDB.Plan()
            if call.operation == "StartBulkPutItems" { plan.ending = .error(status: 400, body: "{}") }
            return plan
        }
        _ = try client.call("StartBulkPutItems", "{}")
        _ = try client.get("k")
        #expect(try client.get("k").cache == "hit")
    }
}
