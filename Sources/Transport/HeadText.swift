/// Bytes of a head as the parser reads them, often eight at a time.
///
/// Places are checked in debug builds only: every loop here and in `RequestHead` stays below `count`, and places that one
/// of them has found are not passed again with another text.
@safe
struct HeadText {
    private let base: UnsafeRawPointer?
    let count: Int

    /// Valid as long as the bytes are.
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe base = bytes.baseAddress
        count = bytes.count
    }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe base.unsafelyUnwrapped.load(fromByteOffset: index, as: UInt8.self)
    }

    /// Eight bytes, the first one lowest.
    @inline(__always)
    private func word(at index: Int) -> UInt64 {
        assert(index >= 0 && index <= count - 8)
        return UInt64(littleEndian: unsafe base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The bytes of `twoWords`.
    static let stride = 16

    /// Sixteen bytes, as two words of which the first byte is lowest.
    @inline(__always)
    func twoWords(at index: Int) -> SIMD2<UInt64> {
        assert(index >= 0 && index <= count - 16)
        let words = unsafe base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self)
        return SIMD2(UInt64(littleEndian: words.x), UInt64(littleEndian: words.y))
    }

    /// Where the token that begins at `start` ends.
    @inline(__always)
    func endOfToken(from start: Int) -> Int {
        var index = start
        let lastWord = count &- 8
        while index <= lastWord {
            // Letters and hyphens, which most names consist of; seven bits to a byte, so that no sum carries into the next.
            let word = word(at: index)
            let seven = word & ~UInt64.highBits
            let folded = seven | .lowBits &* 0x20
            let letters = (folded &+ .lowBits &* (0x80 - 0x61)) & ~(folded &+ .lowBits &* (0x80 - 0x7b))
            let notHyphens = (seven ^ .lowBits &* 0x2d) &+ .lowBits &* 0x7f
            let stops = (notHyphens & ~letters | word) & .highBits
            if stops == 0 {
                index &+= 8
                continue
            }
            index &+= stops.trailingZeroBitCount / 8
            // What ends a name and what ends a method, which is cheaper to tell than what may be in them.
            let stop = self[index]
            guard stop != ASCII.colon, stop != ASCII.space, stop.isTokenByte else { return index }
            index &+= 1
        }
        while index < count, self[index].isTokenByte {
            index &+= 1
        }
        return index
    }

    /// The high bits of the bytes that are below a limit, of at most 0x80, or DEL.
    ///
    /// A byte's high bit is set in `words - n` where the byte is below n. The lowest such bit of a word is exact: a borrow
    /// only disturbs bytes above one that is itself a stop.
    @inline(__always)
    static func stops(_ words: SIMD2<UInt64>, below limit: UInt64) -> SIMD2<UInt64> {
        let controls = words &- .lowBits &* limit
        let deletes = (words ^ .lowBits &* 0x7f) &- .lowBits
        return (controls | deletes) & ~words & .highBits
    }

    /// Copies the first bytes.
    func copy(_ length: Int, to place: UnsafeMutableRawPointer) {
        assert(length <= count)
        unsafe place.copyMemory(from: base.unsafelyUnwrapped, byteCount: length)
    }

    /// The first place from `start` on of a byte that no field value may hold; the end when there is none.
    @inline(__always)
    func endOfFieldText(from start: Int) -> Int {
        var index = start
        let lastWords = count &- Self.stride
        while index <= lastWords {
            let stops = Self.stops(twoWords(at: index), below: 0x20)
            if stops.x | stops.y == 0 {
                index &+= Self.stride
                continue
            }
            index &+= (stops.x != 0 ? stops.x.trailingZeroBitCount : 64 &+ stops.y.trailingZeroBitCount) / 8
            guard self[index] == ASCII.tab else { return index }
            index &+= 1
        }
        while index < count, self[index].isFieldByte {
            index &+= 1
        }
        return index
    }

    /// Whether the bytes of `range` are `text`.
    @inline(__always)
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        var index = 0
        while index < text.utf8CodeUnitCount {
            guard unsafe self[range.lowerBound &+ index] == text.utf8Start[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether the bytes of `range` are `lowercase` but for the case of ASCII letters.
    @inline(__always)
    func equalsIgnoringCase(_ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        let start = unsafe base.unsafelyUnwrapped + range.lowerBound
        return unsafe start.equalsIgnoringCase(UnsafeRawPointer(lowercase.utf8Start), count: range.count)
    }

    /// The range without spaces and tabs at its ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start].isBlank {
            start &+= 1
        }
        while end > start, self[end &- 1].isBlank {
            end &-= 1
        }
        return start..<end
    }

    /// The first place of `byte` in `range`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        range.first { self[$0] == byte }
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == ASCII.space || self == ASCII.tab
    }
}
