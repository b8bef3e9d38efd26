/// The policies' rules, for a lane: see `S3FIFO` and `LazyGDSF`.
enum CurveRules {
    static let frequencyMask: UInt8 = 15
    static let touched: UInt8 = 16
    static let frequencies: InlineArray<16, Float> = [
        0.7, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256,
    ]
    static let leastExponent = -20
    static let queues = QueueTable.count
    /// Ghosts for each item held: what a store's index has room for.
    static let ghostsPerItem = 0.17
    /// Each byte 1.
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// All ones in the bytes for which a bit is set.
    @inline(__always)
    private static func bytes(_ mask: UInt16) -> UInt64 {
        let bits = (UInt64(mask & 0xff) &* ones) & 0x8040_2010_0804_0201
        return ((bits &+ 0x7f * ones) >> 7 & ones) &* 0xff
    }

    /// Eight lanes' counters, those of a mask counted up if they are below a limit (from 1 to 15) and marked.
    @inline(__always)
    static func counted(_ counters: UInt64, _ mask: UInt16, below limit: UInt8, mark: UInt8) -> UInt64 {
        let frequencies = counters & (0x0f * ones)
        let isBelow = ~((frequencies | 0x80 * ones) &- UInt64(limit) &* ones) >> 7 & ones
        let new = (frequencies &+ isBelow) | UInt64(mark) &* ones
        let chosen = bytes(mask)
        return counters & ~chosen | new & chosen
    }

    /// The queue of a counter and a density, of which the upper half of a `Float`'s bits is given.
    @inline(__always)
    static func queue(_ counter: UInt8, density: UInt16) -> Int {
        let priority = frequencies[Int(counter & frequencyMask)] * Float(bitPattern: UInt32(density) << 16)
        let exponent = Int(truncatingIfNeeded: priority.bitPattern >> 23) - 127
        return min(max(0, exponent - leastExponent), queues - 1)
    }

    @inline(__always)
    static func middle(of queue: Int) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: queue + leastExponent + 127) << 23 | 1 << 22)
    }
}

// The lanes: events.
extension CurveState {
    var isTopComplete: Bool {
        lanes.lanes[lanes.top].isComplete
    }

    /// A read: it hits in the lanes that hold the key, and the others take it in.
    mutating func accessLanes(_ key: Int, _ times: Int, isMiss: Bool, expiry: UInt32, _ now: UInt32) {
        expire(key, now)
        let bytes = keys[key].charged
        if keys[key].resident != CurveLanes.all {
            fitTop(adding: keys[key].resident >> UInt16(lanes.top) & 1 == 0 ? bytes : 0)
        }
        let resident = keys[key].resident
        let bit = nextChance()
        if resident != 0 { touch(key, resident, bit) }
        var missing = ~resident & CurveLanes.all
        guard missing != 0 else { return }
        let fresh = isMiss ? expiry : CurveClock.sum(now, keys[key].lifetime)
        if fresh > now {
            date(key, missing, fresh)
        }
        let cell = cell(keys[key].mixed, isMiss: isMiss)
        let weight = weight * Double(times)
        let units = units(of: key, isMiss: isMiss) * Double(times)
        let density = keys[key].density
        while missing != 0 {
            let lane = missing.trailingZeroBitCount
            missing &= missing &- 1
            lanes.lanes[lane].misses.add(cell, weight, units)
            if fresh > now { admit(key, lane, bytes, density, bit, known: nil) }
        }
    }

    /// A write: it stores the item in every lane.
    ///
    /// A copy of the same size is overwritten where it is; others go to the end of a queue.
    mutating func writeLanes(
        _ key: Int,
        isMoved: Bool,
        expiry: UInt32,
        _ now: UInt32,
        _ resize: (inout CurveState) -> Void
    ) {
        expire(key, now)
        let resident = keys[key].resident
        let bit = nextChance()
        if resident != 0 { touch(key, resident, bit) }
        if isMoved {
            for lane in 0..<CurveLanes.count where resident >> UInt16(lane) & 1 != 0 {
                lanes.unlink(key, lane, bytes: keys[key].charged)
                lanes.links[lanes.link(key, lane)] = CurveLink(word: 0)
            }
            keys[key].resident = 0
        }
        resize(&self)
        guard expiry > now else { return drop(key) }
        let bytes = keys[key].charged
        fitTop(adding: keys[key].resident >> UInt16(lanes.top) & 1 == 0 ? bytes : 0)
        keys[key].expiry = expiry
        keys[key].laterExpiry = expiry
        keys[key].later = 0
        let density = keys[key].density
        for lane in 0..<CurveLanes.count where keys[key].resident >> UInt16(lane) & 1 == 0 {
            let wasHeld = resident >> UInt16(lane) & 1 != 0
            admit(key, lane, bytes, density, bit, known: wasHeld ? lanes.counters[lanes.counter(key, lane)] : nil)
        }
    }

