/// What the participants need at a level of throughput each, as a function of their cache.
struct ScaledNeeds {
    typealias Pair = Participants.Pair

    let participants: Participants
    /// Need without misses, need added when all misses, and what is taken in any case.
    private(set) var fixed: [Pair]
    private(set) var missing: [Pair]
    private(set) var floor: [Pair]
    /// Whether the need is `fixed + missing * miss` at all sizes, so that its lower hull is that of the curve.
    private(set) var isPlain: [Bool]
    /// Whether the needs are in proportion to the level: no floor is in the way and all levels are the same.
    private(set) var isProportional = true

    /// Needs at `level` of those who are free, and at their own level of those who are frozen (a level above 0).
    init(_ participants: Participants, level: Double, frozen: [Double]) {
        self.participants = participants
        fixed = participants.fixed
        missing = participants.missing
        floor = participants.floor
        isPlain = [Bool](repeating: true, count: participants.count)
        for tenant in fixed.indices {
            let own = frozen[tenant] > 0 ? frozen[tenant] : level
            if frozen[tenant] > 0 { isProportional = false }
            var fixed = participants.fixed[tenant] * own
            var missing = participants.missing[tenant] * own
            let (first, last) = (participants.first[tenant], participants.first[tenant + 1] - 1)
            let most = fixed + missing * Pair(participants.miss[first], participants.egressMiss[first])
            let least = fixed + missing * Pair(participants.miss[last], participants.egressMiss[last])
            for row in 0..<2 where floor[tenant][row] > least[row] {
                isProportional = false
                if floor[tenant][row] >= most[row] {
                    fixed[row] = floor[tenant][row]
                    missing[row] = 0
                } else {
                    isPlain[tenant] = false
                }
            }
            if participants.hasEgressCurve[tenant] { isPlain[tenant] = false }
            self.fixed[tenant] = fixed
            self.missing[tenant] = missing
        }
    }

    /// What the tenant needs where so much misses.
    @inline(__always)
    func need(_ tenant: Int, _ misses: Pair) -> Pair {
        pointwiseMax(floor[tenant], fixed[tenant] + missing[tenant] * misses)
    }

    /// What the tenant needs at a point of its curve.
    @inline(__always)
    func need(_ tenant: Int, point: Int) -> Pair {
        need(tenant, Pair(participants.miss[point], participants.egressMiss[point]))
    }

    /// What the tenant needs with so many bytes of cache.
    func need(_ tenant: Int, _ bytes: Double) -> Pair {
        need(tenant, participants.misses(tenant, bytes))
    }

    /// What all need together with the given division of the cache.
    func total(_ split: [Double]) -> Pair {
        var sum = Pair(0, 0)
        for tenant in split.indices { sum += need(tenant, split[tenant]) }
        return sum
    }

    /// The sizes at which a floor of the tenant begins to hold, at most one for each resource.
    func floorSizes(_ tenant: Int) -> [Double] {
        if isPlain[tenant] { return [] }
        var found: [Double] = []
        let range = participants.first[tenant]..<participants.first[tenant + 1]
        for row in 0..<2 where missing[tenant][row] > 0 {
            let sought = (floor[tenant][row] - fixed[tenant][row]) / missing[tenant][row]
            func ratio(_ point: Int) -> Double { row == 0 ? participants.miss[point] : participants.egressMiss[point] }
            guard sought < ratio(range.lowerBound), sought > ratio(range.upperBound - 1) else { continue }
            var (low, high) = (range.lowerBound, range.upperBound - 1)
            // The ratio is above at `low` and not above at `high`.
            while high - low > 1 {
                let middle = (low + high) / 2
                if ratio(middle) > sought { low = middle } else { high = middle }
            }
            let part = (ratio(low) - sought) / (ratio(low) - ratio(high))
            found.append(participants.size[low] + (participants.size[high] - participants.size[low]) * part)
        }
        return found
    }

    /// Calls `body` with the size and the need of each of the tenant's points, also of those where a floor begins to hold.
    @inline(__always)
    func forEachPoint(_ tenant: Int, _ body: (Double, Pair) -> Void) {
        let range = participants.first[tenant]..<participants.first[tenant + 1]
        var last = Pair(0, 0)
        for point in range {
            let raw =
                fixed[tenant] + missing[tenant] * Pair(participants.miss[point], participants.egressMiss[point])
            if point > range.lowerBound {
                let parts = (last - floor[tenant]) / (last - raw)
                let crosses = (last .> floor[tenant]) .& (raw .< floor[tenant])
                let first = crosses[0] && crosses[1] ? (parts[0] <= parts[1] ? 0 : 1) : crosses[0] ? 0 : 1
                for turn in 0..<2 {
                    let row = turn == 0 ? first : 1 - first
                    guard crosses[row] else { continue }
                    let between = last + (raw - last) * parts[row]
                    let (from, to) = (participants.size[point - 1], participants.size[point])
                    body(from + (to - from) * parts[row], pointwiseMax(floor[tenant], between))
                }
            }
            body(participants.size[point], pointwiseMax(floor[tenant], raw))
            last = raw
        }
    }
}
