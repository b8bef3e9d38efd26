import Testing

@testable import Alloc

/// What holds under every policy, whatever the tenants are.
struct ReferencePropertyTests {
    @Test(arguments: PolicyName.allCases)
    func sharesAreAmountsAndNoMoreThanThereIs(name: PolicyName) throws {
        var random = SeededRandom(seed: 0x1EBE_0001)
        for set in 0..<150 {
            let tenants = (0..<Int.random(in: 0...24, using: &random)).map { _ in random.tenant() }
            let parameters = random.parameters()
            let allocation = name.policy(parameters).allocate(tenants)
            try checkAmounts(allocation, tenants, "\(name), set \(set)")
            #expect(allocation == name.policy(parameters).allocate(tenants), "\(name), set \(set)")
        }
    }

    /// Numbers at the ends of their ranges, and those that are none.
    @Test(arguments: PolicyName.allCases)
    func oddNumbersDoNoHarm(name: PolicyName) throws {
        var random = SeededRandom(seed: 0x1EBE_0002)
        for set in 0..<300 {
            let tenants = (0..<Int.random(in: 1...5, using: &random)).map { _ in random.oddTenant() }
            let allocation = name.policy(random.parameters()).allocate(tenants)
            try checkAmounts(allocation, tenants, "\(name), set \(set): \(tenants)")
        }
    }

    @Test(arguments: [PolicyName.drf, .hare, .memshare])
    func floorsAreKept(name: PolicyName) {
        var random = SeededRandom(seed: 0x1EBE_0003)
        for set in 0..<150 {
            let tenants = (0..<Int.random(in: 2...12, using: &random)).map { _ in
                var tenant = random.tenant()
                let part = Double.random(in: 0...1, using: &random)
                tenant.floor = ResourceVector(
                    cacheBytes: Int(Double(tenant.base.cacheBytes) * part),
                    readUnits: tenant.base.readUnits * part * .random(in: 0...1, using: &random),
                    writeUnits: tenant.base.writeUnits * part * .random(in: 0...1, using: &random),
                    egressBytes: tenant.base.egressBytes * part * .random(in: 0...1, using: &random)
                )
                return tenant
            }
            let shares = name.policy(random.parameters()).allocate(tenants).shares
            for (tenant, share) in zip(tenants, shares) {
                #expect(share.isAtLeast(tenant.floor), "\(name), set \(set)")
            }
        }
    }

    /// The sharing incentive: cache moves at unchanged throughput.
    @Test(arguments: [PolicyName.drf, .hare])
    func nobodyIsSlowerThanWithItsBase(name: PolicyName) {
        var random = SeededRandom(seed: 0x1EBE_0004)
        for set in 0..<150 {
            let tenants = (0..<Int.random(in: 2...12, using: &random)).map { _ in random.tenant() }
            let allocation = name.policy().allocate(tenants)
            for (tenant, share) in zip(tenants, allocation.shares) where tenant.baseThroughput < .infinity {
                let throughput = tenant.throughput(with: share)
                #expect(throughput >= tenant.baseThroughput * (1 - 1e-9), "\(name), set \(set)")
                #expect(throughput >= tenant.baseThroughput * (1 + allocation.improvement) * (1 - 1e-6), "\(set)")
            }
        }
    }

    @Test func everythingIsHandedOutExceptByTheOneThatSaysSo() {
        var random = SeededRandom(seed: 0x1EBE_0005)
        for set in 0..<100 {
            let tenants = (0..<Int.random(in: 2...12, using: &random)).map { _ in random.tenant() }
            let all = HAREPolicy().allocate(tenants)
            let some = HAREPolicy(isConserving: false).allocate(tenants)
            #expect(all.improvement == some.improvement, "set \(set)")
            for rate in [\ResourceVector.readUnits, \.writeUnits, \.egressBytes] {
                let total = tenants.reduce(0) { sum, tenant in sum + tenant.base[keyPath: rate] }
                let handedOut = all.shares.reduce(0) { sum, share in sum + share[keyPath: rate] }
                #expect((handedOut - total).magnitude <= total * 1e-9, "set \(set)")
                #expect(some.shares.reduce(0) { sum, share in sum + share[keyPath: rate] } <= total * (1 + 1e-9))
            }
            #expect(all.shares.reduce(0) { $0 + $1.cacheBytes } == tenants.reduce(0) { $0 + $1.base.cacheBytes })
        }
    }

