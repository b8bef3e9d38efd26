import Foundation
import Testing

@testable import Proxy

@Suite(.serialized) struct GracefulStopTests {
    /// A proxy that holds one write upstream.
    private func holding(_ adjust: (inout Configuration) -> Void = { _ in }) throws -> (ProxyFixture, TestClient) {
        let fixture = try ProxyFixture(adjust: adjust)
        let client = fixture.client()
        fixture.upstream.hold("PutItem")
        try client.send("PutItem", TestClient.putBody("k", "v1"))
        try fixture.upstream.waitForArrival(at: "gate")
        return (fixture, client)
    }

    private func ends(_ fixture: ProxyFixture) throws {
        let proxy = fixture.proxy
        let ended = DispatchSemaphore(value: 0)
        Thread {
            proxy.run()
            ended.signal()
        }.start()
        if ended.wait(timeout: .now() + 10) == .timedOut { throw TestFailure("the proxy did not stop") }
    }

    @Test func `what is in work is finished, and no more is taken`() throws {
        let (fixture, client) = try holding()
        fixture.proxy.stop()
        try waitUntil("new connections are refused") { (try? fixture.client().get("k")) == nil }
        fixture.upstream.release("gate")
        let reply = try client.receive()
        #expect(reply.status == 200)
        #expect(reply.headers["connection"] == "close")
        try ends(fixture)
        #expect(fixture.upstream.value(of: "k") == "v1")
        #expect(throws: TestFailure.self) { try fixture.client().get("k") }
    }

    @Test func `idle connections do not hold it up`() throws {
        let fixture = try ProxyFixture(adjust: { $0.drainDeadline = 60_000_000_000 })
        let (idle, silent) = (fixture.client(), fixture.client())
        _ = try idle.get("k")
        try silent.sendRaw([])
        fixture.proxy.stop()
        try ends(fixture)
        #expect(idle.isClosedByPeer())
    }

    @Test func `what takes longer than the deadline is given up`() throws {
        let (fixture, client) = try holding { $0.drainDeadline = 200_000_000 }
        fixture.proxy.stop()
        try ends(fixture)
        let reply = try? client.receive()
        #expect(reply == nil || reply?.status == 500, "a write that may have been applied is not called successful")
        fixture.upstream.release("gate")
    }

    @Test func `stopping twice is stopping`() throws {
        let fixture = try ProxyFixture()
        fixture.proxy.stop()
        fixture.proxy.stop()
        try ends(fixture)
        fixture.proxy.stop()
        try ends(fixture)
    }
}
