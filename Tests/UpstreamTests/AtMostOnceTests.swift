import Foundation
import Testing
import Transport

@testable import Upstream

/// libcurl by itself sends a request again when a reused connection ends without an answer; a write must not be.
@Suite("A request goes out once", .serialized)
struct AtMostOnceTests {
    /// How the server ends a reused connection after it has read the request.
    enum End: CaseIterable {
        case close
        case reset
    }

    @Test(arguments: End.allCases, [0, 2, 3 << 20])
    func reusedConnectionClosedWithoutReply(_ end: End, bodyCount: Int) throws {
        let body = String(repeating: "x", count: bodyCount)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("{}")
            guard connection.readRequest() != nil else { return }
            if end == .reset { connection.reset() }
        }
        let harness = try Harness()
        #expect(try harness.reply(to: .to(server)).status == 200)
        for isRead in [false, true] {
            let failure = try harness.failure(of: .to(server, body: body, isRead: isRead))
            #expect(failure.kind == .reset)
            #expect(failure.mayHaveBeenSent)
            // Leave a reusable connection behind for the next round.
            #expect(try harness.reply(to: .to(server, body: "again")).status == 200)
        }
        // Were anything sent again, the server would have seen it.
        #expect(server.requests.filter { $0.body == Array(body.utf8) }.count == 2)
    }

    /// libcurl's own second attempt does not even connect: still the first one counts.
    @Test func serverGoesAwayWithoutReply() throws {
        let gate = DispatchSemaphore(value: 0)
        var server: ScriptedServer? = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("{}")
            guard connection.readRequest() != nil else { return }
            _ = gate.wait(timeout: .now() + 5)
        }
        let harness = try Harness()
        let call = try UpstreamCall.to(try #require(server))
        #expect(try harness.reply(to: call).status == 200)
        server = nil
        harness.reactor.schedule(after: 50_000_000) { gate.signal() }
        let failure = try harness.failure(of: call)
        #expect(failure.kind == .reset)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func cutInTheMiddleOfALargeRequest() throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("{}")
            guard connection.readHead() != nil, connection.readBytes(1000) != nil else { return }
            connection.reset()
        }
        let harness = try Harness()
        #expect(try harness.reply(to: .to(server)).status == 200)
        let large = String(repeating: "x", count: 8 << 20)
        let failure = try harness.failure(of: .to(server, body: large))
        #expect(failure.kind == .reset)
        #expect(failure.mayHaveBeenSent)
        harness.run(seconds: 0.1)
        #expect(server.requests.count == 1)
    }

    /// A connection the server closed while it was idle is noticed before anything is sent.
    @Test(arguments: End.allCases)
    func idleConnectionClosed(_ end: End) throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("{}")
            if end == .reset { connection.reset() }
        }
        let harness = try Harness()
        for _ in 0..<5 {
            #expect(try harness.reply(to: .to(server)).status == 200)
            harness.run(seconds: 0.05)
        }
        #expect(server.requests.count == 5)
        #expect(server.connections == 5)
    }

    /// The server closes right after each reply, while the next request is on its way: whatever the outcome of the
    /// race, no request is seen twice, and one that was reported as not sent was not seen.
    @Test func raceWithTheServersClose() throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("{}")
        }
        let harness = try Harness()
        for round in 0..<300 {
            let body = "round \(round)"
            let result = try harness.result(of: .to(server, body: body))
            let count = server.requests.filter { $0.body == Array(body.utf8) }.count
            switch result {
            case .success: #expect(count == 1)
            case .failure(let failure): #expect(count <= (failure.mayHaveBeenSent ? 1 : 0))
            }
        }
    }

    @Test func onlyAnUnsentReadIsTriedAgain() throws {
        func next(isRead: Bool, isRetry: Bool = false, _ kind: UpstreamFailure.Kind, wasSent: Bool) throws -> Bool {
            let pending = PendingCall(
                call: try .to("http://127.0.0.1:1", isRead: isRead),
                completion: { _ in },
                deadline: 100,
                isRetry: isRetry
            )
            let failure = UpstreamFailure(kind: kind, mayHaveBeenSent: wasSent, description: "")
            return pending.nextAttempt(after: .failure(failure), now: 50) != nil
        }
        #expect(try next(isRead: true, .connect, wasSent: false))
        #expect(try next(isRead: true, .reset, wasSent: false))
        #expect(try !next(isRead: true, .reset, wasSent: true))
        #expect(try !next(isRead: true, isRetry: true, .connect, wasSent: false))
        #expect(try !next(isRead: true, .timeout, wasSent: false))
        #expect(try !next(isRead: true, .tls, wasSent: false))
        #expect(try !next(isRead: false, .connect, wasSent: false))
        #expect(try !next(isRead: false, .reset, wasSent: false))
    }
}
