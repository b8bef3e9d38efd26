import Alloc
import Foundation
import Testing

/// The policy against slow oracles, on all shapes.
@Suite struct OptimalOracleTests {
    /// Sets of each family; many more when LEVERET_ALLOC_SETS says so.
    static func sets(_ preset: Int, share: Int = 1) -> Int {
        let wanted = ProcessInfo.processInfo.environment["LEVERET_ALLOC_SETS"].flatMap(Int.init)
        return wanted.map { sets in sets / share } ?? preset
    }

    @Test(arguments: OptimalTenants.Family.allCases, [false, true])
    func isWithinOnePercentOfTheOptimum(family: OptimalTenants.Family, floors: Bool) {
        for seed in 0..<Self.sets(8, share: 16) {
            var generator = OptimalTenants(seed: UInt64(seed))
            let count = generator.random.pick([2, 3, 4, 5, 6, 8])
            let tenants = generator.set(family, count: count, points: generator.random.pick([8, 16]), floors: floors)
            compare(tenants, "\(family), seed \(seed), floors \(floors)")
        }
    }

    @Test(arguments: OptimalTenants.Family.allCases)
    func isWithinOnePercentOfTheOptimumForManyTenants(family: OptimalTenants.Family) {
        for seed in 0..<Self.sets(1, share: 64) {
            var generator = OptimalTenants(seed: UInt64(1_000 + seed))
            let count = generator.random.pick([16, 32, 64])
            let tenants = generator.set(family, count: count, points: 8)
            compare(tenants, "\(family), \(count) tenants, seed \(seed)")
        }
    }

    private func compare(_ tenants: [TenantProfile], _ name: String) {
        let allocation = OptimalPolicy().allocate(tenants)
        OptimalCheck.isSound(allocation, of: tenants, name)
        let ratio = tenants.leastRatio(allocation)
        // Floors make the needs depend on the rate: at a rate 1 % higher there must be no division that does.
        let oracle = OptimalOracle(tenants, rate: ratio / 0.99)
        if ratio >= 0.99 * min(oracle.writeBound, oracle.upperBound()) { return }
        let isBeaten = oracle.hasDivision(below: 1)
        #expect(isBeaten != true, "\(name): \(ratio) is more than 1 % below the optimum")
    }
}
