import Testing

@testable import Alloc

/// Odd inputs on which the paper's artifact does what nobody wants, or what is pinned as it is; what is sound is said in
/// each case of hare-corners.json.
struct ReferenceCornerTests {
    private let cases: [String: ReferenceCase]

    init() throws {
        let all = try ReferenceCases.read("hare-corners.json")
        cases = Dictionary(uniqueKeysWithValues: all.map { one in (one.id, one) })
    }

    private func corner(_ id: String) throws -> ReferenceCase { try #require(cases[id], "\(id)") }

    private func close(_ one: Double, _ other: Double) -> Bool { (one - other).magnitude <= 1e-9 * other.magnitude }

    // MARK: - All of them

    /// Also as the policies of the other names, and those whose curves or savings are to be refused at input.
    @Test(arguments: PolicyName.allCases)
    func nothingIsInventedWhateverIsAsked(name: PolicyName) throws {
        #expect(cases.count == 27)
        for one in cases.values {
            let allocation = name.policy(one.parameters).allocate(one.profiles)
            try checkAmounts(allocation, one.profiles, one.id)
        }
    }

    @Test(arguments: ["mrc_nonmonotone", "mrc_unsorted_ticks", "mrc_ratio_above_1", "alpha_above_1"])
    func whatIsToBeRefusedIsKnownAndStandsAside(id: String) throws {
        let one = try corner(id)
        let flaw = try #require(one.profiles[0].flaw)
        let expected: [String: ProfileFlaw] = [
            "mrc_nonmonotone": ProfileFlaw(member: .missRatios, index: 1, fault: .increasing),
            "mrc_unsorted_ticks": ProfileFlaw(member: .sizes, index: 1, fault: .notAscending),
            "mrc_ratio_above_1": ProfileFlaw(member: .missRatios, index: 0, fault: .aboveOne),
            "alpha_above_1": ProfileFlaw(member: .hitSaving, fault: .notBelowOne),
        ]
        #expect(flaw == expected[id])
        #expect(one.profiles[1].flaw == nil)
        #expect(try one.outcome().allocation.shares == one.profiles.map(\.base))
    }

    // MARK: - Nothing needed, nothing there

    @Test func anIdleTenantGivesAllButItsFloor() throws {
        let one = try corner("all_zero_demand_tenant")
        let plain = try one.outcome().allocation
        #expect(plain.improvement > 1)
        #expect(close(plain.shares[1].readUnits, 2_000))
        var profiles = one.profiles
        profiles[0].floor = ResourceVector(cacheBytes: 64 << 20, readUnits: 5, writeUnits: 6, egressBytes: 64_000)
        let kept = try one.outcome(profiles).allocation
        try checkAmounts(kept, profiles, one.id)
        #expect(kept.shares[0].isAtLeast(profiles[0].floor))
        #expect(profiles[1].throughput(with: kept.shares[1]) > profiles[1].baseThroughput)
    }

    @Test func onlyIdleTenantsKeepTheirBases() throws {
        var idle = try corner("all_zero_demand_tenant").profiles[0]
        idle.floor = ResourceVector(readUnits: 5, writeUnits: 5, egressBytes: 5)
        for conserving in [true, false] {
            let policy = HAREPolicy(isConserving: conserving)
            #expect(policy.allocate([idle, idle]) == Allocation(shares: [idle.base, idle.base], improvement: 0))
        }
    }

    @Test(arguments: ["zero_rcu_base_and_zero_rcu_demand", "zero_wcu_base_and_zero_wcu_demand"])
    func nothingOfNothingIsNoConstraint(id: String) throws {
        let one = try corner(id)
        let allocation = try one.outcome().allocation
        for (profile, share) in zip(one.profiles, allocation.shares) {
            #expect(profile.throughput(with: share) >= profile.baseThroughput * (1 - 1e-9))
        }
        let zero = id.hasPrefix("zero_rcu") ? allocation.shares[0].readUnits : allocation.shares[0].writeUnits
        #expect(zero == 0)
    }

    @Test func aTenantThatCanDoNothingWithItsBaseKeepsIt() throws {
        let one = try corner("zero_base_nonzero_demand")
        #expect(try one.outcome().allocation.shares == one.profiles.map(\.base))
        // The others divide among themselves as if it were not there.
        let others = Array(repeating: one.profiles[1], count: 2) + [try corner("all_zero_demand_tenant").profiles[0]]
        let with = HAREPolicy().allocate([one.profiles[0]] + others)
        #expect(with.shares[0] == one.profiles[0].base)
        #expect(Array(with.shares.dropFirst()) == HAREPolicy().allocate(others).shares)
    }

    @Test func fewTenantsEndEarly() throws {
        #expect(try corner("no_tenant").outcome().allocation == Allocation(shares: [], improvement: 0))
        let single = try corner("single_tenant")
        #expect(try single.outcome().allocation == Allocation(shares: [single.profiles[0].base], improvement: 0))
        #expect(try single.outcome().stop == .none)
    }

    // MARK: - What nobody needs

    @Test func whatNobodyNeedsGoesBackByBase() throws {
        let shares = try corner("all_readonly_hetero_wcu_even_split").outcome().allocation.shares
        #expect(shares.map(\.writeUnits) == [4_000, 100])
    }

    /// Without floors the reference leaves nothing, which its golden cases pin.
    @Test func floorsKeepWhatIsNotNeededNow() throws {
        for (id, floor) in [
            ("readonly_tenant_gets_zero_wcu", ResourceVector(writeUnits: 5)),
            ("zero_miss_tenant_gets_zero_rcu", ResourceVector(readUnits: 5)),
            ("below_min_rates", ResourceVector(readUnits: 5)),
            ("min_gain_control_N2", ResourceVector(readUnits: 5, writeUnits: 5)),
        ] {
            let one = try corner(id)
            var profiles = one.profiles
            for index in profiles.indices { profiles[index].floor = floor }
            let allocation = try one.outcome(profiles).allocation
            try checkAmounts(allocation, profiles, id)
            #expect(allocation.shares.allSatisfy { share in share.isAtLeast(floor) }, "\(id)")
            #expect(try allocation.improvement > one.outcome().allocation.improvement * 0.97, "\(id)")
            for (profile, share) in zip(profiles, allocation.shares) {
                #expect(profile.throughput(with: share) >= profile.baseThroughput * (1 - 1e-9), "\(id)")
            }
        }
    }

    // MARK: - Lost digits

    @Test func nothingIsLostBesideWhatIsNearlyNothing() throws {
        let shares = try corner("near_zero_miss_cancellation").outcome().allocation.shares
        #expect(close(shares.reduce(0) { sum, share in sum + share.readUnits }, 3_000))
    }

    @Test func relinquishingNeverEndsBelowNothing() throws {
        let shares = try corner("relinquish_rounding").outcome().allocation.shares
        #expect(shares.allSatisfy { share in share.readUnits >= 0 && share.egressBytes >= 0 })
        #expect(close(shares[0].readUnits, 2_000))
    }

    @Test func largeTotalsAreJudgedByProportion() throws {
        let one = try corner("big_totals_debug_assert")
        let shares = try one.outcome().allocation.shares
        for (sum, base) in [
            (shares.reduce(0) { $0 + $1.readUnits }, one.profiles.reduce(0) { $0 + $1.base.readUnits }),
            (shares.reduce(0) { $0 + $1.egressBytes }, one.profiles.reduce(0) { $0 + $1.base.egressBytes }),
        ] { #expect(close(sum, base)) }
    }

    // MARK: - memshare

    @Test func cacheSmallerThanAUnitIsNotGiven() throws {
        let one = try corner("memshare_cache_below_delta")
        let outcome = try one.outcome()
        #expect(outcome.allocation.shares.map(\.cacheBytes) == one.profiles.map(\.base.cacheBytes))
    }

    @Test func memshareLeavesTheLeastCache() throws {
        let one = try corner("memshare_ignores_min_cache")
        let outcome = try one.outcome()
        #expect(outcome.allocation.shares.map(\.cacheBytes) == [8 << 20, 8 << 20])
        #expect(outcome.stop == .noGiver)
        // And a tenant's own floor.
        var profiles = try corner("memshare_mixed_comparator").profiles
        for index in profiles.indices { profiles[index].floor.cacheBytes = profiles[index].base.cacheBytes }
        #expect(MemsharePolicy().outcome(profiles).deals.isEmpty)
    }

    // MARK: - What is pinned as it is

    /// The receiver that the reference's comparison finds, deals that see no cliff, a gain asked of each deal that does not
    /// shrink with the tenants, the first giver whatever it costs elsewhere: goldens pin these, and the optimal policy is
    /// there to do better.
    @Test(arguments: [
        ("memshare_mixed_comparator", DealStop.noGiver), ("memshare_cliff_never_seen", .noProfit),
        ("hare_cliff_never_seen", .lowGain), ("net_bottleneck_alpha0_donor_blocks", .lowGain),
        ("min_gain_blocks_N128", .lowGain),
    ])
    func weaknessesOfTheReferenceAreKept(id: String, stop: DealStop) throws {
        let one = try corner(id)
        let outcome = try one.outcome()
        #expect(outcome.stop == stop)
        #expect(outcome.deals.isEmpty || id == "memshare_mixed_comparator")
        try checkAmounts(outcome.allocation, one.profiles, id)
    }

    @Test func dealsAreMadeWhereTheyGainEnough() throws {
        let outcome = try corner("min_gain_control_N2").outcome()
        #expect(outcome.deals == Array(repeating: CacheDeal(giver: 0, receiver: 1), count: 128))
        #expect(close(outcome.allocation.improvement, 0.6))
    }

    // MARK: - Curves and savings

    @Test func aCurveOfOnePointGoesThroughOneAndStays() throws {
        let one = try corner("mrc_empty")
        let curve = one.profiles[0].curve
        #expect(curve.missRatio(at: 0) == 1)
        #expect(curve.missRatio(at: 1 << 29) == 0.75)
        #expect(curve.missRatio(at: 1 << 30) == 0.5)
        #expect(curve.missRatio(at: 1 << 40) == 0.5)
        #expect(try one.outcome().deals.count == 256)
    }

    @Test func savingsDoNotCountWhereEgressIsWhatGoesToTenants() throws {
        let one = try corner("clientnet_with_alpha")
        var profiles = one.profiles
        let expected = try one.outcome()
        for index in profiles.indices { profiles[index].hitSaving = 0 }
        #expect(try one.outcome(profiles) == expected)
        #expect(expected.stop == .noCacheBottleneck)
    }
}

extension ResourceVector {
    func isAtLeast(_ floor: ResourceVector) -> Bool {
        cacheBytes >= floor.cacheBytes && readUnits >= floor.readUnits && writeUnits >= floor.writeUnits
            && egressBytes >= floor.egressBytes
    }
}

/// Shares are amounts, and together no more than the bases.
func checkAmounts(_ allocation: Allocation, _ profiles: [TenantProfile], _ what: String) throws {
    #expect(allocation.shares.count == profiles.count, "\(what)")
    #expect(allocation.improvement.isFinite, "\(what)")
    let bases = profiles.map(\.usableBase)
    for rate in [\ResourceVector.readUnits, \.writeUnits, \.egressBytes] {
        let rates = allocation.shares.map { share in share[keyPath: rate] }
        #expect(rates.allSatisfy { rate in rate.isFinite && rate >= 0 }, "\(what)")
        let total = bases.reduce(0) { sum, base in sum + base[keyPath: rate] }
        #expect(rates.reduce(0, +) <= total * (1 + 1e-9), "\(what)")
    }
    #expect(allocation.shares.allSatisfy { share in share.cacheBytes >= 0 }, "\(what)")
    // Not summed in `Int`: bases may be as large as that.
    let caches = allocation.shares.reduce(Int128(0)) { sum, share in sum + Int128(share.cacheBytes) }
    #expect(caches <= bases.reduce(Int128(0)) { sum, base in sum + Int128(base.cacheBytes) }, "\(what)")
}
