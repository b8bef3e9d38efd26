/// How far a sweep through a shard's segments has come.
struct Sweep {
    var isRunning = false
    /// The queue being gone through; `QueueTable.count` stands for the segment being emptied.
    var queue = 0
    /// The segment, 0 before a queue's first.
    var segment: UInt32 = 0
    var offset = 0
    var hasBegunQueue = false
    /// Whether the segment is mostly dead, and its records move to the end of their queue.
    var isCompacting = false
    /// The least expiry of the records met in the segment.
    var minimumExpiry = UInt64.max

    mutating func move(to segment: UInt32) {
        self.segment = segment
        isCompacting = false
        offset = Segment.headerBytes
        minimumExpiry = .max
    }
}

// Work in bounded steps.
extension Shard {
    /// Evicts up to `limit` records towards a smaller budget, fewer if the shard is wanted; true when it is reached.
    mutating func shrink(to target: Int, limit: Int, _ isWanted: () -> Bool) -> Bool {
        movesLeft = Self.movesPerCall
        setSizes(for: target)
        if held > target { remembered.release(pool) }
        var left = limit
        while held > target, left > 0 {
            let runs = runBytes
            guard drainOne() else { break }
            left -= 1 + Self.effort(runs - runBytes)
            if isWanted() { break }
        }
        budget = max(target, held)
        return held <= target
    }

    /// Reclaims records that are past their time or purged, looking at up to `limit` records and segments, fewer if the
    /// shard is wanted, and counts them off `left`; true at the end of a pass over all.
    mutating func sweepStep(now: UInt64, limit: Int, left whole: inout Int, _ isWanted: () -> Bool) -> Bool {
        if !sweep.isRunning {
            sweep = Sweep()
            sweep.isRunning = true
            groups.beginSweep()
        }
        var left = limit
        defer { whole -= limit - left }
        var runs = runBytes
        var hasBegun = false
        while left > 0 {
            if hasBegun, isWanted() { break }
            hasBegun = true
            left -= 1 + Self.effort(runs - runBytes)
            runs = runBytes
            if sweep.segment == 0 {
                if sweep.hasBegunQueue { sweep.queue += 1 }
                if sweep.queue > QueueTable.count {
                    sweep.isRunning = false
                    groups.endSweep()
                    return true
                }
                sweep.hasBegunQueue = true
                sweep.move(to: sweep.queue < QueueTable.count ? queues[sweep.queue].head : draining)
                if sweep.segment == 0 { left += 1 }
                continue
            }
            let segment = Segment(unit: sweep.segment, memory: memory)
            let begins = sweep.offset == Segment.headerBytes
            if begins { sweep.isCompacting = segment.isMostlyDead && segment.next != 0 && segment.unit != draining }
            if begins, segment.minimumExpiry > now, !groups.hasRetired, !sweep.isCompacting {
                sweep.move(to: segmentAfter(segment))
                continue
            }
            if sweep.offset >= segment.used {
                segment.minimumExpiry = sweep.minimumExpiry
                sweep.move(to: segmentAfter(segment))
                continue
            }
            let location = segment.offset + sweep.offset
            let record = record(at: location)
            sweep.offset += record.footprint
            guard !record.isDead else { continue }
            let expiresAt = record.expiresAt(memory, location)
            if groups.isRetired(record.group) {
                drop(recordAt: location)
            } else if expiresAt <= now {
                drop(recordAt: location)
                expirations &+= 1
            } else if !sweep.isCompacting || !moveToTail(recordAt: location, of: segment) {
                sweep.minimumExpiry = min(sweep.minimumExpiry, expiresAt)
            }
        }
        return false
    }

    /// What giving that many bytes of runs back counts for, in records: their pages may go to the system.
    static func effort(_ bytes: Int) -> Int {
        bytes >> 13
    }

    /// Moves a record out of a segment that is mostly dead to the end of the same queue; false when there is no room.
    private mutating func moveToTail(recordAt location: Int, of segment: Segment) -> Bool {
        guard accounting == .payload || held + segmentSize <= budget else { return false }
        let hash = hash(ofRecordAt: location)
        guard let offset = index.find(hash, { slot in slot.isItem && slot.location == location }) else { return false }
        let placement = Placement(queue: segment.queue, counter: index.slot(at: offset).counter)
        return move(recordAt: location, slotAt: offset, placement, hash: hash, stamp: segment.stamp)
    }

    private func segmentAfter(_ segment: Segment) -> UInt32 {
        sweep.queue < QueueTable.count ? segment.next : 0
    }
}
