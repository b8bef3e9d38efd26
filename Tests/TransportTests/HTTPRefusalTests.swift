import Testing

@testable import Transport

/// Input that has to be refused, in any cut.
struct HTTPRefusalTests {
    private static let host = "Host: h\r\n"
    private static let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let refused: [(input: String, reason: HTTPRefusal)] = [
        // Request line
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/0.9\r\nHost: h\r\n\r\n", .unsupportedVersion),
        ("GET / http/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/11\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET /\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET / / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET /\t HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        (" GET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedRequestLine),
        ("\u{16}\u{3}\u{1}", .malformedRequestLine),
        // Header lines
        ("GET / HTTP/1.1\nHost: h\n\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{7f}\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{1}\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\n Host: h\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX(Y: x\r\n\r\n", .malformedHeader),
        ("GET / HTTP/1.1\r\nHost: h\r\nX\u{e9}: x\r\n\r\n", .malformedHeader),
        // Host
        ("GET / HTTP/1.1\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost),
        // Length
        ("POST / HTTP/1.1\r\nHost: h\r\n\r\n", .missingLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", .ambiguousLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", .ambiguousLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -2\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999999x\r\n\r\n", .malformedLength),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999999\r\n\r\n", .bodyTooLarge),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16777217\r\n\r\n", .bodyTooLarge),
        // Transfer encoding
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedTransferEncoding),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .ambiguousLength
        ),
        // Chunks
        (chunked + "\r\n", .malformedChunk),
        (chunked + ";x\r\n", .malformedChunk),
        (chunked + "g\r\n", .malformedChunk),
        (chunked + "+1\r\nx\r\n", .malformedChunk),
        (chunked + "0x1\r\nx\r\n", .malformedChunk),
        (chunked + " 1\r\nx\r\n", .malformedChunk),
        (chunked + "1 \r\nx\r\n", .malformedChunk),
        (chunked + "1\nx\r\n", .malformedChunk),
        (chunked + "1\r\nxy\r\n", .malformedChunk),
        (chunked + "1\r\nx\n0\r\n\r\n", .malformedChunk),
        (chunked + "1\rx\r\n", .malformedChunk),
        (chunked + "1;a\nx\r\n", .malformedChunk),
        (chunked + "00000000000000001\r\nx\r\n", .malformedChunk),
        (chunked + "0\r\nbad trailer\r\n\r\n", .malformedChunk),
        (chunked + "0\r\n folded: x\r\n\r\n", .malformedChunk),
        (chunked + "0\r\nX: a\n\r\n", .malformedChunk),
        (chunked + "0\r\n\rx", .malformedChunk),
        (chunked + "1000001\r\n", .bodyTooLarge),
        (chunked + "ffffffffffffffff\r\n", .bodyTooLarge),
        (chunked + "1;" + String(repeating: "x", count: 20_000), .headTooLarge),
        (chunked + "0\r\nX: " + String(repeating: "x", count: 20_000), .headTooLarge),
        // Size of the head
        ("GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 20_000), .headTooLarge),
        ("GET /" + String(repeating: "x", count: 16_384) + " HTTP/1.1\r\nHost: h\r\n\r\n", .headTooLarge),
        ("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: 100) + "\r\n", .tooManyHeaders),
    ]

    @Test(arguments: refused.indices)
    func refuses(_ index: Int) {
        let (input, reason) = HTTPRefusalTests.refused[index]
        #expect(CodecDriver.whole(input) == [.refusal(reason)], "\(input.prefix(80).debugDescription)")
    }

    @Test func refusesLatinBytesInTheTarget() {
        let input = Array("GET /".utf8) + [0xe9] + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        #expect(CodecDriver.whole(input) == [.refusal(.malformedRequestLine)])
    }

    @Test func staysRefused() {
        var driver = CodecDriver()
        driver.feed(Array("GET / HTTP/1.1\n".utf8))
        driver.feed(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(driver.seen == [.refusal(.malformedHeader), .refusal(.malformedHeader)])
    }

    @Test func answersWhatCameBeforeTheRefusal() {
        let seen = CodecDriver.whole("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\n")
        #expect(seen.count == 2)
        #expect(seen.last == .refusal(.malformedHeader))
    }
}
