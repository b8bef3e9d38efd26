/// The items of a text with separators between them, each of which may be percent-encoded.
///
/// Nothing follows a separator at the end.
struct SeparatedItems {
    private let text: Bytes
    private let separator: UInt8
    /// Where the next item begins.
    private var start = 0
    /// The word looked at, and the high bit of each of its bytes that may be a separator and has not been passed.
    private var offset = -8
    private var candidates: UInt64 = 0

    init(_ text: Bytes, separator: UInt8) {
        self.text = text
        self.separator = separator
    }

    @inline(__always)
    mutating func next() -> Range<Int>? {
        guard start < text.count else { return nil }
        let first = start
        while let place = nextCandidate() {
            var end = place
            guard text.percentDecoded(at: &end) == separator else { continue }
            start = end
            return first..<place
        }
        start = text.count
        return first..<text.count
    }

    /// The next separator or percent sign, eight bytes at a time.
    @inline(__always)
    private mutating func nextCandidate() -> Int? {
        while candidates == 0 {
            offset &+= 8
            guard offset < text.count else { return nil }
            let word = text.paddedWord(offset)
            let ones: UInt64 = 0x0101_0101_0101_0101
            candidates = Self.zeros(word ^ ones &* UInt64(separator)) | Self.zeros(word ^ ones &* UInt64(ascii: "%"))
        }
        let place = offset &+ candidates.trailingZeroBitCount / 8
        candidates &= candidates &- 1
        return place
    }

    /// The high bit of each byte that is 0; seven bits to a byte, so that no sum carries into the next.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 {
        let sevens: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        return ~(((word & sevens) &+ sevens) | word | sevens)
    }
}

extension UInt64 {
    fileprivate init(ascii character: Unicode.Scalar) {
        self.init(UInt8(ascii: character))
    }
}
