import Synchronization
import Testing

@testable import Cache

/// Checks what an estimator must hold between calls.
func expectInvariants(_ estimator: CurveEstimator, sourceLocation: SourceLocation = #_sourceLocation) {
    let faults = estimator.withState { state in state.faults() }
    #expect(faults.isEmpty, "\(faults.prefix(3))", sourceLocation: sourceLocation)
}

extension CurveState {
    func faults() -> [String] {
        var faults: [String] = []
        var count = 0
        var footprint = 0
        for key in 0...highestKey where keys[key].isInUse {
            count += 1
            footprint += Int(keys[key].charged)
            if find(keys[key].mixed) != key { faults.append("key \(key) is not found") }
            if keys[key].mixed >= threshold { faults.append("key \(key) is above the threshold") }
        }
        if count != keyCount { faults.append("\(count) keys, not \(keyCount)") }
        if footprint != self.footprint { faults.append("footprint \(footprint), not \(self.footprint)") }
        if keyCount > maximumKeys { faults.append("too many keys") }
        if (0..<table.count).count(where: { place in table[place] != 0 }) != count { faults.append("table") }
        guard hasLanes else { return faults }
        for lane in 0..<CurveLanes.count {
            var held = 0.0
            var items = 0
            for queue in 0..<QueueTable.count {
                var previous = 0
                var key = Int(lanes.heads[lane << 5 | queue])
                while key != 0, items <= maximumKeys {
                    let link = lanes.links[lanes.link(key, lane)]
                    if link.previous != previous { faults.append("lane \(lane): links at \(key)") }
                    if Int(lanes.blocks[lane << 6 | link.block].queue) != queue { faults.append("lane \(lane): block") }
                    if keys[key].resident >> UInt16(lane) & 1 == 0 {
                        faults.append("lane \(lane): \(key) is queued only")
                    }
                    held += Double(keys[key].charged)
                    items += 1
                    previous = key
                    key = link.next
                }
                if Int(lanes.tails[lane << 5 | queue]) != previous { faults.append("lane \(lane): tail") }
            }
            let resident = (0...highestKey).count { key in keys[key].resident >> UInt16(lane) & 1 != 0 }
            if resident != items || items != lanes.lanes[lane].items {
                faults.append("lane \(lane): \(resident) \(items)")
            }
            if abs(held - lanes.lanes[lane].held) > 1e-3 { faults.append("lane \(lane): held \(held)") }
            let isOver = held > lanes.lanes[lane].capacity
            if isOver, items > 1 { faults.append("lane \(lane): \(held) of \(lanes.lanes[lane].capacity)") }
        }
        return faults
    }
}

/// A trace of reads with fixed sizes of keys.
struct CurveTrace {
    var keys: [Int] = []
    var sizes: [Int] = []

    /// Keys of a Zipf-like popularity and lognormal-like sizes.
    static func zipf(_ requests: Int, keys: Int, exponent: Double = 0.9, seed: UInt64) -> CurveTrace {
        var random = SeededGenerator(seed: seed)
        var sums: [Double] = []
        var sum = 0.0
        for rank in 1...keys {
            sum += 1 / power(Double(rank), exponent)
            sums.append(sum)
        }
        var trace = CurveTrace()
        trace.sizes = (0..<keys).map { _ in
            Int.random(in: 50...150, using: &random) << Int.random(in: 0...3, using: &random)
        }
        for _ in 0..<requests {
            let place = Double.random(in: 0..<sum, using: &random)
            var low = 0
            var high = keys - 1
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < place { low = middle + 1 } else { high = middle }
            }
            trace.keys.append(low)
        }
        return trace
    }

    /// A part of the requests goes round and round over further keys.
    static func scan(_ requests: Int, keys: Int, loop: Int, seed: UInt64) -> CurveTrace {
        var trace = zipf(requests, keys: keys, seed: seed)
        var random = SeededGenerator(seed: seed ^ 7)
        trace.sizes += [Int](repeating: 200, count: loop)
        var next = 0
        for index in 0..<requests where Int.random(in: 0..<2, using: &random) == 0 {
            trace.keys[index] = keys + next
            next = (next + 1) % loop
        }
        return trace
    }

    var footprint: Int {
        Set(keys).reduce(0) { sum, key in sum + sizes[key] }
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        // Without Foundation: e^(x ln b) by way of squaring roots.
        var result = 1.0
        var root = base
        var left = exponent
        for _ in 0..<30 {
            root = root.squareRoot()
            left *= 2
            if left >= 1 {
                result *= root
                left -= 1
            }
        }
        return result
    }
}

