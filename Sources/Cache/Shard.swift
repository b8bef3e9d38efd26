/// One lock's worth of a store: segments of records in queues, and an index of them.
///
/// Invariants, between calls: `held` is the sum of the segments', runs' and index's bytes, and at most `budget` (by the
/// accounting that charges overhead; `budget` plus a segment within a call); each record that is not dead is in the index
/// once, under its hash; a segment's `live` counts those; a segment without any is not kept unless it is a queue's last; an
/// empty shard holds no memory. A shard owns the pool's memory that its segments, runs and index cover, and lends none past a
/// call.
struct Shard: ~Copyable {
    // First what a hit looks at, beside the lock.
    var index: Index
    let accounting: Accounting
    var segmentOrder = 0
    var groups = Groups()
    var policy: AnyPolicy

    let pool: SegmentPool
    var budget: Int
    var weights = CostWeights()
    var queues: QueueTable

    var segmentBytes = 0
    var runBytes = 0
    var payload = 0
    var evictions: UInt64 = 0
    var expirations: UInt64 = 0

    /// The segment being emptied, in no queue; 0 for none.
    var draining: UInt32 = 0
    var drainOffset = 0
    /// Items that the present call may still move rather than evict.
    var movesLeft = 0
    var sweep = Sweep()
    var export = ExportPosition()
    /// Frequencies of keys that a snapshot knew.
    var remembered = RememberedFrequencies()

    static let movesPerCall = 64

    @inline(__always) var memory: PoolMemory { index.memory }

    init(budget: Int, policy: PolicyKind, pool: SegmentPool, accounting: Accounting) {
        self.pool = pool
        self.accounting = accounting
        self.budget = budget
        self.policy = AnyPolicy(policy)
        index = Index(memory: pool.memory, targetLoad: self.policy.targetLoad)
        queues = QueueTable(memory: pool.memory)
        setSizes(for: budget)
    }

    deinit {
        for queue in 0..<QueueTable.count {
            var unit = queues[queue].head
            while unit != 0 {
                let next = Segment(unit: unit, memory: memory).next
                Self.release(unit, pool)
                unit = next
            }
        }
        if draining != 0 { Self.release(draining, pool) }
        index.release(pool)
        remembered.free(pool)
    }

    /// Gives a segment and the runs of its records back.
    private static func release(_ unit: UInt32, _ pool: SegmentPool) {
        let segment = Segment(unit: unit, memory: pool.memory)
        var offset = Segment.headerBytes
        while offset < segment.used {
            let record = Record(word: pool.memory.load(segment.offset + offset))
            if record.isLarge, !record.isDead {
                pool.freeRun(record.run(pool.memory, segment.offset + offset), record.runUnits)
            }
            offset += record.footprint
        }
        pool.freeSegment(unit, order: segment.order)
    }

    var usage: Usage {
        var usage = Usage()
        usage.bytes = held
        usage.items = index.items
        usage.payload = payload
        usage.evictions = evictions
        usage.expirations = expirations
        return usage
    }

    /// Bytes charged to the budget.
    var held: Int {
        accounting == .payload ? payload : segmentBytes + runBytes + index.bytes + remembered.bytes
    }

    var segmentSize: Int { SegmentPool.unit << segmentOrder }

    /// Sets what follows from the budget: about a thousand segments, and at least 32.
    mutating func setSizes(for budget: Int) {
        segmentOrder = Self.segmentOrder(for: budget)
        policy.capacity = budget
    }

    static func segmentOrder(for budget: Int) -> Int {
        let wanted = max(8 << 10, min(budget / 1_000, 1 << 20))
        // The nearest power of two, rounded down where that would be too large a part.
        let units = max(1, min(wanted + wanted / 3, budget / 32) >> SegmentPool.unitShift)
        return min(10, Int.bitWidth - 1 - units.leadingZeroBitCount)
    }
}

