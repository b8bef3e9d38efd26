internal import Glibc

/// A key of the sample.
struct CurveKey: BitwiseCopyable {
    /// The hash, mixed: the sample is the keys for which this is below the threshold.
    var mixed: UInt64 = 0
    /// Bytes charged to the budget; while the slot is free, the next free one.
    var charged: UInt32 = 0
    /// Bytes of key and value.
    var payload: UInt32 = 0
    /// `CurveKey.anyGroup` while it is not known.
    var group = Self.anyGroup
    static let anyGroup = UInt32.max
    /// The two expiries that the copies in the simulated caches have, in units of `CurveClock`; `.max` for none.
    var expiry: UInt32 = .max
    var laterExpiry: UInt32 = .max
    /// Units from an insert to its expiry, `.max` for none.
    var lifetime: UInt32 = .max
    /// The lanes whose copy has the later expiry; for LRU the bin of sizes from which on the copy has the first one.
    var later: UInt16 = 0
    /// The lanes that hold it.
    var resident: UInt16 = 0
    /// Read misses that no insert has followed yet.
    var pending: UInt8 = 0
    private var flags: UInt8 = 0
    /// What a byte is worth: the upper half of a `Float`'s bits.
    var density: UInt16 = 0

    var isInUse: Bool {
        get { flags & 1 != 0 }
        set { flags = flags & ~1 | (newValue ? 1 : 0) }
    }
    /// It is among the sampled keys that are compared with all keys: see `CurveCensus`.
    var isCounted: Bool {
        get { flags & 2 != 0 }
        set { flags = flags & ~2 | (newValue ? 2 : 0) }
    }
}

/// Time in the estimator: units of 2^28 ns, about a quarter of a second, of which 36 years fit in 32 bits.
enum CurveClock {
    private static let unitShift: UInt64 = 28

    static func unit(_ nanoseconds: UInt64) -> UInt32 {
        nanoseconds == .max
            ? .max : UInt32(clamping: min(nanoseconds >> unitShift, UInt64(UInt32.max - 1)))
    }

    static func shifted(_ time: UInt32, by delay: Int) -> UInt32 {
        time == .max ? .max : UInt32(clamping: min(Int(time) + delay, Int(UInt32.max) - 1))
    }

    static func sum(_ now: UInt32, _ lifetime: UInt32) -> UInt32 {
        lifetime == .max ? .max : UInt32(clamping: min(UInt64(now) + UInt64(lifetime), UInt64(UInt32.max - 1)))
    }
}

/// A fixed array in memory that its holder owns.
///
/// Safe to use: a debug build checks each index. Its owner unmaps it, and lets none be used afterwards.
@safe struct CurveTable<Element: BitwiseCopyable> {
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    /// Takes `count` elements from the front of what is left of a region, at a cache line's start; all their bytes are 0.
    init(_ region: inout CurveRegion, count: Int) {
        unsafe base = region.take(MemoryLayout<Element>.stride * count).bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    /// The same, with other elements.
    init(_ region: inout CurveRegion, count: Int, repeating element: Element) {
        self.init(&region, count: count)
        unsafe base.update(repeating: element, count: count)
    }

    static func bytes(_ count: Int) -> Int {
        (MemoryLayout<Element>.stride * count + 63) & ~63
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        unsafeAddress {
            assert(index >= 0 && index < count)
            return unsafe UnsafePointer(base + index)
        }
        nonmutating unsafeMutableAddress {
            assert(index >= 0 && index < count)
            return unsafe base + index
        }
    }

    /// The elements from an index on, as one value.
    @inline(__always)
    func vector<Vector: BitwiseCopyable>(at index: Int, as type: Vector.Type = Vector.self) -> Vector {
        assert(index >= 0 && MemoryLayout<Element>.stride * index + MemoryLayout<Vector>.size <= bytes)
        return unsafe UnsafeRawPointer(base + index).loadUnaligned(as: Vector.self)
    }

    @inline(__always)
    func setVector<Vector: BitwiseCopyable>(_ vector: Vector, at index: Int) {
        assert(index >= 0 && MemoryLayout<Element>.stride * index + MemoryLayout<Vector>.size <= bytes)
        unsafe UnsafeMutableRawPointer(base + index).storeBytes(of: vector, as: Vector.self)
    }

    private var bytes: Int { MemoryLayout<Element>.stride * count }

    /// The elements' bytes, for snapshots.
    func withBytes<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        unsafe body(UnsafeMutableRawBufferPointer(start: base, count: MemoryLayout<Element>.stride * count))
    }
}

/// Zeroed memory, of which tables are cut; pages become resident when they are first written.
@safe struct CurveRegion {
    private let base: UnsafeMutableRawPointer
    private let isMapped: Bool
    let bytes: Int
    private var used = 0

    init(bytes: Int) {
        self.bytes = (bytes + 4_095) & ~4_095
        if let memory = PoolMemory.reserve(self.bytes, alignment: 4_096, protection: PROT_READ | PROT_WRITE) {
            unsafe base = memory.base
            isMapped = true
        } else {
            unsafe base = .allocate(byteCount: self.bytes, alignment: 64)
            unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: self.bytes)
            isMapped = false
        }
    }

    func free() {
        if isMapped {
            unsafe PoolMemory(base: base, count: bytes).unmap()
        } else {
            unsafe base.deallocate()
        }
    }

    mutating func take(_ count: Int) -> UnsafeMutableRawPointer {
        let start = used
        used += (count + 63) & ~63
        precondition(used <= bytes)
        return unsafe base + start
    }
}
