/// A table of ghosts apart from the index: what a snapshot knew of keys that have not come in since.
///
/// An empty store's index is too small for as many ghosts as it will hold when it is full, so they wait here, in memory that
/// counts towards the budget. When the budget is used up they move to where the index has room.
///
/// Open addressing; a ghost lies within `probes` slots of its place.
struct RememberedFrequencies {
    /// First unit and number of units of the table, 0 for none.
    private(set) var unit: UInt32 = 0
    private(set) var units = 0
    /// The next slot to be handed over.
    private var position = 0

    /// Slots handed over in one call.
    static let step = 256
    private static let probes = 16
    /// Ghosts per unit.
    private static let load = 96

    init() {}

    /// An empty table; nil when the pool is exhausted.
    init?(units: Int, _ pool: SegmentPool) {
        guard let unit = pool.allocateRun(units) else { return nil }
        pool.memory.clear(Int(unit) << SegmentPool.unitShift, units << SegmentPool.unitShift)
        self.unit = unit
        self.units = units
    }

    static func units(for count: Int) -> Int {
        min((max(0, count) + load - 1) / load, 1 << SegmentPool.chunkOrder)
    }

    var bytes: Int { units << SegmentPool.unitShift }
    private var slots: Int { units * Index.slotsPerUnit }

    /// Gives the memory back at the end.
    func free(_ pool: SegmentPool) {
        if units > 0 { pool.freeRun(unit, units) }
    }

    mutating func release(_ pool: SegmentPool) {
        free(pool)
        self = RememberedFrequencies()
    }

    func insert(_ ghost: Slot, _ memory: PoolMemory) -> Bool {
        var place = start(of: ghost.ghostHash)
        for _ in 0..<Self.probes {
            let slot = Slot(word: memory.load(offset(place)))
            if slot.isEmpty || slot.ghostHash == ghost.ghostHash {
                memory.store(ghost.word, offset(place))
                return true
            }
            place = place + 1 == slots ? 0 : place + 1
        }
        return false
    }

    /// The ghost of a hash, which is taken out.
    func take(_ hash: UInt64, _ memory: PoolMemory) -> Slot? {
        guard units > 0 else { return nil }
        let known = hash & (1 << 42 - 1)
        var place = start(of: known)
        for _ in 0..<Self.probes {
            let slot = Slot(word: memory.load(offset(place)))
            if !slot.isEmpty, slot.ghostHash == known {
                memory.store(UInt64(0), offset(place))
                return slot
            }
            place = place + 1 == slots ? 0 : place + 1
        }
        return nil
    }

    /// The slot to be handed over next, perhaps an empty one; nil when all have been.
    mutating func next(_ memory: PoolMemory) -> Slot? {
        guard position < slots else { return nil }
        defer { position += 1 }
        return Slot(word: memory.load(offset(position)))
    }

    private func start(of ghostHash: UInt64) -> Int {
        let mixed = (ghostHash &* 0x9e37_79b9_7f4a_7c15) >> 32
        return Int((mixed &* UInt64(slots)) >> 32)
    }

    private func offset(_ place: Int) -> Int {
        Int(unit) << SegmentPool.unitShift + place << 3
    }
}
