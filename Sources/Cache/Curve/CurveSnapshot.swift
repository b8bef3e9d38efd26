internal import Synchronization

// The estimator's state as bytes, for a restart.
//
//     magic | kind of store | time | settings and counts | keys | lanes, or order of use and distances | sum
//
// All words are 64 bits, little-endian. Of a lane: its size and counts, and its queues from head to tail as the numbers that
// the keys have in the snapshot. What a key's copies looked like inside - blocks, stamps within a queue, ghosts - is not
// kept: stamps begin anew in the order of the queues.

/// Words appended one after the other.
private struct SnapshotWriter {
    var bytes: [UInt8] = []

    mutating func add(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }
    mutating func add(_ value: Double) { add(value.bitPattern) }

    mutating func add(_ counts: CurveCounts) {
        for cell in 0..<8 { add(counts.requests[cell]) }
        for place in 0..<4 { add(counts.units[place]) }
    }
}

/// Reads what `SnapshotWriter` wrote; nil at the end, or for what cannot be.
private struct SnapshotReader {
    let bytes: [UInt8]
    var offset = 0

    mutating func word() -> UInt64? {
        guard bytes.count - offset >= 8 else { return nil }
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(bytes[offset + place]) << UInt64(place * 8) }
        offset += 8
        return word
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        guard let word = word(), let number = Int(exactly: Int64(bitPattern: word)), range.contains(number) else {
            return nil
        }
        return number
    }

    /// A finite number that is not negative.
    mutating func amount(_ most: Double = 1e18) -> Double? {
        guard let word = word() else { return nil }
        let value = Double(bitPattern: word)
        return value >= 0 && value <= most ? value : nil
    }

    mutating func counts(canBeNegative: Bool = false) -> CurveCounts? {
        var counts = CurveCounts()
        for cell in 0..<8 {
            guard let value = canBeNegative ? signed() : amount() else { return nil }
            counts.requests[cell] = value
        }
        for place in 0..<4 {
            guard let value = canBeNegative ? signed() : amount() else { return nil }
            counts.units[place] = value
        }
        return counts
    }

    private mutating func signed() -> Double? {
        guard let word = word() else { return nil }
        let value = Double(bitPattern: word)
        return abs(value) <= 1e18 ? value : nil
    }
}

extension CurveEstimator {
    private static let magic: UInt64 = 0x3176_7275_436c_764c

    /// The state as bytes: the sample, what the simulated caches hold and what was counted.
    ///
    /// It names keys by their hashes, so it means something only with the same hasher's seed.
    ///
    /// - Parameter now: nanoseconds on the store's clock, so that expiries can be told on another.
    /// - Returns: bytes for `restore`.
    public func snapshot(now: UInt64) -> [UInt8] {
        withState { state in
            collect(&state)
            return state.snapshot(Self.magic, now)
        }
    }

    /// Takes a snapshot's state in place of what there is; what the store reports from then on is counted on top.
    ///
    /// - Parameters:
    ///   - bytes: what `snapshot` returned.
    ///   - now: nanoseconds on the present clock.
    /// - Returns: false, with nothing changed, when the bytes are not a snapshot, are damaged, or are of another policy,
    ///   accounting or larger sample.
    public func restore(_ bytes: [UInt8], now: UInt64) -> Bool {
        let (model, maximumKeys, sampleKeys) = withState { state in
            (state.model, state.maximumKeys, state.sampleKeys)
        }
        var restored = CurveState(model: model, maximumKeys: maximumKeys, sampleKeys: sampleKeys)
        guard restored.restore(bytes, Self.magic, now) else { return false }
        replace(with: restored)
        return true
    }

    /// Makes an estimator from a snapshot; nil when `restore` would return false.
    ///
    /// The parameters are those of `restore` and of `init(policy:accounting:maximumKeys:sampleKeys:shards:)`.
    public convenience init?(
        snapshot bytes: [UInt8],
        policy: PolicyKind,
        accounting: Accounting = .memory,
        maximumKeys: Int = 8_191,
        sampleKeys: Int = 8_191,
        shards: Int = 1,
        now: UInt64
    ) {
        let model = CurveModel(policy: policy, accounting: accounting, shards: max(1, shards))
        var state = CurveState(model: model, maximumKeys: maximumKeys, sampleKeys: sampleKeys)
        guard state.restore(bytes, Self.magic, now) else { return nil }
        self.init(state, policy)
    }
}

