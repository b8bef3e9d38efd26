/// Where each key's record is: 64-byte buckets of 8 slots, two choices of bucket for each key, in regions.
///
/// A region is a run of 1 KiB units of 16 buckets, and grows and shrinks by units: slots are placed anew by their tags, so
/// records are not touched. The number of regions follows the number of items by linear hashing (Litwin 1980), a region
/// at a time: a split reads the keys of one region's items, a merge reads none. So the load stays near the target and no
/// step is long.
///
/// Ghosts use slots that items leave free, and give way to items: they cost no memory.
///
/// Invariants: `items` is the number of item slots and the sum of the regions' counts; `bytes` the memory held; an item's
/// slot is in one of the two buckets of its tag, in the region of its hash.
struct Index {
    // First what a look needs.
    let memory: PoolMemory
    private(set) var regionCount = 0
    /// Regions when the present round of splits began: a power of two.
    private var roundStart = 1
    /// The first region as the directory has it: of small stores the only one, at hand without a look into memory.
    private var firstRegion = IndexRegion(word: 0)
    /// First unit and number of units of the array of regions, one word each: first unit (32), units (16), items (16).
    private(set) var directory: UInt32 = 0
    private(set) var directoryUnits = 0
    /// Items per slot above which a region grows.
    let targetLoad: Double
    private(set) var items = 0
    private(set) var bytes = 0
    private var removals: UInt8 = 0
    /// Of no meaning: so that reading memory ahead is not left out.
    private var warmth: UInt64 = 0

    static let slotsPerUnit = 128
    /// Items per region at which another region is split off.
    private static let splitItems = 400
    private static let mergeItems = 170
    private static let regionsPerUnit = 128

    init(memory: PoolMemory, targetLoad: Double) {
        self.memory = memory
        self.targetLoad = targetLoad
    }
}

/// Slots taken of each bucket of a region that is being filled.
private typealias BucketCounts = InlineArray<1024, UInt8>

/// One region's place and size.
struct IndexRegion {
    var word: UInt64

    init(word: UInt64) { self.word = word }

    init(unit: UInt32, units: Int, items: Int) {
        word = UInt64(unit) | UInt64(units) << 32 | UInt64(items) << 48
    }

    var unit: UInt32 { UInt32(truncatingIfNeeded: word) }
    var units: Int { Int(word >> 32 & 0xffff) }
    var items: Int { Int(word >> 48) }
    var slots: Int { units * Index.slotsPerUnit }

    /// Byte offsets of the two buckets of a tag.
    @inline(__always)
    func buckets(of tag: UInt64) -> (Int, Int) {
        let start = Int(unit) << SegmentPool.unitShift
        let count = (word >> 32 & 0xffff) << 4
        let mixed = (tag &* 0x2c_9277 ^ tag >> 11) &* 0x1d_3f4b & (1 << Slot.tagBits - 1)
        let first = (tag &* count) >> Slot.tagBits
        let other = (mixed &* (count - 1)) >> Slot.tagBits
        // The second is any bucket but the first.
        let second = other < first ? other : other + 1
        return (start + Int(first) << 6, start + Int(second) << 6)
    }
}

// Reading and changing slots.
extension Index {
    @inline(__always)
    func regionNumber(of hash: UInt64) -> Int {
        let bits = Int(truncatingIfNeeded: hash >> Slot.tagBits)
        let number = bits & (roundStart * 2 - 1)
        return number < regionCount ? number : bits & (roundStart - 1)
    }

    @inline(__always)
    func region(_ number: Int) -> IndexRegion {
        if number == 0 { return firstRegion }
        return IndexRegion(word: memory.load(Int(directory) << SegmentPool.unitShift + number << 3))
    }

    private mutating func setRegion(_ number: Int, _ region: IndexRegion) {
        if number == 0 { firstRegion = region }
        memory.store(region.word, Int(directory) << SegmentPool.unitShift + number << 3)
    }

    @inline(__always)
    func slot(at offset: Int) -> Slot {
        Slot(word: memory.load(offset))
    }

    @inline(__always)
    func setSlot(_ slot: Slot, at offset: Int) {
        memory.store(slot.word, offset)
    }