/// A hash as good as random for a number.
func curveHash(_ number: Int, seed: UInt64 = 0) -> UInt64 {
    var generator = SeededGenerator(seed: UInt64(number) &* 0x9e37_79b9_7f4a_7c15 ^ seed)
    return generator.next()
}

extension CurveEstimator {
    /// A read of a cache without contents, and what it fetched.
    func fetch(_ hash: UInt64, bytes: Int, expiresAt: UInt64 = .max, group: UInt32 = 0, now: UInt64 = 0) {
        read(hash: hash, isHit: false, now: now)
        insert(hash: hash, charged: bytes, payload: bytes, expiresAt: expiresAt, group: group, now: now)
    }

    func replay(_ trace: CurveTrace, seed: UInt64 = 0) {
        for key in trace.keys { fetch(curveHash(key, seed: seed), bytes: trace.sizes[key]) }
    }
}

/// Caches without any cleverness, to compare with: the ratio of missed requests.
enum PlainCache {
    static func missRatio(_ trace: CurveTrace, _ policy: PolicyKind, capacity: Int) -> Double {
        switch policy {
        case .lru: Double(lru(trace, capacity)) / Double(trace.keys.count)
        case .s3fifo: Double(s3fifo(trace, capacity)) / Double(trace.keys.count)
        case .lazyGDSF: store(trace, policy, capacity)
        }
    }

    private static func lru(_ trace: CurveTrace, _ capacity: Int) -> Int {
        var used: [Int: Int] = [:]
        var order: [Int?] = []
        var first = 0
        var held = 0
        var misses = 0
        for key in trace.keys {
            if let place = used[key] {
                order[place] = nil
            } else {
                misses += 1
                held += trace.sizes[key]
            }
            used[key] = order.count
            order.append(key)
            while held > capacity {
                if let oldest = order[first] {
                    used[oldest] = nil
                    held -= trace.sizes[oldest]
                }
                first += 1
            }
        }
        return misses
    }

    private static func s3fifo(_ trace: CurveTrace, _ capacity: Int) -> Int {
        var small: [Int] = []
        var main: [Int] = []
        var ghosts: [Int: Int] = [:]
        var counts: [Int: Int] = [:]
        var (smallHead, mainHead, smallBytes, mainBytes, ghosted, misses) = (0, 0, 0, 0, 0, 0)
        var hasEvicted = false
        for key in trace.keys {
            if let count = counts[key] {
                counts[key] = min(3, count + 1)
                continue
            }
            misses += 1
            let size = trace.sizes[key]
            let isGhost = ghosts[key].map { date in ghosted - date <= capacity * 9 / 10 } ?? false
            ghosts[key] = nil
            if !isGhost, size >= capacity / 10 { continue }
            while smallBytes + mainBytes + size > capacity {
                hasEvicted = true
                if mainBytes > capacity * 9 / 10 || smallHead == small.count {
                    let victim = main[mainHead]
                    mainHead += 1
                    if let count = counts[victim], count > 0 {
                        counts[victim] = count - 1
                        main.append(victim)
                    } else {
                        counts[victim] = nil
                        mainBytes -= trace.sizes[victim]
                    }
                } else {
                    let victim = small[smallHead]
                    smallHead += 1
                    smallBytes -= trace.sizes[victim]
                    if let count = counts[victim], count >= 2 {
                        counts[victim] = 0
                        main.append(victim)
                        mainBytes += trace.sizes[victim]
                    } else {
                        counts[victim] = nil
                        ghosted += trace.sizes[victim]
                        ghosts[victim] = ghosted
                    }
                }
            }
            counts[key] = 0
            if isGhost || !hasEvicted && smallBytes >= capacity / 10 {
                main.append(key)
                mainBytes += size
            } else {
                small.append(key)
                smallBytes += size
            }
        }
        return misses
    }

    /// The engine itself.
    private static func store(_ trace: CurveTrace, _ policy: PolicyKind, _ capacity: Int) -> Double {
        let store = Store(budget: capacity, policy: policy, pool: .seeded(), accounting: .payload)
        return store.replay(trace)
    }
}

extension Store {
    /// Reads, and inserts what was missed; the ratio of misses.
    @discardableResult
    func replay(_ trace: CurveTrace) -> Double {
        var misses = 0
        for number in trace.keys {
            let name = withUnsafeBytes(of: UInt64(number)) { bytes in [UInt8](bytes) }
            if value(name).hit == nil {
                misses += 1
                insert(name, [UInt8](repeating: 1, count: trace.sizes[number] - 8))
            }
        }
        return Double(misses) / Double(trace.keys.count)
    }
}
