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

/// The header fields of one request; reused for the next.
@safe
final class HeaderTable {
    private let storage: UnsafeMutableBufferPointer<HeaderSlice>
    private(set) var count = 0

    init(capacity: Int) {
        unsafe storage = .allocate(capacity: capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    var slices: UnsafeBufferPointer<HeaderSlice> {
        unsafe UnsafeBufferPointer(rebasing: storage[..<count])
    }

    func removeAll() {
        count = 0
    }

    /// False when the table is full.
    func append(name: Range<Int>, value: Range<Int>) -> Bool {
        guard unsafe count < storage.count else { return false }
        unsafe storage.initializeElement(
            at: count,
            to: HeaderSlice(
                UInt32(truncatingIfNeeded: name.lowerBound),
                UInt32(truncatingIfNeeded: name.count),
                UInt32(truncatingIfNeeded: value.lowerBound),
                UInt32(truncatingIfNeeded: value.count)
            )
        )
        count += 1
        return true
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

    private var isVersion10 = false
    private var hasHost = false

    /// Parses a complete head, from the method to the empty line.
    ///
    /// Fills `headers`.
    static func parse(
        _ bytes: Span<UInt8>,
        maximumBody: Int,
        headers: HeaderTable
    ) throws(HTTPRefusal) -> RequestHead {
        var head = RequestHead()
        headers.removeAll()
        var line = try head.parseRequestLine(bytes)
        while let end = bytes.firstIndex(of: ASCII.lineFeed, in: line..<bytes.count), end - 1 > line {
            try head.parseField(bytes, line..<end - 1, maximumBody: maximumBody, headers: headers)
            line = end + 1
        }
        guard head.hasHost || head.isVersion10 else { throw .invalidHost }
        guard head.framing != .none || head.method != .post else { throw .missingLength }
        return head
    }

    /// Returns where the next line begins.
    private mutating func parseRequestLine(_ bytes: Span<UInt8>) throws(HTTPRefusal) -> Int {
        var index = 0
        while index < bytes.count, bytes[index].isTokenByte {
            index += 1
        }
        methodRange = 0..<index
        guard !methodRange.isEmpty, index < bytes.count, bytes[index] == ASCII.space else {
            throw .malformedRequestLine
        }
        index += 1
        let targetStart = index
        while index < bytes.count, bytes[index].isTargetByte {
            index += 1
        }
        target = targetStart..<index
        guard !target.isEmpty, index < bytes.count, bytes[index] == ASCII.space else {
            throw .malformedRequestLine
        }
        index += 1
        // "HTTP/1.1" CR LF
        guard index + 10 <= bytes.count, bytes.equals(index..<index + 5, "HTTP/"),
            bytes[index + 6] == UInt8(ascii: ".")
        else { throw .malformedRequestLine }
        guard bytes[index + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        switch bytes[index + 7] {
        case UInt8(ascii: "1"): break
        case UInt8(ascii: "0"):
            isVersion10 = true
            keepsAlive = false
        default: throw .unsupportedVersion
        }
        guard bytes[index + 8] == ASCII.carriageReturn, bytes[index + 9] == ASCII.lineFeed else {
            throw .malformedRequestLine
        }
        if bytes.equals(methodRange, "GET") {
            method = .get
        } else if bytes.equals(methodRange, "POST") {
            method = .post
        }
        return index + 10
    }

    /// `line` is without its CR LF.
    private mutating func parseField(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        maximumBody: Int,
        headers: HeaderTable
    ) throws(HTTPRefusal) {
        let index = bytes.endOfToken(in: line)
        let name = line.lowerBound..<index
        guard !name.isEmpty, index < line.upperBound, bytes[index] == ASCII.colon else { throw .malformedHeader }
        var start = index + 1
        var end = line.upperBound
        while start < end, bytes[start].isBlank {
            start += 1
        }
        while end > start, bytes[end - 1].isBlank {
            end -= 1
        }
        let value = start..<end
        guard bytes.isFieldText(in: value) else { throw .malformedHeader }
        guard headers.append(name: name, value: value) else { throw .tooManyHeaders }
        try interpret(bytes, name, value, maximumBody: maximumBody)
    }

    /// Takes note of the fields that HTTP itself needs.
    private mutating func interpret(
        _ bytes: Span<UInt8>,
        _ name: Range<Int>,
        _ value: Range<Int>,
        maximumBody: Int
    ) throws(HTTPRefusal) {
        switch name.count {
        case 4 where bytes.equalsIgnoringCase(name, "host"):
            guard !hasHost, bytes.isHost(value) else { throw .invalidHost }
            hasHost = true
        case 6 where bytes.equalsIgnoringCase(name, "expect"):
            if bytes.equalsIgnoringCase(value, "100-continue"), !isVersion10 {
                expectsContinue = true
            }
        case 10 where bytes.equalsIgnoringCase(name, "connection"):
            if bytes.hasListMember(value, "close") {
                keepsAlive = false
            } else if isVersion10, bytes.hasListMember(value, "keep-alive") {
                keepsAlive = true
            }
        case 14 where bytes.equalsIgnoringCase(name, "content-length"):
            guard framing == .none else { throw .ambiguousLength }
            framing = .length(try bytes.length(value, maximum: maximumBody))
        case 17 where bytes.equalsIgnoringCase(name, "transfer-encoding"):
            guard framing == .none else { throw .ambiguousLength }
            guard !isVersion10, bytes.equalsIgnoringCase(value, "chunked") else {
                throw .unsupportedTransferEncoding
            }
            framing = .chunked
        default: break
        }
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == ASCII.space || self == ASCII.tab
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var index = 0
        while index < range.count {
            guard unsafe self[range.lowerBound + index] == wanted[index] else { return false }
            index += 1
        }
        return true
    }

    /// Whether it can be the value of `Host`: one authority without user, path or white space.
    fileprivate func isHost(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        for index in range {
            // Nearly all are digits, dots and letters.
            let byte = self[index]
            if byte &- UInt8(ascii: "0") <= 10 || byte == UInt8(ascii: ".") || (byte | 0x20) &- UInt8(ascii: "a") < 26 {
                continue
            }
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "?"), UInt8(ascii: "#"):
                return false
            case let byte where !byte.isTargetByte: return false
            default: break
            }
        }
        return true
    }

    /// Whether a comma-separated list has this member.
    fileprivate func hasListMember(_ range: Range<Int>, _ member: StaticString) -> Bool {
        var start = range.lowerBound
        while start <= range.upperBound {
            let comma = firstIndex(of: ASCII.comma, in: start..<range.upperBound) ?? range.upperBound
            var low = start
            var high = comma
            while low < high, self[low].isBlank {
                low += 1
            }
            while high > low, self[high - 1].isBlank {
                high -= 1
            }
            if equalsIgnoringCase(low..<high, member) {
                return true
            }
            start = comma + 1
        }
        return false
    }

    /// The value of `Content-Length`: digits only.
    fileprivate func length(_ range: Range<Int>, maximum: Int) throws(HTTPRefusal) -> Int {
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
