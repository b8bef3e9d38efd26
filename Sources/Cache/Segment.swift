/// A block of memory that records are appended to, seen through its header.
///
///     0      4          8      12     16           24       32      33      36     40
///     +------+----------+------+------+------------+--------+-------+-------+------+---------
///     | next | previous | used | live | min expiry | stamp  | queue | order | dead | records
///     +------+----------+------+------+------------+--------+-------+-------+------+---------
///
/// `used` counts bytes from the start, `live` the records that are not dead, `dead` the bytes of those that are; the stamp
/// is the policy's.
struct Segment {
    static let headerBytes = 40

    let unit: UInt32
    let memory: PoolMemory

    @inline(__always) var offset: Int { Int(unit) << SegmentPool.unitShift }

    func initialize(queue: Int, order: Int, stamp: Double) {
        memory.store(UInt64(0), offset)
        memory.store(UInt32(Self.headerBytes), offset + 8)
        memory.store(UInt32(0), offset + 12)
        memory.store(UInt64.max, offset + 16)
        memory.store(stamp, offset + 24)
        memory.store(UInt8(queue), offset + 32)
        memory.store(UInt8(order), offset + 33)
        memory.store(UInt32(0), offset + 36)
    }

    var next: UInt32 {
        get { memory.load(offset) }
        nonmutating set { memory.store(newValue, offset) }
    }
    var previous: UInt32 {
        get { memory.load(offset + 4) }
        nonmutating set { memory.store(newValue, offset + 4) }
    }
    var used: Int {
        get { Int(memory.load(offset + 8, as: UInt32.self)) }
        nonmutating set { memory.store(UInt32(newValue), offset + 8) }
    }
    var live: Int {
        get { Int(memory.load(offset + 12, as: UInt32.self)) }
        nonmutating set { memory.store(UInt32(newValue), offset + 12) }
    }
    var dead: Int {
        get { Int(memory.load(offset + 36, as: UInt32.self)) }
        nonmutating set { memory.store(UInt32(newValue), offset + 36) }
    }
    /// Whether most of it is dead, so that moving the rest away pays.
    var isMostlyDead: Bool { dead * 2 > bytes && live > 0 }
    /// No record here expires before.
    var minimumExpiry: UInt64 {
        get { memory.load(offset + 16) }
        nonmutating set { memory.store(newValue, offset + 16) }
    }
    var stamp: Double {
        get { memory.load(offset + 24) }
        nonmutating set { memory.store(newValue, offset + 24) }
    }
    var queue: Int { Int(memory.load(offset + 32, as: UInt8.self)) }
    var order: Int { Int(memory.load(offset + 33, as: UInt8.self)) }
    var bytes: Int { SegmentPool.unit << order }
    var room: Int { bytes - used }
}
