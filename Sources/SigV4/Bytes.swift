import CLibcrypto
import Glibc

/// One header field: (name offset, name length, value offset, value length) into the buffer that holds the request's
/// head.
///
/// The value may still carry the white space around it.
public typealias HeaderSlice = SIMD4<UInt32>

/// A part of the request's head or of its target.
struct ByteRange: Sendable, Equatable {
    var start: UInt32
    var count: UInt32

    init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    /// Both bounds lie inside a buffer whose length fits 32 bits.
    init(_ bounds: Range<Int>) {
        self.init(start: UInt32(truncatingIfNeeded: bounds.lowerBound), count: UInt32(truncatingIfNeeded: bounds.count))
    }

    var end: Int { Int(start) + Int(count) }
}

/// A bounds-checked view of bytes that somebody else owns; never kept beyond the call that received it.
@safe struct Bytes {
    let buffer: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) {
        unsafe self.buffer = buffer
    }

    /// Two characters or more: a single one may be stored as a scalar, without a pointer.
    init(_ text: StaticString) {
        unsafe self.buffer = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    var count: Int { unsafe buffer.count }
    var isEmpty: Bool { unsafe buffer.isEmpty }
    var text: String { unsafe String(decoding: buffer, as: UTF8.self) }

    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return unsafe buffer[index]
    }

    subscript(bounds: Range<Int>) -> Bytes {
        precondition(bounds.lowerBound >= 0 && bounds.upperBound <= count)
        return unsafe Bytes(UnsafeRawBufferPointer(rebasing: buffer[bounds]))
    }

    subscript(range: ByteRange) -> Bytes { self[Int(range.start)..<range.end] }

    /// Position of the first `byte` at or after `start`, or the end.
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int {
        guard start >= 0, start < count, let base = unsafe buffer.baseAddress,
            let found = unsafe memchr(base + start, CInt(byte), count - start)
        else { return count }
        return unsafe base.distance(to: found)
    }

    /// Position of the first byte at or after `start` that fits, or the end.
    @inline(__always)
    func firstIndex(from start: Int, where fits: (UInt8) -> Bool) -> Int {
        var index = max(start, 0)
        while index < count, unsafe !fits(buffer[index]) { index += 1 }
        return index
    }

    /// Position of the first of two bytes at or after `start`, or the end.
    ///
    /// Eight bytes at a time, as `firstIndex(below:from:)`: equal bytes become 0, which is below 1.
    func firstIndex(of one: UInt8, or other: UInt8, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = max(start, 0)
        while count &- index >= 8 {
            let word = UInt64(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let first = word ^ ones &* UInt64(one)
            let second = word ^ ones &* UInt64(other)
            let found = ((first &- ones) & ~first | (second &- ones) & ~second) & (ones &* 0x80)
            if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count, unsafe buffer[index] != one && buffer[index] != other { index &+= 1 }
        return index
    }

    /// Position of the first byte at or after `start` that is below `limit` (at most 128), or the end.
    ///
    /// Eight bytes at a time: in `word - limit` a byte's high bit is set where the byte is below the limit, and the lowest
    /// such bit is exact, as a borrow only disturbs bytes above one that is itself below.
    func firstIndex(below limit: UInt8, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = max(start, 0)
        while count - index >= 8 {
            let word = UInt64(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = (word &- ones &* UInt64(limit)) & ~word & (ones &* 0x80)
            if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count, unsafe buffer[index] >= limit { index &+= 1 }
        return index
    }

    /// The bounds without white space at either end.
    func trimmed(_ bounds: Range<Int>) -> Range<Int> {
        var start = bounds.lowerBound
        var end = bounds.upperBound
        while start < end, self[start].isWhiteSpace { start += 1 }
        while end > start, self[end - 1].isWhiteSpace { end -= 1 }
        return start..<end
    }

    func equals(_ other: Bytes) -> Bool {
        count == other.count && compare(other) == 0
    }

    func equals(_ text: StaticString) -> Bool {
        equals(Bytes(text))
    }

    /// Compares a header's name, in any case, with a name in lower case.
    func equalsIgnoringCase(_ lowerCase: Bytes) -> Bool {
        guard count == lowerCase.count else { return false }
        var index = 0
        while index < count {
            let byte = unsafe buffer[index]
            let other = unsafe lowerCase.buffer[index]
            if byte != other, byte.lowerCase != other { return false }
            index &+= 1
        }
        return true
    }

    /// Negative, zero or positive, as the bytes sort before, with or after the others.
    func compare(_ other: Bytes) -> Int {
        if let left = unsafe buffer.baseAddress, let right = unsafe other.buffer.baseAddress {
            let order = unsafe memcmp(left, right, min(count, other.count))
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }
}

extension UInt8 {
    /// What `\s` means to the signers: space, tab, line feed, vertical tab, form feed, carriage return.
    var isWhiteSpace: Bool { self <= UInt8(ascii: " ") && (self == UInt8(ascii: " ") || (self >= 9 && self <= 13)) }
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isUpperCase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
    var isLowerCase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    var lowerCase: UInt8 { isUpperCase ? self | 0x20 : self }

    /// RFC 3986's unreserved characters, which percent-encoding leaves alone.
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: isLowerCase || isUpperCase || isDigit
        }
    }

    var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Comparison of secrets.
public enum ConstantTime {
    /// Whether both hold the same bytes; the time taken tells their lengths, but nothing of their contents.
    public static func equal(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        guard let left = one.baseAddress, let right = other.baseAddress else { return true }
        return unsafe CRYPTO_memcmp(left, right, one.count) == 0
    }
}

extension [UInt8] {
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        unsafe withUnsafeBytes { bytes in unsafe body(Bytes(bytes)) }
    }
}
