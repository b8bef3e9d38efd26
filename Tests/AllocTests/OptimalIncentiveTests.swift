import Alloc
import Testing

/// Nobody falls below its base, whoever the others are.
@Suite struct OptimalIncentiveTests {
    /// 10,000 sets with LEVERET_ALLOC_SETS=10000.
    @Test func keepsBasesAndFloorsInRandomSets() {
        for seed in 0..<OptimalOracleTests.sets(60) {
            var generator = OptimalTenants(seed: UInt64(20_000 + seed))
            // Every tenth set is large.
            let count = seed % 10 == 0 ? 2 + generator.random.below(255) : 2 + generator.random.below(31)
            let family = generator.random.pick(OptimalTenants.Family.allCases)
            let floors = generator.random.below(2) == 0
            var tenants = generator.set(family, count: count, points: 8 + generator.random.below(57), floors: floors)
            makeOdd(&tenants, &generator.random)
            OptimalCheck.isSound(OptimalPolicy().allocate(tenants), of: tenants, "\(family), seed \(seed)")
        }
    }

    @Test func isDeterministic() {
        for seed in 0..<10 {
            var generator = OptimalTenants(seed: UInt64(seed))
            let tenants = generator.set(.mixed, count: 12, points: 16)
            let allocation = OptimalPolicy().allocate(tenants)
            #expect(allocation == OptimalPolicy().allocate(tenants), "seed \(seed)")
        }
    }

    @Test(arguments: OptimalTenants.Family.allCases)
    func doesNotDependOnTheOrderOfTenants(family: OptimalTenants.Family) {
        for seed in 0..<10 {
            var generator = OptimalTenants(seed: UInt64(seed))
            let tenants = generator.set(family, count: 2 + 2 * seed, points: 16)
            let order = tenants.indices.shuffled(using: &generator.random)
            let one = OptimalPolicy().allocate(tenants)
            let other = OptimalPolicy().allocate(order.map { index in tenants[index] })
            #expect(abs(one.improvement - other.improvement) < 1e-6, "\(family), seed \(seed)")
            for (place, index) in order.enumerated() {
                let (share, again) = (one.shares[index], other.shares[place])
                #expect(abs(share.cacheBytes - again.cacheBytes) <= 64, "\(family), seed \(seed), tenant \(index)")
                // A byte more or less of a steep curve.
                #expect(abs(share.readUnits - again.readUnits) <= 1e-6 * share.readUnits, "\(family), seed \(seed)")
            }
        }
    }

    /// Some tenants fall idle, some only write, some have an egress curve of their own, some have nothing.
    private func makeOdd(_ tenants: inout [TenantProfile], _ random: inout SplitMix) {
        for index in tenants.indices where random.below(8) == 0 {
            switch random.below(6) {
            case 0: tenants[index].demand = Demand()
            case 1: tenants[index].demand.readUnits = 0
            case 2: tenants[index].demand.writeUnits = 0
            case 3: tenants[index].base = ResourceVector(cacheBytes: tenants[index].base.cacheBytes)
            case 4: tenants[index].curve = MissRatioCurve(sizes: [], missRatios: [])
            default:
                let curve = tenants[index].curve
                tenants[index].egressCurve = MissRatioCurve(
                    sizes: curve.sizes,
                    missRatios: curve.missRatios.map { ratio in ratio * ratio }
                )
            }
        }
    }
}
