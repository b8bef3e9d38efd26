/// What is counted of one kind of request, or of those that missed at a size.
///
/// Sums of weights: each sampled request stands for as many as the sampling rate says.
struct CurveCounts: BitwiseCopyable {
    /// Requests by sub-sample (4) and by whether the store itself missed (2): `subsample * 2 + (isMiss ? 1 : 0)`.
    var requests = InlineArray<8, Double>(repeating: 0)
    /// RCU, then bytes, each of requests that the store hit and missed.
    var units = SIMD4<Double>(repeating: 0)

    @inline(__always)
    mutating func add(_ cell: Int, _ weight: Double, _ units: SIMD4<Double>) {
        requests[cell] += weight
        self.units += units
    }

    mutating func add(_ other: CurveCounts, times factor: Double = 1) {
        for cell in 0..<8 { requests[cell] += other.requests[cell] * factor }
        units += other.units * factor
    }

    mutating func scale(_ factor: Double) {
        for cell in 0..<8 { requests[cell] *= factor }
        units *= factor
    }
}

/// A hit of a sampled key that has not been taken in yet.
struct CurveHit: BitwiseCopyable {
    var mixed: UInt64 = 0
    var charged: UInt32 = 0
    var payload: UInt32 = 0
    /// In units of `CurveClock`, like the time of the hit.
    var expiry: UInt32 = 0
    var time: UInt32 = 0
}

/// The sample and the caches simulated on it; under the estimator's lock.
///
/// Keys are sampled by hash (SHARDS, Waldspurger et al., FAST 2015): those whose mixed hash is below a threshold, which
/// falls when their number reaches the maximum. For LRU their stack distances give the whole curve; for other policies 11
/// caches of different sizes, the lanes, are simulated in small (Waldspurger et al., ATC 2017).
///
/// Invariants: each key in use is in the table once, its hash is below the threshold; a lane's `held` and `items` are those
/// of the keys whose `resident` bit it has, and each of these is in one of its queues; a lane that has lost nothing by
/// eviction since the start (`isComplete`) holds every key that is alive; the largest lane is complete unless the budget
/// limits the sizes of interest.
struct CurveState: ~Copyable {
    // A pointer comes first: with another first field Swift 6.3 makes invalid code under the thread sanitizer. What a hit
    // writes is next, beside the lock.
    let region: CurveRegion
    private var notedCount = 0
    private var noted = InlineArray<8, CurveHit>(repeating: CurveHit())
    let model: CurveModel
    let maximumKeys: Int
    /// Key 0 is nobody; those from `highestKey` on are still zeros.
    let keys: CurveTable<CurveKey>
    /// Open addressing: the numbers of keys; few keys use its beginning only.
    let table: CurveTable<UInt32>
    private var tableMask: Int
    private static let smallTable = 512
    /// For other policies than LRU, and for LRU; the other is empty.
    let lanes: CurveLanes
    let distances: CurveDistances

    /// Keys sampled once not all are.
    let sampleKeys: Int
    var hasOverflowed = false
    var threshold = UInt64.max
    /// Requests that a sampled one stands for.
    var weight = 1.0
    var keyCount = 0
    /// Keys from 1 up to this have been used.
    var highestKey = 0
    var freeKey = 0
    var sweepKey = 0
    /// Charged bytes of the keys that some copy may exist of.
    var footprint = 0
    var costs = CostWeights()
    var budget = 0
    var chance: UInt32 = 0x9e37_79b9

    /// Sampled reads, weighted.
    var reads = CurveCounts()
    /// Of these, those whose key no insert followed: misses at any size.
    var orphans = CurveCounts()
    /// All reads that the store hit and missed, sampled or not, and their bytes.
    var storeHits = 0.0
    var storeMisses = 0.0
    var storeHitBytes = 0.0
    var storeMissBytes = 0.0
    var storeReads: Double { storeHits + storeMisses }
    /// The sum of the budget over the reads.
    var budgetReads = 0.0
    /// What the estimator's stripes held when they were last looked at.
    var taken = SIMD8<UInt64>.zero
    /// Sampled reads, not weighted.
    var sampledReads = 0.0
    /// What counts all keys; the estimator's.
    var census: CurveCensus?
    /// Sampled keys inserted since the census began, and their bytes.
    var countedKeys = 0
    var countedBytes = 0
    /// What the sample's keys and bytes are to be multiplied with, to be as many as they should.
    var keyCorrection = 1.0
    var byteCorrection = 1.0
    /// Sampled reads till the next look at the census.
    var dueIn = 1_024