    /// The offset of the slot of that hash for which `isMatch` holds; nil when there is none.
    ///
    /// All slots of both buckets are compared without a branch: which of them matches cannot be predicted, and the next
    /// lookup's loads need not wait for this one's.
    @inline(__always)
    func find(_ hash: UInt64, _ isMatch: (Slot) -> Bool) -> Int? {
        guard regionCount > 0 else { return nil }
        let tag = Slot.tag(of: hash)
        let (first, second) = region(regionNumber(of: hash)).buckets(of: tag)
        var matches = matches(of: tag, first, second)
        while matches != 0 {
            let place = matches.trailingZeroBitCount
            matches &= matches - 1
            let offset = (place < 8 ? first : second - 64) + place << 3
            let slot = slot(at: offset)
            if slot.word != 0, isMatch(slot) { return offset }
        }
        return nil
    }

    /// A bit for each slot of two buckets, set where it has that tag.
    @inline(__always)
    private func matches(of tag: UInt64, _ first: Int, _ second: Int) -> UInt32 {
        let wanted = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: tag))
        let bits = SIMD8<UInt32>(1, 2, 4, 8, 16, 32, 64, 128)
        let none = SIMD8<UInt32>(repeating: 0)
        // The tag is at the top of a word's upper half.
        let shift = UInt32(32 - Slot.tagBits)
        let one = memory.load(first, as: SIMD16<UInt32>.self).oddHalf &>> shift
        let other = memory.load(second, as: SIMD16<UInt32>.self).oddHalf &>> shift
        let inFirst = none.replacing(with: bits, where: one .== wanted)
        let inSecond = none.replacing(with: bits &<< 8, where: other .== wanted)
        return (inFirst | inSecond).wrappedSum()
    }

    /// The offset of the ghost of that hash.
    func findGhost(_ hash: UInt64) -> Int? {
        find(hash) { slot in slot.isGhost && slot.ghostHash == hash & (1 << 42 - 1) }
    }

    /// Turns an item's slot into a ghost's or an empty one.
    mutating func remove(_ offset: Int, hash: UInt64, leaving slot: Slot) {
        assert(self.slot(at: offset).isItem && !slot.isItem)
        setSlot(slot, at: offset)
        let number = regionNumber(of: hash)
        var region = region(number)
        region.word -= 1 << 48
        setRegion(number, region)
        items -= 1
    }

    /// Places an item; false when both its buckets are full of items.
    mutating func insert(_ slot: Slot, hash: UInt64) -> Bool {
        guard regionCount > 0 else { return false }
        let number = regionNumber(of: hash)
        var region = region(number)
        guard place(slot, in: region) else { return false }
        region.word += 1 << 48
        setRegion(number, region)
        items += 1
        return true
    }

    /// An item slot in one of the two full buckets of a hash, the one with the least counter.
    func rival(of hash: UInt64) -> Int? {
        var best: (offset: Int, counter: UInt8)?
        let (first, second) = region(regionNumber(of: hash)).buckets(of: Slot.tag(of: hash))
        for bucket in [first, second] {
            for place in 0..<8 {
                let slot = slot(at: bucket + place * 8)
                if slot.isItem, slot.counter < best?.counter ?? 32 {
                    best = (bucket + place * 8, slot.counter)
                }
            }
        }
        return best?.offset
    }

    /// Puts a slot into the emptier of its buckets: an item over a ghost if need be, a ghost only where nothing is.
    func place(_ slot: Slot, in region: IndexRegion) -> Bool {
        let (first, second) = region.buckets(of: slot.tag)
        let one = survey(first)
        let other = survey(second)
        let best = one.items <= other.items ? one : other
        let next = one.items <= other.items ? other : one
        if let free = best.free ?? next.free {
            setSlot(slot, at: free)
            return true
        }
        guard slot.isItem else { return false }
        guard let taken = best.ghost ?? next.ghost ?? displace(first, region) ?? displace(second, region) else {
            return false
        }
        setSlot(slot, at: taken)
        return true
    }

    /// Moves an item of a bucket full of items to its other bucket; the offset it leaves free.
    private func displace(_ bucket: Int, _ region: IndexRegion) -> Int? {
        for place in 0..<8 {
            let offset = bucket + place * 8
            let slot = slot(at: offset)
            let (first, second) = region.buckets(of: slot.tag)
            let other = survey(first == bucket ? second : first)
            guard let target = other.free ?? other.ghost else { continue }
            setSlot(slot, at: target)
            return offset
        }
        return nil
    }

    private func survey(_ bucket: Int) -> (items: Int, free: Int?, ghost: Int?) {
        var items = 0
        var free: Int?
        var ghost: Int?
        var oldest = 0
        for place in 0..<8 {
            let offset = bucket + place * 8
            let slot = slot(at: offset)
            if slot.isEmpty {
                free = offset
            } else if slot.isGhost {
                // Ages are relative; the stamps of one bucket lie within half the range of each other.
                let age = ghost == nil ? 0 : Int(Int16(truncatingIfNeeded: Int(oldest) - Int(slot.stamp)))
                if ghost == nil || age > 0 {
                    ghost = offset
                    oldest = Int(slot.stamp)
                }
            } else {
                items += 1
            }
        }
        return (items, free, ghost)
    }
}