// Reading.
extension Shard {
    /// The offset of the index slot of an entry.
    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        index.find(hash) { slot in
            guard slot.isItem else { return false }
            let location = slot.location
            return unsafe Record(word: memory.load(location)).holds(key, memory, location)
        }
    }

    @inline(__always)
    func record(at location: Int) -> Record {
        Record(word: memory.load(location))
    }

    /// Looks a key up, and calls `body` with the live entry; an expired or purged one is removed.
    @inline(__always)
    mutating func read(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        now: UInt64,
        _ body: (Entry) -> Void
    ) -> Store.Outcome {
        guard let offset = unsafe find(key, hash: hash) else { return .miss }
        let location = index.slot(at: offset).location
        let record = record(at: location)
        let expiresAt = record.expiresAt(memory, location)
        if expiresAt <= now || groups.isRetired(record.group) { return dropStale(slotAt: offset, hash: hash, record) }
        touch(offset, record)
        unsafe body(
            Entry(
                value: record.value(memory, location),
                mark: record.mark(memory, location),
                expiresAt: expiresAt
            )
        )
        return .hit
    }

    private mutating func dropStale(slotAt offset: Int, hash: UInt64, _ record: Record) -> Store.Outcome {
        drop(slotAt: offset, hash: hash)
        if groups.isRetired(record.group) { return .miss }
        expirations &+= 1
        return .expired
    }

    /// Counts an entry as used.
    @inline(__always)
    mutating func touch(_ offset: Int, _ record: Record) {
        var slot = index.slot(at: offset)
        let accounting = accounting
        let counter = policy.touch(slot.counter, bytes: Self.charge(record, accounting))
        guard counter != slot.counter else { return }
        slot.counter = counter
        index.setSlot(slot, at: offset)
    }

    /// Bytes that a record is charged.
    @inline(__always)
    func charge(_ record: Record) -> Int {
        Self.charge(record, accounting)
    }

    @inline(__always)
    static func charge(_ record: Record, _ accounting: Accounting) -> Int {
        accounting == .payload
            ? record.payload : record.footprint + record.runUnits << SegmentPool.unitShift + 10
    }

    func facts(_ record: Record) -> ItemFacts {
        ItemFacts(bytes: charge(record), cost: weights.cost(ofBytes: record.payload))
    }

    func hash(ofRecordAt location: Int) -> UInt64 {
        unsafe pool.hasher.hash(record(at: location).key(memory, location))
    }
}

// Removing.
extension Shard {
    /// Removes the entry of an index slot, whose offset is no longer valid then.
    mutating func drop(slotAt offset: Int, hash: UInt64, leaving ghost: Slot = .empty) {
        let location = index.slot(at: offset).location
        index.remove(offset, hash: hash, leaving: ghost)
        index.shrink(for: hash, pool)
        discard(recordAt: location)
        if index.items == 0 { releaseAll() }
    }

    /// Drops a record in a segment; it is not dead.
    mutating func drop(recordAt location: Int, ghost: (counter: UInt8, stamp: UInt16)? = nil) {
        let hash = hash(ofRecordAt: location)
        guard let offset = index.find(hash, { slot in slot.isItem && slot.location == location }) else {
            assertionFailure("a record is not in the index")
            return
        }
        let left = ghost.map { ghost in Slot(ghostOf: hash, counter: ghost.counter, stamp: ghost.stamp) }
        drop(slotAt: offset, hash: hash, leaving: left ?? .empty)
    }

    /// Marks a record that is not in the index as dead, and frees what it alone kept.
    mutating func discard(recordAt location: Int) {
        var record = record(at: location)
        let segment = Segment(unit: pool.segment(holding: location), memory: memory)
        queues[segment.queue].bytes -= charge(record)
        payload -= record.payload
        if record.isLarge {
            pool.freeRun(record.run(memory, location), record.runUnits)
            runBytes -= record.runUnits << SegmentPool.unitShift
        }
        record.isDead = true
        record.store(memory, location)
        segment.dead += record.footprint
        segment.live -= 1
        if segment.live == 0 { retire(segment) }
    }

    /// Frees a segment without live records, or empties it if records are still to be appended.
    mutating func retire(_ segment: Segment) {
        if segment.unit == draining {
            draining = 0
        } else if segment.unit == queues[segment.queue].tail {
            segment.used = Segment.headerBytes
            segment.dead = 0
            segment.minimumExpiry = .max
            if sweep.segment == segment.unit { sweep.offset = Segment.headerBytes }
            if export.segment == segment.unit { export.offset = Segment.headerBytes }
            return
        } else {
            unlink(segment)
        }
        release(segment)
    }

    mutating func release(_ segment: Segment) {
        if sweep.segment == segment.unit { sweep.move(to: 0) }
        if export.segment == segment.unit { export.move(to: 0) }
        segmentBytes -= segment.bytes
        pool.freeSegment(segment.unit, order: segment.order)
    }

    /// Takes a segment out of its queue.
    mutating func unlink(_ segment: Segment) {
        var queue = queues[segment.queue]
        let next = segment.next
        let previous = segment.previous
        if next != 0 { Segment(unit: next, memory: memory).previous = previous } else { queue.tail = previous }
        if previous != 0 { Segment(unit: previous, memory: memory).next = next } else { queue.head = next }
        queues[segment.queue] = queue
        if sweep.segment == segment.unit { sweep.move(to: next) }
        if export.segment == segment.unit { export.move(to: next) }
    }

    /// Frees the memory of a shard without entries.
    mutating func releaseAll() {
        for queue in 0..<QueueTable.count {
            while queues[queue].head != 0 {
                let segment = Segment(unit: queues[queue].head, memory: memory)
                unlink(segment)
                release(segment)
            }
        }
        index.reset(pool)
    }
}
