internal import Synchronization

/// How many requests there were and how many bytes they had, for many threads at once.
///
///     63        43 42                0
///     +-----------+------------------+
///     | requests  | bytes            |   since the last carry
///     +-----------+------------------+
///
/// Both grow by one addition; at half of the requests' 21 bits what there is is carried. A request has less than 2^22 bytes,
/// so the lower part cannot run over before.
struct CurveTally: ~Copyable {
    private static let bytesWidth: UInt64 = 43
    private static let bytesMask: UInt64 = 1 << bytesWidth - 1
    private static let half: UInt64 = 1 << 63

    private let recent = Atomic<UInt64>(0)
    private let count = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)

    @inline(__always)
    func add(bytes: Int) {
        let added = 1 << Self.bytesWidth | UInt64(min(UInt(bitPattern: max(0, bytes)), 1 << 22 - 1))
        if recent.wrappingAdd(added, ordering: .relaxed).oldValue >= Self.half { carry() }
    }

    /// The same, while nobody else adds.
    @inline(__always)
    func addAlone(bytes: Int) {
        count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        let new = self.bytes.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: bytes)
        self.bytes.store(new, ordering: .relaxed)
    }

    @inline(never)
    private func carry() {
        let word = recent.exchange(0, ordering: .relaxed)
        count.wrappingAdd(word >> Self.bytesWidth, ordering: .relaxed)
        bytes.wrappingAdd(word & Self.bytesMask, ordering: .relaxed)
    }

    /// What was added; less while another thread is carrying.
    var value: (count: UInt64, bytes: UInt64) {
        let word = recent.load(ordering: .relaxed)
        return (
            count.load(ordering: .relaxed) &+ word >> Self.bytesWidth,
            bytes.load(ordering: .relaxed) &+ word & Self.bytesMask
        )
    }
}