// Growing and shrinking.
extension Index {
    /// The most bytes that `makeRoom` for this hash may add, for a moment; 0 when there is room.
    func growth(for hash: UInt64) -> Int {
        guard regionCount > 0 else { return 2 * SegmentPool.unit }
        let region = region(regionNumber(of: hash))
        guard isFull(region) else { return 0 }
        let split = needsSplit ? self.region(regionCount - roundStart).units + 4 : 0
        let directory = regionCount == directoryUnits * Self.regionsPerUnit ? directoryUnits * 2 : 0
        return (max(region.units + 2, split) + directory + 2) << SegmentPool.unitShift
    }

    private func isFull(_ region: IndexRegion) -> Bool {
        Double(region.items + 1) > Double(region.slots) * targetLoad
    }

    private var needsSplit: Bool { items >= regionCount * Self.splitItems }

    /// Grows so that another item of this hash fits; false when the pool is exhausted or too many hashes are alike.
    mutating func makeRoom(for hash: UInt64, _ pool: SegmentPool, _ hashAt: (Slot) -> UInt64) -> Bool {
        if regionCount == 0 {
            guard let units = pool.allocateRun(2, forIndex: true) else { return false }
            directory = units
            directoryUnits = 1
            bytes += 2 * SegmentPool.unit
            memory.clear(Int(units + 1) << SegmentPool.unitShift, SegmentPool.unit)
            roundStart = 1
            regionCount = 1
            setRegion(0, IndexRegion(unit: units + 1, units: 1, items: 0))
            return true
        }
        guard isFull(region(regionNumber(of: hash))) else { return true }
        if needsSplit { _ = split(pool, hashAt) }
        let number = regionNumber(of: hash)
        if isFull(region(number)) { _ = resize(number, by: 1, pool) }
        return true
    }

    /// Grows the region of a hash whatever its load; false when the pool is exhausted.
    mutating func grow(for hash: UInt64, _ pool: SegmentPool) -> Bool {
        let number = regionNumber(of: hash)
        return region(number).units < 60 && resize(number, by: 1, pool)
    }

    /// Shrinks the region of a hash, or the number of regions, by a step if they are too large.
    ///
    /// Only at some calls, so that a row of removals in one hold of the lock does not stay long.
    mutating func shrink(for hash: UInt64, _ pool: SegmentPool) {
        removals &+= 1
        guard removals & 15 == 0 else { return }
        let number = regionNumber(of: hash)
        let region = region(number)
        let wanted = units(for: region.items)
        if region.units > wanted, Double(region.items + 64) < Double(region.slots) * (targetLoad * 0.6) {
            shrink(number, to: wanted, pool)
        }
        if regionCount > 1, items < regionCount * Self.mergeItems {
            merge(pool)
        }
    }

    /// Gives everything back; there are no items.
    mutating func reset(_ pool: SegmentPool) {
        assert(items == 0)
        release(pool)
        regionCount = 0
        directoryUnits = 0
        bytes = 0
    }

    /// Gives the memory back at the end.
    func release(_ pool: SegmentPool) {
        guard regionCount > 0 else { return }
        for number in 0..<regionCount {
            let region = region(number)
            pool.freeRun(region.unit, region.units)
        }
        pool.freeRun(directory, directoryUnits)
    }

