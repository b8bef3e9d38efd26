internal import Glibc
internal import Synchronization

/// How many keys and bytes are inserted in all, sampled or not, to tell how far the sample is from its expected share.
///
/// Keys are counted by a bitmap (linear counting, Whang et al., 1990), precise to a fraction of a percent where a sample of
/// 8,000 keys is off by one; a key costs a look at a bit, and that on inserts only. As long as all keys are sampled there is
/// nothing to count, and no bitmap.
final class CurveCensus: Sendable {
    static let bitCount = 1 << 17

    private final class Bitmap: Sendable {
        let words: InlineArray<2_048, Atomic<UInt64>>

        init() {
            words = InlineArray { _ in Atomic(0) }
        }
    }

    private let bitmap = AtomicLazyReference<Bitmap>()
    private let bits = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    /// Makes the bitmap, once; until then nothing is noted.
    func begin() {
        _ = bitmap.storeIfNil(Bitmap())
    }

    @inline(__always)
    func note(_ mixed: UInt64, payload: Int) {
        guard let bitmap = bitmap.load() else { return }
        let bit = Int(truncatingIfNeeded: (mixed &* 0xbf58_476d_1ce4_e5b9) >> 47)
        let mask: UInt64 = 1 << UInt64(bit & 63)
        guard bitmap.words[bit >> 6].load(ordering: .relaxed) & mask == 0 else { return }
        let old = bitmap.words[bit >> 6].bitwiseOr(mask, ordering: .relaxed).oldValue
        guard old & mask == 0 else { return }
        bits.wrappingAdd(1, ordering: .relaxed)
        bytes.wrappingAdd(payload, ordering: .relaxed)
    }

    /// Keys and bytes seen, estimated, and whether the bitmap is too full to go on.
    var estimate: (keys: Double, bytes: Double, isFull: Bool) {
        let set = Double(bits.load(ordering: .relaxed))
        guard set > 0 else { return (0, 0, false) }
        let all = Double(Self.bitCount)
        let keys = -all * log(max(0.001, 1 - set / all))
        return (keys, Double(bytes.load(ordering: .relaxed)) * keys / set, set > all * 0.95)
    }

    func clear() {
        guard let bitmap = bitmap.load() else { return }
        for word in 0..<bitmap.words.count { bitmap.words[word].store(0, ordering: .relaxed) }
        bits.store(0, ordering: .relaxed)
        bytes.store(0, ordering: .relaxed)
    }

    /// Bytes of memory that it may take.
    static var memoryBytes: Int { bitCount / 8 }
}
