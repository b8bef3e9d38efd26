import SigV4

/// The bytes of one HTTP request taken apart, nothing normalised.
///
/// Knows no limits and no errors: what it cannot read it leaves out.
struct RawRequest {
    private(set) var head: [UInt8]
    private(set) var body: [UInt8]
    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var headers: [HeaderSlice] = []

    /// The first request in the bytes.
    ///
    /// The body is what Content-Length says, or decoded chunks, or all the rest.
    init(_ bytes: [UInt8]) {
        let end = Self.endOfHead(bytes)
        head = Array(bytes[..<end])
        body = Array(bytes[end...])
        readHead()
        if value(of: "transfer-encoding") != nil {
            body = Self.decodeChunks(body)
        } else if let length = value(of: "content-length").flatMap({ text in Int(text) }) {
            body = Array(body.prefix(length))
        }
    }

    init(head: String, body: [UInt8]) {
        self.head = Array(head.utf8)
        self.body = body
        readHead()
    }

    /// The first header of this name, given in lower case.
    func value(of name: String) -> String? {
        for header in headers where text(header.x, header.y).lowercased() == name {
            let value = text(header.z, header.w).drop { character in character == " " }
            return String(value)
        }
        return nil
    }

    /// Where a header's value stands in the head.
    func bounds(of name: String) -> Range<Int>? {
        for header in headers where text(header.x, header.y).lowercased() == name {
            return Int(header.z)..<Int(header.z + header.w)
        }
        return nil
    }

    mutating func replaceHeadByte(at index: Int, with byte: UInt8) { head[index] = byte }
    mutating func replaceBodyByte(at index: Int, with byte: UInt8) { body[index] = byte }

    func received<Result>(layout: UInt64 = 0, _ use: (ReceivedRequest) throws -> Result) rethrows -> Result {
        try head.withUnsafeBytes { head in
            try body.withUnsafeBytes { body in
                try headers.withUnsafeBufferPointer { headers in
                    let request = ReceivedRequest(
                        method: UnsafeRawBufferPointer(rebasing: head[method]),
                        target: UnsafeRawBufferPointer(rebasing: head[target]),
                        head: head,
                        headers: headers,
                        body: body,
                        layout: layout
                    )
                    return try use(request)
                }
            }
        }
    }

    private func text(_ start: UInt32, _ count: UInt32) -> String {
        String(decoding: head[Int(start)..<Int(start + count)], as: UTF8.self)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int {
        let blank = Array("\r\n\r\n".utf8)
        var index = 0
        while index + 4 <= bytes.count {
            if bytes[index..<index + 4].elementsEqual(blank) { return index + 4 }
            index += 1
        }
        return bytes.count
    }

    private mutating func readHead() {
        var start = 0
        var isFirst = true
        while start < head.count {
            let stop = head[start...].firstIndex(of: 10) ?? head.count
            let end = stop > start && head[stop - 1] == 13 ? stop - 1 : stop
            if isFirst {
                readRequestLine(start..<end)
            } else if start < end, head[start] == 32 || head[start] == 9, let last = headers.indices.last {
                // A folded line goes on with the value before it.
                headers[last].w = UInt32(end) - headers[last].z
            } else if let colon = head[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                headers.append(
                    HeaderSlice(UInt32(start), UInt32(colon - start), UInt32(colon + 1), UInt32(end - colon - 1))
                )
            }
            isFirst = false
            start = stop + 1
        }
    }

    private mutating func readRequestLine(_ line: Range<Int>) {
        guard let first = head[line].firstIndex(of: 32), let last = head[line].lastIndex(of: 32) else { return }
        method = line.lowerBound..<first
        target = min(first + 1, last)..<last
    }

    private static func decodeChunks(_ bytes: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 13),
            let length = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), length > 0
        {
            let chunk = rest.dropFirst(end + 2 - rest.startIndex)
            body += chunk.prefix(length)
            rest = chunk.dropFirst(length + 2)
        }
        return body
    }
}

extension UnsafeRawBufferPointer {
    var text: String { String(decoding: self, as: UTF8.self) }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