    /// Sizes of copies that changed without a write.
    mutating func changeSize(_ key: Int, by delta: Int) {
        let resident = keys[key].resident
        guard resident != 0 else { return }
        for lane in 0..<CurveLanes.count where resident >> UInt16(lane) & 1 != 0 {
            lanes.lanes[lane].held += Double(delta)
            let queue = Int(lanes.blocks[lane << 6 | lanes.links[lanes.link(key, lane)].block].queue)
            if queue < 2 { lanes.queueBytes[lane << 1 | queue] += Double(delta) }
        }
        guard delta > 0 else { return }
        fitTop(adding: 0)
        for lane in 0..<CurveLanes.count { shrink(lane) }
    }

    mutating func dropFromLanes(_ key: Int, mask: UInt16) {
        var left = mask
        while left != 0 {
            let lane = left.trailingZeroBitCount
            left &= left &- 1
            lanes.unlink(key, lane, bytes: keys[key].charged)
            lanes.links[lanes.link(key, lane)] = CurveLink(word: 0)
            lanes.counters[lanes.counter(key, lane)] = 0
        }
        keys[key].resident &= ~mask
    }

    /// Whether the largest lane has a ghost of a key that it does not hold.
    func isRemembered(_ key: Int) -> Bool {
        isGhost(key, lanes.top)
    }
}

// The lanes: policies.
extension CurveState {
    private mutating func nextChance() -> UInt8 {
        chance ^= chance << 13
        chance ^= chance >> 17
        chance ^= chance << 5
        // Counters below this go up: each further step of two is half as probable.
        return UInt8(truncatingIfNeeded: min(15, 3 + 2 * chance.trailingZeroBitCount))
    }

    /// Works out what a byte of a key is worth.
    func setDensity(_ key: Int) {
        let density = costs.cost(ofBytes: Int(keys[key].payload)) / Double(max(1, keys[key].charged))
        keys[key].density = UInt16(truncatingIfNeeded: Float(max(density, 0x1p-60)).bitPattern >> 16)
    }

    @inline(__always)
    private func touch(_ key: Int, _ mask: UInt16, _ limit: UInt8) {
        let isGDSF = model.policy == .lazyGDSF
        let limit = isGDSF ? limit : 3
        let mark = isGDSF ? CurveRules.touched : 0
        let place = lanes.counter(key, 0)
        let low = lanes.counters.vector(at: place, as: UInt64.self)
        let high = lanes.counters.vector(at: place + 8, as: UInt64.self)
        lanes.counters.setVector(CurveRules.counted(low, mask, below: limit, mark: mark), at: place)
        lanes.counters.setVector(CurveRules.counted(high, mask >> 8, below: limit, mark: mark), at: place + 8)
    }

    /// Gives copies in some lanes an expiry; of three ages two are kept.
    private mutating func date(_ key: Int, _ mask: UInt16, _ expiry: UInt32) {
        var entry = keys[key]
        if entry.resident & ~mask == 0 {
            entry.expiry = expiry
            entry.laterExpiry = expiry
            entry.later = 0
        } else if entry.expiry == expiry {
            entry.later &= ~mask
        } else {
            let others = entry.resident & ~mask
            if others & ~entry.later == 0 {
                // Nobody is left with the first.
                entry.expiry = entry.laterExpiry
                entry.later = 0
            }
            entry.laterExpiry = expiry
            entry.later = mask
        }
        keys[key] = entry
    }

    @inline(__always)
    private func isGhost(_ key: Int, _ lane: Int) -> Bool {
        let date = lanes.links[lanes.link(key, lane)].word
        guard date != 0 else { return false }
        let age = lanes.lanes[lane].clock &- date
        if model.policy == .s3fifo { return age <= 1_024 }
        return Double(age) < Double(lanes.lanes[lane].items) * CurveRules.ghostsPerItem
    }

