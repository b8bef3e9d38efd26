import Testing

@testable import Transport

/// Requests that are well formed, and what the codec makes of them.
struct HTTPCodecTests {
    private func onlyRequest(_ input: String, limits: HTTPLimits = HTTPLimits()) throws -> SeenRequest {
        let seen = CodecDriver.whole(input, limits: limits)
        try #require(seen.count == 1)
        guard case .request(let request) = seen[0] else {
            Issue.record("\(seen)")
            throw HTTPRefusal.malformedHeader
        }
        return request
    }

    @Test func parsesARequest() throws {
        let request = try onlyRequest("POST /p?q HTTP/1.1\r\nHost: h:8000\r\nX-Empty:\r\nContent-Length: 2\r\n\r\n{}")
        #expect(request.method == "POST")
        #expect(request.target == "/p?q")
        #expect(request.headers == [["Host", "h:8000"], ["X-Empty", ""], ["Content-Length", "2"]])
        #expect(request.body == Array("{}".utf8))
        #expect(request.keepsAlive)
    }

    @Test func passesAbsoluteFormRaw() throws {
        #expect(try onlyRequest("GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n").target == "http://h/a")
    }

    @Test func trimsValuesButNotWithin() throws {
        let request = try onlyRequest("GET / HTTP/1.1\r\nHost: h\r\nX: \t a  b\u{e9} \t\r\n\r\n")
        #expect(request.headers[1] == ["X", "a  b\u{e9}"])
    }

    @Test func getNeedsNoLength() throws {
        #expect(try onlyRequest("GET / HTTP/1.1\r\nHost: h\r\n\r\n").body.isEmpty)
        #expect(try onlyRequest("PUT / HTTP/1.1\r\nHost: h\r\n\r\n").method == "PUT")
    }

    @Test func decodesChunks() throws {
        let body = "3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: t\r\n\r\n"
        let request = try onlyRequest("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n" + body)
        #expect(request.body == Array("abc0123456789".utf8))
        #expect(request.headers.count == 2)
    }

    @Test func readsPipelinedRequestsInOrder() {
        let input =
            "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
            + "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            + "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\ny\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n"
        let targets = CodecDriver.whole(input).map { seen in
            if case .request(let request) = seen { request.target } else { "refused" }
        }
        #expect(targets == ["/1", "/2", "/3", "/4"])
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: TE, Close\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
        ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: keep-alive\r\n", true),
    ])
    func knowsWhetherTheConnectionStays(version: String, field: String, stays: Bool) throws {
        let request = try onlyRequest("GET / \(version)\r\nHost: h\r\n\(field)\r\n")
        #expect(request.keepsAlive == stays)
    }

    @Test func version10NeedsNoHost() throws {
        #expect(try onlyRequest("GET / HTTP/1.0\r\n\r\n").headers.isEmpty)
    }

    @Test func asksForTheBodyOnlyWhenNoneHasCome() {
        let head = Array("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n".utf8)
        var waiting = CodecDriver()
        waiting.feed(head)
        #expect(waiting.continues == 1)
        waiting.feed(Array("{".utf8))
        waiting.feed(Array("}".utf8))
        #expect(waiting.continues == 1)
        #expect(waiting.seen.count == 1)

        var eager = CodecDriver()
        eager.feed(head + Array("{".utf8))
        eager.feed(Array("}".utf8))
        #expect(eager.continues == 0)
        #expect(eager.seen.count == 1)

        var old = CodecDriver()
        old.feed(Array(String(decoding: head, as: UTF8.self).replacing("/1.1", with: "/1.0").utf8))
        #expect(old.continues == 0)
    }

    @Test func holdsNothingBetweenRequests() {
        var driver = CodecDriver()
        #expect(driver.phase == .idle)
        driver.feed(Array("POST / HTTP/1.1\r\nHost: h\r\nContent-".utf8))
        #expect(driver.phase == .head)
        driver.feed(Array("Length: 2\r\n\r\n".utf8))
        #expect(driver.phase == .body)
        driver.feed(Array("{}".utf8))
        #expect(driver.phase == .idle)
        #expect(driver.heldCount == 0)
        driver.feed(Array("\r".utf8))
        driver.feed(Array("\n".utf8))
        #expect(driver.phase == .idle)
        #expect(driver.heldCount == 0)
    }

    @Test func takesWhatIsJustWithinTheLimits() throws {
        var limits = HTTPLimits()
        limits.headBytes = 64
        limits.headerCount = 3
        limits.bodyBytes = 4
        let start = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nX: "
        let head = start + String(repeating: "x", count: 64 - start.utf8.count - 4) + "\r\n\r\n"
        #expect(head.utf8.count == 64)
        #expect(try onlyRequest(head + "body", limits: limits).headers.count == 3)
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"
        #expect(try onlyRequest(chunked, limits: limits).body.count == 4)
    }

    @Test func tokenBytesAreThoseOfTheGrammar() {
        let others = Set("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max {
            let character = Character(UnicodeScalar(byte))
            let isToken = character.isASCII && (character.isLetter || character.isNumber) || others.contains(byte)
            #expect(byte.isTokenByte == isToken, "\(byte)")
        }
    }
}
