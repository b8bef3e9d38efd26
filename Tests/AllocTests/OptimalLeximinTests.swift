import Alloc
import Testing

/// Whoever can still gain after the common ratio gains.
@Suite struct OptimalLeximinTests {
    private typealias Vector = SIMD3<Double>

    /// The sorted ratios that a fixed division of the cache makes possible, by bisection.
    private func rates(_ tenants: [TenantProfile], _ cache: [Int]) -> [Double] {
        let all = tenants.reduce(Vector.zero) { sum, tenant in sum + vector(tenant.base) }
        let needs = zip(tenants, cache).map { tenant, bytes in
            let need = tenant.need(withCache: bytes)
            return Vector(need.readUnits, need.writeUnits, need.egressBytes) * tenant.baseThroughput
        }
        var rates = [Double?](repeating: nil, count: tenants.count)
        func sum(_ rate: Double) -> Vector {
            zip(needs, rates).reduce(Vector.zero) { sum, entry in sum + entry.0 * (entry.1 ?? rate) }
        }
        while rates.contains(nil) {
            var (low, high) = (0.0, 1e6)
            for _ in 0..<80 {
                let middle = (low + high) / 2
                if Swift.all(sum(middle) .<= all * (1 + 1e-12)) { low = middle } else { high = middle }
            }
            let used = sum(low) .>= all * (1 - 1e-6)
            var isStuck = true
            for index in rates.indices where rates[index] == nil && any(used .& (needs[index] .> 0)) {
                rates[index] = low
                isStuck = false
            }
            if isStuck { rates = rates.map { rate in rate ?? low } }
        }
        return rates.map { rate in rate ?? 0 }.sorted()
    }

    private func vector(_ resources: ResourceVector) -> Vector {
        Vector(resources.readUnits, resources.writeUnits, resources.egressBytes)
    }

    /// The best sorted ratios of all divisions on the grid.
    private func optimum(_ tenants: [TenantProfile]) -> [Double] {
        let unit = OptimalTenants.unit
        let units = tenants.reduce(0) { sum, tenant in sum + tenant.base.cacheBytes } / unit
        var best: [Double] = []
        for one in 0...units {
            for other in 0...(units - one) {
                let found = rates(tenants, [one * unit, other * unit, (units - one - other) * unit])
                if best.lexicographicallyPrecedes(found) { best = found }
            }
        }
        return best
    }

    /// Writers hold each other back; what they do not need of cache and RCU is the readers'.
    @Test func readersGainWhereWritersCannot() {
        var seen = 0
        for seed in 0..<40 where seen < 6 {
            var generator = OptimalTenants(seed: UInt64(seed))
            var tenants = generator.set(.writeBound, count: 3, points: 12)
            for index in 0..<3 {
                let writes = index == 0 ? 0.0 : 0.8
                tenants[index].demand.writeUnits = writes
                tenants[index].demand.readUnits = 1 - writes
                tenants[index].demand.egressBytes = 100
                tenants[index].curve = generator.curve(generator.random.pick([.zipf, .uniform, .cliff]), points: 12)
                tenants[index].base.cacheBytes = (2 + generator.random.below(4)) * OptimalTenants.unit
            }
            let best = optimum(tenants)
            guard best[2] > 1.2 * best[0], best[2] < 1e5 else { continue }
            seen += 1
            let found = tenants.ratios(OptimalPolicy().allocate(tenants)).map { ratio in ratio ?? 0 }.sorted()
            for place in 0..<3 {
                #expect(found[place] >= 0.99 * best[place], "seed \(seed): \(found), the optimum is \(best)")
            }
        }
        #expect(seen == 6)
    }

    @Test func aReaderTakesTheCacheThatHelpsNobodyElse() {
        let megabyte = 1 << 20
        let base = ResourceVector(cacheBytes: 100 * megabyte, readUnits: 1_000, writeUnits: 1_000, egressBytes: 1e9)
        let sizes = [100, 150, 151].map { size in size * megabyte }
        let cliff = MissRatioCurve(sizes: sizes, missRatios: [0.9, 0.9, 0.05])
        // The writer has enough RCU and WCU is all it needs, so the ratio of all is 1.
        let writer = TenantProfile(base: base, demand: Demand(readUnits: 0.1, writeUnits: 0.9), curve: cliff)
        let other = TenantProfile(
            base: base,
            demand: Demand(writeUnits: 1),
            curve: MissRatioCurve(sizes: [], missRatios: [])
        )
        let reader = TenantProfile(base: base, demand: Demand(readUnits: 1), curve: cliff)
        let tenants = [writer, other, reader]
        let allocation = OptimalPolicy().allocate(tenants)
        OptimalCheck.isSound(allocation, of: tenants, "reader")
        let ratios = tenants.ratios(allocation).map { ratio in ratio ?? 0 }
        // The reader has WCU to lend: all three together have 3,000.
        #expect(abs(ratios[0] - 1.5) < 1e-6 && abs(ratios[1] - 1.5) < 1e-6, "\(ratios)")
        // It passes its cliff, which leaves too little for the writer's, and has what the writer's .1 RCU a request
        // leave.
        let left = 3_000 - 1.5 * 1_000 / 0.9 * 0.1 * 0.9
        #expect(ratios[2] > 0.999 * left / 0.05 / (1_000 / 0.9), "\(ratios)")
    }
}