    @Test func theReferenceSortSortsAndKeepsSmallListsStable() {
        var random = SeededRandom(seed: 0x1EBE_0006)
        for count in 0..<200 {
            let keys = (0..<count).map { _ in Int.random(in: 0...(count / 3), using: &random) }
            var order = Array(keys.indices)
            order.shuffle(using: &random)
            let stable = order.sorted { one, other in keys[one] < keys[other] }
            order.sortAsReference { one, other in keys[one] < keys[other] }
            #expect(order.map { index in keys[index] } == keys.sorted(), "\(count)")
            if count <= 16 { #expect(order == stable, "\(count)") }
            #expect(order.sorted() == Array(keys.indices), "\(count)")
        }
        // What makes the median of three choose badly: the largest in the middle of what is left, again and again.
        let pipes = Array(0..<2_000).map { index in index < 1_000 ? index : 3_000 - index }
        var order = Array(pipes.indices)
        order.sortAsReference { one, other in pipes[one] < pipes[other] }
        #expect(order.map { index in pipes[index] } == pipes.sorted())
    }
}

/// xorshift64*: the same numbers on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// A tenant as there are.
    mutating func tenant() -> TenantProfile {
        let size = Int.random(in: 1...64, using: &self) << 26
        let writes = Bool.random(using: &self) ? 0 : Double.random(in: 0...1, using: &self)
        let points = Int.random(in: 0...12, using: &self)
        let sizes = (0..<points).map { index in (index + 1) * (size / 6) + Int.random(in: 0...1_000, using: &self) }
        let ratios = (0..<points).map { _ in
            [0, 1, Double.random(in: 0...1, using: &self), .random(in: 0...1, using: &self)].randomElement(using: &self)
                ?? 1
        }
        let curve = MissRatioCurve(sizes: sizes, missRatios: ratios.sorted(by: >))
        let isIdle = Int.random(in: 0..<12, using: &self) == 0
        return TenantProfile(
            base: ResourceVector(
                cacheBytes: size,
                readUnits: .random(in: 1...5_000, using: &self),
                writeUnits: .random(in: 1...5_000, using: &self),
                egressBytes: .random(in: 1e6...1e9, using: &self)
            ),
            demand: isIdle
                ? Demand()
                : Demand(
                    readUnits: 1 - writes,
                    writeUnits: writes,
                    egressBytes: .random(in: 0...20_000, using: &self)
                ),
            curve: curve,
            hitSaving: Bool.random(using: &self) ? 0 : .random(in: 0..<1, using: &self)
        )
    }

    /// One that may break every rule, but for parallel arrays.
    mutating func oddTenant() -> TenantProfile {
        var tenant = tenant()
        for _ in 0..<Int.random(in: 0...3, using: &self) {
            switch Int.random(in: 0..<12, using: &self) {
            case 0: tenant.base.cacheBytes = [0, 1, -1, .max, .min, 1 << 62].randomElement(using: &self) ?? 0
            case 1: tenant.base.readUnits = oddNumber()
            case 2: tenant.base.writeUnits = oddNumber()
            case 3: tenant.base.egressBytes = oddNumber()
            case 4: tenant.demand.readUnits = oddNumber()
            case 5: tenant.demand.writeUnits = oddNumber()
            case 6: tenant.demand.egressBytes = oddNumber()
            case 7: tenant.hitSaving = oddNumber()
            case 8: tenant.floor = ResourceVector(cacheBytes: .max, readUnits: oddNumber(), egressBytes: oddNumber())
            case 9: tenant.curve = MissRatioCurve(sizes: [5, .max], missRatios: [oddNumber(), oddNumber()])
            case 10:
                tenant.curve = MissRatioCurve(sizes: [1, 2, .max], missRatios: [1e-300, .leastNormalMagnitude, 0])
            default: tenant.egressCurve = MissRatioCurve(sizes: tenant.curve.sizes, missRatios: tenant.curve.missRatios)
            }
        }
        return tenant
    }

    private mutating func oddNumber() -> Double {
        [0, -0.0, -1, .nan, .infinity, -.infinity, 1e308, .leastNonzeroMagnitude, 1e-300, 5e-17, 1].randomElement(
            using: &self
        ) ?? 0
    }

    mutating func parameters() -> HAREParameters {
        HAREParameters(
            cacheUnit: [4 << 20, 32 << 20, 256 << 20, 1 << 40, .max, 0, -1].randomElement(using: &self) ?? 1,
            minimumCache: [4 << 20, 0, -5, .max].randomElement(using: &self) ?? 0,
            maximumRounds: [10_000, 10, 0, -1].randomElement(using: &self) ?? 0,
            minimumGain: [1e-4, 0, -1, .nan, 1].randomElement(using: &self) ?? 0,
            reservedRatio: [0.5, 0, 1, .nan, 5, -1].randomElement(using: &self) ?? 0,
            countsAllEgress: Bool.random(using: &self)
        )
    }
}
