internal import Glibc
internal import Synchronization

/// One pool of memory for all stores: segments, runs for large values, and their indexes come from here.
///
/// The pool reserves one range of address space and hands out blocks of it, a power of two of 1 KiB units, from chunks
/// of 4 MiB split in halves (a buddy system, Knowlton 1965). A block that is given back merges with its free neighbour;
/// when the resident free memory passes `keep`, pages return to the system, of large blocks first, once no shard's lock is
/// held. The lowest chunk with room is used first, so that the upper ones empty.
///
/// Lock order: a shard's lock, then the pool's. The system calls that return pages run outside of both.
public final class SegmentPool: Sendable {
    /// The pool of stores that were given none.
    public static let shared = SegmentPool()

    /// The least that is handed out, in bytes.
    static let unit = 1 << unitShift
    static let unitShift = 10
    static let chunkOrder = 12
    static let chunkBytes = unit << chunkOrder
    static let pageShift = 12

    /// Bytes of free memory that may stay resident.
    public let keep: Int

    /// What gives the keys of all its stores their hashes.
    public let hasher: KeyHasher

    /// All blocks; an offset of 0 is never handed out.
    let memory: PoolMemory
    /// The order of the segment that covers a unit.
    ///
    /// Written under the pool's lock before a segment is handed out, read
    /// by its owner only.
    private let orders: PoolMemory
    private let state: Mutex<PoolState>
    /// Whether more free memory is resident than is to be kept, as far as is known.
    private let hasTooMuch = Atomic<Bool>(false)

