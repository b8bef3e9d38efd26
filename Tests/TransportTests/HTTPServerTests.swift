import Foundation
import Testing

@testable import Transport

/// A request with a body, as text.
func post(_ target: String, _ body: String = "", fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: h\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// The server over loopback sockets: requests and replies.
@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func answersRequestsOnOneConnection(host: String) throws {
        let server = try TestServer(host: host)
        defer { server.stop() }
        let client = try TestClient(port: server.port, host: host)
        for body in ["one", "", "three"] {
            client.send(post("/echo?q=1", body))
            let reply = try client.reply()
            #expect(reply.status == 200)
            #expect(reply.text == body)
            #expect(reply.headers["x-method"] == "POST")
            #expect(reply.headers["x-host"] == "h")
            #expect(reply.headers["x-target"] == "/echo?q=1")
            #expect(reply.headers["server"] == "Leveret")
            #expect(reply.headers["connection"] == "keep-alive")
        }
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.reply().headers["x-method"] == "GET")
    }

    @Test func sendsTheDate() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/"))
        let text = try #require(try client.reply().headers["date"])
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = try #require(format.date(from: text))
        #expect(abs(date.timeIntervalSinceNow) < 5)
    }

    @Test func writesHeaderFieldsThatStayFields() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/headers"))
        let headers = try client.reply().headers
        #expect(headers["x-text"] == "text")
        #expect(headers["x-number"] == "18446744073709551615")
        #expect(headers["x-zero"] == "0")
        #expect(headers["x-evil"] == "a  X-Injected: b")
        #expect(headers["x-injected"] == nil)
        #expect(headers["x-passed"] == "on")
        #expect(headers["x bad"] == nil)
    }

    @Test func answersPipelinedRequestsInOrder() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/later/30", "a") + post("/echo", "b") + post("/later/1", "c") + post("/echo", "d"))
        for body in ["a", "b", "c", "d"] {
            #expect(try client.reply().text == body)
        }
        // More than one read, and a cut within a request.
        let many = (0..<2000).map { post($0 % 7 == 0 ? "/later/0" : "/echo", "\($0)") }.joined()
        client.sendInBackground([Array(many.utf8)])
        for number in 0..<2000 {
            #expect(try client.reply().text == "\(number)")
        }
    }

    @Test func readsBodiesInAnyForm() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        let large = String(repeating: "0123456789", count: 30_000)
        client.send(post("/", large))
        #expect(try client.reply().text == large)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        usleep(20_000)
        client.send("2\r\nde\r\n0\r\n\r\n")
        #expect(try client.reply().text == "abcde")
        for byte in post("/", "slow").utf8 {
            client.send([byte])
        }
        #expect(try client.reply().text == "slow")
        client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.reply().status == 100)
        client.send("ok")
        #expect(try client.reply().text == "ok")
        #expect(server.read { server, _ in server.bufferedBytes } == 0)
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
        "POST /later/5 HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
    ])
    func closesWhenAsked(request: String) throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(request)
        let reply = try client.reply()
        #expect(reply.text == "x")
        #expect(reply.headers["connection"] == "close")
        #expect(client.isClosed())
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func headGetsNoBody() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send("HEAD /large/10 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let reply = String(decoding: try client.remainder(), as: UTF8.self)
        #expect(reply.contains("Content-Length: 10\r\n"))
        #expect(reply.hasSuffix("\r\n\r\n"))
    }

    @Test func answersOnlyOnce() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/twice") + post("/echo", "next"))
        #expect(try client.reply().text == "once")
        #expect(try client.reply().text == "next")
    }

    @Test func bodyOfTheWrongLengthDoesNotShiftTheNextReply() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        client.send(post("/wrong/2") + post("/wrong/8") + post("/echo", "never"))
        #expect(try client.reply().text == "fo")
        let rest = String(decoding: try client.remainder(), as: UTF8.self)
        #expect(rest.hasSuffix("Content-Length: 8\r\n\r\nfour"))
    }

    @Test func repliesGivenInAnothersTurnDoNotMix() throws {
        let server = try TestServer()
        defer { server.stop() }
        let waiting = try (0..<3).map { _ in try TestClient(port: server.port) }
        for client in waiting {
            client.send(post("/keep") + post("/echo", "after"))
        }
        #expect(server.waitUntil { _, handler in handler.kept.count == 3 })
        let client = try TestClient(port: server.port)
        client.send(post("/echo", "before") + post("/release", fields: "X-Tail: ased\r\n") + post("/echo", "behind"))
        #expect(try client.reply().text == "before")
        #expect(try client.reply().text == "released")
        #expect(try client.reply().text == "behind")
        for client in waiting {
            #expect(try client.reply().text == "kept")
            #expect(try client.reply().text == "after")
        }
    }

    @Test func severalReactorsShareAPort() throws {
        let first = try TestServer()
        defer { first.stop() }
        let second = try TestServer(port: first.port, sharing: .join)
        defer { second.stop() }
        #expect(second.port == first.port)
        #expect(throws: TransportError.self, "another server may not claim a shared port") {
            try TestServer(port: first.port)
        }
        let clients = try (0..<40).map { _ in try TestClient(port: first.port) }
        for client in clients {
            client.send(post("/", "x"))
            #expect(try client.reply().text == "x")
        }
        let counts = [first, second].compactMap { $0.read { server, _ in server.connectionCount } }
        #expect(counts.reduce(0, +) == 40)
        #expect(!counts.contains(0))
    }

    @Test func portInUseIsAnError() throws {
        let held = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(held) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(held, $0, length)
                _ = listen(held, 1)
                _ = getsockname(held, $0, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        #expect(throws: TransportError.self) { try TestServer(port: port) }
        #expect(throws: TransportError.self) { try TestServer(host: "no such host") }
    }

    @Test func parsesListenAddresses() {
        #expect(ListenAddress("127.0.0.1:80") == ListenAddress(host: "127.0.0.1", port: 80))
        #expect(ListenAddress("[::1]:80") == ListenAddress(host: "::1", port: 80))
        #expect(ListenAddress("localhost:0")?.description == "localhost:0")
        #expect(ListenAddress("[::1]:80")?.description == "[::1]:80")
        for wrong in ["", "80", ":80", "a:", "a:x", "a:65536", "::1:80", "a:-1"] {
            #expect(ListenAddress(wrong) == nil, "\(wrong)")
        }
    }
}