    private func units(for items: Int) -> Int {
        max(1, Int((Double(items) / (Double(Self.slotsPerUnit) * targetLoad * 0.96)).rounded(.up)))
    }

    private func allocate(_ units: Int, _ pool: SegmentPool) -> IndexRegion? {
        guard let unit = pool.allocateRun(units, forIndex: true) else { return nil }
        memory.clear(Int(unit) << SegmentPool.unitShift, units << SegmentPool.unitShift)
        return IndexRegion(unit: unit, units: units, items: 0)
    }

    /// Calls `body` with every slot in use of a region.
    func forEachSlot(_ region: IndexRegion, _ body: (Slot) -> Void) {
        var offset = Int(region.unit) << SegmentPool.unitShift
        for _ in 0..<region.slots {
            let slot = slot(at: offset)
            if !slot.isEmpty { body(slot) }
            offset += 8
        }
    }

    private mutating func resize(_ number: Int, by more: Int, _ pool: SegmentPool) -> Bool {
        let old = region(number)
        for extra in more..<more + 4 {
            guard var new = allocate(old.units + extra, pool) else { return false }
            var filled = BucketCounts(repeating: 0)
            if move(old, into: &new, &filled) {
                setRegion(number, new)
                pool.freeRun(old.unit, old.units)
                bytes += extra << SegmentPool.unitShift
                return true
            }
            pool.freeRun(new.unit, new.units)
        }
        return false
    }

    /// Copies a region's slots into one being filled, items first: ghosts take what is left.
    private func move(_ old: IndexRegion, into new: inout IndexRegion, _ filled: inout BucketCounts) -> Bool {
        let target = new
        var items = 0
        var fits = true
        forEachSlot(old) { slot in
            guard slot.isItem else { return }
            fits = append(slot, in: target, &filled) && fits
            items += 1
        }
        guard fits else { return false }
        forEachSlot(old) { slot in
            if slot.isGhost { _ = append(slot, in: target, &filled) }
        }
        new.word += UInt64(items) << 48
        return true
    }

    /// Places a slot in a region being filled, whose buckets' slots are taken from the first on.
    @inline(__always)
    private func append(_ slot: Slot, in region: IndexRegion, _ filled: inout BucketCounts) -> Bool {
        let (first, second) = region.buckets(of: slot.tag)
        let start = Int(region.unit) << SegmentPool.unitShift
        let one = (first - start) >> 6
        let other = (second - start) >> 6
        let isFirst = filled[one] <= filled[other]
        let count = Int(isFirst ? filled[one] : filled[other])
        if count < 8 {
            setSlot(slot, at: (isFirst ? first : second) + count << 3)
            filled[isFirst ? one : other] &+= 1
            return true
        }
        // What is moved to make room is moved to a bucket's last free place, or over a ghost.
        guard slot.isItem, let freed = displace(first, region, &filled) ?? displace(second, region, &filled) else {
            return false
        }
        setSlot(slot, at: freed)
        return true
    }

    /// Moves an item of a full bucket to its other bucket, in a region being filled.
    private func displace(_ bucket: Int, _ region: IndexRegion, _ filled: inout BucketCounts) -> Int? {
        let start = Int(region.unit) << SegmentPool.unitShift
        for place in 0..<8 {
            let offset = bucket + place << 3
            let slot = slot(at: offset)
            let (first, second) = region.buckets(of: slot.tag)
            let other = first == bucket ? second : first
            let number = (other - start) >> 6
            guard filled[number] < 8 else { continue }
            setSlot(slot, at: other + Int(filled[number]) << 3)
            filled[number] &+= 1
            return offset
        }
        return nil
    }