    /// Makes an empty pool.
    ///
    /// - Parameters:
    ///   - keep: bytes of free memory that may stay resident.
    ///   - reservation: bytes of address space, the most that can ever be handed out; at most 128 GiB. By default four
    ///     times the machine's memory. A pool whose reservation the system refuses tries with less.
    ///   - hugePages: whether to ask the system for 2 MiB pages: hits are faster, but what is resident follows what is
    ///     handed out in steps of 2 MiB.
    ///   - hasher: what hashes keys.
    public init(
        keep: Int = 16 << 20,
        reservation: Int? = nil,
        hugePages: Bool = false,
        hasher: KeyHasher = KeyHasher()
    ) {
        self.hasher = hasher
        let physical = max(1 << 28, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
        let most = 1 << 37
        let wanted = min(reservation ?? min(physical, most / 4) * 4, most)
        var chunks = max(1, (wanted + Self.chunkBytes - 1) / Self.chunkBytes)
        self.keep = max(0, keep)
        while chunks > 0 {
            let bytes = chunks * Self.chunkBytes
            if let memory = PoolMemory.reserve(bytes, alignment: Self.chunkBytes, protection: PROT_NONE) {
                if let orders = PoolMemory.reserve(
                    bytes / Self.unit,
                    alignment: 1 << Self.pageShift,
                    protection: PROT_READ | PROT_WRITE
                ),
                    let side = PoolMemory.reserve(
                        chunks * PoolState.stride,
                        alignment: 1 << Self.pageShift,
                        protection: PROT_READ | PROT_WRITE
                    )
                {
                    self.memory = memory
                    self.orders = orders
                    state = Mutex(PoolState(memory: memory, side: side, chunkLimit: chunks, hugePages: hugePages))
                    return
                }
                memory.unmap()
            }
            chunks /= 2
        }
        // Address space ran out altogether: a pool that has nothing to give.
        let none = unsafe PoolMemory(
            base: UnsafeMutableRawPointer(bitPattern: -1) ?? .allocate(byteCount: 1, alignment: 1),
            count: 0
        )
        memory = none
        orders = none
        state = Mutex(PoolState(memory: none, side: none, chunkLimit: 0, hugePages: false))
    }

    deinit {
        guard memory.count > 0 else { return }
        memory.unmap()
        orders.unmap()
        state.withLock { state in state.side.unmap() }
    }

    /// What a pool has handed out and what it keeps.
    public struct Usage: Sendable, Equatable {
        /// Bytes handed out.
        public var allocated = 0
        /// Bytes of pages that may be in memory: those handed out and the free ones that are kept.
        public var resident = 0
    }

    /// What is handed out now.
    public var usage: Usage {
        state.withLock { state in Usage(allocated: state.allocated, resident: state.resident) }
    }

    /// The first unit of a new segment of `1 << order` units; nil when the pool is exhausted.
    func allocateSegment(order: Int) -> UInt32? {
        state.withLock { state in
            guard let unit = state.take(order: order, forIndex: false) else { return nil }
            orders.fill(unit, 1 << order, UInt8(order))
            state.allocated += Self.unit << order
            return UInt32(unit)
        }
    }

    func freeSegment(_ unit: UInt32, order: Int) {
        free(Int(unit), order: order)
    }

    /// The first unit of the segment that holds a byte of memory.
    @inline(__always)
    func segment(holding offset: Int) -> UInt32 {
        let unit = offset >> Self.unitShift
        let order = orders.load(unit, as: UInt8.self)
        return UInt32(truncatingIfNeeded: unit & ~((1 << Int(order)) - 1))
    }

    func order(of segment: UInt32) -> Int {
        Int(orders.load(Int(segment), as: UInt8.self))
    }

    /// The first of `count` units in a row, at most a chunk, of an index or of one large value; nil when the pool is
    /// exhausted.
    func allocateRun(_ count: Int, forIndex: Bool = false) -> UInt32? {
        guard count > 0, count <= 1 << Self.chunkOrder else { return nil }
        return state.withLock { state in
            let order = Self.order(for: count)
            guard let unit = state.take(order: order, forIndex: forIndex) else { return nil }
            state.release(unit + count, (1 << order) - count)
            state.allocated += count << Self.unitShift
            return UInt32(unit)
        }
    }

    func freeRun(_ unit: UInt32, _ count: Int) {
        var unit = Int(unit)
        var count = count
        while count > 0 {
            let order = min(unit.trailingZeroBitCount, Int.bitWidth - 1 - count.leadingZeroBitCount)
            free(unit, order: order)
            unit += 1 << order
            count -= 1 << order
        }
    }

    /// Units that hold that many bytes.
    static func units(for bytes: Int) -> Int {
        (bytes + unit - 1) >> unitShift
    }

    /// The least order whose blocks have that many units.
    static func order(for units: Int) -> Int {
        units <= 1 ? 0 : Int.bitWidth - (units - 1).leadingZeroBitCount
    }

    private func free(_ unit: Int, order: Int) {
        let isTooMuch = state.withLock { state in
            state.allocated -= Self.unit << order
            _ = state.release(unit, order: order)
            state.hasFreed = true
            guard state.idle > keep, !hasTooMuch.load(ordering: .relaxed) else { return false }
            state.beginSearch()
            return true
        }
        if isTooMuch { hasTooMuch.store(true, ordering: .relaxed) }
    }

    /// Gives pages of free memory beyond `keep` back to the system, 1 MiB in one go, or with a limit 64 KiB, that many
    /// times.
    ///
    /// To be called without a shard's lock by whoever has freed memory. Costs nothing as long as there is not too much.
    @inline(__always)
    func trim(limit: Int = .max) {
        if hasTooMuch.load(ordering: .relaxed) { giveBack(limit: limit) }
    }

    @inline(never)
    private func giveBack(limit: Int) {
        var left = limit
        // With a limit the search is to be continued in the next call, and may find nothing in this one.
        var looks = limit == .max ? 1 << 20 : limit * 16
        while left > 0, looks > 0 {
            looks -= 1
            let step = state.withLock { state in
                guard state.idle > keep - keep / 8 else { return PoolState.SearchStep.end }
                return state.searchOn(largest: limit == .max ? 10 : 6)
            }
            switch step {
            case .next: continue
            case .end:
                hasTooMuch.store(false, ordering: .relaxed)
                return
            case .found(let unit, let order, let isHuge):
                if isHuge {
                    memory.preferSmallPages(unit << Self.unitShift & ~(Self.chunkBytes - 1), Self.chunkBytes)
                }
                // Held apart meanwhile: nobody is given it, and nobody waits.
                memory.discard(unit << Self.unitShift, Self.unit << order)
                state.withLock { state in
                    state.forgetPages(unit, order: order)
                    _ = state.release(unit, order: order)
                }
                left -= 1
            }
        }
    }
}
