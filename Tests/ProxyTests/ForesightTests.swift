import Cache
import Foundation
import Testing

@testable import Proxy

/// What is read ahead of a request's verification, so that memory has the answer ready, has no effect until it succeeds.
@Suite(.serialized) struct ForesightTests {
    /// A client with tenant `one`'s access key id, but not its secret.
    private func stranger(_ fixture: ProxyFixture) -> TestClient {
        TestClient(port: fixture.proxy.ports[0], accessKeyID: "AKIDONE", secret: "guessed")
    }

    private static let get = #"{"TableName":"things","Key":{"id":{"S":"k"}}}"#

    /// Bodies and what an honest client is answered.
    private static let bodies: [(body: String, error: String?)] = [
        (get, nil),
        (#"{"TableName":"things","Key":{"id":{"S":"k"}}"#, "SerializationException"),
        (#"{"TableName":7,"Key":{"id":{"S":"k"}}}"#, "SerializationException"),
        (#"{"TableName":"things","TableName":"things","Key":{"id":{"S":"k"}}}"#, "SerializationException"),
        (#"{"TableName":"others","Key":{"id":{"S":"k"}}}"#, "AccessDeniedException"),
        ("", "SerializationException"),
    ]

    private func fixture() throws -> ProxyFixture {
        try ProxyFixture(reactors: 1, adjust: { $0.tenants[0].tables = ["things", "more"] })
    }

    @Test func `a wrong signature is the first thing that is wrong`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.put("k", "v")
        _ = try client.get("k")
        #expect(try client.get("k").cache == "hit")
        for (body, error) in Self.bodies {
            let refused = try stranger(fixture).call("GetItem", body)
            #expect(refused.status == 400 && refused.errorName == "InvalidSignatureException", "\(body)")
            #expect(refused.cache == "refused", "\(body)")
            let answered = try client.call("GetItem", body)
            #expect(answered.errorName == error ?? "", "\(body)")
        }
        // Nor does the time come after the body.
        client.clockOffset = -100_000
        for (body, _) in Self.bodies {
            #expect(try client.call("GetItem", body).errorName == "InvalidSignatureException", "\(body)")
        }
    }

    @Test func `who can't sign leaves no trace`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.put("k", "v")
        _ = try client.get("k")
        #expect(try client.get("k").cache == "hit")
        let tenant = try #require(fixture.proxy.tenants.first { $0.name == "one" })
        #expect(tenant.namedTables().count == 1)
        let (sample, usage, reads) = (tenant.meter.sample(), tenant.store.usage, tenant.store.curve().reads)
        let recorder = fixture.upstream.record()
        let stranger = stranger(fixture)
        for table in ["things", "more", "others"] {
            for key in ["k", "absent"] {
                let body = #"{"TableName":"\#(table)","Key":{"id":{"S":"\#(key)"}}}"#
                #expect(try stranger.call("GetItem", body).errorName == "InvalidSignatureException")
            }
        }
        #expect(tenant.namedTables().count == 1)
        #expect(tenant.route.domain.allTables().count == 1)
        #expect(tenant.meter.sample() == sample)
        #expect(tenant.store.usage == usage)
        #expect(tenant.store.curve().reads == reads)
        #expect(recorder.all.isEmpty)
    }

    @Test func `what was read ahead of one request is of no use to the next`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        for key in ["k", "l"] {
            _ = try client.put(key, "value of \(key)")
            _ = try client.get(key)
        }
        // On one connection, and without a body that is read ahead.
        let padding = String(repeating: " ", count: 2_000)
        try client.send("GetItem", Self.get, headers: ["Content-Encoding": "gzip"])
        #expect(try client.receive().status == 500)
        let other = try client.call("GetItem", Self.get.replacingOccurrences(of: #""k""#, with: #""l""#) + padding)
        #expect(other.value == "value of l" && other.cache == "hit")
        try client.send("GetItem", Self.get)
        try client.send("GetItem", Self.get.replacingOccurrences(of: #""k""#, with: #""l""#))
        #expect(try client.receive().value == "value of k")
        #expect(try client.receive().value == "value of l")
    }

    @Test func `a long body is read all the same`() throws {
        let fixture = try fixture()
        let client = fixture.client()
        _ = try client.put("k", "v")
        for spaces in [0, 900, 1_000, 1_100, 15_000, 20_000] {
            let body = Self.get + String(repeating: " ", count: spaces)
            _ = try client.call("GetItem", body)
            let reply = try client.call("GetItem", body)
            #expect(reply.value == "v", "\(spaces)")
        }
    }
}
