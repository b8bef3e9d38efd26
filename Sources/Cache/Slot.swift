/// One word of the index: an item, the memory of an evicted one (a ghost), or nothing (0).
///
///     63        42 41     37 36 35                          0
///     +-----------+---------+--+-----------------------------+
///     | tag       | counter | 0| location, in 2-byte units   |   an item
///     | tag       | counter | 1| hash bits (20) | stamp (16) |   a ghost
///     +-----------+---------+--+-----------------------------+
///
/// The tag is the low 22 bits of the key's hash and also gives the two buckets a slot may be in; a region's number comes
/// from the other bits.
struct Slot: Equatable, BitwiseCopyable {
    var word: UInt64

    static let tagBits: UInt64 = 22
    private static let ghostBit: UInt64 = 1 << 36
    private static let locationMask: UInt64 = ghostBit - 1
    private static let counterShift: UInt64 = 37

    static let empty = Slot(word: 0)

    @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    @inline(__always)
    init(hash: UInt64, counter: UInt8, location: Int) {
        word =
            Self.tag(of: hash) << 42 | UInt64(counter & 31) << Self.counterShift
            | UInt64(truncatingIfNeeded: location >> Record.alignmentShift)
    }

    init(ghostOf hash: UInt64, counter: UInt8, stamp: UInt16) {
        let bits = hash >> Self.tagBits & 0xf_ffff
        word =
            Self.tag(of: hash) << 42 | UInt64(counter & 31) << Self.counterShift | Self.ghostBit | bits << 16
            | UInt64(stamp)
    }

    @inline(__always)
    static func tag(of hash: UInt64) -> UInt64 {
        hash & (1 << tagBits - 1)
    }

    @inline(__always) var tag: UInt64 { word >> 42 }
    @inline(__always) var isEmpty: Bool { word == 0 }
    @inline(__always) var isGhost: Bool { word & Self.ghostBit != 0 }
    @inline(__always) var isItem: Bool { word != 0 && word & Self.ghostBit == 0 }
    /// Byte offset of the record in the pool's memory.
    @inline(__always) var location: Int { Int(word & Self.locationMask) << Record.alignmentShift }
    @inline(__always) var counter: UInt8 {
        get { UInt8(truncatingIfNeeded: word >> Self.counterShift) & 31 }
        set { word = word & ~(31 << Self.counterShift) | UInt64(newValue & 31) << Self.counterShift }
    }
    var stamp: UInt16 { UInt16(truncatingIfNeeded: word) }
    /// The hash as far as a ghost knows it: 42 bits.
    var ghostHash: UInt64 { tag | (word >> 16 & 0xf_ffff) << Self.tagBits }
}
