import Foundation
import Testing

@testable import Transport

/// What happens when several connections are served in one turn of the reactor, whose replies leave at its end.
@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTurnTests {
    /// More than leave together at most.
    @Test func answersManyConnectionsAtOnce() throws {
        let server = try TestServer()
        defer { server.stop() }
        let clients = try (0..<100).map { _ in try TestClient(port: server.port) }
        #expect(server.waitUntil { server, _ in server.connectionCount == 100 })
        for round in 0..<5 {
            // Held up, so that all of it is there in the next turn.
            server.perform { _, _ in usleep(20_000) }
            for (number, client) in clients.enumerated() {
                client.send(post("/echo", "\(round) \(number)"))
            }
            for (number, client) in clients.enumerated() {
                #expect(try client.reply().text == "\(round) \(number)")
            }
        }
    }

    /// A connection whose reply waits for the end of the turn has an event of its own in the same turn: its client's next
    /// requests, or the end of its input.
    @Test func repliesStayInOrderWhenAConnectionIsMetTwiceInATurn() throws {
        for ends in [false, true] {
            let server = try TestServer()
            defer { server.stop() }
            let asking = try TestClient(port: server.port)
            let kept = try TestClient(port: server.port)
            kept.send(post("/keep", "1") + post("/echo", "2"))
            #expect(server.waitUntil { _, handler in handler.kept.count == 1 })
            let isBusy = DispatchSemaphore(value: 0)
            let goesOn = DispatchSemaphore(value: 0)
            let blocker = Thread {
                server.perform { _, _ in
                    isBusy.signal()
                    goesOn.wait()
                }
            }
            blocker.start()
            isBusy.wait()
            asking.send(post("/release", "", fields: "X-Tail: ased\r\n"))
            if ends {
                kept.endOutput()
            } else {
                kept.send(post("/echo", "3") + post("/later/1", "4"))
            }
            usleep(20_000)
            goesOn.signal()
            #expect(try kept.reply().text == "kept")
            #expect(try kept.reply().text == "2")
            if ends {
                #expect(kept.isClosed())
            } else {
                #expect(try kept.reply().text == "3")
                #expect(try kept.reply().text == "4")
            }
            #expect(try asking.reply().text == "released")
        }
    }

    /// Input that fills the buffer and more, behind a request that is answered later, is not forgotten.
    @Test func inputBehindARequestInWorkIsRead() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let large = String(repeating: "x", count: 200_000)
        let requests = post("/later/30", "a") + post("/later/30", large) + post("/echo", large)
        client.sendInBackground([Array(requests.utf8)])
        #expect(try client.reply().text == "a")
        #expect(try client.reply().text == large)
        #expect(try client.reply().text == large)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ReactorNewsTests {
    private final class Recorder: ReadinessHandler {
        var seen: [Readiness] = []
        var action: (Readiness) -> Void = { _ in }
        func ready(_ events: Readiness) {
            seen.append(events)
            action(events)
        }
    }

    private final class Ender: TurnEndHandler {
        var calls: [String] = []
        private unowned let reactor: Reactor
        init(_ reactor: Reactor) { self.reactor = reactor }
        func turnEnds() {
            calls.append(calls.count == 1 ? "end" : "end of the end")
            if calls.count == 2 { reactor.atEndOfTurn(self) }
        }
    }

    /// Told once of what is there, anew of what comes, of the end of it, and of all that is there when watched again.
    @Test func tellsOnlyNews() throws {
        let reactor = try Reactor()
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { close(ends[0]) }
        let recorder = Recorder()
        write(ends[1], "x", 1)
        try reactor.watch(ends[0], [.read, .onlyNews], recorder)
        reactor.schedule(after: 10_000_000) { write(ends[1], "y", 1) }
        reactor.schedule(after: 20_000_000) { try? reactor.watch(ends[0], [.read, .onlyNews], recorder) }
        reactor.schedule(after: 30_000_000) { shutdown(ends[1], Int32(SHUT_WR)) }
        reactor.schedule(after: 40_000_000) { [unowned reactor] in
            reactor.unwatch(ends[0])
            reactor.stop()
        }
        reactor.run()
        #expect(recorder.seen == [.read, .read, .read, [.read, .ended]])
        close(ends[1])
    }

    @Test func callsOnceAtTheEndOfATurn() throws {
        let reactor = try Reactor()
        let handler = Ender(reactor)
        reactor.schedule(after: 0) { [unowned reactor] in
            reactor.atEndOfTurn(handler)
            handler.calls.append("timer")
            reactor.schedule(after: 5_000_000) { [unowned reactor] in reactor.stop() }
        }
        reactor.run()
        #expect(handler.calls == ["timer", "end", "end of the end"])
    }
}
