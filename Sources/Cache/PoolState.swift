/// The free blocks of a pool: for each chunk one bit per block and order, set when that block is free and whole.
///
///     +---------------------------------------+-----------------------+----------------+
///     | free bits, order 0 (4,096) ... 12 (1) | free blocks per order | resident pages |
///     +---------------------------------------+-----------------------+----------------+
///       133 words                               13 x 2                  16 words
struct PoolState {
    static let stride = 1_280
    private static let orders = SegmentPool.chunkOrder + 1
    private static let words = 133
    private static let countsOffset = words * 8
    private static let pagesOffset = countsOffset + 32

    let memory: PoolMemory
    let side: PoolMemory
    let chunkLimit: Int
    let hugePages: Bool
    /// The largest free order of each chunk in use, -1 for none.
    private var largest: [Int8] = []
    /// Whether each chunk in use is for indexes: they lie together, so that few pages hold them.
    private var isForIndex: [Bool] = []
    /// Whether huge pages have been asked for in each chunk in use that is, or was, an index's.
    private var isHuge: [Bool] = []
    var allocated = 0
    var resident = 0
    /// Where the search for pages to give back is: the chunks below this one, for blocks of an order at least.
    private var search = (pass: 0, chunk: 0)
    /// Whether something has been freed, perhaps where the search has been.
    var hasFreed = false
    /// Large blocks first: fewer calls to the system, each of which interrupts every thread.
    private static let searchOrders = [8, 5, SegmentPool.pageShift - SegmentPool.unitShift]

    init(memory: PoolMemory, side: PoolMemory, chunkLimit: Int, hugePages: Bool) {
        self.memory = memory
        self.side = side
        self.chunkLimit = chunkLimit
        self.hugePages = hugePages
    }

    /// A free block, no longer free; its first unit.
    mutating func take(order: Int, forIndex: Bool) -> Int? {
        var chunk = 0
        while chunk < largest.count, largest[chunk] < order || isForIndex[chunk] != forIndex {
            if largest[chunk] == SegmentPool.chunkOrder {
                isForIndex[chunk] = forIndex
                break
            }
            chunk += 1
        }
        if chunk == largest.count {
            guard chunk < chunkLimit, memory.commit(chunk * SegmentPool.chunkBytes, SegmentPool.chunkBytes) else {
                return nil
            }
            if hugePages {
                memory.preferHugePages(chunk * SegmentPool.chunkBytes, SegmentPool.chunkBytes)
            }
            if forIndex, !hugePages, let full = isForIndex.lastIndex(of: true) {
                // Its pages are in memory, and become huge ones in the background, not while a shard waits.
                memory.preferHugePages(full * SegmentPool.chunkBytes, SegmentPool.chunkBytes)
                isHuge[full] = true
            }
            largest.append(-1)
            isForIndex.append(forIndex)
            isHuge.append(false)
            if chunk == 0 {
                // Unit 0 is never handed out: offset 0 means nothing.
                release(1, (1 << SegmentPool.chunkOrder) - 1)
            } else {
                _ = release(chunk << SegmentPool.chunkOrder, order: SegmentPool.chunkOrder)
            }
            guard largest[chunk] >= order else { return take(order: order, forIndex: forIndex) }
        }
        var from = order
        while freeCount(chunk, from) == 0 {
            from += 1
        }
        var place = firstFree(chunk, from)
        setFree(chunk, from, place, false)
        while from > order {
            from -= 1
            place <<= 1
            setFree(chunk, from, place | 1, true)
        }
        updateLargest(chunk)
        let unit = chunk << SegmentPool.chunkOrder | place << order
        rememberPages(unit, order: order)
        return unit
    }

    /// Frees a row of units within a chunk.
    mutating func release(_ unit: Int, _ count: Int) {
        var unit = unit
        var count = count
        while count > 0 {
            let order = min(unit.trailingZeroBitCount, Int.bitWidth - 1 - count.leadingZeroBitCount)
            _ = release(unit, order: order)
            unit += 1 << order
            count -= 1 << order
        }
    }

    /// Frees a block and returns the free block it has become part of.
    mutating func release(_ unit: Int, order: Int) -> (unit: Int, order: Int) {
        let chunk = unit >> SegmentPool.chunkOrder
        var order = order
        var place = (unit & ((1 << SegmentPool.chunkOrder) - 1)) >> order
        while order < SegmentPool.chunkOrder, isFree(chunk, order, place ^ 1) {
            setFree(chunk, order, place ^ 1, false)
            place >>= 1
            order += 1
        }
        setFree(chunk, order, place, true)
        updateLargest(chunk)
        return (chunk << SegmentPool.chunkOrder | place << order, order)
    }

    /// Takes a certain block out of the free block that it is part of.
    mutating func withdraw(_ unit: Int, order: Int, from whole: (unit: Int, order: Int)) {
        let chunk = unit >> SegmentPool.chunkOrder
        let place = unit & ((1 << SegmentPool.chunkOrder) - 1)
        setFree(chunk, whole.order, place >> whole.order, false)
        var half = whole.order
        while half > order {
            half -= 1
            setFree(chunk, half, place >> half ^ 1, true)
        }
        updateLargest(chunk)
    }

    /// Free memory that is resident.
    var idle: Int { resident - allocated }

    /// Begins a new search for pages to give back.
    mutating func beginSearch() {
        search = (0, largest.count)
        hasFreed = false
    }

