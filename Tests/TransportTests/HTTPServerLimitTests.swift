import Foundation
import Testing

@testable import Transport

/// The server over loopback sockets: refusals, deadlines, clients that go away or do not read.
@Suite(.timeLimit(.minutes(1)))
struct HTTPServerLimitTests {
    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    @Test func refusesAndCloses() throws {
        let server = try TestServer()
        defer { server.stop() }
        for capture in try Captures.load("crafted.jsonl") where capture.case.hasPrefix("http-") {
            let client = try TestClient(port: server.port)
            // What follows must not be taken for a request.
            client.send(capture.request + Array(post("/echo", "smuggled").utf8))
            let reply = try client.reply()
            #expect(reply.status == 400, "\(capture.case)")
            #expect(reply.headers["connection"] == "close")
            #expect(reply.headers["x-refused"] == "yes")
            #expect(client.isClosed(), "\(capture.case)")
        }
    }

    @Test func clientSeesTheRefusalOfALargeBodyItIsStillSending() throws {
        let server = try TestServer(limits: limits { $0.bodyBytes = 1000 })
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let request = post("/", String(repeating: "x", count: 4 << 20))
        #expect(client.send(Array(request.utf8)))
        let reply = try client.reply()
        #expect(reply.status == 413)
        #expect(reply.text == "bodyTooLarge")
        client.endOutput()
        #expect(client.isClosed())
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func repliesComeBeforeTheRefusalOfWhatFollows() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/echo", "1") + post("/later/20", "2") + "nonsense\r\n\r\n")
        #expect(try client.reply().text == "1")
        #expect(try client.reply().text == "2")
        #expect(try client.reply().status == 400)
        #expect(client.isClosed())
    }

    @Test func slowHeadsAndBodiesTimeOut() throws {
        let server = try TestServer(
            limits: limits {
                $0.headDeadline = 100_000_000
                $0.bodyDeadline = 200_000_000
                $0.idleDeadline = 300_000_000
            }
        )
        defer { server.stop() }
        let idle = try TestClient(port: server.port)
        let head = try TestClient(port: server.port)
        head.send("POST / HTT")
        let body = try TestClient(port: server.port)
        body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        let working = try TestClient(port: server.port)
        working.send(post("/later/800", "done"))
        // Bytes that keep coming do not extend the deadline.
        head.sendInBackground(Array(repeating: [UInt8(ascii: "P")], count: 1000), pause: 10_000)
        #expect(try head.reply().text == "headTimeout")
        #expect(try body.reply().text == "bodyTimeout")
        #expect(idle.isClosed())
        #expect(try working.reply().text == "done")
        #expect(working.isClosed())
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func halfClosedClientGetsItsAnswer() throws {
        let server = try TestServer()
        defer { server.stop() }
        for target in ["/echo", "/later/50"] {
            let client = try TestClient(port: server.port)
            client.send(post(target, "1") + post(target, "2"))
            client.endOutput()
            #expect(try client.reply().text == "1")
            #expect(try client.reply().text == "2")
            #expect(client.isClosed())
        }
        let cut = try TestClient(port: server.port)
        cut.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        cut.endOutput()
        #expect(cut.isClosed())
    }

    @Test func answersToClientsThatHaveGoneAreDropped() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/keep") + post("/echo", "pipelined"))
        #expect(server.waitUntil { _, handler in handler.kept.count == 1 && handler.kept[0].isOpen })
        client.reset()
        #expect(server.waitUntil { server, handler in server.connectionCount == 0 && !handler.kept[0].isOpen })
        server.perform { _, handler in
            let exchange = handler.kept.removeFirst()
            exchange.reply(status: 200, headers: { _ in }, body: [1])
        }
        let next = try TestClient(port: server.port)
        next.send(post("/echo", "fine"))
        #expect(try next.reply().text == "fine")
    }

    @Test func handlerThatNeverAnswersHoldsUpNobodyElse() throws {
        let server = try TestServer()
        defer { server.stop() }
        let stuck = try TestClient(port: server.port)
        stuck.send(post("/never"))
        #expect(server.waitUntil { _, handler in handler.kept.count == 1 })
        let client = try TestClient(port: server.port)
        client.send(post("/echo", "free"))
        #expect(try client.reply().text == "free")
    }

