/// Stack distances of the sampled keys, in bytes (Mattson et al., 1970), by a Fenwick tree over the order of use.
@safe struct CurveDistances {
    static let binsPerOctave = 64
    private static let binShift: UInt64 = 46
    private static let leastExponent = 6
    static let binCount = 42 * binsPerOctave

    /// The place of each key in the order of use; 0 for none.
    private let places: CurveTable<UInt32>
    private let keyAt: CurveTable<UInt32>
    private let sizes: CurveTable<UInt32>
    /// Sums of sizes.
    private let tree: CurveTable<Int>
    /// Hits that a cache has from the bin's size on, but for those of lower bins.
    let bins: CurveTable<CurveCounts>
    private let state: CurveTable<Summary>

    struct Summary: BitwiseCopyable {
        var last = 0
        var total = 0
    }

    init(_ region: inout CurveRegion, keys: Int) {
        places = CurveTable(&region, count: keys)
        keyAt = CurveTable(&region, count: Self.placeCount(keys))
        sizes = CurveTable(&region, count: Self.placeCount(keys))
        tree = CurveTable(&region, count: Self.placeCount(keys))
        bins = CurveTable(&region, count: keys == 0 ? 0 : Self.binCount)
        state = CurveTable(&region, count: keys == 0 ? 0 : 1)
    }

    static func bytes(_ keys: Int) -> Int {
        CurveTable<UInt32>.bytes(keys) + CurveTable<UInt32>.bytes(placeCount(keys))
            + CurveTable<UInt32>.bytes(placeCount(keys)) + CurveTable<Int>.bytes(placeCount(keys))
            + CurveTable<CurveCounts>.bytes(binCount) + CurveTable<Summary>.bytes(1)
    }

    private static func placeCount(_ keys: Int) -> Int { keys == 0 ? 0 : 2 * keys + 1 }

    /// The bin of a distance: more than the bin's start, at most the next one's.
    @inline(__always)
    static func bin(_ distance: Double) -> Int {
        let bits = Int(truncatingIfNeeded: max(1, distance).nextDown.bitPattern >> binShift)
        return min(max(0, bits - (1_023 + leastExponent) * binsPerOctave), binCount - 1)
    }

    /// The distance that a bin starts at.
    static func start(ofBin bin: Int) -> Double {
        bin == 0 ? 0 : Double(bitPattern: UInt64(bin + (1_023 + leastExponent) * binsPerOctave) << binShift)
    }

    var total: Int { state[0].total }

    func isAbsent(_ key: Int) -> Bool { places[key] == 0 }

    /// Bytes of the keys used since this one; nil when it is not held.
    func bytesAbove(_ key: Int) -> Int? {
        let place = Int(places[key])
        guard place != 0 else { return nil }
        return state[0].total - prefix(place)
    }

    func moveToTop(_ key: Int, _ bytes: Int) {
        remove(key)
        if state[0].last == tree.count - 1 { compact() }
        state[0].last += 1
        let place = state[0].last
        places[key] = UInt32(place)
        keyAt[place] = UInt32(key)
        sizes[place] = UInt32(bytes)
        // A place in use for the first time: the tree's node covers a range that ends here.
        var sum = bytes
        var node = place - 1
        let end = place - (place & -place)
        while node > end {
            sum += tree[node]
            node -= node & -node
        }
        tree[place] = sum
        state[0].total += bytes
    }

    func remove(_ key: Int) {
        let place = Int(places[key])
        guard place != 0 else { return }
        add(-Int(sizes[place]), at: place)
        places[key] = 0
        keyAt[place] = 0
        sizes[place] = 0
    }

    func changeSize(_ key: Int, by delta: Int) {
        let place = Int(places[key])
        guard place != 0 else { return }
        sizes[place] = UInt32(Int(sizes[place]) + delta)
        add(delta, at: place)
    }

    /// The key that has not been used for longest, if caches smaller than `limit` do not hold it.
    func oldest(beyond limit: Double) -> Int? {
        guard Double(state[0].total) > limit else { return nil }
        // The last node that spans nothing but empty places.
        var place = 0
        var step = 1 << (Int.bitWidth - 1 - state[0].last.leadingZeroBitCount)
        while step > 0 {
            if place + step <= state[0].last, tree[place + step] == 0 { place += step }
            step >>= 1
        }
        return place < state[0].last ? Int(keyAt[place + 1]) : nil
    }

    /// Calls `body` with each key held, the one not used for longest first.
    func forEachInOrder(_ body: (Int) -> Void) {
        guard state[0].last > 0 else { return }
        for place in 1...state[0].last where keyAt[place] != 0 { body(Int(keyAt[place])) }
    }

    func decay(_ factor: Double) {
        for bin in 0..<Self.binCount { bins[bin].scale(factor) }
    }

    private func prefix(_ place: Int) -> Int {
        var sum = 0
        var node = place
        while node > 0 {
            sum += tree[node]
            node &= node - 1
        }
        return sum
    }

    private func add(_ delta: Int, at place: Int) {
        state[0].total += delta
        var node = place
        let last = state[0].last
        while node <= last {
            tree[node] += delta
            node += node & -node
        }
    }

    /// Closes the gaps in the order of use.
    private func compact() {
        var last = 0
        for place in 1...state[0].last where keyAt[place] != 0 {
            last += 1
            let key = keyAt[place]
            let size = sizes[place]
            keyAt[place] = 0
            sizes[place] = 0
            keyAt[last] = key
            sizes[last] = size
            places[Int(key)] = UInt32(last)
        }
        for place in 1..<tree.count { tree[place] = place <= last ? Int(sizes[place]) : 0 }
        for place in 1...max(1, last) {
            let parent = place + place & -place
            if parent <= last { tree[parent] += tree[place] }
        }
        state[0].last = last
    }
}

extension CurveState {
    /// A read under LRU: it hits at the sizes from the bytes used since on, as far as the copies there are alive.
    mutating func accessDistances(_ key: Int, _ times: Int, isMiss: Bool, expiry: UInt32, _ now: UInt32) {
        expire(key, now)
        let size = Int(keys[key].charged)
        let mixed = keys[key].mixed
        let counts = cell(mixed, isMiss: isMiss)
        let units = units(of: key, isMiss: isMiss)
        let fresh = isMiss ? expiry : CurveClock.sum(now, keys[key].lifetime)
        var entry = keys[key]
        if let above = distances.bytesAbove(key) {
            let bin = CurveDistances.bin(Double(above) * byteWeight + Double(size))
            // From this bin on the first copy is there, from `later` on with the first expiry.
            let boundary = max(bin, Int(entry.later))
            if entry.laterExpiry > now, bin < Int(entry.later) {
                distances.bins[bin].add(counts, weight, units)
                distances.bins[boundary].add(counts, -weight, -units)
            }
            if entry.expiry > now { distances.bins[boundary].add(counts, weight, units) }
            // Who has missed has a new copy; of three ages the first and the last are kept.
            if entry.expiry <= now {
                // The larger sizes fetch it anew.
                entry.expiry = fresh
                if entry.laterExpiry <= now {
                    entry.laterExpiry = fresh
                    entry.later = 0
                }
            } else if fresh > entry.expiry {
                entry.laterExpiry = fresh
                entry.later = UInt16(bin)
            }
        } else {
            entry.expiry = fresh
            entry.laterExpiry = fresh
            entry.later = 0
        }
        keys[key] = entry
        if times > 1 {
            distances.bins[CurveDistances.bin(Double(size))].add(
                counts,
                weight * Double(times - 1),
                units * Double(times - 1)
            )
        }
        distances.moveToTop(key, size)
    }
}