    enum SearchStep {
        /// A free block whose pages are in memory, withdrawn; with `isHuge` no more huge pages are to be asked for in its
        /// chunk, since the next use of what is given back would wait for a whole one to be zeroed.
        case found(unit: Int, order: Int, isHuge: Bool)
        /// None is in this chunk.
        case next
        /// None is in any.
        case end
    }

    /// Looks through one more chunk, from the last one, for a free block, or a part of one of that order at most, whose
    /// pages are in memory.
    mutating func searchOn(largest part: Int) -> SearchStep {
        if search.chunk == 0 {
            if search.pass + 1 < Self.searchOrders.count {
                search = (search.pass + 1, largest.count)
            } else if hasFreed {
                beginSearch()
            } else {
                return .end
            }
        }
        let chunk = search.chunk - 1
        let least = Self.searchOrders[search.pass]
        var order = Int(largest[chunk])
        while order >= least {
            if let found = residentBlock(chunk, order, part) {
                withdraw(found.unit, order: found.order, from: found.whole)
                defer { isHuge[chunk] = false }
                return .found(unit: found.unit, order: found.order, isHuge: isHuge[chunk])
            }
            order -= 1
        }
        search.chunk = chunk
        return .next
    }

    /// A free block of an order, with pages in memory, or a part of it.
    private func residentBlock(
        _ chunk: Int,
        _ order: Int,
        _ largest: Int
    ) -> (unit: Int, order: Int, whole: (unit: Int, order: Int))? {
        guard freeCount(chunk, order) > 0 else { return nil }
        let base = chunk << SegmentPool.chunkOrder
        let part = min(order, largest)
        for place in 0..<1 << (SegmentPool.chunkOrder - order) where isFree(chunk, order, place) {
            let unit = base + place << order
            var start = unit
            while start < unit + 1 << order {
                if hasPages(start, order: part) { return (start, part, (unit, order)) }
                start += 1 << part
            }
        }
        return nil
    }

    private func hasPages(_ unit: Int, order: Int) -> Bool {
        let shift = SegmentPool.pageShift - SegmentPool.unitShift
        let start = (unit >> SegmentPool.chunkOrder) * Self.stride + Self.pagesOffset
        let first = (unit & ((1 << SegmentPool.chunkOrder) - 1)) >> shift
        let count = 1 << (order - shift)
        if count < 64 {
            let word: UInt64 = side.load(start + (first >> 6) * 8)
            return word >> UInt64(first & 63) & (1 << UInt64(count) - 1) != 0
        }
        return (first >> 6..<(first + count) >> 6).contains { index in
            side.load(start + index * 8, as: UInt64.self) != 0
        }
    }

    /// Counts a block's pages as given back.
    mutating func forgetPages(_ unit: Int, order: Int) {
        changePages(unit, order: order, resident: false)
    }

    private mutating func rememberPages(_ unit: Int, order: Int) {
        changePages(unit, order: order, resident: true)
    }

    private mutating func changePages(_ unit: Int, order: Int, resident isResident: Bool) {
        let shift = SegmentPool.pageShift - SegmentPool.unitShift
        let first = unit >> shift
        let last = (unit + (1 << order) - 1) >> shift
        let perChunk = 1 << (SegmentPool.chunkOrder - shift)
        let start = (unit >> SegmentPool.chunkOrder) * Self.stride + Self.pagesOffset
        for page in first...last {
            let bit = page & (perChunk - 1)
            let offset = start + (bit >> 6) * 8
            let word: UInt64 = side.load(offset)
            let mask: UInt64 = 1 << UInt64(bit & 63)
            guard (word & mask != 0) != isResident else { continue }
            side.store(word ^ mask, offset)
            resident += isResident ? 1 << SegmentPool.pageShift : -(1 << SegmentPool.pageShift)
        }
    }

    /// The word that a bit of an order is in: the orders' words follow each other.
    private func word(_ chunk: Int, _ order: Int, _ place: Int) -> Int {
        // 64, 32, ... words down to one for each order from 6 on.
        let start = order <= 6 ? 128 - (128 >> order) : 126 + (order - 6)
        return chunk * Self.stride + (start + place >> 6) << 3
    }

    private func isFree(_ chunk: Int, _ order: Int, _ place: Int) -> Bool {
        side.load(word(chunk, order, place), as: UInt64.self) & (1 << UInt64(place & 63)) != 0
    }

    private func freeCount(_ chunk: Int, _ order: Int) -> Int {
        Int(side.load(chunk * Self.stride + Self.countsOffset + order * 2, as: UInt16.self))
    }

    private func firstFree(_ chunk: Int, _ order: Int) -> Int {
        var place = 0
        while true {
            let bits: UInt64 = side.load(word(chunk, order, place))
            if bits != 0 { return place + bits.trailingZeroBitCount }
            place += 64
        }
    }

    private mutating func setFree(_ chunk: Int, _ order: Int, _ place: Int, _ isFree: Bool) {
        let offset = word(chunk, order, place)
        side.store(side.load(offset, as: UInt64.self) ^ (1 << UInt64(place & 63)), offset)
        let count = chunk * Self.stride + Self.countsOffset + order * 2
        side.store(UInt16(truncatingIfNeeded: freeCount(chunk, order) + (isFree ? 1 : -1)), count)
    }

    private mutating func updateLargest(_ chunk: Int) {
        var order = SegmentPool.chunkOrder
        while order >= 0, freeCount(chunk, order) == 0 {
            order -= 1
        }
        largest[chunk] = Int8(order)
    }
}
