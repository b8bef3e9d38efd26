import Alloc

/// The best division on a grid, by slow means that share nothing with the policy.
struct OptimalOracle {
    typealias Pair = SIMD2<Double>

    let tenants: [TenantProfile]
    /// What is the least on offer for each tenant: (units of cache, RCU and egress needed as parts of all).
    private let options: [[(units: Int, need: Pair)]]
    private let units: Int
    private let rate: Double

    /// An oracle for needs at `rate` times the throughput of the bases.
    init(_ tenants: [TenantProfile], rate: Double = 1) {
        self.tenants = tenants
        self.rate = rate
        let unit = OptimalTenants.unit
        let units = tenants.reduce(0) { sum, tenant in sum + tenant.base.cacheBytes } / unit
        let readUnits = tenants.reduce(0) { sum, tenant in sum + tenant.base.readUnits }
        let egress = tenants.reduce(0) { sum, tenant in sum + tenant.base.egressBytes }
        self.units = units
        options = tenants.map { tenant in
            let throughput = tenant.baseThroughput * rate
            let least = tenant.floor.cacheBytes / unit
            var options: [(units: Int, need: Pair)] = []
            for size in least...max(least, min(units, (tenant.curve.sizes.last ?? 0) / unit)) {
                let need = tenant.need(withCache: size * unit)
                let pair = Pair(
                    max(tenant.floor.readUnits, throughput * need.readUnits) / readUnits,
                    max(tenant.floor.egressBytes, throughput * need.egressBytes) / egress
                )
                if options.last?.need != pair { options.append((size, pair)) }
            }
            return options
        }
    }

    /// The rate that the WCU allow, floors kept.
    var writeBound: Double {
        let all = tenants.reduce(0) { sum, tenant in sum + tenant.base.writeUnits }
        var (low, high) = (1.0, 1e6)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let sum = tenants.reduce(0) { sum, tenant in
                sum + max(tenant.floor.writeUnits, middle * tenant.baseThroughput * tenant.demand.writeUnits)
            }
            if sum <= all { low = middle } else { high = middle }
        }
        return low
    }

    /// The least sum of RCU and egress, weighted with `weight` and 1 - `weight`, that any division on the grid needs, by
    /// dynamic programming: of the tenants from `first` on, for each number of units.
    private func sums(_ weight: Double) -> [[Double]] {
        var result = [[Double](repeating: 0, count: units + 1)]
        for tenant in options.reversed() {
            let rest = result[result.count - 1]
            var best = [Double](repeating: .infinity, count: units + 1)
            for (size, need) in tenant where size <= units {
                let cost = weight * need[0] + (1 - weight) * need[1]
                for left in 0...(units - size) where rest[left] + cost < best[left + size] {
                    best[left + size] = rest[left] + cost
                }
            }
            for left in stride(from: 1, through: units, by: 1) { best[left] = min(best[left], best[left - 1]) }
            result.append(best)
        }
        return result.reversed()
    }

    /// A bound from above for the common rate on the grid.
    ///
    /// For each weight the dynamic programme is exact, and the largest sum bounds what is needed of the scarcer one. With one resource only it is the optimum.
    func upperBound() -> Double {
        let most = (0...8).reduce(0.0) { most, step in max(most, sums(Double(step) / 8)[0][units]) }
        return min(writeBound, rate / most)
    }

    /// Whether a division on the grid needs less than `limit` of both RCU and egress, exactly.
    ///
    /// By states that no other state is better than in bytes, RCU and egress; nil when there are too many states to tell.
    func hasDivision(below limit: Double) -> Bool? {
        let weights = [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1]
        let bounds = weights.map(sums)
        var states: [Int: [Pair]] = [0: [Pair(0, 0)]]
        for (index, tenant) in options.enumerated() {
            var next: [Int: [Pair]] = [:]
            var count = 0
            for (used, pairs) in states {
                for (size, need) in tenant where used + size <= units {
                    let left = units - used - size
                    let new = pairs.map { pair in pair + need }
                        .filter { pair in
                            weights.indices.allSatisfy { weight in
                                let sum = weights[weight] * pair[0] + (1 - weights[weight]) * pair[1]
                                return sum + bounds[weight][index + 1][left] < limit
                            }
                        }
                    if new.isEmpty { continue }
                    next[used + size, default: []] += new
                    count += new.count
                }
                if count > 200_000 { return nil }
            }
            states = next.mapValues { pairs in
                var least = Double.infinity
                return pairs.sorted { one, other in (one[0], one[1]) < (other[0], other[1]) }
                    .filter { pair in
                        defer { least = min(least, pair[1]) }
                        return pair[1] < least
                    }
            }
        }
        return states.values.contains { pairs in pairs.contains { pair in pair.max() < limit } }
    }
}
