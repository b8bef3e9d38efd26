internal import Transport

/// Collects one HTTP answer from the pieces libcurl hands over, within limits.
struct ReplyCollector {
    /// Why an answer is given up before its end.
    enum Refusal: Equatable {
        case malformed(String)
        case tooLarge(limit: Int)
        case overBudget
    }

    /// Set when a piece was refused: the transfer is to be aborted.
    private(set) var refusal: Refusal?
    private let bodyLimit: Int
    private let budget: ByteBudget
    private var reply = UpstreamReply(status: 0)
    private var headBytes = 0
    /// `Content-Length` or `Transfer-Encoding` was seen, so that the body's end is known.
    private var isFramed = false
    /// The value of `Content-Length`.
    private var expectedCount: Int?

    /// Bytes of the body taken so far, and from the budget.
    var bodyCount: Int { reply.body.count }

    /// All lines of an answer's head together.
    private static let headLimit = 64 << 10

    init(bodyLimit: Int, budget: ByteBudget) {
        self.bodyLimit = bodyLimit
        self.budget = budget
    }

    /// Takes one line of the head, with its line end.
    ///
    /// A status line starts a new answer (an interim one came before).
    mutating func takeLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Self.headLimit else { return refuse(.malformed("reply head too large")) }
        // Trailers of a chunked body say nothing that is needed here.
        guard reply.body.isEmpty else { return true }
        if unsafe line.starts(with: "HTTP/".utf8) {
            reply = UpstreamReply(status: 0)
            isFramed = false
            expectedCount = nil
            return true
        }
        var end = line.count
        while end > 0, unsafe line[end - 1] == 0x0D || line[end - 1] == 0x0A { end -= 1 }
        guard end > 0 else { return true }
        let text = unsafe UnsafeRawBufferPointer(rebasing: line[..<end])
        guard let colon = unsafe text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            return refuse(.malformed("reply header without a name"))
        }
        let name = unsafe UnsafeRawBufferPointer(rebasing: text[..<colon])
        let value = unsafe trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]))
        guard unsafe text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return refuse(.malformed("reply header with a control character"))
        }
        return unsafe takeHeader(name.map(lowercased), name, value)
    }

    /// Takes the next piece of the body.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= bodyLimit - reply.body.count else { return refuse(.tooLarge(limit: bodyLimit)) }
        guard budget.take(bytes.count) else { return refuse(.overBudget) }
        reply.body.reserveRoom(for: bytes.count, expected: expectedCount, limit: bodyLimit)
        unsafe reply.body.append(contentsOf: bytes)
        return true
    }

    /// The finished answer; nil when its end cannot be told from a cut connection, or it is no final answer.
    func finish(status: Int) -> UpstreamReply? {
        guard (200...999).contains(status), isFramed || status == 204 || status == 304 else { return nil }
        var finished = reply
        finished.status = status
        return finished
    }

    private mutating func takeHeader(
        _ name: [UInt8],
        _ written: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) -> Bool {
        if name.elementsEqual("content-length".utf8) || name.elementsEqual("transfer-encoding".utf8) {
            isFramed = true
            if name.elementsEqual("content-length".utf8) {
                expectedCount = unsafe Int(String(decoding: value, as: UTF8.self))
            }
        } else if name.elementsEqual("content-type".utf8) {
            reply.contentType = unsafe [UInt8](value)
        } else if name.elementsEqual("x-amzn-requestid".utf8) {
            reply.requestID = unsafe [UInt8](value)
        } else if name.elementsEqual("content-encoding".utf8) {
            guard unsafe value.map(lowercased).elementsEqual("identity".utf8) else {
                return refuse(.malformed("reply is content-encoded though identity was asked for"))
            }
        } else if name.elementsEqual("x-amz-crc32".utf8) {
            reply.checksum = unsafe UInt32(String(decoding: value, as: UTF8.self))
        } else if name.starts(with: "x-amz".utf8) || name.elementsEqual("retry-after".utf8) {
            unsafe reply.headers.append((name: [UInt8](written), value: [UInt8](value)))
        }
        return true
    }

    private mutating func refuse(_ reason: Refusal) -> Bool {
        refusal = reason
        return false
    }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}

private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = bytes.count
    while start < end, unsafe bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while end > start, unsafe bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}
