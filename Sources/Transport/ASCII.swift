import Glibc

/// The bytes that HTTP's grammar names.
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")
    static let comma = UInt8(ascii: ",")
}

extension UInt8 {
    /// The byte, with `A`-`Z` in lower case.
    var asciiLowercased: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }

    /// Whether it may occur in a token (RFC 9110, 5.6.2).
    var isTokenByte: Bool {
        // Nearly all are letters and hyphens.
        if (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "-") { return true }
        // One bit per byte below 128.
        let bits: (UInt64, UInt64) = (0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe)
        guard self < 128 else { return false }
        return (self < 64 ? bits.0 >> UInt64(self) : bits.1 >> UInt64(self & 63)) & 1 == 1
    }

    /// Whether it may occur in a request target: visible ASCII.
    var isTargetByte: Bool {
        self > 0x20 && self < 0x7f
    }

    /// Whether it may occur in a field value: tab, space, visible ASCII, and bytes above ASCII.
    var isFieldByte: Bool {
        self >= 0x20 ? self != 0x7f : self == ASCII.tab
    }

    /// The value of a hexadecimal digit.
    var hexDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self &- UInt8(ascii: "a")) &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self &- UInt8(ascii: "A")) &+ 10
        default: nil
        }
    }
}

extension UInt64 {
    /// The lowest bit of each of eight bytes.
    static let lowBits: UInt64 = 0x0101_0101_0101_0101
    /// The highest bit of each of eight bytes.
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Eight bytes, with `A`-`Z` in lower case.
    @inline(__always)
    fileprivate var asciiLowercased: UInt64 {
        // Seven bits to a byte, so that no sum carries into the next.
        let seven = self & ~Self.highBits
        let upper = (seven &+ Self.lowBits &* (0x80 - 0x41)) & ~(seven &+ Self.lowBits &* (0x80 - 0x5b))
        return self | (upper & ~self & Self.highBits) &>> 2
    }
}

extension UnsafeRawPointer {
    /// Whether the `count` bytes here are `lowercase` but for the case of ASCII letters.
    @inline(__always)
    func equalsIgnoringCase(_ lowercase: UnsafeRawPointer, count: Int) -> Bool {
        guard count >= 8 else { return unsafe equalsShortIgnoringCase(lowercase, count: count) }
        var index = 0
        while true {
            let word = unsafe loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let other = unsafe lowercase.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word.asciiLowercased == other else { return false }
            if index == count &- 8 { return true }
            // The last word may overlap the one before.
            index = min(index &+ 8, count &- 8)
        }
    }

    @inline(__always)
    private func equalsShortIgnoringCase(_ lowercase: UnsafeRawPointer, count: Int) -> Bool {
        guard count < 4 else {
            return unsafe twoHalves(count).asciiLowercased == lowercase.twoHalves(count)
        }
        for index in 0..<count {
            let byte = unsafe load(fromByteOffset: index, as: UInt8.self)
            guard unsafe byte.asciiLowercased == lowercase.load(fromByteOffset: index, as: UInt8.self) else {
                return false
            }
        }
        return true
    }

    /// The first four of 4 to 8 bytes, and the last four, which may overlap.
    @inline(__always)
    private func twoHalves(_ count: Int) -> UInt64 {
        let first = unsafe loadUnaligned(as: UInt32.self)
        let last = unsafe loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
        return UInt64(first) | UInt64(last) << 32
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are `lowercase` but for the case of ASCII letters.
    public func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount, let base = baseAddress else {
            return unsafe isEmpty && lowercase.utf8CodeUnitCount == 0
        }
        return unsafe base.equalsIgnoringCase(UnsafeRawPointer(lowercase.utf8Start), count: count)
    }
}

extension Span<UInt8> {
    /// The first place of `byte` in `range`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        unsafe extracting(range).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = unsafe memchr(base, Int32(byte), bytes.count) else {
                return nil
            }
            return unsafe range.lowerBound + (UnsafeRawPointer(found) - base)
        }
    }
}
