/// An item in a segment, at a multiple of 2 bytes.
///
///     0          4 or 8     ...
///     +----------+--------+------+-----+-------------+---------+
///     | header   | expiry | mark | key | value       | padding |
///     | header   | expiry | mark | key | unit of run | padding |   a large value
///     +----------+--------+------+-----+-------------+---------+
///       4 or 8     0, 4, 8  0, 4
///
/// The expiry is absent when there is none, 4 bytes when it is a multiple of `expiryUnit` below 2^32 of them, and 8 else;
/// the mark is absent when 0. The header, from the low bits: short (1), dead (1), large (1), has a mark (1), form of the
/// expiry (2), then value bytes, key bytes and group: 22, 13 and 16 bits, or 12, 7 and 7 where they fit, in a short one.
struct Record {
    static let alignmentShift = 1
    static let maximumKey = 1 << 13 - 1
    static let maximumValue = SegmentPool.chunkBytes - SegmentPool.unit
    /// Nanoseconds; expiries that are multiples of it take half the bytes.
    static let expiryUnitShift: UInt64 = 24
    /// Bytes that may be read from where a record begins, whatever its form.
    private static let minimumFootprint = 8

    /// The header, in its long form but for the bit that tells.
    private var word: UInt64

    /// The record whose first 8 bytes are these.
    @inline(__always)
    init(word stored: UInt64) {
        guard stored & 1 != 0 else {
            word = stored
            return
        }
        word =
            stored & 0x3f | (stored >> 6 & 0xfff) << 6 | (stored >> 18 & 0x7f) << 28 | (stored >> 25 & 0x7f) << 41
    }

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
        let isShort = value < 1 << 12 && key < 1 << 7 && group < 1 << 7
        word =
            (isShort ? 1 : 0) | (isLarge ? 4 : 0) | (mark != 0 ? 8 : 0) | form << 4
            | UInt64(value) << 6 | UInt64(key) << 28 | UInt64(group) << 41
    }

    /// Writes the header.
    func store(_ memory: PoolMemory, _ location: Int) {
        if isShort {
            let short =
                word & 0x3f | (word >> 6 & 0xfff) << 6 | (word >> 28 & 0x7f) << 18 | (word >> 41 & 0x7f) << 25
            memory.store(UInt32(truncatingIfNeeded: short), location)
        } else {
            memory.store(word, location)
        }
    }

    @inline(__always) private var isShort: Bool { word & 1 != 0 }
    @inline(__always) var valueCount: Int { Int(word >> 6 & 0x3f_ffff) }
    @inline(__always) var keyCount: Int { Int(word >> 28 & 0x1fff) }
    var isDead: Bool {
        get { word & 2 != 0 }
        set { word = word & ~2 | (newValue ? 2 : 0) }
    }
    @inline(__always) var isLarge: Bool { word & 4 != 0 }
    @inline(__always) var group: UInt16 { UInt16(truncatingIfNeeded: word >> 41) }
    @inline(__always) private var headerCount: Int { 8 - Int(word & 1) << 2 }
    @inline(__always) private var markCount: Int { Int(word >> 3 & 1) << 2 }
    @inline(__always) private var expiryForm: UInt64 { word >> 4 & 3 }
    @inline(__always) private var expiryCount: Int { Int(expiryForm) << 2 }

    @inline(__always) var keyOffset: Int { headerCount + expiryCount + markCount }
    @inline(__always) var valueOffset: Int { keyOffset + keyCount }
    @inline(__always) var payload: Int { keyCount + valueCount }
    /// Bytes in the segment.
    @inline(__always) var footprint: Int {
        max(Self.minimumFootprint, (valueOffset + (isLarge ? 4 : valueCount) + 1) & ~1)
    }
    /// Units of the run of a large value, else 0.
    @inline(__always) var runUnits: Int { isLarge ? SegmentPool.units(for: valueCount) : 0 }

    @inline(__always)
    func expiresAt(_ memory: PoolMemory, _ location: Int) -> UInt64 {
        switch expiryForm {
        case 0: .max
        case 1: UInt64(memory.load(location + headerCount, as: UInt32.self)) << Self.expiryUnitShift
        default: memory.load(location + headerCount)
        }
    }

    @inline(__always)
    func mark(_ memory: PoolMemory, _ location: Int) -> UInt32 {
        markCount == 0 ? 0 : memory.load(location + headerCount + expiryCount)
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

    /// Writes all but key and value.
    func write(
        _ memory: PoolMemory,
        _ location: Int,
        mark: UInt32,
        expiresAt: UInt64,
        run: UInt32
    ) {
        store(memory, location)
        switch expiryCount {
        case 4: memory.store(UInt32(truncatingIfNeeded: expiresAt >> Self.expiryUnitShift), location + headerCount)
        case 8: memory.store(expiresAt, location + headerCount)
        default: break
        }
        if markCount != 0 { memory.store(mark, location + headerCount + expiryCount) }
        if isLarge { memory.store(run, location + valueOffset) }
    }
}
