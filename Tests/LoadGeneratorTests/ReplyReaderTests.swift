import Testing

@testable import LoadGenerator

/// Replies in whatever pieces they come.
@Suite struct ReplyReaderTests {
    private static let plain =
        "HTTP/1.1 200 OK\r\nServer: x\r\nX-Leveret-Cache: hit\r\nContent-Length: 5\r\n\r\nhello"
    private static let chunked =
        "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: y\r\n\r\n"
    private static let empty = "HTTP/1.1 200 OK\r\ncontent-length:0\r\nConnection: close\r\n\r\n"
    private static let spaced = plain.replacing(": hit", with: ":\t hit \t").replacing(": 5", with: ":5  ")
    private static let continued = "HTTP/1.1 100 Continue\r\n\r\n" + plain

    private func read(_ text: String, split: Int) throws -> ReplyReader {
        var reader = ReplyReader()
        reader.reset(keepsBody: true)
        let bytes = Array(text.utf8)
        for part in [bytes[..<split], bytes[split...]] { try reader.take(Array(part).span) }
        return reader
    }

    @Test(arguments: [plain, chunked, empty, continued, spaced])
    func everySplit(text: String) throws {
        for split in 0...text.utf8.count {
            let reader = try read(text, split: split)
            #expect(reader.isDone)
            #expect(reader.status == (text == Self.chunked ? 400 : 200))
            #expect(reader.body == (text == Self.empty ? [] : Array("hello".utf8)))
            #expect(reader.keepsAlive == (text != Self.empty))
            #expect(reader.cacheStatus == (text.contains("hit") ? Array("hit".utf8) : []))
        }
    }

    @Test func byteByByte() throws {
        var reader = ReplyReader()
        reader.reset(keepsBody: false)
        for byte in Self.plain.utf8 {
            #expect(!reader.isDone)
            try reader.take([byte].span)
        }
        #expect(reader.isDone && reader.body.isEmpty)
    }

    @Test func withoutLengthTheCloseEndsIt() throws {
        var reader = try read("HTTP/1.1 200 OK\r\n\r\nabc", split: 4)
        #expect(!reader.isDone && !reader.keepsAlive)
        let hasEnded = reader.end()
        #expect(hasEnded && reader.isDone && reader.body == Array("abc".utf8))
        var cut = try read(String(Self.plain.dropLast()), split: 3)
        let isCut = !cut.end()
        #expect(isCut)
    }

    @Test(
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", "HTTP/1.1 2x0 OK\r\nA: b\r\n\r\n",
            "HTTP/2 200 OK\r\nA: bbbb\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            plain + "more",
        ]
    )
    func refuses(text: String) {
        for split in [0, 1, text.utf8.count / 2] {
            #expect(throws: ReplyProblem.self) { try read(text, split: split) }
        }
    }

    @Test func headsAndLinesAreBounded() {
        var reader = ReplyReader()
        reader.reset(keepsBody: true)
        #expect(throws: ReplyProblem.self) {
            try reader.take(Array("HTTP/1.1 200 OK\r\n".utf8).span)
            for _ in 0..<10_000 { try reader.take(Array("X-Header: value\r\n".utf8).span) }
        }
    }

    @Test func errorNames() {
        let body = Array(#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"no"}"#.utf8)
        #expect(ErrorText.name(body, status: 400) == "ThrottlingException")
        #expect(ErrorText.isThrottling("ThrottlingException") && !ErrorText.isThrottling("ValidationException"))
        #expect(ErrorText.name(Array(#"{"__type" : "Plain"}"#.utf8), status: 400) == "Plain")
        for odd in ["", "<html>", #"{"__type":"#, #"{"__type":3}"#, #"{"__type":"a b"}"#] {
            #expect(ErrorText.name(Array(odd.utf8), status: 503) == "HTTP 503")
        }
        #expect(ErrorText.isFilled("UnprocessedKeys", in: Array(#"{"UnprocessedKeys":{"t":{}}}"#.utf8)))
        #expect(!ErrorText.isFilled("UnprocessedKeys", in: Array(#"{"UnprocessedKeys":{}}"#.utf8)))
        #expect(!ErrorText.isFilled("UnprocessedKeys", in: Array("{}".utf8)))
    }
}