    init(model: CurveModel, maximumKeys: Int, sampleKeys: Int) {
        self.model = model
        self.maximumKeys = min(max(maximumKeys, 64), model.policy == .lru ? 1 << 20 : CurveLanes.maximumKeys)
        self.sampleKeys = min(max(sampleKeys, 64), self.maximumKeys)
        let count = self.maximumKeys + 1
        let tableCount = Self.tableCount(self.maximumKeys)
        var bytes = CurveTable<CurveKey>.bytes(count) + CurveTable<UInt32>.bytes(tableCount)
        let isLRU = model.policy == .lru
        bytes += isLRU ? CurveDistances.bytes(count) : CurveLanes.bytes(count)
        var region = CurveRegion(bytes: bytes)
        self.region = region
        lanes = CurveLanes(&region, keys: isLRU ? 0 : count)
        keys = CurveTable(&region, count: count)
        table = CurveTable(&region, count: tableCount)
        tableMask = min(tableCount, Self.smallTable) - 1
        distances = CurveDistances(&region, keys: isLRU ? count : 0)
        if !isLRU { lanes.begin(model) }
    }

    /// Whether lanes are simulated.
    var hasLanes: Bool { model.policy != .lru }

    deinit {
        region.free()
    }

    /// Slots of the table for a number of keys: a power of two, at most half full.
    static func tableCount(_ maximumKeys: Int) -> Int {
        1 << (Int.bitWidth - (2 * maximumKeys).leadingZeroBitCount)
    }
}

// The events, for sampled keys.
extension CurveState {
    /// Notes a hit; false when there is no more room for others until `takeNoted`.
    ///
    /// Taken in one by one, hits of a store that is seldom asked would each meet all that they touch out of the caches.
    mutating func note(_ hit: CurveHit) -> Bool {
        noted[notedCount] = hit
        notedCount += 1
        return notedCount < noted.count
    }

    /// Takes the noted hits in; to be called before any other event, and before anything is asked.
    mutating func takeNoted() {
        guard notedCount > 0 else { return }
        let count = notedCount
        notedCount = 0
        for index in 0..<count where noted[index].mixed < threshold {
            let hit = noted[index]
            let (charged, payload) = (Int(hit.charged), Int(hit.payload))
            read(hit.mixed, isHit: true, charged: charged, payload: payload, expiry: hit.expiry, unit: hit.time)
        }
    }

    mutating func read(
        _ mixed: UInt64,
        isHit: Bool,
        charged: Int,
        payload: Int,
        expiry: UInt32,
        unit: UInt32
    ) {
        sampledReads += 1
        dueIn -= 1
        budgetReads += Double(budget)
        sweep(unit)
        if isHit { storeHits += 1 } else { storeMisses += 1 }
        var key = find(mixed)
        if key == 0 {
            key = add(mixed)
            guard key != 0 else { return }
            if isHit { keys[key].lifetime = Self.lifetime(expiry, unit) }
        }
        guard isHit else {
            reads.add(cell(mixed, isMiss: true), weight, .zero)
            if keys[key].pending == .max { orphan(key, 1) }
            keys[key].pending += 1
            return
        }
        settle(key)
        storeHitBytes += Double(payload)
        resize(key, charged: charged, payload: payload)
        count(key, 1, isMiss: false)
        access(key, 1, isMiss: false, expiry: expiry, unit)
    }

