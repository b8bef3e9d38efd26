private import Glibc

/// Whether two runs of bytes are the same.
func rawEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let one = left.baseAddress, let other = right.baseAddress else { return true }
    return unsafe memcmp(one, other, left.count) == 0
}

/// Negative, zero or positive as the left bytes come before, are, or come after the right ones.
func rawOrder(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let one = left.baseAddress, let other = right.baseAddress else { return left.count - right.count }
    let common = unsafe Int(memcmp(one, other, min(left.count, right.count)))
    return common != 0 ? common : left.count - right.count
}

/// The insides of JSON strings: the bytes between the quotes of a string that ``JSONReader`` accepted.
public enum JSONText {
    /// Whether two strings are the same once unescaped.
    public static func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var (one, other) = unsafe (UnescapedBytes(left), UnescapedBytes(right))
        while let byte = one.next() {
            if other.next() != byte { return false }
        }
        return other.next() == nil
    }

    /// Whether `escaped`, once unescaped, is `plain`.
    public static func isEqual(_ escaped: UnsafeRawBufferPointer, plain: UnsafeRawBufferPointer) -> Bool {
        var bytes = unsafe UnescapedBytes(escaped)
        return unsafe plain.allSatisfy { bytes.next() == $0 } && bytes.next() == nil
    }

    /// The string's value.
    public static func decoded(_ escaped: UnsafeRawBufferPointer) -> String {
        String(decoding: unsafe unescaped(escaped), as: UTF8.self)
    }

    /// The UTF-8 bytes of the string's value.
    public static func unescaped(_ escaped: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(escaped.count)
        var bytes = unsafe UnescapedBytes(escaped)
        while let byte = bytes.next() { result.append(byte) }
        return result
    }

    /// Appends `text` as a JSON string, with its quotes.
    ///
    /// Escapes only what RFC 8259 requires.
    public static func appendQuoted(_ text: some Sequence<UInt8>, to output: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case ..<0x20:
                output.append(contentsOf: [0x5C, 0x75, 0x30, 0x30])
                unsafe output.append(digits.utf8Start[Int(byte >> 4)])
                unsafe output.append(digits.utf8Start[Int(byte & 15)])
            default:
                output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// The value of a hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}

/// The UTF-8 bytes of a JSON string's value, one at a time, without allocating.
///
/// The input must have been accepted by ``JSONReader`` and stay valid; anything else yields unspecified bytes but stays
/// within the buffer.
@safe
public struct UnescapedBytes: IteratorProtocol {
    private let escaped: UnsafeRawBufferPointer
    private var position = 0
    /// UTF-8 bytes of an escape still to be handed out, the next one lowest.
    private var pending: UInt32 = 0

    /// Iterates over the bytes between a string's quotes.
    public init(_ escaped: UnsafeRawBufferPointer) {
        unsafe self.escaped = unsafe escaped
    }

    /// The next byte of the value, or nil at its end.
    public mutating func next() -> UInt8? {
        if pending != 0 {
            defer { pending >>= 8 }
            return UInt8(truncatingIfNeeded: pending)
        }
        guard unsafe position < escaped.count else { return nil }
        let byte = unsafe escaped[position]
        position += 1
        guard byte == UInt8(ascii: "\\"), unsafe position < escaped.count else { return byte }
        let escape = unsafe escaped[position]
        position += 1
        switch escape {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): return scalar()
        default: return escape
        }
    }

    /// Takes the digits of `\uXXXX`, and of the second half of a pair, and returns the first UTF-8 byte.
    private mutating func scalar() -> UInt8 {
        var value = hex()
        if value & 0xFC00 == 0xD800 {
            position += 2
            value = 0x10000 + (value & 0x3FF) << 10 + hex() & 0x3FF
        }
        switch value {
        case ..<0x80:
            return UInt8(truncatingIfNeeded: value)
        case ..<0x800:
            pending = tail(value, 0)
            return UInt8(truncatingIfNeeded: 0xC0 | value >> 6)
        case ..<0x10000:
            pending = tail(value, 6) | tail(value, 0) << 8
            return UInt8(truncatingIfNeeded: 0xE0 | value >> 12)
        default:
            pending = tail(value, 12) | tail(value, 6) << 8 | tail(value, 0) << 16
            return UInt8(truncatingIfNeeded: 0xF0 | value >> 18)
        }
    }

    private func tail(_ value: UInt32, _ shift: UInt32) -> UInt32 { 0x80 | value >> shift & 0x3F }

    private mutating func hex() -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 where unsafe position < escaped.count {
            value = value << 4 | (unsafe JSONText.hexValue(escaped[position]) ?? 0)
            position += 1
        }
        return value
    }
}
