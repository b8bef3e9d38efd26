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

    /// Whether the bytes of `range` could be the value of a field.
    func isFieldText(in range: Range<Int>) -> Bool {
        unsafe extracting(range).withUnsafeBytes { bytes in
            // No branch and no early exit, so that the loop becomes vector code.
            var forbidden: UInt8 = 0
            for index in 0..<bytes.count {
                let byte = unsafe bytes[index]
                let isControl: UInt8 = byte < 0x20 ? 1 : 0
                let isTab: UInt8 = byte == ASCII.tab ? 1 : 0
                let isDelete: UInt8 = byte == 0x7f ? 1 : 0
                forbidden |= (isControl ^ isTab) | isDelete
            }
            return forbidden == 0
        }
    }

    /// Where the token that begins at `range`'s start ends, at most at its end.
    func endOfToken(in range: Range<Int>) -> Int {
        unsafe extracting(range).withUnsafeBytes { bytes in
            var index = 0
            while index < bytes.count, unsafe bytes[index].isTokenByte {
                index &+= 1
            }
            return range.lowerBound &+ index
        }
    }

    /// Whether the bytes of `range` are `lowercase` but for the case of ASCII letters.
    func equalsIgnoringCase(_ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        let wanted = unsafe UnsafeBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount)
        var index = 0
        while index < wanted.count {
            let byte = self[range.lowerBound &+ index]
            let other = unsafe wanted[index]
            if byte != other, byte.asciiLowercased != other { return false }
            index &+= 1
        }
        return true
    }
}
