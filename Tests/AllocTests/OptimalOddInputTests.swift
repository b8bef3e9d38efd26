import Alloc
import Testing

/// Odd inputs get sound answers.
@Suite struct OptimalOddInputTests {
    private static let gigabyte = 1 << 30
    private static let base = ResourceVector(
        cacheBytes: gigabyte,
        readUnits: 1_000,
        writeUnits: 1_000,
        egressBytes: 5e7
    )
    private static let line = MissRatioCurve(
        sizes: [gigabyte / 2, gigabyte, 2 * gigabyte],
        missRatios: [0.75, 0.5, 0.01]
    )
    private static let reads = Demand(readUnits: 0.9, writeUnits: 0.1, egressBytes: 1_000)
    private static let reader = TenantProfile(base: base, demand: reads, curve: line, hitSaving: 0.5)

    private func allocate(_ tenants: [TenantProfile], _ name: String = #function) -> Allocation {
        let allocation = OptimalPolicy().allocate(tenants)
        OptimalCheck.isSound(allocation, of: tenants, name)
        #expect(allocation.improvement >= 0 && allocation.improvement.isFinite, "\(name)")
        return allocation
    }

    @Test func noneAndOne() {
        #expect(allocate([]).shares.isEmpty)
        #expect(allocate([Self.reader]).shares == [Self.base])
    }

    @Test func idleTenantsLendAllButTheirFloors() {
        var idle = Self.reader
        idle.demand = Demand()
        idle.floor = ResourceVector(cacheBytes: 4 << 20, readUnits: 5, writeUnits: 5, egressBytes: 64_000)
        let allocation = allocate([idle, Self.reader])
        #expect(allocation.improvement > 0.9)
        #expect(allocation.shares[0].readUnits >= 5 && allocation.shares[0].readUnits < 500)
        #expect(allocate([idle, idle]).shares == [Self.base, Self.base])
    }

    @Test func whatNobodyWantsIsDividedByBase() {
        var tenants = [Self.reader, Self.reader]
        for index in 0..<2 { tenants[index].demand.writeUnits = 0 }
        tenants[0].base.writeUnits = 4_000
        let shares = allocate(tenants).shares
        #expect(abs(shares[0].writeUnits - 4_000) < 1e-6 && abs(shares[1].writeUnits - 1_000) < 1e-6)
    }

    @Test func readersKeepTheirFloorOfWrites() {
        var tenants = [Self.reader, Self.reader]
        tenants[0].demand.writeUnits = 0
        tenants[0].floor.writeUnits = 5
        tenants[1].demand = Demand(readUnits: 0.1, writeUnits: 0.9)
        #expect(allocate(tenants).shares[0].writeUnits >= 5)
    }

    @Test func floorsAboveTheBaseAreTheBase() {
        var tenants = [Self.reader, Self.reader]
        tenants[0].floor = ResourceVector(
            cacheBytes: 5 * Self.gigabyte,
            readUnits: 1e9,
            writeUnits: .infinity,
            egressBytes: 1e12
        )
        let allocation = allocate(tenants)
        #expect(allocation.shares.allSatisfy { share in share.readUnits.isFinite })
    }

    @Test func nothingToGiveWithDemandIsNoTrouble() {
        var poor = Self.reader
        poor.base = ResourceVector()
        let shares = allocate([poor, Self.reader]).shares
        #expect(shares[1].readUnits >= 1_000 * (1 - 1e-9))
        poor.base = Self.base
        poor.base.readUnits = 0
        _ = allocate([poor, Self.reader])
        _ = allocate([poor, poor])
    }

    @Test func nothingMisses() {
        var hot = Self.reader
        hot.curve = MissRatioCurve(sizes: [Self.gigabyte / 4, Self.gigabyte], missRatios: [0, 0])
        hot.demand = Demand(readUnits: 1)
        _ = allocate([hot, Self.reader])
        _ = allocate([hot, hot])
        hot.demand = Self.reads
        _ = allocate([hot, Self.reader])
    }

    @Test func emptyCurvesAndCliffsOfOneByte() {
        var blind = Self.reader
        blind.curve = MissRatioCurve(sizes: [], missRatios: [])
        var steep = Self.reader
        let size = 3 * Self.gigabyte / 2
        steep.curve = MissRatioCurve(sizes: [1, size - 1, size], missRatios: [1, 1, 0.1])
        _ = allocate([blind, blind])
        // The blind one has no use for its cache.
        #expect(allocate([blind, steep]).shares[1].cacheBytes >= size)
        _ = allocate([steep, steep, Self.reader])
    }

    @Test func egressHasACurveOfItsOwn() {
        var tenants = [Self.reader, Self.reader]
        for index in 0..<2 {
            tenants[index].demand = Demand(readUnits: 0.01, egressBytes: 100_000)
            tenants[index].hitSaving = 0.9
        }
        // Egress is scarce; only the second one's falls with more cache.
        tenants[0].egressCurve = MissRatioCurve(sizes: Self.line.sizes, missRatios: [0.5, 0.5, 0.5])
        tenants[1].egressCurve = MissRatioCurve(sizes: Self.line.sizes, missRatios: [0.9, 0.8, 0.1])
        // The first keeps the least cache with which it misses no more, the second has the rest.
        let allocation = allocate(tenants)
        let (first, second) = (5e7, 5e7 / 0.82 * 0.505)
        #expect(abs(allocation.improvement - (1e8 / (first + second) - 1)) < 1e-3)
        #expect(allocation.shares[1].cacheBytes == 3 * Self.gigabyte / 2)
    }

    @Test func hugeTotals() {
        var huge = Self.reader
        huge.base = ResourceVector(cacheBytes: 1 << 58, readUnits: 1e15, writeUnits: 1e15, egressBytes: 1e18)
        _ = allocate([huge, huge, Self.reader])
        huge.base.cacheBytes = .max
        // The sum is no number: everybody keeps the base.
        #expect(OptimalPolicy().allocate([huge, huge]).shares == [huge.base, huge.base])
    }

    @Test func profilesThatBreakTheRulesKeepTheirBase() {
        var broken = [Self.reader, Self.reader, Self.reader, Self.reader]
        broken[0].demand.readUnits = .nan
        broken[1].hitSaving = 3
        broken[2].curve = MissRatioCurve(sizes: [1, 2], missRatios: [0.1, .nan])
        broken[3].curve = MissRatioCurve(sizes: [2, 1], missRatios: [0.5, 0.1])
        let shares = OptimalPolicy().allocate(broken + [Self.reader, Self.reader]).shares
        for (index, share) in shares.enumerated() {
            let base = Self.base
            #expect(share.readUnits >= base.readUnits * (1 - 1e-9), "tenant \(index)")
            #expect(index > 3 || share.cacheBytes == base.cacheBytes, "tenant \(index)")
        }
    }
}
