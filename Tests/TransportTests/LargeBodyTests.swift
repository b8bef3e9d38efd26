import Foundation
import Testing

@testable import Transport

/// Bodies that are not received, or sent, in one piece.
@Suite(.timeLimit(.minutes(1)))
struct LargeBodyTests {
    private static let size = 6 << 20

    /// Turns of the server's reactor while `body` runs, at least.
    private func turns(of server: TestServer, _ body: () throws -> Void) throws -> Int {
        final class Count {
            var turns = 0
            var isOver = false
        }
        server.perform { server, handler in
            let count = Count()
            handler.state = count
            let reactor = server.reactor
            func turn() {
                count.turns += 1
                if !count.isOver { reactor.schedule(after: 0) { turn() } }
            }
            turn()
        }
        try body()
        return server.read { _, handler in
            guard let count = handler.state as? Count else { return 0 }
            count.isOver = true
            return count.turns
        } ?? 0
    }

    @Test(arguments: [false, true])
    func aLargeReplyIsSentInSteps(isPipelined: Bool) throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let count = try turns(of: server) {
            let after = isPipelined ? post("/echo", "after") : ""
            client.send(post("/echo", "before") + post("/whole/\(Self.size)", "") + after)
            #expect(try client.reply().text == "before")
            let reply = try client.reply()
            #expect(reply.body.count == Self.size)
            #expect(reply.body == TestHandler.pattern(Self.size))
            if isPipelined { #expect(try client.reply().text == "after") }
        }
        #expect(count >= Self.size / (256 << 10))
        client.send(post("/echo", "again"))
        #expect(try client.reply().text == "again")
        #expect(server.waitUntil { server, _ in server.bufferedBytes == 0 })
    }

