/// Finds the end of a request's head, looking at each byte once however the input is cut.
struct HeadScanner {
    /// Where the head begins: behind an empty line, if there was one.
    private(set) var start = 0
    /// A client may send one empty line before its request (RFC 9112, 2.2).
    private(set) var hasSkippedLine = false
    private var scanned = 0
    private var lineStart = 0

    init(hasSkippedLine: Bool = false) {
        self.hasSkippedLine = hasSkippedLine
    }

    /// The end of the head (behind its empty line) once it is in `bytes`, which begin where they began at the last
    /// call and have only grown at their end.
    mutating func end(in bytes: Span<UInt8>, limit: Int) throws(HTTPRefusal) -> Int? {
        let window = min(bytes.count, limit)
        while true {
            if lineStart == start, start < window {
                try checkFirst(bytes[start])
            }
            guard let lineFeed = bytes.firstIndex(of: ASCII.lineFeed, in: scanned..<window) else { break }
            guard lineFeed > lineStart, bytes[lineFeed - 1] == ASCII.carriageReturn else { throw .malformedHeader }
            let isEmpty = lineFeed - 1 == lineStart
            if isEmpty, lineStart > start {
                return lineFeed + 1
            }
            lineStart = lineFeed + 1
            scanned = lineStart
            if isEmpty {
                hasSkippedLine = true
                start = lineStart
            }
        }
        scanned = window
        guard window < limit else { throw .headTooLarge }
        return nil
    }

    /// Tells what is no HTTP (a TLS handshake, say) by its first byte.
    private func checkFirst(_ byte: UInt8) throws(HTTPRefusal) {
        guard byte.isTokenByte || byte == ASCII.carriageReturn && !hasSkippedLine else {
            throw .malformedRequestLine
        }
    }
}

