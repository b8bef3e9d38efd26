/// An item in a segment, at a multiple of 2 bytes.
///
///     0          8            ...
///     +----------+--------+------+-----+-------------+---------+
///     | header   | expiry | mark | key | value       | padding |
///     | header   | expiry | mark | key | unit of run | padding |   a large value
///     +----------+--------+------+-----+-------------+---------+
///       8          0, 4, 8  0, 4
///
/// The expiry is absent when there is none, 4 bytes when it is a multiple of `expiryUnit` below 2^32 of them, and 8 else;
/// the mark is absent when 0. Header, from the low bits: value bytes (22), key bytes (13), nothing (4), dead (1),
/// large (1), has a mark (1), form of the expiry (2), group (16).
struct Record {
    static let alignmentShift = 1
    static let maximumKey = 1 << 13 - 1
    static let maximumValue = SegmentPool.chunkBytes - SegmentPool.unit
    /// Nanoseconds; expiries that are multiples of it take half the bytes.
    static let expiryUnitShift: UInt64 = 24

    var word: UInt64

    init(word: UInt64) { self.word = word }

    init(
        key: Int,
        value: Int,
        isLarge: Bool,
        mark: UInt32,
        expiresAt: UInt64,
        group: UInt16
    ) {
        let form: UInt64 =
            if expiresAt == .max {
                0
            } else if expiresAt & (1 << Self.expiryUnitShift - 1) == 0, expiresAt >> Self.expiryUnitShift < 1 << 32 {
                1
            } else {
                2
            }
        word =
            UInt64(value) | UInt64(key) << 22 | (isLarge ? 1 << 40 : 0)
            | (mark != 0 ? 1 << 41 : 0) | form << 42 | UInt64(group) << 44
    }

    @inline(__always) var valueCount: Int { Int(word & 0x3f_ffff) }
    @inline(__always) var keyCount: Int { Int(word >> 22 & 0x1fff) }
    var isDead: Bool {
        get { word >> 39 & 1 != 0 }
        set { word = word & ~(1 << 39) | (newValue ? 1 << 39 : 0) }
    }
    var isLarge: Bool { word >> 40 & 1 != 0 }
    @inline(__always) var group: UInt16 { UInt16(truncatingIfNeeded: word >> 44) }
    private var markCount: Int { Int(word >> 41 & 1) << 2 }
    private var expiryCount: Int { Int(word >> 42 & 3) << 2 }

    @inline(__always) var keyOffset: Int { 8 + expiryCount + markCount }
    @inline(__always) var valueOffset: Int { keyOffset + keyCount }
    var payload: Int { keyCount + valueCount }
    /// Bytes in the segment.
    var footprint: Int { (valueOffset + (isLarge ? 4 : valueCount) + 1) & ~1 }
    /// Units of the run of a large value, else 0.
    var runUnits: Int { isLarge ? (valueCount + SegmentPool.unit - 1) >> SegmentPool.unitShift : 0 }

    @inline(__always)
    func expiresAt(_ memory: PoolMemory, _ location: Int) -> UInt64 {
        switch word >> 42 & 3 {
        case 0: .max
        case 1: UInt64(memory.load(location + 8, as: UInt32.self)) << Self.expiryUnitShift
        default: memory.load(location + 8)
        }
    }

    @inline(__always)
    func mark(_ memory: PoolMemory, _ location: Int) -> UInt32 {
        markCount == 0 ? 0 : memory.load(location + 8 + expiryCount)
    }

    func run(_ memory: PoolMemory, _ location: Int) -> UInt32 {
        memory.load(location + valueOffset)
    }

    func key(_ memory: PoolMemory, _ location: Int) -> UnsafeRawBufferPointer {
        unsafe memory.bytes(location + keyOffset, keyCount)
    }

    @inline(__always)
    func value(_ memory: PoolMemory, _ location: Int) -> UnsafeRawBufferPointer {
        let start = isLarge ? Int(run(memory, location)) << SegmentPool.unitShift : location + valueOffset
        return unsafe memory.bytes(start, valueCount)
    }

    @inline(__always)
    func holds(_ key: UnsafeRawBufferPointer, _ memory: PoolMemory, _ location: Int) -> Bool {
        unsafe keyCount == key.count && memory.equals(location + keyOffset, key)
    }

    /// Writes all but the reference to a run.
    func write(
        _ memory: PoolMemory,
        _ location: Int,
        key: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64,
        run: UInt32
    ) {
        memory.store(word, location)
        switch expiryCount {
        case 4: memory.store(UInt32(truncatingIfNeeded: expiresAt >> Self.expiryUnitShift), location + 8)
        case 8: memory.store(expiresAt, location + 8)
        default: break
        }
        if markCount != 0 { memory.store(mark, location + 8 + expiryCount) }
        unsafe memory.copy(key, to: location + keyOffset)
        if isLarge {
            memory.store(run, location + valueOffset)
            unsafe memory.copy(value, to: Int(run) << SegmentPool.unitShift)
        } else {
            unsafe memory.copy(value, to: location + valueOffset)
        }
    }
}