    @Test func aLargeReplyWaitsForASlowClient() throws {
        let server = try TestServer()
        defer { server.stop() }
        let slow = try TestClient(port: server.port, receiveBuffer: 4096)
        slow.send(post("/whole/\(Self.size)", "") + post("/echo", "next"))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > Self.size / 2 })
        let other = try TestClient(port: server.port)
        other.send(post("/echo", "other"))
        #expect(try other.reply().text == "other")
        #expect(try slow.reply().body == TestHandler.pattern(Self.size))
        #expect(try slow.reply().text == "next")
    }

    @Test func aClientThatGoesFreesItsReply() throws {
        let server = try TestServer()
        defer { server.stop() }
        do {
            let client = try TestClient(port: server.port, receiveBuffer: 4096)
            client.send(post("/whole/\(Self.size)", ""))
            #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        }
        #expect(server.waitUntil { server, _ in server.bufferedBytes == 0 && server.connectionCount == 0 })
    }

    @Test func aLargeReplyMayBeTheLast() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/whole/\(Self.size)", "", fields: "Connection: close\r\n"))
        let reply = try client.reply()
        #expect(reply.headers["connection"] == "close")
        #expect(reply.body.count == Self.size)
        #expect(client.isClosed())
    }

    /// The reply was begun when nobody spoke of stopping; what the client has sent behind it is answered all the same.
    @Test(arguments: [false, true])
    func drainingEndsTheConnectionBehindALargeReply(isPipelined: Bool) throws {
        let server = try TestServer()
        let slow = try TestClient(port: server.port, receiveBuffer: 4096)
        slow.send(post("/whole/\(Self.size)", "") + (isPipelined ? post("/echo", "next") : ""))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > Self.size / 2 })
        let isDone = Box(false)
        server.perform { server, _ in
            server.drain(within: 60_000_000_000) { isDone.set(true) }
        }
        #expect(try slow.reply().body.count == Self.size)
        if isPipelined {
            let next = try slow.reply()
            #expect(next.text == "next" && next.headers["connection"] == "close")
        }
        #expect(slow.isClosed())
        #expect(server.waitUntil { _, _ in isDone.get() })
        server.perform { server, _ in server.reactor.stop() }
    }

    @Test func aClientThatTakesTooLongIsGivenUp() throws {
        var limits = HTTPLimits()
        limits.writeDeadline = 300_000_000
        let server = try TestServer(limits: limits)
        defer { server.stop() }
        let stuck = try TestClient(port: server.port, receiveBuffer: 4096)
        stuck.send(post("/whole/\(Self.size)", ""))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 && server.bufferedBytes == 0 })
    }

    /// Whether the server lets the connection go on when its deadline passes.
    private func goesOn(_ server: TestServer) -> Bool? {
        server.read { server, _ in
            let connection = server.connections.first
            connection?.expire()
            return server.connectionCount == 1 && connection.map { $0.deadline > server.reactor.now } == true
        }
    }

    /// What the client has taken by the time, not what the socket has.
    @Test(arguments: [false, true])
    func aClientThatKeepsTakingIsGivenMoreTime(isCopied: Bool) throws {
        var limits = HTTPLimits()
        limits.writeRate = 20_000
        let server = try TestServer(limits: limits)
        defer { server.stop() }
        let slow = try TestClient(port: server.port, receiveBuffer: 64 << 10)
        slow.send(post("/\(isCopied ? "large" : "whole")/\(16 << 20)", ""))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        for _ in 0..<3 {
            // More than the client has in its socket.
            _ = try slow.bytes(limits.leastTaken * 3 / 2)
            #expect(goesOn(server) == true)
        }
        // Steadily, but too slowly: memory is held for nobody who takes a byte now and then.
        _ = try slow.bytes(limits.leastTaken / 2)
        #expect(goesOn(server) == false)
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 && server.bufferedBytes == 0 })
    }

    @Test func aHeadRequestGetsNoLargeBody() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send("HEAD /whole/\(Self.size) HTTP/1.1\r\nHost: a\r\n\r\n" + post("/echo", "next"))
        var head = ""
        while !head.hasSuffix("\r\n\r\n") { head += try String(decoding: client.bytes(1), as: UTF8.self) }
        #expect(head.contains("Content-Length: \(Self.size)"))
        #expect(try client.reply().text == "next")
    }

    @Test func moreThanMayBeHeldClosesTheConnection() throws {
        var limits = HTTPLimits()
        limits.bufferedBytes = 1 << 20
        let server = try TestServer(limits: limits)
        defer { server.stop() }
        let slow = try TestClient(port: server.port, receiveBuffer: 4096)
        slow.send(post("/whole/\(Self.size)", ""))
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 && server.bufferedBytes == 0 })
    }

    /// The observer has seen a large body when the handler gets it; the handler owns the bytes.
    @Test(arguments: [false, true])
    func aLargeBodyIsObservedAsItComes(isChunked: Bool) throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let body = TestHandler.pattern(3_000_000)
        var request = Array("POST /observed HTTP/1.1\r\nHost: a\r\n".utf8)
        if isChunked {
            request += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
            for start in stride(from: 0, to: body.count, by: 70_000) {
                let piece = body[start..<min(start + 70_000, body.count)]
                request += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
            }
            request += Array("0\r\n\r\n".utf8)
        } else {
            request += Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
        }
        client.sendInBackground([request])
        let reply = try client.reply()
        #expect(reply.body == body)
        #expect(reply.headers["x-owned"] == "yes")
        let pieces = reply.headers["x-pieces"].flatMap(Int.init) ?? 0
        #expect(pieces >= body.count / (128 << 10))
        #expect(reply.headers["x-longest"].flatMap(Int.init).map { $0 <= 128 << 10 } == true)
        // A small one is not.
        client.send(post("/observed", "small"))
        let small = try client.reply()
        #expect(small.body.isEmpty)
        #expect(small.headers["x-pieces"] == "0")
    }

    @Test func aLargeBodyIsMovedOnce() {
        var body: [UInt8] = []
        let piece = [UInt8](repeating: 1, count: 64 << 10)
        var moves = 0
        var address: UInt?
        for _ in 0..<256 {
            body.reserveRoom(for: piece.count, limit: 16 << 20)
            body += piece
            let now = body.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            if body.count > 512 << 10, now != address { moves += 1 }
            address = now
        }
        #expect(body.count == 16 << 20)
        #expect(moves <= 1)
        // An announcement alone is given nothing.
        var announced: [UInt8] = []
        announced.reserveRoom(for: 1000, expected: 16 << 20, limit: 16 << 20)
        announced.append(1)
        #expect(announced.capacity < 1 << 20)
    }

    @Test func aKeptRequestIsAsItWas() {
        let head = Array("POST /path?query HTTP/1.1\r\nHost: a\r\nX-Tail: value\r\n\r\n".utf8)
        var driver = CodecDriver()
        driver.feed(head.dropLast(2) + Array("Content-Length: 4\r\n\r\nbody".utf8))
        #expect(driver.seen.count == 1)
        let kept = head.withUnsafeBytes { head in
            [HeaderSlice(27, 4, 33, 1), HeaderSlice(36, 6, 44, 5)].withUnsafeBufferPointer { headers in
                Array("body".utf8).withUnsafeBytes { body in
                    KeptRequest(
                        HTTPRequest(
                            method: .post,
                            methodBytes: UnsafeRawBufferPointer(rebasing: head[0..<4]),
                            target: UnsafeRawBufferPointer(rebasing: head[5..<16]),
                            head: head,
                            headers: headers,
                            body: body,
                            isTLS: true
                        )
                    )
                }
            }
        }
        kept.withRequest { request in
            #expect(request.method == .post)
            #expect(request.methodBytes.elementsEqual("POST".utf8))
            #expect(request.target.elementsEqual("/path?query".utf8))
            #expect(request.header("x-tail")?.elementsEqual("value".utf8) == true)
            #expect(request.body.elementsEqual("body".utf8))
            #expect(request.ownedBody == Array("body".utf8))
            #expect(request.isTLS)
        }
    }
}