    mutating func insert(_ mixed: UInt64, charged: Int, payload: Int, expiresAt: UInt64, group: UInt32, now: UInt64) {
        let unit = CurveClock.unit(now)
        var key = find(mixed)
        if key == 0 {
            key = add(mixed)
            guard key != 0 else { return }
        }
        if keys[key].group != group {
            // What is held under another group is another item.
            if keys[key].group != CurveKey.anyGroup { drop(key) }
            keys[key].group = group
        }
        let expiry = CurveClock.unit(expiresAt)
        keys[key].lifetime = Self.lifetime(expiry, unit)
        if !keys[key].isCounted {
            keys[key].isCounted = true
            countedKeys += 1
            countedBytes += payload
        }
        let pending = Int(keys[key].pending)
        if pending > 0 {
            keys[key].pending = 0
            resize(key, charged: charged, payload: payload)
            storeMissBytes += Double(payload * pending)
            let added = units(of: key, isMiss: true) * Double(pending)
            reads.units += added
            access(key, pending, isMiss: true, expiry: expiry, unit)
        } else {
            write(key, charged: charged, payload: payload, expiry: expiry, unit)
        }
    }

    mutating func remove(_ mixed: UInt64) {
        let key = find(mixed)
        if key != 0 { drop(key) }
    }

    mutating func removeGroup(_ group: UInt32, among numbers: Range<Int>) {
        for key in numbers where keys[key].isInUse && keys[key].group == group { drop(key) }
    }

    mutating func removeAll(among numbers: Range<Int>) {
        for key in numbers where keys[key].isInUse { drop(key) }
    }

    mutating func decay(_ factor: Double) {
        if highestKey > 0 {
            for key in 1...highestKey where keys[key].isInUse { settle(key) }
        }
        reads.scale(factor)
        orphans.scale(factor)
        storeHits *= factor
        storeMisses *= factor
        storeHitBytes *= factor
        storeMissBytes *= factor
        budgetReads *= factor
        sampledReads *= factor
        if hasLanes { lanes.decay(factor) } else { distances.decay(factor) }
    }

    mutating func setCostWeights(_ weights: CostWeights) {
        costs = weights
        guard highestKey > 0 else { return }
        for key in 1...highestKey where keys[key].isInUse { setDensity(key) }
    }

    mutating func setBudget(_ bytes: Int) {
        budget = max(0, bytes)
        if hasLanes { moveDown() }
    }

    static func lifetime(_ expiry: UInt32, _ now: UInt32) -> UInt32 {
        expiry == .max ? .max : expiry > now ? expiry - now : 0
    }
}

// Counting.
extension CurveState {
    /// The cell of `CurveCounts.requests` for a key.
    @inline(__always)
    func cell(_ mixed: UInt64, isMiss: Bool) -> Int {
        Int(truncatingIfNeeded: mixed & 3) << 1 | (isMiss ? 1 : 0)
    }

    /// RCU and bytes of one read of a key, weighted.
    @inline(__always)
    func units(of key: Int, isMiss: Bool) -> SIMD4<Double> {
        let payload = Int(keys[key].payload)
        let units = Double(max(1, (payload + 4_095) >> 12)) * 0.5 * weight
        let bytes = Double(payload) * weight
        return isMiss ? SIMD4(0, units, 0, bytes) : SIMD4(units, 0, bytes, 0)
    }

    @inline(__always)
    private mutating func count(_ key: Int, _ times: Int, isMiss: Bool) {
        reads.add(
            cell(keys[key].mixed, isMiss: isMiss),
            weight * Double(times),
            units(of: key, isMiss: isMiss) * Double(times)
        )
    }

    /// Reads of a key that no insert followed.
    private mutating func orphan(_ key: Int, _ times: Int) {
        let added = units(of: key, isMiss: true) * Double(times)
        reads.units += added
        orphans.add(cell(keys[key].mixed, isMiss: true), weight * Double(times), added)
        keys[key].pending -= UInt8(times)
    }

    mutating func settle(_ key: Int) {
        if keys[key].pending > 0 { orphan(key, Int(keys[key].pending)) }
    }
}

// The census.
extension CurveState {
    /// Bytes that one of the sample stands for.
    var byteWeight: Double { weight * byteCorrection }

    var isDue: Bool { dueIn <= 0 }

