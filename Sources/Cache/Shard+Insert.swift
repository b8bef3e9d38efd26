// Inserting, and making room by evicting.
extension Shard {
    /// Stores an entry in place of what was there.
    ///
    /// False when it cannot fit, the policy does not want it, or the pool is exhausted; the old entry is gone then.
    mutating func insert(_ entry: NewEntry, reserved: Reservation? = nil) -> Bool {
        let hash = entry.hash
        movesLeft = Self.movesPerCall
        var reserved = reserved
        if let reserved { runBytes -= reserved.bytes }
        defer {
            if let reserved { pool.freeRun(reserved.run, reserved.units) }
            if index.items == 0 { releaseAll() }
        }
        let slot = unsafe find(entry.key, hash: hash)
        guard entry.isStorable, let group = groups.number(of: entry.group) else {
            if let slot { drop(slotAt: slot, hash: hash) }
            return false
        }
        let record = record(of: entry, group: group)
        var known = Known.nothing
        if let slot {
            let location = index.slot(at: slot).location
            let old = self.record(at: location)
            if !groups.isRetired(old.group) {
                if reserved == nil, old.isLarge == record.isLarge, old.footprint == record.footprint,
                    old.runUnits == record.runUnits
                {
                    touch(slot, record)
                    let run = old.isLarge ? old.run(memory, location) : 0
                    payload += record.payload - old.payload
                    queues[Segment(unit: pool.segment(holding: location), memory: memory).queue].bytes +=
                        charge(record) - charge(old)
                    write(record, location, entry, run: run)
                    if accounting == .payload, held > budget { return ensureRoom(keeping: entry) }
                    return true
                }
                touch(slot, old)
                known = .entry(counter: index.slot(at: slot).counter)
            }
            drop(slotAt: slot, hash: hash)
        } else if let ghost = index.findGhost(hash) {
            let slot = index.slot(at: ghost)
            known = .ghost(counter: slot.counter, stamp: slot.stamp)
            index.setSlot(.empty, at: ghost)
        } else if let slot = remembered.take(hash, memory) {
            known = .ghost(counter: slot.counter, stamp: slot.stamp)
        }
        guard record.footprint <= segmentSize - Segment.headerBytes,
            let placement = policy.admit(facts(record), known: known, queues)
        else { return false }
        return place(record, placement, stamp: nil, entry, reserved: &reserved)
    }

    /// What stands before an entry in a segment.
    func record(of entry: NewEntry, group: UInt16) -> Record {
        unsafe Record(
            key: entry.key.count,
            value: entry.value.count,
            isLarge: isLarge(entry.payload),
            mark: entry.mark,
            expiresAt: entry.expiresAt,
            group: group
        )
    }

    /// Makes room for a new record, writes it at the end of its queue and puts it into the index; false when that cannot be.
    ///
    /// Without a stamp it gets the policy's, once room has been made. A reservation of the right size is used, and nil then.
    mutating func place(
        _ record: Record,
        _ placement: Placement,
        stamp: Double?,
        _ entry: NewEntry,
        reserved: inout Reservation?
    ) -> Bool {
        let hash = entry.hash
        guard makeRoom(for: record, queue: placement.queue, hash: hash) else { return false }
        var run: UInt32 = 0
        var isFilled = false
        if record.isLarge, let filled = reserved, filled.units == record.runUnits {
            run = filled.run
            isFilled = true
            reserved = nil
        } else if record.isLarge {
            guard let allocated = pool.allocateRun(record.runUnits) else { return false }
            run = allocated
        }
        let limit = budget + segmentSize
        guard let location = append(record, to: placement.queue, limit: limit, stamp: stamp ?? policy.stamp) else {
            if record.isLarge { pool.freeRun(run, record.runUnits) }
            return false
        }
        runBytes += record.runUnits << SegmentPool.unitShift
        write(record, location, entry, run: run, isFilled: isFilled)
        let slot = Slot(hash: hash, counter: placement.counter, location: location)
        if !index.insert(slot, hash: hash), !insertByForce(slot, hash: hash) {
            discard(recordAt: location)
            return false
        }
        return true
    }