    /// Takes a key that a lane does not hold in, if the policy wants it and it fits.
    @inline(__always)
    private mutating func admit(
        _ key: Int,
        _ lane: Int,
        _ bytes: UInt32,
        _ density: UInt16,
        _ limit: UInt8,
        known: UInt8?
    ) {
        var counter: UInt8 = 0
        var queue = 0
        if model.policy == .lazyGDSF {
            if let known {
                counter = known & CurveRules.frequencyMask
            } else if isGhost(key, lane) {
                let frequency = lanes.counters[lanes.counter(key, lane)] & CurveRules.frequencyMask
                counter = frequency < limit ? frequency + 1 : frequency
            }
            queue = CurveRules.queue(counter, density: density)
            if Double(bytes) > lanes.lanes[lane].largest { return refuse(key, lane) }
        } else {
            if let known {
                counter = known
            } else if isGhost(key, lane) {
                queue = 1
            } else {
                if Double(bytes) >= lanes.lanes[lane].largest { return refuse(key, lane) }
                let small = lanes.lanes[lane].whole / 10
                if lanes.lanes[lane].isComplete, lanes.queueBytes[lane << 1 | 0] >= small { queue = 1 }
            }
        }
        makeRoom(lane, for: Double(bytes))
        lanes.counters[lanes.counter(key, lane)] = counter
        lanes.append(key, to: queue, lane, bytes: bytes)
        keys[key].resident |= 1 &<< UInt16(truncatingIfNeeded: lane)
    }

    private func refuse(_ key: Int, _ lane: Int) {
        lanes.links[lanes.link(key, lane)] = CurveLink(word: 0)
        lanes.lanes[lane].isComplete = false
    }

    /// Makes room for so many bytes, as far as there is anything to evict.
    @inline(__always)
    private mutating func makeRoom(_ lane: Int, for bytes: Double) {
        guard lanes.lanes[lane].held + bytes > lanes.lanes[lane].capacity, lanes.lanes[lane].items > 0 else { return }
        lanes.lanes[lane].isComplete = false
        lanes.lanes[lane].isFilling = false
        if model.policy == .lazyGDSF {
            evictByPriority(lane, bytes)
        } else {
            evictFromTwo(lane, bytes)
        }
    }

    /// Lazy GDSF: the head of the queue with the least priority leaves, or moves if it was hit since it was placed.
    @inline(never)
    private mutating func evictByPriority(_ lane: Int, _ bytes: Double) {
        let lanes = lanes
        let keys = keys
        repeat {
            let (queue, least) = lanes.leastQueue(lane)
            if least > lanes.lanes[lane].stamp {
                lanes.lanes[lane].stamp = least
                if least > 0.25 { self.lanes.rebase(lane) }
            }
            let key = lanes.takeHead(of: queue, lane)
            let charged = keys[key].charged
            if queue < 2 { lanes.queueBytes[lane << 1 | queue] -= Double(charged) }
            let counter = lanes.counters[lanes.counter(key, lane)]
            if counter & CurveRules.touched != 0 {
                lanes.counters[lanes.counter(key, lane)] = counter & CurveRules.frequencyMask
                let next = CurveRules.queue(counter, density: keys[key].density)
                lanes.putBack(key, to: next, lane, bytes: charged)
                continue
            }
            lanes.lanes[lane].held -= Double(charged)
            lanes.lanes[lane].items &-= 1
            let clock = lanes.lanes[lane].clock &+ 1
            lanes.lanes[lane].clock = clock
            lanes.links[lanes.link(key, lane)] = CurveLink(word: max(1, clock))
            keys[key].resident &= ~(1 &<< UInt16(truncatingIfNeeded: lane))
        } while lanes.lanes[lane].held + bytes > lanes.lanes[lane].capacity && lanes.lanes[lane].items > 0
    }

