/// Why a reply can't be understood.
struct ReplyProblem: Error, Equatable {
    var name: String
}

/// Takes an HTTP/1.1 reply in, in whatever pieces it comes.
///
/// The body ends by `Content-Length`, by the last chunk, or with the connection when the head says so. It is kept only if
/// wanted, or when the status is not 200.
struct ReplyReader {
    private enum Stage {
        case head
        case length(Int)
        case untilClose
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case done
    }

    private static let longestHead = 32 << 10
    private static let longestLine = 1 << 10
    /// Bytes kept of a body; the rest is counted.
    static let keptBody = 1 << 20

    private(set) var status = 0
    /// Whether another request may follow.
    private(set) var keepsAlive = true
    /// The value of `X-Leveret-Cache`; empty without.
    private(set) var cacheStatus: [UInt8] = []
    private(set) var body: [UInt8] = []
    /// Bytes of the body so far, kept or not.
    private(set) var bodyCount = 0
    private var keepsBody = false
    private var stage = Stage.head
    /// A head or line that has come in part.
    private var pending: [UInt8] = []

    var isDone: Bool {
        if case .done = stage { true } else { false }
    }

    /// Nothing of the reply has come.
    var isUntouched: Bool {
        if case .head = stage { pending.isEmpty } else { false }
    }

    /// Gets ready for the next reply.
    mutating func reset(keepsBody: Bool) {
        status = 0
        keepsAlive = true
        bodyCount = 0
        self.keepsBody = keepsBody
        stage = .head
        if !body.isEmpty { body.removeAll(keepingCapacity: true) }
        if !pending.isEmpty { pending.removeAll(keepingCapacity: true) }
        if !cacheStatus.isEmpty { cacheStatus.removeAll(keepingCapacity: true) }
    }

    /// Takes what has come; nothing may follow the reply.
    mutating func take(_ bytes: Span<UInt8>) throws(ReplyProblem) {
        var place = 0
        while place < bytes.count {
            switch stage {
            case .head: try takeHead(bytes, &place)
            case .length(let rest):
                let count = min(rest, bytes.count - place)
                keep(bytes, place..<place + count)
                place += count
                stage = rest == count ? .done : .length(rest - count)
            case .untilClose:
                keep(bytes, place..<bytes.count)
                place = bytes.count
            case .chunkSize:
                guard let line = try line(bytes, &place) else { return }
                let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0, !digits.isEmpty,
                    digits.count <= 8
                else { throw ReplyProblem(name: "malformed chunk") }
                stage = size == 0 ? .trailer : .chunk(size)
            case .chunk(let rest):
                let count = min(rest, bytes.count - place)
                keep(bytes, place..<place + count)
                place += count
                stage = rest == count ? .chunkEnd : .chunk(rest - count)
            case .chunkEnd:
                guard let line = try line(bytes, &place) else { return }
                guard line.isEmpty else { throw ReplyProblem(name: "malformed chunk") }
                stage = .chunkSize
            case .trailer:
                guard let line = try line(bytes, &place) else { return }
                if line.isEmpty { stage = .done }
            case .done: throw ReplyProblem(name: "bytes after the reply")
            }
        }
    }

    /// Takes the end of the connection; false when the reply is not complete.
    mutating func end() -> Bool {
        if case .untilClose = stage { stage = .done }
        return isDone
    }

    // MARK: Head

    private mutating func takeHead(_ bytes: Span<UInt8>, _ place: inout Int) throws(ReplyProblem) {
        if pending.isEmpty {
            // What is no text may have no end of a line. An alert's record begins with 21.
            if bytes[place] == 21 { throw ReplyProblem(name: "TLS; it wants an https endpoint") }
            guard bytes[place] == UInt8(ascii: "H") else { throw ReplyProblem(name: "not HTTP/1.1") }
            if let end = Self.headEnd(bytes, from: place) {
                try parse(bytes.extracting(place..<end))
                place = end
                return
            }
        }
        // In pieces, or not complete: byte by byte is enough.
        while place < bytes.count {
            guard pending.count < Self.longestHead else { throw ReplyProblem(name: "head too long") }
            pending.append(bytes[place])
            place += 1
            if pending.count >= 4, pending[pending.count - 1] == 10, pending[pending.count - 3] == 10 {
                let head = pending
                pending.removeAll(keepingCapacity: true)
                return try parse(head.span)
            }
        }
    }