    /// Bytes of a segment that a single hold of the lock may go through to make room.
    private static let drainedAtOnce = 8 << 10

    /// A run for a large value that is counted but not in a record yet, so that it can be filled without the lock.
    struct Reservation {
        var run: UInt32
        var units: Int
        var bytes: Int { units << SegmentPool.unitShift }
    }

    /// The result of one step of `reserve`.
    enum ReserveStep {
        /// There is more to evict.
        case again
        /// Nothing is reserved: the value is not large here, or does not fit.
        case none
        case reserved(Reservation)
    }

    /// Evicts up to `limit` records for a value of that size, fewer if the shard is wanted, and when there is room reserves
    /// a run for it.
    mutating func reserve(_ entry: NewEntry, limit: Int, _ isWanted: () -> Bool) -> ReserveStep {
        let hash = entry.hash
        let value = unsafe entry.value.count
        movesLeft = Self.movesPerCall
        defer {
            if index.items == 0 { releaseAll() }
        }
        let units = SegmentPool.units(for: value)
        let bytes = units << SegmentPool.unitShift
        let needed = bytes + 2 * segmentSize + index.growth(for: hash)
        guard accounting == .memory, value <= Record.maximumValue, needed <= budget,
            policy.accepts(ItemFacts(bytes: entry.payload - value + bytes, cost: 0))
        else { return .none }
        // What the new value replaces leaves, and its run's bytes need not be evicted for.
        if held + needed > budget, let slot = unsafe find(entry.key, hash: hash),
            record(at: index.slot(at: slot).location).isLarge
        {
            let frequency = Frequency(counter: index.slot(at: slot).counter, age: 0)
            drop(slotAt: slot, hash: hash, leaving: policy.kind == .lru ? .empty : policy.ghost(frequency, hash: hash))
        }
        var left = limit
        while held + needed > budget {
            guard left > 0 else { return .again }
            let runs = runBytes
            guard drainOne() else { break }
            left -= isWanted() ? limit : 1 + Self.effort(runs - runBytes)
        }
        guard isLarge(entry.payload), held + bytes <= budget, let run = pool.allocateRun(units) else {
            return .none
        }
        runBytes += bytes
        return .reserved(Reservation(run: run, units: units))
    }

    func isLarge(_ payload: Int) -> Bool {
        Self.isLarge(payload, segmentOrder: segmentOrder)
    }

    static func isLarge(_ payload: Int, segmentOrder: Int) -> Bool {
        let segmentSize = SegmentPool.unit << segmentOrder
        return payload > max(segmentSize >> 4, min(segmentSize >> 2, 4 << 10))
    }

    private mutating func write(
        _ record: Record,
        _ location: Int,
        _ entry: NewEntry,
        run: UInt32,
        isFilled: Bool = false
    ) {
        record.write(memory, location, mark: entry.mark, expiresAt: entry.expiresAt, run: run)
        unsafe memory.copy(entry.key, to: location + record.keyOffset)
        if !isFilled {
            let place = record.isLarge ? Int(run) << SegmentPool.unitShift : location + record.valueOffset
            unsafe memory.copy(entry.value, to: place)
        }
        let expiresAt = entry.expiresAt
        guard expiresAt != .max else { return }
        let segment = Segment(unit: pool.segment(holding: location), memory: memory)
        segment.minimumExpiry = min(segment.minimumExpiry, expiresAt)
        if sweep.segment == segment.unit { sweep.minimumExpiry = min(sweep.minimumExpiry, expiresAt) }
    }

