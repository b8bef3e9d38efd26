/// How far a sweep through a shard's segments has come.
struct Sweep {
    var isRunning = false
    /// The queue being gone through; `QueueTable.count` stands for the segment being emptied.
    var queue = 0
    /// The segment, 0 before a queue's first.
    var segment: UInt32 = 0
    var offset = 0
    var hasBegunQueue = false
    /// The least expiry of the records met in the segment.
    var minimumExpiry = UInt64.max

    mutating func move(to segment: UInt32) {
        self.segment = segment
        offset = Segment.headerBytes
        minimumExpiry = .max
    }
}

// Work in bounded steps.
extension Shard {
    /// Evicts up to `limit` records towards a smaller budget; true when it is reached.
    mutating func shrink(to target: Int, limit: Int) -> Bool {
        movesLeft = Self.movesPerCall
        setSizes(for: target)
        var left = limit
        while held > target, left > 0 {
            guard drainOne() else { break }
            left -= 1
        }
        budget = max(target, held)
        return held <= target
    }

    /// Reclaims records that are past their time or purged, looking at up to `limit` records and segments; true at the
    /// end of a pass over all.
    mutating func sweepStep(now: UInt64, limit: Int) -> Bool {
        if !sweep.isRunning {
            sweep = Sweep()
            sweep.isRunning = true
            groups.beginSweep()
        }
        var left = limit
        while left > 0 {
            left -= 1
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
            if sweep.offset == Segment.headerBytes, segment.minimumExpiry > now, !groups.hasRetired {
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
            } else {
                sweep.minimumExpiry = min(sweep.minimumExpiry, expiresAt)
            }
        }
        return false
    }

    private func segmentAfter(_ segment: Segment) -> UInt32 {
        sweep.queue < QueueTable.count ? segment.next : 0
    }
}
