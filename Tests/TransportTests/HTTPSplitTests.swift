import Testing

@testable import Transport

/// However the input is cut, the outcome is that of the whole.
struct HTTPSplitTests {
    static let accepted = [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello\r\n\r\n:)POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;a=b\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
    ]

    private func expectSameInAllCuts(_ input: [UInt8], stride step: Int = 1) {
        let whole = CodecDriver.whole(input)
        for cut in stride(from: 1, to: input.count, by: step) {
            let seen = CodecDriver.pieces([Array(input[..<cut]), Array(input[cut...])])
            if seen != whole {
                Issue.record("cut at \(cut): \(seen), whole: \(whole)")
                return
            }
        }
        #expect(CodecDriver.pieces(input.map { [$0] }) == whole, "byte by byte")
        let triples = stride(from: 0, to: input.count, by: 3).map { Array(input[$0..<min($0 + 3, input.count)]) }
        #expect(CodecDriver.pieces(triples) == whole, "three by three")
    }

    @Test(arguments: accepted.indices)
    func acceptedRequests(_ index: Int) {
        expectSameInAllCuts(Array(HTTPSplitTests.accepted[index].utf8))
    }

    @Test(arguments: HTTPRefusalTests.refused.indices)
    func refusedRequests(_ index: Int) {
        let input = Array(HTTPRefusalTests.refused[index].input.utf8)
        expectSameInAllCuts(input, stride: max(1, input.count / 50))
    }

    @Test func recordedRequests() throws {
        for capture in try Captures.load("recorded.jsonl") + Captures.load("crafted.jsonl") {
            expectSameInAllCuts(capture.request, stride: max(1, capture.request.count / 16))
        }
    }
}