    /// Both buckets are full of items: a larger region may place it, else one of those items goes.
    private mutating func insertByForce(_ slot: Slot, hash: UInt64) -> Bool {
        let room = index.growth(for: hash) + 66 << SegmentPool.unitShift
        if accounting == .payload || held + room <= budget, index.grow(for: hash, pool), index.insert(slot, hash: hash)
        {
            return true
        }
        guard let rival = index.rival(of: hash) else { return false }
        let rivalHash = self.hash(ofRecordAt: index.slot(at: rival).location)
        evictions &+= 1
        let location = index.slot(at: rival).location
        index.remove(rival, hash: rivalHash, leaving: .empty)
        discard(recordAt: location)
        return index.insert(slot, hash: hash)
    }

    /// Space at the end of a queue, with the record counted in; nil when a segment would pass the limit.
    ///
    /// `stamp` is the policy's of when the record was placed.
    mutating func append(_ record: Record, to queue: Int, limit: Int, stamp: Double) -> Int? {
        if !hasRoom(queue, record) {
            guard record.footprint <= segmentSize - Segment.headerBytes,
                accounting == .payload || held + segmentSize <= limit,
                let unit = pool.allocateSegment(order: segmentOrder)
            else { return nil }
            let last = Segment(unit: queues[queue].tail, memory: memory)
            if last.unit != 0, last.live == 0 {
                // Emptied by removals, and too small since the budget has grown.
                unlink(last)
                release(last)
            }
            let segment = Segment(unit: unit, memory: memory)
            segment.initialize(queue: queue, order: segmentOrder, stamp: stamp)
            let tail = queues[queue].tail
            segmentBytes += segment.bytes
            segment.previous = tail
            if tail != 0 {
                Segment(unit: tail, memory: memory).next = unit
            } else {
                queues[queue].head = unit
            }
            queues[queue].tail = unit
        }
        let segment = Segment(unit: queues[queue].tail, memory: memory)
        let place = segment.used
        let location = segment.offset + place
        segment.used = place + record.footprint
        segment.live += 1
        segment.stamp +=
            (stamp - segment.stamp) * Double(record.footprint)
            / Double(place + record.footprint - Segment.headerBytes)
        queues[queue].bytes += charge(record)
        payload += record.payload
        return location
    }

    private func hasRoom(_ queue: Int, _ record: Record) -> Bool {
        queues[queue].tail != 0 && Segment(unit: queues[queue].tail, memory: memory).room >= record.footprint
    }

    /// Evicts until a record fits at the end of a queue and in the index; false when it never will.
    private mutating func makeRoom(for record: Record, queue: Int, hash: UInt64) -> Bool {
        settleRemembered()
        if accounting == .payload {
            guard record.payload <= budget else { return false }
            while held + record.payload > budget {
                guard drainOne() else { return false }
            }
        } else {
            // Evicting ahead, in proportion to what comes in, so that no call has a whole segment to empty.
            if held + 2 * segmentSize > budget {
                let ahead = 2 * (record.footprint + record.runUnits << SegmentPool.unitShift) + 128
                var scanned = 0
                while scanned < min(ahead, 16 << 10), held + 2 * segmentSize > budget, index.items > 0 {
                    let before = drainOffset
                    let runs = runBytes
                    guard drainOne() else { break }
                    scanned += max(64, drainOffset - before) + (runs - runBytes) >> 5
                }
            }
            while true {
                let needed =
                    (hasRoom(queue, record) ? 0 : segmentSize) + record.runUnits << SegmentPool.unitShift
                    + index.growth(for: hash)
                if held + needed <= budget { break }
                guard drainOne() else { return false }
            }
        }
        let memory = memory
        let hasher = pool.hasher
        return index.makeRoom(for: hash, pool) { slot in
            unsafe hasher.hash(Record(word: memory.load(slot.location)).key(memory, slot.location))
        }
    }

