/// A hash of keys that nobody without the seed can predict: SipHash-1-3 (Aumasson and Bernstein, 2012).
///
/// Unlike the standard library's `Hasher` it can be given a seed, so that what a snapshot says of hashes holds in the
/// process that loads it.
public struct KeyHasher: Sendable {
    /// The 128-bit key; whoever knows it can choose cache keys that collide.
    public let seed: (UInt64, UInt64)

    /// Makes a hasher with a seed.
    public init(seed: (UInt64, UInt64)) {
        self.seed = seed
    }

    /// Makes a hasher with a seed that no other process has.
    public init() {
        var generator = SystemRandomNumberGenerator()
        seed = (generator.next(), generator.next())
    }

    /// The hash of a key's bytes.
    @inline(__always)
    public func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var state = SipState(seed)
        var offset = 0
        while offset + 8 <= key.count {
            unsafe state.compress(UInt64(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        // The last word: what is left of the key below its length.
        var last = UInt64(truncatingIfNeeded: key.count) << 56
        var shift: UInt64 = 0
        while offset < key.count {
            unsafe last |= UInt64(key[offset]) << shift
            shift += 8
            offset += 1
        }
        state.compress(last)
        return state.finish()
    }
}

/// The four words of SipHash.
private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(_ seed: (UInt64, UInt64)) {
        v0 = 0x736f_6d65_7073_6575 ^ seed.0
        v1 = 0x646f_7261_6e64_6f6d ^ seed.1
        v2 = 0x6c79_6765_6e65_7261 ^ seed.0
        v3 = 0x7465_6462_7974_6573 ^ seed.1
    }

    @inline(__always)
    mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xff
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = Self.rotate(v1, 13) ^ v0
        v0 = Self.rotate(v0, 32)
        v2 &+= v3
        v3 = Self.rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.rotate(v1, 17) ^ v2
        v2 = Self.rotate(v2, 32)
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
        word &<< count | word &>> (64 - count)
    }
}
