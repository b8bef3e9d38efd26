import Foundation
import Testing

@testable import Proxy

/// Operations about the whole account, for a tenant that shares it.
@Suite(.serialized) struct AccountOperationsTests {
    private func fixture(own: [String], foreign: [String]) throws -> ProxyFixture {
        let fixture = try ProxyFixture(adjust: { $0.tenants[0].tables = ["own-*"] })
        fixture.upstream.withData { data in
            for name in own + foreign {
                data.create(name)
            }
        }
        return fixture
    }

    /// All pages.
    private func list(_ client: TestClient, limit: Int?) throws -> [TestClient.Reply] {
        var pages: [TestClient.Reply] = []
        var start: String?
        repeat {
            var members: [String] = []
            if let limit { members.append("\"Limit\":\(limit)") }
            if let start { members.append("\"ExclusiveStartTableName\":\"\(start)\"") }
            let page = try client.call("ListTables", "{\(members.joined(separator: ","))}")
            pages.append(page)
            start = page.json["LastEvaluatedTableName"] as? String
        } while start != nil && pages.count < 200
        return pages
    }

    private func names(_ page: TestClient.Reply) -> [String] { page.json["TableNames"] as? [String] ?? ["?"] }

    @Test(arguments: [nil, 1, 2, 3, 6, 7, 8, 100])
    func `a tenant sees its own tables, page by page`(limit: Int?) throws {
        let own = (1...7).map { "own-\($0)" }
        let foreign =
            (100..<380).map { "a-\($0)" }
            + (100..<180).map { "own-3a\($0)".replacingOccurrences(of: "own-", with: "owned-") }
            + (100..<300).map { "z-\($0)" }
        let fixture = try fixture(own: own, foreign: foreign)
        let pages = try list(fixture.client(), limit: limit)
        #expect(pages.flatMap { names($0) } == own)
        #expect(pages.allSatisfy { $0.status == 200 && $0.checksumHolds && names($0).count <= limit ?? 100 })
        #expect(pages.count == (7 + (limit ?? 100) - 1) / (limit ?? 100), "no page is empty, and none too many")
        #expect(pages.dropLast().allSatisfy { $0.json["LastEvaluatedTableName"] as? String == names($0).last })
    }

    @Test func `a tenant without tables sees none`() throws {
        let fixture = try fixture(own: [], foreign: (0..<150).map { "a-\($0)" })
        let reply = try fixture.client().call("ListTables", "{}")
        #expect(reply.text == #"{"TableNames":[]}"#)
    }

    @Test func `a tenant of every table is shown the upstream's own answer`() throws {
        let fixture = try fixture(own: ["own-1"], foreign: ["a-1"])
        let recorder = fixture.upstream.record()
        let reply = try fixture.client("two").call("ListTables", #"{ "Limit": 2 }"#)
        #expect(names(reply) == ["a-1", "own-1"])
        #expect(reply.json["LastEvaluatedTableName"] as? String == "own-1")
        #expect(recorder.all.map(\.text) == [#"{ "Limit": 2 }"#])
    }

    @Test(arguments: ["0", "101", "-1", "1e9"])
    func `a limit out of range shows nothing of others`(limit: String) throws {
        let fixture = try fixture(own: ["own-1"], foreign: ["a-1"])
        fixture.upstream.script { call in
            // An upstream that takes any limit.
            call.operation == "ListTables" ? .reply(#"{"TableNames":["a-1","own-1"]}"#) : .init()
        }
        let reply = try fixture.client().call("ListTables", "{\"Limit\":\(limit)}")
        #expect(reply.status == 400)
        #expect(reply.errorName == "ValidationException")
        #expect(!reply.text.contains("a-1"))
    }

    @Test func `pages without end are given up, and name no table of others`() throws {
        let fixture = try fixture(own: ["own-1"], foreign: [])
        // Pages without end, of others' tables.
        fixture.upstream.script { call in
            let page = "a-\(10_000 + call.ordinal)"
            return call.operation == "ListTables"
                ? .reply(#"{"TableNames":["\#(page)"],"LastEvaluatedTableName":"\#(page)"}"#) : .init()
        }
        let reply = try fixture.client().call("ListTables", "{}")
        #expect(reply.status == 500)
        #expect(fixture.upstream.count("ListTables") <= 1001, "there is an end to it")
        #expect(!reply.text.contains("a-1"))
    }

    @Test func `an upstream's refusal to list is passed on`() throws {
        let fixture = try fixture(own: ["own-1"], foreign: [])
        let error = #"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#
        fixture.upstream.script { $0.operation == "ListTables" ? .reply(400, error) : .init() }
        let reply = try fixture.client().call("ListTables", "{}")
        #expect(reply.status == 400)
        #expect(reply.text == error)
    }

    @Test func `endpoint discovery finds the proxy`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[1].operations = .all })
        let recorder = fixture.upstream.record()
        for tenant in ["one", "two"] {
            let reply = try fixture.client(tenant).call("DescribeEndpoints", "{}")
            let endpoints = reply.json["Endpoints"] as? [[String: Any]] ?? []
            #expect(endpoints.map { $0["Address"] as? String } == ["127.0.0.1:\(fixture.proxy.ports[0])"])
            #expect(endpoints.first?["CachePeriodInMinutes"] as? Int == 1440)
            #expect(reply.checksumHolds)
        }
        #expect(recorder.all.isEmpty)
    }

    @Test func `the account's limits are the operator's business`() throws {
        let fixture = try ProxyFixture(adjust: { $0.tenants[1].operations = .all })
        let limits = #"{"AccountMaxReadCapacityUnits":1}"#
        fixture.upstream.script { $0.operation == "DescribeLimits" ? .reply(limits) : .init() }
        let reply = try fixture.client().call("DescribeLimits", "{}")
        #expect(
            Set(reply.json.keys) == [
                "AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits", "TableMaxReadCapacityUnits",
                "TableMaxWriteCapacityUnits",
            ]
        )
        #expect(fixture.upstream.count("DescribeLimits") == 0)
        #expect(try fixture.client("two").call("DescribeLimits", "{}").text == limits)
    }
}