extension CurveState {
    private var kind: UInt64 {
        let policy: UInt64 =
            switch model.policy {
            case .lru: 0
            case .s3fifo: 1
            case .lazyGDSF: 2
            }
        return policy | (model.accounting == .memory ? 16 : 0)
    }

    fileprivate func snapshot(_ magic: UInt64, _ now: UInt64) -> [UInt8] {
        var writer = SnapshotWriter()
        writer.add(magic)
        writer.add(kind)
        writer.add(UInt64(CurveClock.unit(now)))
        writer.add(threshold)
        writer.add(hasOverflowed ? 1 : 0)
        writer.add(budget)
        for value in [costs.request, costs.readUnits, costs.bytes] { writer.add(value) }
        for value in [storeHits, storeMisses, storeHitBytes, storeMissBytes, budgetReads, sampledReads] {
            writer.add(value)
        }
        writer.add(reads)
        writer.add(orphans)
        // Keys get numbers from 1 on, in their order.
        var numbers = [Int](repeating: 0, count: highestKey + 1)
        writer.add(keyCount)
        var number = 0
        for key in 0...highestKey where keys[key].isInUse {
            number += 1
            numbers[key] = number
            let entry = keys[key]
            writer.add(entry.mixed)
            writer.add(UInt64(entry.charged) | UInt64(entry.payload) << 32)
            writer.add(UInt64(entry.group) | UInt64(entry.lifetime) << 32)
            writer.add(UInt64(entry.expiry) | UInt64(entry.laterExpiry) << 32)
            writer.add(UInt64(entry.later) | UInt64(entry.pending) << 16)
            if hasLanes {
                writer.add(lanes.counters.vector(at: lanes.counter(key, 0), as: UInt64.self))
                writer.add(lanes.counters.vector(at: lanes.counter(key, 8), as: UInt64.self))
            }
        }
        if hasLanes {
            for place in 0..<CurveLanes.count {
                let lane = Int(lanes.order[place])
                writer.add(lane)
                writer.add(lanes.lanes[lane].size)
                writer.add((lanes.lanes[lane].isComplete ? 1 : 0) | (lanes.lanes[lane].isFilling ? 2 : 0))
                writer.add(lanes.lanes[lane].misses)
                for queue in 0..<QueueTable.count {
                    var key = Int(lanes.heads[lane << 5 | queue])
                    while key != 0 {
                        writer.add(numbers[key] | queue << 32)
                        key = lanes.links[lanes.link(key, lane)].next
                    }
                }
                writer.add(0)
            }
        } else {
            distances.forEachInOrder { key in writer.add(numbers[key]) }
            writer.add(0)
            for bin in 0..<CurveDistances.binCount { writer.add(distances.bins[bin]) }
        }
        // A sum over all words, so that no damage passes for counts.
        writer.add(Self.sum(writer.bytes[...]))
        return writer.bytes
    }

    /// Takes over what a snapshot says; false, with a state that is not to be used, when it cannot be right.
    fileprivate mutating func restore(_ bytes: [UInt8], _ magic: UInt64, _ now: UInt64) -> Bool {
        guard bytes.count >= 24, bytes.count % 8 == 0 else { return false }
        var last = SnapshotReader(bytes: Array(bytes[(bytes.count - 8)...]))
        guard last.word() == Self.sum(bytes[..<(bytes.count - 8)]) else { return false }
        var reader = SnapshotReader(bytes: Array(bytes[..<(bytes.count - 8)]))
        guard reader.word() == magic, reader.word() == kind, let then = reader.number(0...Int(UInt32.max)) else {
            return false
        }
        guard restoreCounts(&reader), restoreKeys(&reader, delay: Int(CurveClock.unit(now)) - then) else {
            return false
        }
        let isComplete = hasLanes ? restoreLanes(&reader) : restoreDistances(&reader)
        return isComplete && reader.offset == reader.bytes.count
    }

    private mutating func restoreCounts(_ reader: inout SnapshotReader) -> Bool {
        guard let threshold = reader.word(), threshold >= 1 << 32, let overflow = reader.number(0...1),
            let budget = reader.number(0...Int.max / 64)
        else { return false }
        self.threshold = threshold
        weight = threshold == .max ? 1 : 0x1p64 / Double(threshold)
        hasOverflowed = overflow == 1
        self.budget = budget
        guard let request = reader.amount(), let readUnits = reader.amount(), let byteCost = reader.amount(),
            let storeHits = reader.amount(), let storeMisses = reader.amount(), let storeHitBytes = reader.amount(),
            let storeMissBytes = reader.amount(), let budgetReads = reader.amount(1e36),
            let sampledReads = reader.amount()
        else { return false }
        costs = CostWeights(request: request, readUnits: readUnits, bytes: byteCost)
        self.storeHits = storeHits
        self.storeMisses = storeMisses
        self.storeHitBytes = storeHitBytes
        self.storeMissBytes = storeMissBytes
        self.budgetReads = budgetReads
        self.sampledReads = sampledReads
        guard let reads = reader.counts(), let orphans = reader.counts() else { return false }
        self.reads = reads
        self.orphans = orphans
        return true
    }