    /// Compares the sample with all keys and bytes inserted.
    mutating func compare(keys: Double, bytes: Double) {
        dueIn = 1_024
        guard weight > 1, countedKeys >= 256, countedBytes > 0 else { return }
        keyCorrection = min(max(keys / (Double(countedKeys) * weight), 0.8), 1.25)
        let correction = min(max(bytes / (Double(countedBytes) * weight), 0.8), 1.25)
        guard abs(correction - byteCorrection) > 0.001 * byteCorrection else { return }
        byteCorrection = correction
        rescale()
    }

    /// Begins the count of all keys with those that were inserted while all were sampled.
    private mutating func fillCensus() {
        guard let census else { return }
        census.begin()
        countedBytes = 0
        for key in 1...highestKey where keys[key].isInUse && keys[key].isCounted {
            census.note(keys[key].mixed, payload: Int(keys[key].payload))
            countedBytes += Int(keys[key].payload)
        }
    }

    mutating func beginCensus() {
        countedKeys = 0
        countedBytes = 0
        if hasOverflowed { census?.begin() }
        guard highestKey > 0 else { return }
        for key in 1...highestKey { keys[key].isCounted = false }
    }
}

// Keys.
extension CurveState {
    @inline(__always)
    private func home(_ mixed: UInt64) -> Int {
        Int(truncatingIfNeeded: (mixed &* 0xd6e8_feb8_6659_fd93) >> 40) & tableMask
    }

    /// A key's number, 0 when it is not known.
    @inline(__always)
    func find(_ mixed: UInt64) -> Int {
        var place = home(mixed)
        while true {
            let key = Int(table[place])
            if key == 0 || keys[key].mixed == mixed { return key }
            place = (place + 1) & tableMask
        }
    }

    /// Makes use of the whole table.
    private mutating func growTable() {
        for place in 0...tableMask { table[place] = 0 }
        tableMask = table.count - 1
        guard highestKey > 0 else { return }
        for key in 1...highestKey where keys[key].isInUse { enterTable(key) }
    }

    private func enterTable(_ key: Int) {
        var place = home(keys[key].mixed)
        while table[place] != 0 { place = (place + 1) & tableMask }
        table[place] = UInt32(key)
    }

    /// A new key; 0 when it is no longer sampled after room was made.
    private mutating func add(_ mixed: UInt64) -> Int {
        if keyCount >= (hasOverflowed ? sampleKeys : maximumKeys) {
            makeRoom()
            guard mixed < threshold else { return 0 }
        }
        return enter(mixed)
    }

    /// Puts a key that is not known into the table.
    mutating func enter(_ mixed: UInt64) -> Int {
        if keyCount * 2 > tableMask, tableMask < table.count - 1 { growTable() }
        let key: Int
        if freeKey != 0 {
            key = freeKey
            freeKey = Int(keys[key].charged)
        } else {
            highestKey += 1
            key = highestKey
        }
        keyCount += 1
        keys[key] = CurveKey()
        keys[key].mixed = mixed
        keys[key].isInUse = true
        if hasLanes { lanes.forget(key) }
        enterTable(key)
        return key
    }

    /// Takes a key out of the sample.
    mutating func forget(_ key: Int) {
        settle(key)
        drop(key)
        footprint -= Int(keys[key].charged)
        // Backward-shift deletion: no gaps in runs.
        let mask = tableMask
        var place = home(keys[key].mixed)
        while Int(table[place]) != key { place = (place + 1) & mask }
        var next = (place + 1) & mask
        while table[next] != 0 {
            let distance = (next - home(keys[Int(table[next])].mixed)) & mask
            if distance >= (next - place) & mask {
                table[place] = table[next]
                place = next
            }
            next = (next + 1) & mask
        }
        table[place] = 0
        keys[key] = CurveKey()
        keys[key].charged = UInt32(freeKey)
        freeKey = key
        keyCount -= 1
    }

    /// Sizes beyond this many times the budget are not looked at once the sample is full.
    static var reach: Int { 16 }