    /// Shrinks a region where it is, by way of a copy.
    private mutating func shrink(_ number: Int, to units: Int, _ pool: SegmentPool) {
        let old = region(number)
        let start = Int(old.unit) << SegmentPool.unitShift
        let length = old.units << SegmentPool.unitShift
        let shrunk = IndexRegion(unit: old.unit, units: units, items: old.items)
        let fits = unsafe withUnsafeTemporaryAllocation(byteCount: length, alignment: 64) { copy in
            unsafe copy.copyMemory(from: memory.bytes(start, length))
            memory.clear(start, units << SegmentPool.unitShift)
            var filled = BucketCounts(repeating: 0)
            for wantsItems in [true, false] {
                for place in 0..<length / 8 {
                    let slot = unsafe Slot(word: copy.load(fromByteOffset: place * 8, as: UInt64.self))
                    guard !slot.isEmpty, slot.isItem == wantsItems else { continue }
                    if !append(slot, in: shrunk, &filled), wantsItems {
                        unsafe memory.copy(UnsafeRawBufferPointer(copy), to: start)
                        return false
                    }
                }
            }
            return true
        }
        guard fits else { return }
        setRegion(number, shrunk)
        pool.freeRun(old.unit + UInt32(units), old.units - units)
        bytes -= (old.units - units) << SegmentPool.unitShift
    }

    /// Splits the next region of the round in two by one more bit of the hash.
    private mutating func split(_ pool: SegmentPool, _ hashAt: (Slot) -> UInt64) -> Bool {
        if regionCount == directoryUnits * Self.regionsPerUnit {
            guard directoryUnits * 2 <= 1 << SegmentPool.chunkOrder,
                let larger = pool.allocateRun(directoryUnits * 2, forIndex: true)
            else { return false }
            memory.copy(
                from: Int(directory) << SegmentPool.unitShift,
                to: Int(larger) << SegmentPool.unitShift,
                directoryUnits << SegmentPool.unitShift
            )
            pool.freeRun(directory, directoryUnits)
            directory = larger
            bytes += directoryUnits << SegmentPool.unitShift
            directoryUnits *= 2
        }
        let number = regionCount - roundStart
        let old = region(number)
        let bit = UInt64(roundStart) << Slot.tagBits
        let wanted = units(for: old.items / 2 + 24)
        guard let low = allocate(wanted, pool) else { return false }
        guard let high = allocate(wanted, pool) else {
            pool.freeRun(low.unit, low.units)
            return false
        }
        // The records are anywhere in memory: asked for all at once they come much sooner than one after the other.
        var touched: UInt64 = 0
        forEachSlot(old) { slot in
            if slot.isItem { touched |= memory.load(slot.location) }
        }
        warmth = touched
        var counts = (low: 0, high: 0)
        var fits = true
        var filledLow = BucketCounts(repeating: 0)
        var filledHigh = filledLow
        for wantsItems in [true, false] {
            forEachSlot(old) { slot in
                guard slot.isItem == wantsItems else { return }
                let isHigh = (wantsItems ? hashAt(slot) : slot.ghostHash) & bit != 0
                let isPlaced = isHigh ? append(slot, in: high, &filledHigh) : append(slot, in: low, &filledLow)
                guard wantsItems else { return }
                fits = fits && isPlaced
                counts.low += isHigh ? 0 : 1
                counts.high += isHigh ? 1 : 0
            }
        }
        guard fits else {
            pool.freeRun(low.unit, low.units)
            pool.freeRun(high.unit, high.units)
            return false
        }
        setRegion(number, IndexRegion(unit: low.unit, units: low.units, items: counts.low))
        setRegion(regionCount, IndexRegion(unit: high.unit, units: high.units, items: counts.high))
        regionCount += 1
        if regionCount == roundStart * 2 { roundStart *= 2 }
        pool.freeRun(old.unit, old.units)
        bytes += (wanted * 2 - old.units) << SegmentPool.unitShift
        return true
    }

    /// Undoes the latest split.
    private mutating func merge(_ pool: SegmentPool) {
        let start = regionCount == roundStart ? roundStart / 2 : roundStart
        let number = regionCount - 1 - start
        let low = region(number)
        let high = region(regionCount - 1)
        let wanted = units(for: low.items + high.items) + 1
        guard wanted <= low.units + high.units, var merged = allocate(wanted, pool) else { return }
        var filled = BucketCounts(repeating: 0)
        guard move(low, into: &merged, &filled), move(high, into: &merged, &filled) else {
            pool.freeRun(merged.unit, merged.units)
            return
        }
        roundStart = start
        setRegion(number, merged)
        regionCount -= 1
        pool.freeRun(low.unit, low.units)
        pool.freeRun(high.unit, high.units)
        bytes += (merged.units - low.units - high.units) << SegmentPool.unitShift
    }
}