    private mutating func restoreKeys(_ reader: inout SnapshotReader, delay: Int) -> Bool {
        guard let count = reader.number(0...maximumKeys) else { return false }
        for _ in 0..<count {
            guard let mixed = reader.word(), let sizes = reader.word(), let group = reader.word(),
                let expiries = reader.word(), let rest = reader.word(), mixed < threshold, find(mixed) == 0,
                rest < 1 << 24, sizes & 0xffff_ffff <= 1 << 30
            else { return false }
            let key = enter(mixed)
            var entry = keys[key]
            entry.charged = UInt32(truncatingIfNeeded: sizes)
            entry.payload = UInt32(truncatingIfNeeded: sizes >> 32)
            entry.group = UInt32(truncatingIfNeeded: group)
            entry.lifetime = UInt32(truncatingIfNeeded: group >> 32)
            entry.expiry = CurveClock.shifted(UInt32(truncatingIfNeeded: expiries), by: delay)
            entry.laterExpiry = CurveClock.shifted(UInt32(truncatingIfNeeded: expiries >> 32), by: delay)
            entry.later = UInt16(truncatingIfNeeded: rest)
            entry.pending = UInt8(truncatingIfNeeded: rest >> 16)
            keys[key] = entry
            footprint += Int(entry.charged)
            setDensity(key)
            if hasLanes {
                guard let low = reader.word(), let high = reader.word(), (low | high) & 0xe0e0_e0e0_e0e0_e0e0 == 0
                else {
                    return false
                }
                lanes.counters.setVector(low, at: lanes.counter(key, 0))
                lanes.counters.setVector(high, at: lanes.counter(key, 8))
            } else if Int(entry.later) > CurveDistances.binCount {
                return false
            }
        }
        return true
    }

    private mutating func restoreLanes(_ reader: inout SnapshotReader) -> Bool {
        var seen: UInt16 = 0
        var least = CurveLanes.least / 1e6
        for place in 0..<CurveLanes.count {
            guard let lane = reader.number(0...CurveLanes.count - 1), seen & (1 << UInt16(lane)) == 0,
                let size = reader.amount(0x1p52), size > least, let flags = reader.number(0...3),
                let misses = reader.counts()
            else { return false }
            seen |= 1 << UInt16(lane)
            least = size
            lanes.order[place] = UInt8(lane)
            lanes.lanes[lane].size = size
            lanes.setCapacity(lane, model, weight: byteWeight)
            lanes.lanes[lane].isComplete = flags & 1 != 0
            lanes.lanes[lane].isFilling = flags & 2 != 0
            lanes.lanes[lane].misses = misses
            while true {
                guard let word = reader.number(0...Int(UInt32.max) << 8) else { return false }
                if word == 0 { break }
                let key = word & 0xffff_ffff
                let queue = word >> 32
                guard (1...max(1, keyCount)).contains(key), keys[key].isInUse, queue < QueueTable.count,
                    model.policy == .lazyGDSF || queue < 2, keys[key].charged > 0,
                    keys[key].resident & (1 << UInt16(lane)) == 0
                else { return false }
                lanes.append(key, to: queue, lane, bytes: keys[key].charged)
                keys[key].resident |= 1 << UInt16(lane)
            }
        }
        return true
    }

    private mutating func restoreDistances(_ reader: inout SnapshotReader) -> Bool {
        while true {
            guard let key = reader.number(0...keyCount) else { return false }
            if key == 0 { break }
            guard keys[key].isInUse, distances.isAbsent(key), keys[key].charged > 0 else { return false }
            distances.moveToTop(key, Int(keys[key].charged))
        }
        for bin in 0..<CurveDistances.binCount {
            guard let counts = reader.counts(canBeNegative: true) else { return false }
            distances.bins[bin] = counts
        }
        return true
    }

    /// A hash of bytes, word by word (as of FNV).
    static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return sum ^ sum >> 29
    }
}
