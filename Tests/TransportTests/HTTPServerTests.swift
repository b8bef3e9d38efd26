import Foundation
import Testing

@testable import Transport

/// The server over loopback sockets.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct HTTPServerTests {
    private func request(_ target: String, _ body: String = "", _ fields: String = "") -> String {
        "POST \(target) HTTP/1.1\r\nHost: h\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func answersRequestsOnOneConnection() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try TestClient(port: server.port)
        for body in ["one", "", "three"] {
            client.send(request("/echo?q=1", body))
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
}