    @Test func slowReaderIsNotBufferedFor() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port, receiveBuffer: 4096)
        let size = 1 << 20
        let count = 64
        let requests = Array(String(repeating: post("/large/\(size)"), count: count).utf8)
        client.sendInBackground([requests])
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        usleep(50_000)
        let held = try #require(server.read { server, _ in server.bufferedBytes })
        #expect(held < 3 * size)
        for _ in 0..<count {
            #expect(try client.reply().body.count == size)
        }
        #expect(server.waitUntil { server, _ in server.bufferedBytes == 0 })
    }

    @Test func clientThatDoesNotReadIsClosedInTime() throws {
        let server = try TestServer(limits: limits { $0.writeDeadline = 200_000_000 })
        defer { server.stop() }
        let client = try TestClient(port: server.port, receiveBuffer: 4096)
        client.send(post("/large/\(16 << 20)"))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 && server.bufferedBytes == 0 })
    }

    @Test func bodiesOverTheBudgetAreRefused() throws {
        let server = try TestServer(limits: limits { $0.bufferedBytes = 300_000 })
        defer { server.stop() }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
        let first = try TestClient(port: server.port)
        first.send(head + String(repeating: "x", count: 200_000))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 200_000 })
        let second = try TestClient(port: server.port)
        second.send(head + String(repeating: "y", count: 200_000))
        let reply = try second.reply()
        #expect(reply.status == 503)
        #expect(reply.text == "overloaded")
        first.send(String(repeating: "x", count: 50_000))
        first.reset()
        #expect(server.waitUntil { server, _ in server.bufferedBytes == 0 })
    }

    @Test func connectionsOverTheLimitAreToldSo() throws {
        let server = try TestServer(limits: limits { $0.connections = 2 })
        defer { server.stop() }
        let clients = try (0..<2).map { _ in try TestClient(port: server.port) }
        for client in clients {
            client.send(post("/echo", "in"))
            #expect(try client.reply().text == "in")
        }
        let third = try TestClient(port: server.port)
        #expect(try third.reply().text == "tooManyConnections")
        #expect(third.isClosed())
        clients[0].reset()
        third.endOutput()
        #expect(server.waitUntil { server, _ in server.connectionCount == 1 })
        let fourth = try TestClient(port: server.port)
        fourth.send(post("/echo", "in"))
        #expect(try fourth.reply().text == "in")
    }

    @Test func drainsGracefully() throws {
        let server = try TestServer()
        let idle = try TestClient(port: server.port)
        idle.send(post("/echo", "x"))
        _ = try idle.reply()
        let working = try TestClient(port: server.port)
        working.send(post("/later/150", "finished") + post("/echo", "too late"))
        let sending = try TestClient(port: server.port)
        sending.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nha")
        let stuck = try TestClient(port: server.port)
        stuck.send(post("/never"))
        #expect(server.waitUntil { server, handler in handler.kept.count == 1 && server.bufferedBytes > 0 })
        let isDone = Box(false)
        server.perform { server, _ in
            server.drain(within: 600_000_000) { isDone.set(true) }
        }
        #expect(idle.isClosed())
        #expect(throws: (any Error).self) { try TestClient(port: server.port) }
        sending.send("lf")
        for (client, text) in [(sending, "half"), (working, "finished")] {
            let reply = try client.reply()
            #expect(reply.text == text)
            #expect(reply.headers["connection"] == "close")
            #expect(client.isClosed())
        }
        #expect(!isDone.get())
        #expect(stuck.isClosed())
        #expect(server.waitUntil { server, _ in isDone.get() && server.connectionCount == 0 })
        server.perform { server, _ in server.reactor.stop() }
    }

    @Test func drainsAtOnceWithoutConnections() throws {
        let server = try TestServer()
        server.stop()
        #expect(throws: (any Error).self) { try TestClient(port: server.port) }
    }
}
