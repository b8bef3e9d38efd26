import Foundation
import SigV4
import Testing

@testable import Upstream

@Suite("Calls that are answered", .serialized)
struct CallTests {
    @Test func headIsWhatDynamoDBExpects() throws {
        let server = try ScriptedServer(echo)
        let body = #"{"TableName":"t","Item":{"k":{"S":"v"}}}"#
        let reply = try Harness().reply(to: .to(server, body: body))
        #expect(reply.status == 200)
        #expect(reply.text == body)
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("POST / HTTP/1.1\r\n"))
        let names = Set(request.headers.map { $0.prefix { $0 != ":" }.lowercased() })
        #expect(
            names == [
                "host", "content-type", "content-length", "x-amz-target", "x-amz-date", "authorization",
                "accept-encoding",
            ]
        )
        #expect(names.count == request.headers.count)
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.header("accept-encoding") == "identity")
        #expect(request.header("content-type") == "application/x-amz-json-1.0")
        #expect(request.header("x-amz-target") == "DynamoDB_20120810.PutItem")
    }

    /// libcurl would ask for a 100 before it sends more than 1 MiB, and an endpoint may not answer that.
    @Test func largeBodyIsSentWithoutAsking() throws {
        let server = try ScriptedServer(echo)
        let body = String(repeating: "0123456789abcdef", count: 1 << 17)
        let reply = try Harness().reply(to: .to(server, body: body))
        #expect(reply.text == body)
        #expect(server.requests.first?.header("expect") == nil)
    }

    @Test(arguments: ["/", "/tenant-a/x%20y/", "/a//b"], [nil, "session/token+=="])
    func signatureVerifies(path: String, token: String?) throws {
        let server = try ScriptedServer(echo)
        var call = try UpstreamCall.to("http://127.0.0.1:\(server.port)\(path)", body: #"{"a":"\u{e9}"}"#)
        let secret = SecretKey(Array(exampleSecret.utf8))
        call.authentication = .sign(
            SigningCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: token)
        )
        _ = try Harness().reply(to: call)
        let request = try #require(server.requests.first)
        #expect(request.header("x-amz-security-token") == token)
        try verify(request, secret: secret)
        var tampered = request
        tampered.body[0] ^= 1
        #expect(throws: SignatureError.self) { try verify(tampered, secret: secret) }
    }

    @Test func callersHeadersPassUntouched() throws {
        let server = try ScriptedServer(echo)
        var call = try UpstreamCall.to(server)
        call.authentication = .passThrough(headers: [
            ("Authorization", Array("AWS4-HMAC-SHA256 Credential=x/y, Signature=z".utf8)),
            ("X-Amz-Date", Array("20150830T123600Z".utf8)),
            ("X-Amz-Security-Token", []),
            ("host", Array("localhost:8000".utf8)),
            ("X-Odd", [0xC3, 0xA9, 0xFF]),
            ("Content-Length", Array("9999".utf8)),
            ("Transfer-Encoding", Array("chunked".utf8)),
            ("accept-encoding", Array("gzip".utf8)),
            ("Expect", Array("100-continue".utf8)),
            ("X-Amz-Target", Array("Another.Target".utf8)),
        ])
        _ = try Harness().reply(to: call)
        let request = try #require(server.requests.first)
        #expect(request.header("authorization") == "AWS4-HMAC-SHA256 Credential=x/y, Signature=z")
        #expect(request.header("x-amz-date") == "20150830T123600Z")
        #expect(request.header("x-amz-security-token") == "")
        #expect(request.headers.filter { $0.lowercased().hasPrefix("host:") } == ["Host: localhost:8000"])
        #expect(request.header("x-odd") != nil)
        #expect(request.header("content-length") == "\(call.body.count)")
        #expect(request.header("transfer-encoding") == nil)
        #expect(request.header("accept-encoding") == "identity")
        #expect(request.header("expect") == nil)
        #expect(request.header("x-amz-target") == call.target)
    }

    @Test func replyHeadersAreSorted() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.reply(
                status: 400,
                headers: "Server: Server\r\nDate: now\r\ncontent-TYPE: application/x-amz-json-1.0 \r\n"
                    + "x-amzn-RequestId:\tABC\r\nx-amz-crc32: 12\r\nX-Amzn-ErrorType: Oops\r\nRetry-After: 3\r\n"
                    + "x-amz-id-2: i\r\nConnection: close\r\n",
                #"{"__type":"Oops"}"#
            )
        }
        let reply = try Harness().reply(to: .to(server))
        #expect(reply.status == 400)
        #expect(reply.text == #"{"__type":"Oops"}"#)
        #expect(reply.requestID == Array("ABC".utf8))
        #expect(reply.contentType == Array("application/x-amz-json-1.0".utf8))
        #expect(reply.headers.count == 3)
        #expect(reply.header("x-amzn-errortype") == "Oops")
        #expect(reply.header("retry-after") == "3")
        #expect(reply.header("x-amz-id-2") == "i")
    }

    @Test(arguments: [200, 400, 413, 429, 500, 503])
    func everyStatusIsAReply(_ status: Int) throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.reply(status: status, "x")
        }
        #expect(try Harness().reply(to: .to(server, isRead: true)).status == status)
        #expect(server.requests.count == 1)
    }

    @Test func redirectIsAReply() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.reply(status: 307, headers: "Location: /elsewhere\r\n", "")
        }
        #expect(try Harness().reply(to: .to(server)).status == 307)
        #expect(server.requests.count == 1)
    }

    @Test func interimAnswersAreSkipped() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.send("HTTP/1.1 100 Continue\r\nx-amzn-RequestId: early\r\n\r\n")
            connection.send("HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\n")
            connection.reply("{}")
        }
        let reply = try Harness().reply(to: .to(server))
        #expect(reply.status == 200)
        #expect(reply.requestID == nil)
        #expect(reply.headers.isEmpty)
        #expect(reply.text == "{}")
    }

    @Test func chunkedReply() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
            usleep(20_000)
            connection.send("5;a=b\r\n\"\": 1\r\n1\r\n}\r\n0\r\nHTTP/1.1: trailer\r\n\r\n")
        }
        #expect(try Harness().reply(to: .to(server)).text == #"{"": 1}"#)
    }

    /// Sent as libcurl asks for it, gathered in one block: with small ones between, on the same handle.
    @Test(arguments: [false, true])
    func largeAndSmallBodiesTakeTurns(isChunked: Bool) throws {
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let text = String(decoding: request.body, as: UTF8.self)
                guard isChunked else {
                    connection.reply(text)
                    continue
                }
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                var rest = text[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(100_000)
                    rest = rest.dropFirst(piece.count)
                    connection.send("\(String(piece.count, radix: 16))\r\n\(piece)\r\n")
                }
                connection.send("0\r\n\r\n")
            }
        }
        let harness = try Harness()
        for (number, count) in [1, 300_000, 0, 65_536, 65_537, 2_000_000, 2].enumerated() {
            let body = String(String(repeating: "0123456789\(number)", count: count / 11 + 1).prefix(count))
            let reply = try harness.reply(to: .to(server, body: body))
            #expect(reply.body == Array(body.utf8), "\(count)")
        }
        #expect(server.connections == 1)
        #expect(server.requests.map(\.body.count) == [1, 300_000, 0, 65_536, 65_537, 2_000_000, 2])
    }

    @Test func connectionsAreReused() throws {
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        for index in 0..<20 {
            #expect(try harness.reply(to: .to(server, body: "\(index)")).text == "\(index)")
        }
        #expect(server.connections == 1)
        #expect(server.requests.count == 20)
    }

    @Test func proxiesOfTheEnvironmentAreIgnored() throws {
        setenv("http_proxy", "http://127.0.0.1:1", 1)
        setenv("all_proxy", "http://127.0.0.1:1", 1)
        defer {
            unsetenv("http_proxy")
            unsetenv("all_proxy")
        }
        let server = try ScriptedServer(echo)
        #expect(try Harness().reply(to: .to(server)).status == 200)
    }

    @Test func nameIsResolved() throws {
        let server = try ScriptedServer(echo)
        #expect(try Harness().reply(to: .to("http://localhost:\(server.port)", body: "{}")).text == "{}")
    }

    private func verify(_ request: ScriptedServer.Request, secret: SecretKey) throws {
        let line = request.head.prefix { $0 != "\r\n" }.split(separator: " ")
        let method = Array(line[0].utf8)
        let target = Array(line[1].utf8)
        var head: [UInt8] = []
        var slices: [HeaderSlice] = []
        for header in request.headers {
            let name = Array(header.utf8.prefix { $0 != UInt8(ascii: ":") })
            let value = Array(header.utf8.dropFirst(name.count + 1).drop { $0 == 0x20 })
            slices.append(
                HeaderSlice(
                    UInt32(head.count),
                    UInt32(name.count),
                    UInt32(head.count + name.count),
                    UInt32(value.count)
                )
            )
            head += name + value
        }
        let verifier = SignatureVerifier()
        try method.withUnsafeBytes { method in
            try target.withUnsafeBytes { target in
                try head.withUnsafeBytes { head in
                    try slices.withUnsafeBufferPointer { headers in
                        try request.body.withUnsafeBytes { body in
                            let received = ReceivedRequest(
                                method: method,
                                target: target,
                                head: head,
                                headers: headers,
                                body: body
                            )
                            let authorization = try verifier.authorization(of: received)
                            #expect(
                                String(decoding: verifier.region(of: authorization, in: received), as: UTF8.self)
                                    == "eu-west-1"
                            )
                            try verifier.verify(authorization, of: received, secret: secret, now: Int64(time(nil)))
                        }
                    }
                }
            }
        }
    }
}
