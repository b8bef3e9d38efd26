import Testing

@testable import Alloc

struct ReferencePoliciesTests {
    private let gibibyte = 1 << 30

    /// A tenant whose curve falls evenly from 1 to 0 at a size.
    private func tenant(workingSet: Int, egress: Double = 2_000, rates: Double = 1_000) -> TenantProfile {
        TenantProfile(
            base: ResourceVector(cacheBytes: gibibyte, readUnits: rates, writeUnits: rates, egressBytes: 1e9),
            demand: Demand(readUnits: 0.9, writeUnits: 0.1, egressBytes: egress),
            curve: MissRatioCurve(sizes: [workingSet], missRatios: [0]),
            hitSaving: 0.5
        )
    }

    private func pooled(_ tenants: [TenantProfile]) -> [Int] {
        PooledPolicy().allocate(tenants).shares.map(\.cacheBytes)
    }

    @Test func namesMakeTheirPolicies() {
        let tenants = [tenant(workingSet: 3 * gibibyte), tenant(workingSet: 8 * gibibyte)]
        let parameters = HAREParameters(cacheUnit: 16 << 20)
        #expect(PolicyName.allCases.map(\.rawValue) == ["static", "drf", "memshare", "hare", "pooled", "optimal"])
        func allocation(_ name: PolicyName) -> Allocation { name.policy(parameters).allocate(tenants) }
        #expect(allocation(.static).shares == tenants.map(\.base))
        #expect(allocation(.drf) == DRFPolicy(parameters: parameters).allocate(tenants))
        #expect(allocation(.memshare) == MemsharePolicy(parameters: parameters).allocate(tenants))
        #expect(allocation(.hare) == HAREPolicy(parameters: parameters).allocate(tenants))
        #expect(allocation(.pooled) == PooledPolicy(parameters: parameters).allocate(tenants))
        #expect(allocation(.optimal) == OptimalPolicy().allocate(tenants))
        #expect(allocation(.hare).improvement > allocation(.drf).improvement)
    }

    @Test func theStaticPolicyGivesNoNonsense() {
        var odd = tenant(workingSet: gibibyte)
        odd.base = ResourceVector(cacheBytes: -1, readUnits: .nan, writeUnits: -5, egressBytes: .infinity)
        let share = BasePolicy().allocate([odd]).shares[0]
        #expect(share == ResourceVector(egressBytes: .greatestFiniteMagnitude))
    }

    // MARK: - Pooled

    @Test func equalTenantsShareAPoolEvenly() {
        let tenants = Array(repeating: tenant(workingSet: 8 * gibibyte), count: 4)
        #expect(pooled(tenants) == Array(repeating: gibibyte, count: 4))
    }

    @Test func aPoolIsUsedUpWhateverHappens() {
        let tenants = [
            tenant(workingSet: 8 * gibibyte), tenant(workingSet: gibibyte / 4),
            tenant(workingSet: 3 * gibibyte, egress: 9_000),
        ]
        #expect(pooled(tenants).reduce(0, +) == 3 * gibibyte)
        // All fits: nobody pushes anybody out.
        let small = Array(repeating: tenant(workingSet: gibibyte / 8), count: 3)
        #expect(pooled(small).reduce(0, +) == 3 * gibibyte)
        #expect(pooled(small).allSatisfy { bytes in bytes >= gibibyte / 8 })
    }

    @Test func whoFetchesMoreHoldsMore() {
        let large = pooled([tenant(workingSet: 8 * gibibyte, egress: 8_000), tenant(workingSet: 8 * gibibyte)])
        #expect(large[0] > large[1])
        let fast = pooled([tenant(workingSet: 8 * gibibyte, rates: 3_000), tenant(workingSet: 8 * gibibyte)])
        #expect(fast[0] > fast[1])
        // A small working set stays small: it misses little once it is in.
        let small = pooled([tenant(workingSet: gibibyte / 2), tenant(workingSet: 8 * gibibyte)])
        #expect(small[0] <= gibibyte / 2 + 1)
    }

    @Test func whoReadsNothingHoldsNothing() {
        var writer = tenant(workingSet: gibibyte)
        writer.demand = Demand(writeUnits: 1, egressBytes: 100)
        #expect(pooled([writer, tenant(workingSet: 8 * gibibyte)]) == [0, 2 * gibibyte])
    }

    /// At equilibrium all take equally long to fill their parts.
    @Test func theCharacteristicTimeIsTheSameForAll() {
        let tenants = [
            tenant(workingSet: 4 * gibibyte, egress: 1_000), tenant(workingSet: 12 * gibibyte, egress: 3_000),
            tenant(workingSet: 6 * gibibyte, rates: 2_000),
        ]
        let parts = pooled(tenants)
        let times = zip(tenants, parts).map { tenant, part in
            var share = tenant.base
            share.cacheBytes = part
            // The mean of the rates at which the only stretch of the curve is filled is half that of where all misses.
            let speed = tenant.throughput(with: share) * tenant.demand.egressBytes * tenant.hitSaving / 2
            return Double(part) / speed
        }
        for time in times { #expect((time / times[0] - 1).magnitude < 1e-3, "\(times)") }
    }

    @Test func aPoolPromisesNothing() {
        let tenants = [tenant(workingSet: gibibyte), tenant(workingSet: 64 * gibibyte, egress: 50_000, rates: 9_000)]
        let allocation = PooledPolicy().allocate(tenants)
        #expect(allocation.shares[0].cacheBytes < gibibyte)
        #expect(allocation.improvement == tenants.leastImprovement(with: allocation.shares))
    }
}