    /// Behind the empty line.
    private static func headEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var place = start + 3
        while place < bytes.count {
            if bytes[place] == 10 {
                if bytes[place - 2] == 10, bytes[place - 1] == 13, bytes[place - 3] == 13 { return place + 1 }
                place += 2
            } else {
                place += bytes[place] == 13 ? 1 : 2
            }
        }
        return nil
    }

    private mutating func parse(_ head: Span<UInt8>) throws(ReplyProblem) {
        // HTTP/1.x SSS
        guard head.count >= 16, head[0] == UInt8(ascii: "H"), head[4] == UInt8(ascii: "/"),
            head[5] == UInt8(ascii: "1"),
            head[8] == 32
        else { throw ReplyProblem(name: "not HTTP/1.1") }
        status = 0
        for index in 9..<12 {
            guard (48..<58).contains(head[index]) else { throw ReplyProblem(name: "malformed status") }
            status = status * 10 + Int(head[index] - 48)
        }
        keepsAlive = head[7] == UInt8(ascii: "1")
        var length: Int?
        var isChunked = false
        var place = 12
        Self.skipLine(head, &place)
        while place < head.count, head[place] != 13 {
            let name = place
            while place < head.count, head[place] != UInt8(ascii: ":"), head[place] != 10 { place += 1 }
            guard place < head.count, head[place] != 10 else { throw ReplyProblem(name: "malformed header") }
            let nameCount = place - name
            place += 1
            while place < head.count, Self.isSpace(head[place]) { place += 1 }
            let value = place
            Self.skipLine(head, &place)
            var end = max(value, place - 2)
            while end > value, Self.isSpace(head[end - 1]) { end -= 1 }
            switch nameCount {
            case 14 where Self.matches(head, name, "content-length"):
                let count = try Self.number(head, value..<end)
                guard length == nil || length == count else { throw ReplyProblem(name: "two lengths") }
                length = count
            case 17 where Self.matches(head, name, "transfer-encoding"):
                guard end - value == 7, Self.matches(head, value, "chunked") else {
                    throw ReplyProblem(name: "unknown transfer encoding")
                }
                isChunked = true
            case 10 where Self.matches(head, name, "connection"):
                if end - value == 5, Self.matches(head, value, "close") { keepsAlive = false }
                if end - value == 10, Self.matches(head, value, "keep-alive") { keepsAlive = true }
            case 15 where Self.matches(head, name, "x-leveret-cache"):
                for index in value..<min(end, value + 32) { cacheStatus.append(head[index]) }
            default: break
            }
        }
        if (100..<200).contains(status) {
            // Something else will follow.
            stage = .head
        } else if isChunked {
            stage = .chunkSize
        } else if status == 204 || status == 304 || length == 0 {
            stage = .done
        } else if let length {
            stage = .length(length)
        } else {
            keepsAlive = false
            stage = .untilClose
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static func skipLine(_ head: Span<UInt8>, _ place: inout Int) {
        while place < head.count, head[place] != 10 { place += 1 }
        place += 1
    }

    /// Whether a text in lower case stands there, in any case.
    private static func matches(_ head: Span<UInt8>, _ start: Int, _ text: StaticString) -> Bool {
        guard start + text.utf8CodeUnitCount <= head.count else { return false }
        for index in 0..<text.utf8CodeUnitCount
        where unsafe head[start + index] | 0x20 != text.utf8Start[index] | 0x20 { return false }
        return true
    }

    private static func number(_ head: Span<UInt8>, _ range: Range<Int>) throws(ReplyProblem) -> Int {
        guard (1...12).contains(range.count) else { throw ReplyProblem(name: "malformed length") }
        var number = 0
        for index in range {
            guard (48..<58).contains(head[index]) else { throw ReplyProblem(name: "malformed length") }
            number = number * 10 + Int(head[index] - 48)
        }
        return number
    }

    // MARK: Body

    private mutating func keep(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        bodyCount += range.count
        guard keepsBody || status != 200 else { return }
        for index in range.prefix(max(0, Self.keptBody - body.count)) { body.append(bytes[index]) }
    }

    /// The next line without its end; nil while it is not complete.
    private mutating func line(_ bytes: Span<UInt8>, _ place: inout Int) throws(ReplyProblem) -> [UInt8]? {
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == 10 {
                var line = pending
                pending.removeAll(keepingCapacity: true)
                if line.last == 13 { line.removeLast() }
                return line
            }
            guard pending.count < Self.longestLine else { throw ReplyProblem(name: "malformed chunk") }
            pending.append(byte)
        }
        return nil
    }
}
