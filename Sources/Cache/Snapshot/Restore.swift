extension Store {
    /// Stores an entry of an earlier store where it stood in the order of eviction, if entries come as `export` gives them.
    ///
    /// Never replaces an entry. To make room others are evicted as ever.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - hash: `hash(key)`.
    ///   - value: the value's bytes.
    ///   - mark: as for `insert`.
    ///   - expiresAt: as for `insert`.
    ///   - group: as for `insert`.
    ///   - rank: what `export` said of it in a store of the same policy; nil for an entry of another one's.
    ///   - now: nanoseconds on the clock of `expiresAt`.
    /// - Returns: false when it was not stored: there is an entry, it does not fit or has expired.
    @discardableResult
    public func restore(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64,
        group: UInt32 = 0,
        rank: EntryRank?,
        now: UInt64
    ) -> Bool {
        var stored = false
        if value.count >= Self.longValue {
            shards.inSteps(shard(of: hash)) { shard, isWanted in
                shard.evict(forValue: value.count, hash: hash, limit: Self.step, isWanted)
            }
        }
        let entry = unsafe NewEntry(
            key: key,
            hash: hash,
            value: value,
            mark: mark,
            expiresAt: expiresAt,
            group: group,
            now: now
        )
        shards.inSteps(shard(of: hash)) { shard, isWanted in
            guard shard.keepSegmentFree(limit: Self.step, isWanted) else { return false }
            stored = shard.restore(entry, rank: rank)
            return true
        }
        pool.trim(limit: 1)
        return stored
    }

    /// Makes room, within the budget, for the frequencies of about `count` keys that `remember` will be told; those told
    /// before are forgotten.
    public func expectFrequencies(_ count: Int) {
        let each = (count + shards.count - 1) / shards.count + count / (shards.count * 8)
        for index in 0..<shards.count {
            let (pool, wanted, isKept) = shards.withShard(index) { shard in
                shard.remembered.release(shard.pool)
                return (shard.pool, shard.unitsForFrequencies(each), shard.policy.kind != .lru)
            }
            guard isKept, each > 0, wanted > 0, let fresh = RememberedFrequencies(units: wanted, pool) else { continue }
            shards.withShard(index) { shard in
                shard.remembered.release(pool)
                shard.remembered = fresh
                // What came in while the table was cleared.
                if shard.held > shard.budget { shard.remembered.release(pool) }
            }
        }
    }

    /// Remembers how often a key was asked for until it comes in or its memory is needed otherwise.
    ///
    /// - Parameters:
    ///   - hash: the key's hash, as `export` or `exportGhosts` gave it.
    ///   - frequency: what they said of it in a store of the same policy.
    /// - Returns: false when there is no room, or the key is in the store.
    @discardableResult
    public func remember(_ hash: UInt64, _ frequency: Frequency) -> Bool {
        guard frequency.counter < 32 else { return false }
        return shards.withShard(shard(of: hash)) { shard in
            guard shard.remembered.units > 0, !shard.holdsItem(of: hash) else { return false }
            return shard.remembered.insert(shard.policy.ghost(frequency, hash: hash), shard.memory)
        }
    }
}

extension Shard {
    mutating func restore(_ entry: NewEntry, rank: EntryRank?) -> Bool {
        let hash = entry.hash
        movesLeft = Self.movesPerCall
        defer {
            if index.items == 0 { releaseAll() }
        }
        guard entry.isStorable else { return false }
        if let slot = unsafe find(entry.key, hash: hash) {
            guard groups.isRetired(self.record(at: index.slot(at: slot).location).group) else { return false }
            drop(slotAt: slot, hash: hash)
        }
        guard let group = groups.number(of: entry.group) else { return false }
        let record = record(of: entry, group: group)
        _ = remembered.take(hash, memory)
        if let ghost = index.findGhost(hash) { index.setSlot(.empty, at: ghost) }
        let stamped =
            rank.map { rank in policy.placement(rank) }
            ?? policy.admit(facts(record), known: .nothing, queues).map { placement in (placement, policy.stamp) }
        guard let (placement, stamp) = stamped, record.footprint <= segmentSize - Segment.headerBytes else {
            return false
        }
        var none: Reservation?
        return place(record, placement, stamp: stamp, entry, reserved: &none)
    }

    /// Evicts up to `limit` records towards room for a large value, fewer if the shard is wanted; true when there is room, or never will be.
    mutating func evict(forValue count: Int, hash: UInt64, limit: Int, _ isWanted: () -> Bool) -> Bool {
        movesLeft = Self.movesPerCall
        defer {
            if index.items == 0 { releaseAll() }
        }
        let needed = SegmentPool.units(for: count) << SegmentPool.unitShift + 2 * segmentSize + index.growth(for: hash)
        guard accounting == .memory, needed <= budget else { return true }
        for _ in 0..<limit where held + needed > budget {
            guard drainOne() else { return true }
            if isWanted() { break }
        }
        return held + needed <= budget
    }

    /// Units for a table of frequencies: an eighth of the budget at most.
    func unitsForFrequencies(_ count: Int) -> Int {
        guard accounting == .memory else { return RememberedFrequencies.units(for: count) }
        let free = budget - held - 2 * segmentSize
        return min(
            RememberedFrequencies.units(for: count),
            budget >> (SegmentPool.unitShift + 3),
            free >> SegmentPool.unitShift
        )
    }

    /// Whether an item's slot has the tag of a hash and, if so, its record the rest.
    func holdsItem(of hash: UInt64) -> Bool {
        let mask: UInt64 = 1 << 42 - 1
        let found = index.find(hash) { slot in
            slot.isItem && self.hash(ofRecordAt: slot.location) & mask == hash & mask
        }
        return found != nil
    }

    /// Hands remembered frequencies over to the index, as ghosts, a few at a time once the budget is used up.
    mutating func settleRemembered() {
        guard remembered.units > 0, accounting == .memory, held + 2 * segmentSize > budget else { return }
        for _ in 0..<RememberedFrequencies.step {
            guard let slot = remembered.next(memory) else {
                remembered.release(pool)
                return
            }
            guard !slot.isEmpty, index.regionCount > 0 else { continue }
            _ = index.place(slot, in: index.region(index.regionNumber(of: slot.ghostHash)))
        }
    }
}