/// What the head of a request says, checked.
///
/// Ranges are offsets from the start of the head.
struct RequestHead: Equatable {
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
    }

    var method = HTTPMethod.other
    var methodRange = 0..<0
    var target = 0..<0
    var framing = Framing.none
    var keepsAlive = true
    var expectsContinue = false
    /// Where it ends, behind the empty line.
    var end = 0

    private var isVersion10 = false
    private var hasHost = false

    /// Parses the head at the beginning of `bytes`, from the method to the empty line.
    ///
    /// Fills `headers`. A head that does not end in `bytes` is refused too, for one reason or another.
    static func parse(
        _ bytes: Span<UInt8>,
        maximumBody: Int,
        headers: HeaderTable
    ) throws(HTTPRefusal) -> RequestHead {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(HTTPRefusal) in
            try unsafe parse(HeadText(bytes), maximumBody: maximumBody, headers: headers)
        }
    }

    private static func parse(
        _ text: HeadText,
        maximumBody: Int,
        headers: HeaderTable
    ) throws(HTTPRefusal) -> RequestHead {
        if let known = headers.recall(text, maximumBody: maximumBody) { return known }
        var head = RequestHead()
        headers.removeAll()
        var line = try head.parseRequestLine(text)
        while line < text.count, text[line] != ASCII.carriageReturn {
            line = try head.parseField(text, line, maximumBody: maximumBody, headers: headers)
        }
        head.end = try endOfLine(text, line)
        guard head.hasHost || head.isVersion10 else { throw .invalidHost }
        guard head.framing != .none || head.method != .post else { throw .missingLength }
        headers.remember(text, head)
        return head
    }

    /// Returns where the next line begins.
    private mutating func parseRequestLine(_ text: HeadText) throws(HTTPRefusal) -> Int {
        var index = text.endOfToken(from: 0)
        methodRange = 0..<index
        guard !methodRange.isEmpty, index < text.count, text[index] == ASCII.space else {
            throw .malformedRequestLine
        }
        index += 1
        let targetStart = index
        while index < text.count, text[index].isTargetByte {
            index &+= 1
        }
        target = targetStart..<index
        guard !target.isEmpty, index < text.count, text[index] == ASCII.space else {
            throw .malformedRequestLine
        }
        index += 1
        // "HTTP/1.1" CR LF
        guard index + 10 <= text.count, text.equals(index..<index + 5, "HTTP/"), text[index + 6] == UInt8(ascii: ".")
        else { throw .malformedRequestLine }
        guard text[index + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        switch text[index + 7] {
        case UInt8(ascii: "1"): break
        case UInt8(ascii: "0"):
            isVersion10 = true
            keepsAlive = false
        default: throw .unsupportedVersion
        }
        guard text[index + 8] == ASCII.carriageReturn, text[index + 9] == ASCII.lineFeed else {
            throw .malformedRequestLine
        }
        if text.equals(methodRange, "GET") {
            method = .get
        } else if text.equals(methodRange, "POST") {
            method = .post
        }
        return index + 10
    }

    /// Parses the field that begins at `line`, and returns where the next line begins.
    private mutating func parseField(
        _ text: HeadText,
        _ line: Int,
        maximumBody: Int,
        headers: HeaderTable
    ) throws(HTTPRefusal) -> Int {
        let colon = text.endOfToken(from: line)
        guard colon > line, colon < text.count, text[colon] == ASCII.colon else { throw .malformedHeader }
        let name = line..<colon
        let end = text.endOfFieldText(from: colon + 1)
        let value = text.trimmed(colon + 1..<end)
        let next = try Self.endOfLine(text, end)
        guard headers.append(name: name, value: value) else { throw .tooManyHeaders }
        try interpret(text, name, value, maximumBody: maximumBody)
        return next
    }

    /// The place behind the CR LF at `index`.
    @inline(__always)
    private static func endOfLine(_ text: HeadText, _ index: Int) throws(HTTPRefusal) -> Int {
        guard index &+ 2 <= text.count, text[index] == ASCII.carriageReturn, text[index &+ 1] == ASCII.lineFeed else {
            throw .malformedHeader
        }
        return index &+ 2
    }

    /// The fields that mean something to HTTP itself.
    enum Field {
        case host, expect, connection, contentLength, transferEncoding
    }

    /// The field of a name; nil for all that HTTP has no use for.
    @inline(__always)
    static func field(_ text: HeadText, _ name: Range<Int>) -> Field? {
        switch name.count {
        case 4 where text.equalsIgnoringCase(name, "host"): .host
        case 6 where text.equalsIgnoringCase(name, "expect"): .expect
        case 10 where text.equalsIgnoringCase(name, "connection"): .connection
        case 14 where text.equalsIgnoringCase(name, "content-length"): .contentLength
        case 17 where text.equalsIgnoringCase(name, "transfer-encoding"): .transferEncoding
        default: nil
        }
    }

    /// Takes note of the fields that HTTP itself needs.
    private mutating func interpret(
        _ text: HeadText,
        _ name: Range<Int>,
        _ value: Range<Int>,
        maximumBody: Int
    ) throws(HTTPRefusal) {
        switch Self.field(text, name) {
        case .host:
            guard !hasHost, text.isHost(value) else { throw .invalidHost }
            hasHost = true
        case .expect:
            if text.equalsIgnoringCase(value, "100-continue"), !isVersion10 {
                expectsContinue = true
            }
        case .connection:
            if text.hasListMember(value, "close") {
                keepsAlive = false
            } else if isVersion10, text.hasListMember(value, "keep-alive") {
                keepsAlive = true
            }
        case .contentLength:
            guard framing == .none else { throw .ambiguousLength }
            framing = .length(try text.length(value, maximum: maximumBody))
        case .transferEncoding:
            guard framing == .none else { throw .ambiguousLength }
            guard !isVersion10, text.equalsIgnoringCase(value, "chunked") else {
                throw .unsupportedTransferEncoding
            }
            framing = .chunked
        case nil: break
        }
    }
}

extension HeadText {
    /// Whether it can be the value of `Host`: one authority without user, path or white space.
    fileprivate func isHost(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        // One bit for each byte below 128: those of a target but "#", ",", "/", "?" and "@".
        let bits: (UInt64, UInt64) = (0x7fff_6ff6_0000_0000, 0x7fff_ffff_ffff_fffe)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = self[index]
            guard byte < 128, (byte < 64 ? bits.0 : bits.1) &>> UInt64(byte) & 1 == 1 else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether a comma-separated list has this member.
    fileprivate func hasListMember(_ range: Range<Int>, _ member: StaticString) -> Bool {
        var start = range.lowerBound
        while start <= range.upperBound {
            let comma = firstIndex(of: ASCII.comma, in: start..<range.upperBound) ?? range.upperBound
            if equalsIgnoringCase(trimmed(start..<comma), member) {
                return true
            }
            start = comma + 1
        }
        return false
    }

    /// The value of `Content-Length`: digits only.
    func length(_ range: Range<Int>, maximum: Int) throws(HTTPRefusal) -> Int {
        guard !range.isEmpty else { throw .malformedLength }
        var length = 0
        var isTooLarge = false
        for index in range {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .malformedLength }
            // Beyond the maximum the digits are checked but no longer counted, so that nothing overflows.
            isTooLarge = isTooLarge || length > maximum
            if !isTooLarge {
                length = length * 10 + Int(digit)
            }
        }
        guard !isTooLarge, length <= maximum else { throw .bodyTooLarge }
        return length
    }
}
