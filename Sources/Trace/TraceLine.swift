/// One line of a trace, `ts,op,key,key_size,value_size,ttl`.
enum TraceLine {
    /// Bytes a key's text may have.
    static let longestKey = 4 << 10

    /// What is wrong with a line.
    struct Problem: Error {
        var description: String
    }

    /// The names of the fields, in their order.
    static let fields = ["ts", "op", "key", "key_size", "value_size", "ttl"]

    /// Whether a line names the fields.
    static func isHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        let text = unsafe String(decoding: line, as: UTF8.self).lowercased()
        return text.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\"" && $0 != "\u{FEFF}" } } == fields
    }

    /// Parses a line.
    static func parse(_ line: UnsafeRawBufferPointer) throws(Problem) -> TraceRequest {
        var scanner = unsafe Scanner(line)
        let time = try scanner.seconds()
        let operation = try scanner.operation()
        let key = try scanner.key()
        let keySize = try scanner.number("key_size", most: UInt64(UInt16.max))
        let valueSize = try scanner.number("value_size", most: UInt64(UInt32.max))
        let life = try scanner.life()
        return TraceRequest(
            time: time,
            operation: operation,
            key: key,
            keySize: UInt16(truncatingIfNeeded: keySize),
            valueSize: UInt32(truncatingIfNeeded: valueSize),
            timeToLive: life
        )
    }
}

/// Takes a line apart, field by field.
@safe private struct Scanner {
    private static let comma = UInt8(ascii: ",")
    private static let billion: UInt64 = 1_000_000_000

    private let line: UnsafeRawBufferPointer
    private var place = 0

    init(_ line: UnsafeRawBufferPointer) {
        unsafe self.line = line
    }

    /// The next field, which `isLast` says must end the line, or must not.
    private mutating func field(_ name: StaticString, isLast: Bool = false) throws(TraceLine.Problem) -> Range<Int> {
        let count = unsafe line.count
        guard place <= count else { throw TraceLine.Problem(description: "\(name) is missing") }
        let start = place
        while place < count, unsafe line[place] != Self.comma { place += 1 }
        let field = start..<place
        guard !isLast || place == count else {
            throw TraceLine.Problem(description: "it has more than \(TraceLine.fields.count) fields")
        }
        place += 1
        return field
    }

    /// A decimal number of seconds, in nanoseconds.
    mutating func seconds() throws(TraceLine.Problem) -> UInt64 {
        let (whole, fraction) = try decimal(field("ts"), "ts")
        // From 2554 on the clock stands still.
        let (product, overflow) = whole.multipliedReportingOverflow(by: Self.billion)
        let (sum, carry) = product.addingReportingOverflow(fraction)
        return overflow || carry ? .max - 1 : sum
    }

    /// Seconds, a part of one counting as a whole one.
    mutating func life() throws(TraceLine.Problem) -> UInt32 {
        let (whole, fraction) = try decimal(field("ttl", isLast: true), "ttl")
        return UInt32(clamping: min(whole, UInt64(UInt32.max)) + (fraction > 0 ? 1 : 0))
    }

    mutating func operation() throws(TraceLine.Problem) -> TraceRequest.Operation {
        let range = try field("op")
        // At most six letters, in one word.
        var word: UInt64 = 0
        for index in range.prefix(7) { unsafe word = word << 8 | UInt64(line[index] | 0x20) }
        switch word {
        case Self.word("g"), Self.word("get"): return .read
        case Self.word("s"), Self.word("set"), Self.word("put"): return .write
        case Self.word("d"), Self.word("del"), Self.word("delete"): return .delete
        default: throw problem("op", range, "is none of g, s, d, get, set, put, del, delete")
        }
    }

    @inline(__always)
    private static func word(_ text: StaticString) -> UInt64 {
        unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            .reduce(0) { word, byte in word << 8 | UInt64(byte) }
    }

    /// The hash of the key's text.
    mutating func key() throws(TraceLine.Problem) -> UInt64 {
        let range = try field("key")
        guard !range.isEmpty else { throw TraceLine.Problem(description: "key is empty") }
        guard range.count <= TraceLine.longestKey else {
            throw TraceLine.Problem(description: "key is longer than \(TraceLine.longestKey) bytes")
        }
        return unsafe TextHash.hash(UnsafeRawBufferPointer(rebasing: line[range]))
    }

    mutating func number(_ name: StaticString, most: UInt64) throws(TraceLine.Problem) -> UInt64 {
        let range = try field(name)
        var value: UInt64 = 0
        for index in range {
            let digit = unsafe line[index] &- UInt8(ascii: "0")
            guard digit < 10 else { throw problem(name, range, "is not a number of bytes") }
            value = value &* 10 &+ UInt64(digit)
            guard value <= most else { throw problem(name, range, "is more than \(most)") }
        }
        guard !range.isEmpty else { throw TraceLine.Problem(description: "\(name) is empty") }
        return value
    }

    /// Whole seconds, at most what 64 bits hold, and nanoseconds.
    private func decimal(
        _ range: Range<Int>,
        _ name: StaticString
    ) throws(TraceLine.Problem) -> (whole: UInt64, fraction: UInt64) {
        var whole: UInt64 = 0
        var fraction: UInt64 = 0
        /// What the next digit behind the point counts; nil before the point.
        var unit: UInt64?
        var digits = 0
        for index in range {
            let byte = unsafe line[index]
            if byte == UInt8(ascii: "."), unit == nil {
                unit = Self.billion / 10
                continue
            }
            let digit = UInt64(byte &- UInt8(ascii: "0"))
            guard digit < 10 else { throw problem(name, range, "is not a number of seconds") }
            digits += 1
            if let place = unit {
                fraction += digit * place
                unit = place / 10
            } else {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(digit)
                guard !overflow, !carry else { throw problem(name, range, "is too large") }
                whole = sum
            }
        }
        guard digits > 0 else { throw problem(name, range, "is not a number of seconds") }
        return (whole, fraction)
    }

    private func problem(_ name: StaticString, _ range: Range<Int>, _ what: String) -> TraceLine.Problem {
        let shown = unsafe String(decoding: line[range.prefix(40)], as: UTF8.self)
            .unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
        return TraceLine.Problem(description: "\(name) '\(shown)\(range.count > 40 ? "…" : "")' \(what)")
    }
}

/// A hash of text, the same in every process: multiply and fold, as in wyhash (Wang Yi, 2019).
enum TextHash {
    static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= text.count {
            let word = unsafe UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            state = fold(state ^ word, 0xE703_7ED1_A0B4_28DB)
            offset += 8
        }
        var last: UInt64 = 0
        while offset < text.count {
            unsafe last = last << 8 | UInt64(text[offset])
            offset += 1
        }
        state = fold(state ^ last, 0x8EBC_6AF0_9C88_C6E3)
        return fold(state ^ UInt64(text.count), 0x5899_65CC_7537_4CC3)
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
