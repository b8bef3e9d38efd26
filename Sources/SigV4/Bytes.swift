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
///
/// The searches, which stay within it by themselves, do without the checks.
@safe struct Bytes {
    private let start: UnsafeRawPointer?
    let count: Int

    init(_ buffer: UnsafeRawBufferPointer) {
        unsafe start = buffer.baseAddress
        count = buffer.count
    }

    /// Two characters or more: a single one may be stored as a scalar, without a pointer.
    @inline(__always)
    init(_ text: StaticString) {
        unsafe start = UnsafeRawPointer(text.utf8Start)
        count = text.utf8CodeUnitCount
    }

    @inline(__always)
    fileprivate init(start: UnsafeRawPointer?, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    var buffer: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: start, count: count) }
    var isEmpty: Bool { count == 0 }
    var text: String { unsafe String(decoding: buffer, as: UTF8.self) }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return byte(index)
    }

    @inline(__always)
    subscript(bounds: Range<Int>) -> Bytes {
        precondition(bounds.lowerBound >= 0 && bounds.upperBound <= count)
        return unsafe Bytes(start: start.map { unsafe $0 + bounds.lowerBound }, count: bounds.count)
    }

    @inline(__always)
    subscript(range: ByteRange) -> Bytes { self[Int(range.start)..<range.end] }

    /// The byte at a place that is known to be in bounds.
    @inline(__always)
    private func byte(_ index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe start.unsafelyUnwrapped.load(fromByteOffset: index, as: UInt8.self)
    }

    /// The eight bytes at a place that is known to be in bounds, the first one lowest.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        assert(index >= 0 && index <= count - 8)
        let word = unsafe start.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        return UInt64(littleEndian: word)
    }

    /// Position of the first `byte` at or after `start`, or the end.
    func firstIndex(of byte: UInt8, from first: Int = 0) -> Int {
        guard first >= 0, first < count, let start = unsafe start,
            let found = unsafe memchr(start + first, CInt(byte), count &- first)
        else { return count }
        return unsafe start.distance(to: found)
    }

    /// The bytes at a place that is known to be in bounds, up to eight, with zeros behind the end.
    @inline(__always)
    func paddedWord(_ index: Int) -> UInt64 {
        let left = count &- index
        if left >= 8 { return word(index) }
        if count >= 8 { return word(count &- 8) &>> UInt64(truncatingIfNeeded: (8 &- left) &* 8) }
        var word: UInt64 = 0
        for place in 0..<left {
            word |= UInt64(byte(index &+ place)) &<< UInt64(truncatingIfNeeded: place &* 8)
        }
        return word
    }

    /// Position of the first byte at or after `first` that is below `limit` (at most 128), or the end.
    ///
    /// Eight bytes at a time: in `word - limit` a byte's high bit is set where the byte is below the limit, and the lowest
    /// such bit is exact, as a borrow only disturbs bytes above one that is itself below.
    @inline(__always)
    func firstIndex(below limit: UInt8, from first: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let limits = ones &* UInt64(limit)
        var index = max(first, 0)
        while count &- index >= 8 {
            let word = word(index)
            let found = (word &- limits) & ~word & (ones &* 0x80)
            if found != 0 { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
        }
        guard index < count else { return count }
        // The zeros behind the end count as found.
        let word = paddedWord(index)
        let found = (word &- limits) & ~word & (ones &* 0x80)
        return index &+ found.trailingZeroBitCount / 8
    }

    /// The bounds without white space at either end.
    @inline(__always)
    func trimmed(_ bounds: Range<Int>) -> Range<Int> {
        var start = bounds.lowerBound
        var end = bounds.upperBound
        while start < end, self[start].isWhiteSpace { start += 1 }
        while end > start, self[end - 1].isWhiteSpace { end -= 1 }
        return start..<end
    }

    @inline(__always)
    func equals(_ other: Bytes) -> Bool {
        count == other.count && compare(other) == 0
    }

    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        equals(Bytes(text))
    }

    /// Compares a header's name, in any case, with a name in lower case.
    @inline(__always)
    func equalsIgnoringCase(_ lowerCase: Bytes) -> Bool {
        guard count == lowerCase.count else { return false }
        guard count >= 8 else {
            for index in 0..<count where byte(index).lowerCase != lowerCase.byte(index) { return false }
            return true
        }
        var index = 0
        while true {
            guard word(index).lowerCase == lowerCase.word(index) else { return false }
            if index == count &- 8 { return true }
            // The last word may overlap the one before.
            index = min(index &+ 8, count &- 8)
        }
    }

    /// Negative, zero or positive, as the bytes sort before, with or after the others.
    @inline(__always)
    func compare(_ other: Bytes) -> Int {
        if let left = unsafe start, let right = unsafe other.start {
            let order = unsafe memcmp(left, right, min(count, other.count))
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }
}

extension UInt64 {
    /// Eight bytes, with `A`-`Z` in lower case.
    @inline(__always)
    fileprivate var lowerCase: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // Seven bits to a byte, so that no sum carries into the next.
        let seven = self & (ones &* 0x7f)
        let upper = (seven &+ ones &* (0x80 - 0x41)) & ~(seven &+ ones &* (0x80 - 0x5b))
        return self | (upper & ~self & (ones &* 0x80)) &>> 2
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