    /// Forgets keys that no size of interest holds or, if there are few, samples less.
    private mutating func makeRoom() {
        if hasOverflowed, forgetDead() >= sampleKeys / 16 { return }
        let target = sampleKeys - sampleKeys / 16
        if !hasOverflowed { fillCensus() }
        hasOverflowed = true
        while keyCount > target {
            let share = max(Double(target) / Double(keyCount), 0.5) * 0.995
            threshold = UInt64(Double(threshold) * share)
            for key in 1...highestKey where keys[key].isInUse && keys[key].mixed >= threshold {
                if keys[key].isCounted {
                    countedKeys -= 1
                    countedBytes -= Int(keys[key].payload)
                }
                forget(key)
            }
        }
        weight = 0x1p64 / Double(threshold)
        rescale()
    }

    private mutating func forgetDead() -> Int {
        let before = keyCount
        if hasLanes {
            guard !isTopComplete else { return 0 }
            for key in 1...highestKey
            where keys[key].isInUse && keys[key].resident == 0 && keys[key].pending == 0 && !isRemembered(key) {
                forget(key)
            }
        } else if budget > 0 {
            let limit = model.usable(Double(budget * Self.reach)) / byteWeight
            while let oldest = distances.oldest(beyond: limit) { forget(oldest) }
            for key in 1...highestKey
            where keys[key].isInUse && keys[key].pending == 0 && distances.isAbsent(key) {
                forget(key)
            }
        }
        return before - keyCount
    }

    /// Drops the copies of one key that is past its time, now and then.
    private mutating func sweep(_ now: UInt32) {
        guard highestKey > 0 else { return }
        sweepKey = sweepKey >= highestKey ? 1 : sweepKey + 1
        if keys[sweepKey].isInUse { expire(sweepKey, now) }
    }
}

// What lanes and distances do in common.
extension CurveState {
    /// Takes a key's copies out of every simulated cache; the key stays known.
    mutating func drop(_ key: Int) {
        if hasLanes {
            dropFromLanes(key, mask: keys[key].resident)
            lanes.forget(key)
        } else {
            distances.remove(key)
        }
    }

    /// Drops the copies that are past their time.
    mutating func expire(_ key: Int, _ now: UInt32) {
        let first = keys[key].expiry
        let later = keys[key].laterExpiry
        guard first <= now || later <= now else { return }
        if hasLanes {
            let mask = keys[key].resident
            guard mask != 0 else { return }
            let expired = (first <= now ? ~keys[key].later : 0) | (later <= now ? keys[key].later : 0)
            dropFromLanes(key, mask: mask & expired)
        } else if first <= now, later <= now {
            distances.remove(key)
        }
    }

    private mutating func resize(_ key: Int, charged: Int, payload: Int) {
        let charged = UInt32(clamping: max(1, charged + model.indexExcess))
        keys[key].payload = UInt32(clamping: max(0, payload))
        let old = keys[key].charged
        guard charged != old else { return }
        footprint += Int(charged) - Int(old)
        keys[key].charged = charged
        setDensity(key)
        if hasLanes {
            changeSize(key, by: Int(charged) - Int(old))
        } else {
            distances.changeSize(key, by: Int(charged) - Int(old))
        }
    }

    /// A read, its copy then being in every cache.
    private mutating func access(_ key: Int, _ times: Int, isMiss: Bool, expiry: UInt32, _ now: UInt32) {
        if hasLanes {
            accessLanes(key, times, isMiss: isMiss, expiry: expiry, now)
        } else {
            accessDistances(key, times, isMiss: isMiss, expiry: expiry, now)
        }
    }

    /// A write that stores an item: it touches copies and makes them where there were none, but is not a read.
    private mutating func write(_ key: Int, charged: Int, payload: Int, expiry: UInt32, _ now: UInt32) {
        if hasLanes {
            let isMoved = keys[key].charged != UInt32(clamping: max(1, charged + model.indexExcess))
            writeLanes(key, isMoved: isMoved, expiry: expiry, now) { state in
                state.resize(key, charged: charged, payload: payload)
            }
        } else {
            resize(key, charged: charged, payload: payload)
            distances.moveToTop(key, Int(keys[key].charged))
            keys[key].expiry = expiry
            keys[key].laterExpiry = expiry
            keys[key].later = 0
        }
    }

    /// After the sampling rate fell.
    private mutating func rescale() {
        if hasLanes { rescaleLanes() }
    }
}
