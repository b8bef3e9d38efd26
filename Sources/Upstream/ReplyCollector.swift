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
    private var requestID: [UInt8]?
    private var contentType: [UInt8]?
    private var checksum: UInt32?
    private var headers: [(name: [UInt8], value: [UInt8])] = []
    private var body: [UInt8] = []
    private var headBytes = 0
    /// `Content-Length` or `Transfer-Encoding` was seen, so that the body's end is known.
    private var isFramed = false
    /// The value of `Content-Length`.
    private var expectedCount: Int?

    /// Bytes of the body taken so far, and from the budget.
    private(set) var bodyCount = 0

    /// All lines of an answer's head together.
    private static let headLimit = 64 << 10

    init(bodyLimit: Int, budget: ByteBudget) {
        self.bodyLimit = bodyLimit
        self.budget = budget
    }

    /// Forgets the answer, to take another.
    mutating func removeAll() {
        self = ReplyCollector(bodyLimit: bodyLimit, budget: budget)
    }

    /// Takes one line of the head, with its line end.
    ///
    /// A status line starts a new answer (an interim one came before).
    mutating func takeLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Self.headLimit else { return refuse(.malformed("reply head too large")) }
        // Trailers of a chunked body say nothing that is needed here.
        guard body.isEmpty else { return true }
        if unsafe line.starts(with: "HTTP/".utf8) {
            let headBytes = headBytes
            removeAll()
            self.headBytes = headBytes
            return true
        }
        var end = line.count
        while end > 0, unsafe line[end - 1] == 0x0D || line[end - 1] == 0x0A { end -= 1 }
        guard end > 0 else { return true }
        let text = unsafe UnsafeRawBufferPointer(rebasing: line[..<end])
        guard let colon = unsafe text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            return refuse(.malformed("reply header without a name"))
        }
        guard unsafe isFieldText(text) else {
            return refuse(.malformed("reply header with a control character"))
        }
        return unsafe takeHeader(
            UnsafeRawBufferPointer(rebasing: text[..<colon]),
            trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]))
        )
    }

    /// Takes the next piece of the body.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= bodyLimit - bodyCount else { return refuse(.tooLarge(limit: bodyLimit)) }
        guard budget.take(bytes.count) else { return refuse(.overBudget) }
        body.reserveRoom(for: bytes.count, expected: expectedCount, limit: bodyLimit)
        bodyCount += bytes.count
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// The finished answer; nil when its end cannot be told from a cut connection, or it is no final answer.
    mutating func finish(status: Int) -> UpstreamReply? {
        guard (200...999).contains(status), isFramed || status == 204 || status == 304 else { return nil }
        return UpstreamReply(
            status: status,
            requestID: requestID,
            contentType: contentType,
            checksum: checksum,
            headers: headers,
            body: body
        )
    }

    private mutating func takeHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        if unsafe isName(name, "content-length") || isName(name, "transfer-encoding") {
            isFramed = true
            if unsafe isName(name, "content-length") {
                expectedCount = unsafe Int(String(decoding: value, as: UTF8.self))
            }
        } else if unsafe isName(name, "content-type") {
            contentType = unsafe value.elementsEqual(amazonJSON) ? amazonJSON : [UInt8](value)
        } else if unsafe isName(name, "x-amzn-requestid") {
            requestID = unsafe [UInt8](value)
        } else if unsafe isName(name, "content-encoding") {
            guard unsafe isName(value, "identity") else {
                return refuse(.malformed("reply is content-encoded though identity was asked for"))
            }
        } else if unsafe isName(name, "x-amz-crc32") {
            checksum = unsafe UInt32(String(decoding: value, as: UTF8.self))
        } else if unsafe hasPrefix(name, "x-amz") || isName(name, "retry-after") {
            unsafe headers.append((name: [UInt8](name), value: [UInt8](value)))
        }
        return true
    }

    private mutating func refuse(_ reason: Refusal) -> Bool {
        refusal = reason
        return false
    }
}

/// What DynamoDB's answers have: shared by all of them.
private let amazonJSON = Array("application/x-amz-json-1.0".utf8)

/// Whether a name is `lowercase` but for the case of ASCII letters.
private func isName(_ name: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
    unsafe name.count == lowercase.utf8CodeUnitCount && hasPrefix(name, lowercase)
}

private func hasPrefix(_ name: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
    let count = lowercase.utf8CodeUnitCount
    guard name.count >= count else { return false }
    for index in 0..<count {
        let byte = unsafe name[index]
        let lowered = byte &- 0x41 < 26 ? byte | 0x20 : byte
        if unsafe lowered != lowercase.utf8Start[index] { return false }
    }
    return true
}

private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = bytes.count
    while start < end, unsafe bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while end > start, unsafe bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}