    /// S3-FIFO: the head of the small queue or of the main one leaves, or goes to the end of the main one.
    @inline(never)
    private mutating func evictFromTwo(_ lane: Int, _ bytes: Double) {
        let lanes = lanes
        let keys = keys
        let whole = lanes.lanes[lane].whole
        let step = max(1, whole * (0.9 / 1_024))
        repeat {
            let wantsMain = lanes.queueBytes[lane << 1 | 1] > whole * 0.9 || lanes.lanes[lane].queues & 1 == 0
            let queue = wantsMain && lanes.lanes[lane].queues & 2 != 0 ? 1 : 0
            let key = lanes.takeHead(of: queue, lane)
            let charged = keys[key].charged
            lanes.queueBytes[lane << 1 | queue] -= Double(charged)
            let place = lanes.counter(key, lane)
            let counter = lanes.counters[place]
            if counter > (queue == 1 ? 0 : 1) {
                lanes.counters[place] = queue == 1 ? counter - 1 : 0
                lanes.putBack(key, to: 1, lane, bytes: charged)
                continue
            }
            lanes.lanes[lane].held -= Double(charged)
            lanes.lanes[lane].items &-= 1
            var date: UInt32 = 0
            if queue == 0 {
                lanes.lanes[lane].ghosted += Double(charged)
                if lanes.lanes[lane].ghosted >= step {
                    let steps = (lanes.lanes[lane].ghosted / step).rounded(.down)
                    lanes.lanes[lane].ghosted -= steps * step
                    lanes.lanes[lane].clock &+= UInt32(clamping: Int(steps))
                }
                date = max(1, lanes.lanes[lane].clock)
            }
            lanes.links[lanes.link(key, lane)] = CurveLink(word: date)
            keys[key].resident &= ~(1 &<< UInt16(truncatingIfNeeded: lane))
        } while lanes.lanes[lane].held + bytes > lanes.lanes[lane].capacity && lanes.lanes[lane].items > 0
    }
}

// The lanes: sizes.
extension CurveState {
    /// Before the largest lane would evict for the first time: makes the smallest a larger one, with the same contents.
    ///
    /// So the grid follows the footprint, and each lane of it has seen all since the start; but not beyond the sizes of
    /// interest, if there is a budget.
    private mutating func fitTop(adding bytes: UInt32) {
        while true {
            let top = lanes.top
            let held = lanes.lanes[top].held + Double(bytes)
            let size = lanes.lanes[top].size
            if lanes.lanes[top].isComplete {
                if held <= lanes.lanes[top].capacity, Double(bytes) < lanes.lanes[top].largest { return }
                if budget > 0, size >= Double(budget * Self.reach) { return }
            } else {
                // The budget has grown.
                guard budget > 0, size < Double(budget * Self.reach), !lanes.lanes[top].isFilling,
                    held > lanes.lanes[top].capacity
                else { return }
            }
            guard size < 0x1p50 else { return }
            moveUp()
        }
    }

    private mutating func moveUp() {
        let top = lanes.top
        let given = lanes.dispensable(budget: budget)
        let new = Int(lanes.order[given])
        lanes.copy(top, to: new, keys, highest: highestKey)
        for place in given + 1..<CurveLanes.count { lanes.order[place - 1] = lanes.order[place] }
        lanes.order[CurveLanes.count - 1] = UInt8(new)
        lanes.lanes[new].size *= CurveLanes.ratio
        lanes.lanes[new].isFilling = !lanes.lanes[new].isComplete
        lanes.setCapacity(new, model, weight: byteWeight)
    }

    /// Makes largest lanes small ones when the budget has become small.
    mutating func moveDown() {
        guard budget > 0 else { return }
        while lanes.lanes[lanes.smallest].size > Double(budget) / 8,
            lanes.lanes[lanes.top].size > Double(budget * Self.reach) * CurveLanes.ratio
        {
            let old = lanes.smallest
            let new = lanes.top
            lanes.copy(old, to: new, keys, highest: highestKey)
            for place in (1..<CurveLanes.count).reversed() { lanes.order[place] = lanes.order[place - 1] }
            lanes.order[0] = UInt8(new)
            lanes.lanes[new].size /= CurveLanes.ratio
            lanes.setCapacity(new, model, weight: byteWeight)
            // Nothing was counted at this size: hits as they usually grow with it.
            lanes.lanes[new].misses.scale(0.8)
            lanes.lanes[new].misses.add(reads, times: 0.2)
            shrink(new)
        }
    }

    mutating func rescaleLanes() {
        for lane in 0..<CurveLanes.count { lanes.setCapacity(lane, model, weight: byteWeight) }
        fitTop(adding: 0)
        for lane in 0..<CurveLanes.count { shrink(lane) }
    }

    private mutating func shrink(_ lane: Int) {
        makeRoom(lane, for: 0)
    }
}