    /// Evicts up to `limit` records, fewer if the shard is wanted, when an insertion might have most of a large segment to
    /// empty, as after the budget has shrunk; false when there is more to evict.
    mutating func keepSegmentFree(limit: Int, _ isWanted: () -> Bool) -> Bool {
        guard accounting == .memory, held + segmentSize > budget else { return true }
        movesLeft = Self.movesPerCall
        var left = limit
        while held + segmentSize > budget, index.items > 0, bytesToDrain > Self.drainedAtOnce {
            guard left > 0 else { return false }
            guard drainOne() else { break }
            left = isWanted() ? 0 : left - 1
        }
        return true
    }

    /// Bytes of the segment being emptied, or the next, that have not been gone through.
    private var bytesToDrain: Int {
        draining == 0 ? segmentSize : Segment(unit: draining, memory: memory).used - drainOffset
    }

    /// After an overwrite that made an entry longer in place; false when that entry had to go too.
    private mutating func ensureRoom(keeping entry: NewEntry) -> Bool {
        while held > budget {
            guard drainOne() else { break }
        }
        return unsafe find(entry.key, hash: entry.hash) != nil
    }

    /// Goes one record further in emptying segments; false when there is nothing left to evict.
    mutating func drainOne() -> Bool {
        if draining == 0 {
            guard let queue = policy.victim(queues) else { return false }
            let segment = Segment(unit: queues[queue].head, memory: memory)
            if segment.live == 0 {
                // A tail that has been emptied by removals.
                unlink(segment)
                release(segment)
                return true
            }
            unlink(segment)
            draining = segment.unit
            drainOffset = Segment.headerBytes
        }
        let segment = Segment(unit: draining, memory: memory)
        assert(drainOffset < segment.used)
        let location = segment.offset + drainOffset
        let record = record(at: location)
        drainOffset += record.footprint
        guard !record.isDead else { return true }
        let hash = hash(ofRecordAt: location)
        guard let offset = index.find(hash, { slot in slot.isItem && slot.location == location }) else {
            assertionFailure("a record is not in the index")
            return false
        }
        if groups.isRetired(record.group) {
            drop(slotAt: offset, hash: hash)
            return true
        }
        let counter = index.slot(at: offset).counter
        switch policy.verdict(facts(record), queue: segment.queue, counter: counter, queues) {
        case .move(let placement):
            if movesLeft > 0 || accounting == .payload, move(recordAt: location, slotAt: offset, placement, hash: hash)
            {
                break
            }
            evictions &+= 1
            drop(slotAt: offset, hash: hash)
        case .evict(let ghost):
            evictions &+= 1
            let left = ghost.map { ghost in Slot(ghostOf: hash, counter: ghost.counter, stamp: ghost.stamp) }
            drop(slotAt: offset, hash: hash, leaving: left ?? .empty)
        }
        return true
    }

    /// Copies a record to the end of a queue, which counts as placed there now or when `stamp` was; false when there is no
    /// room.
    mutating func move(
        recordAt location: Int,
        slotAt offset: Int,
        _ placement: Placement,
        hash: UInt64,
        stamp: Double? = nil
    ) -> Bool {
        var record = record(at: location)
        let segment = Segment(unit: pool.segment(holding: location), memory: memory)
        let stamp = stamp ?? policy.stamp
        guard
            let target = append(record, to: placement.queue, limit: budget + segment.bytes, stamp: stamp)
        else { return false }
        movesLeft -= 1
        memory.copy(from: location, to: target, record.footprint)
        record.store(memory, target)
        let place = Segment(unit: queues[placement.queue].tail, memory: memory)
        place.minimumExpiry = min(place.minimumExpiry, record.expiresAt(memory, target))
        index.setSlot(Slot(hash: hash, counter: placement.counter, location: target), at: offset)
        // The run, if there is one, now belongs to the copy.
        queues[segment.queue].bytes -= charge(record)
        payload -= record.payload
        record.isDead = true
        record.store(memory, location)
        segment.dead += record.footprint
        segment.live -= 1
        if segment.live == 0 { retire(segment) }
        return true
    }
}
