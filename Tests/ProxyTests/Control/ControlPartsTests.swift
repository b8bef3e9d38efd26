import Alloc
import Cache
import Testing

@testable import Proxy

/// The parts that the controller is made of.
@Suite struct ControlPartsTests {
    private func sample(_ requests: UInt64, misses: UInt64 = 0) -> TenantSample {
        var sample = TenantSample()
        sample.requests = requests
        sample.reads = requests
        sample.misses = misses
        sample.hits = requests - misses
        sample.readUnitsIfMissed = Double(requests) * 0.5
        sample.readUnitsUsed = Double(misses) * 0.5
        sample.egressIfMissed = Double(requests) * 2000
        sample.egressIfHit = Double(requests) * 1000
        sample.egressUsed = Double(requests + misses) * 1000
        return sample
    }

    // MARK: Window

    @Test func windowOfIntervals() {
        var window = Window()
        #expect(window.whole == nil && window.last == nil)
        for interval in 0..<6 {
            window.note(sample(UInt64(interval * interval * 10)), now: UInt64(interval + 1) * 1_000_000_000)
            window.close(keeping: 3)
        }
        #expect(window.intervals == 3)
        #expect(window.whole?.seconds == 3 && window.whole?.use.requests == 250 - 40)
        #expect(window.last?.use.requests == 250 - 160)
        #expect(window.settled?.seconds == 3)
        window.settle()
        #expect(window.settled == nil && window.settledLast == nil)
        window.note(sample(1000), now: 8_000_000_000)
        window.close(keeping: 3)
        #expect(window.settled?.seconds == 2 && window.settledLast?.use.requests == 750)
    }

    @Test func countsThatGoBackBeginAnew() {
        var window = Window()
        window.note(sample(100), now: 1)
        window.note(sample(200), now: 2)
        window.close(keeping: 3)
        window.note(sample(50), now: 3)
        #expect(window.intervals == 0 && window.whole == nil)
        window.note(sample(80), now: 4)
        window.close(keeping: 3)
        #expect(window.whole?.use.requests == 30)
        var broken = sample(90)
        broken.egressUsed = .nan
        window.note(broken, now: 5)
        #expect(window.whole == nil)
    }

    @Test func trafficAndMisses() throws {
        var use = sample(1000, misses: 250)
        use.readUnitsIfMissed += 500
        use.readUnitsUncacheable = 500
        use.readUnitsUsed += 500
        use.writeUnitsUsed = 20
        let span = Span(seconds: 10, use: use)
        let traffic = try #require(Traffic(span))
        #expect(traffic.throughput == 100)
        #expect(traffic.demand == Demand(readUnits: 1, writeUnits: 0.02, egressBytes: 2000))
        #expect(traffic.uncacheable == 0.5 && traffic.hitSaving == 0.5)
        let misses = try #require(MeasuredMisses(span))
        #expect(misses.readUnits == 0.25 && misses.egress == 0.25)
        #expect(Traffic(Span(seconds: 1, use: TenantSample())) == nil)
    }

    @Test func refusedWritesAreAskedForAsFarAsTheBaseGoes() throws {
        var use = sample(1000)
        use.writeUnitsUsed = 10
        use.writeUnitsRefused = 300
        func writes(_ base: Double) throws -> Double {
            try #require(Traffic(Span(seconds: 10, use: use), baseWrites: base)).demand.writeUnits * 1000
        }
        #expect(try abs(writes(20) - 200) < 1e-9)
        #expect(try abs(writes(100) - 310) < 1e-9)
        #expect(try abs(writes(0) - 10) < 1e-9)
        #expect(try abs(writes(.infinity) - 310) < 1e-9)
    }

    @Test func limitedIsMoreThanAMoment() {
        var use = sample(1000, misses: 100)
        use.queued = 5
        #expect(!Span(seconds: 1, use: use).isLimited)
        use.throttled = 5
        #expect(Span(seconds: 1, use: use).isLimited)
    }

    // MARK: Profiles

    private let terms = TenantTerms(
        name: "t",
        base: ResourceVector(cacheBytes: 1000, readUnits: 100, writeUnits: 10, egressBytes: .infinity),
        floor: ResourceVector(cacheBytes: 100, readUnits: 1, writeUnits: 1, egressBytes: 1)
    )

    private func curve(_ ratios: [Double]) -> Cache.MissRatioCurve {
        var curve = Cache.MissRatioCurve()
        curve.sizes = [500, 1000, 2000, 4000]
        curve.missRatio = ratios
        curve.readUnitMissRatio = ratios
        curve.byteMissRatio = ratios
        curve.error = [0, 0, 0, 0]
        return curve
    }

    private func model(
        _ ratios: [Double],
        misses: UInt64,
        present: Int,
        salt: Double = 0,
        margin: Double = 0
    ) throws -> TenantModel {
        let span = Span(seconds: 1, use: sample(1_000_000, misses: misses))
        return ProfileBuilder(salt: salt, savesReads: false).model(
            terms,
            try #require(Traffic(span)),
            curve: curve(ratios),
            measured: MeasuredMisses(span),
            present: present,
            margin: margin
        )
    }

    @Test func theModelSaysWhatWasMeasured() throws {
        let model = try model([0.8, 0.4, 0.2, 0.1], misses: 500_000, present: 1000)
        #expect(abs(model.plain.curve.missRatio(at: 1000) - 0.5) < 0.001)
        // The careful one of the shifted and the scaled curve.
        #expect(abs(model.plain.curve.missRatio(at: 4000) - 0.2) < 0.001)
        #expect(abs(model.plain.curve.missRatio(at: 500) - 0.9) < 0.001)
        #expect(model.plain.demand.egressBytes == 0, "what is not limited is not asked for")
        #expect(abs(model.baseThroughput - 400) < 1)
    }

    @Test func curvesAreMonotoneAndWithinBounds() throws {
        for ratios in [[0.2, 0.9, 0.1, 0.5], [.nan, 2, -1, 0], [0, 0, 0, 0], [1, 1, 1, 1]] {
            for margin in [0, 0.05] {
                let model = try model(ratios, misses: 300_000, present: 2000, salt: 0.01, margin: margin)
                for profile in [model.plain, model.salted, model.cautious] {
                    let curve = profile.curve.missRatios
                    #expect(curve.allSatisfy { (0...1).contains($0) })
                    #expect(zip(curve, curve.dropFirst()).allSatisfy { $0 >= $1 })
                    #expect(profile.curve.sizes == profile.curve.sizes.sorted())
                }
            }
        }
    }

    @Test func aMarginIsDoubtOfOtherSizesOnly() throws {
        let certain = try model([0.8, 0.4, 0.2, 0.1], misses: 400_000, present: 1000)
        let doubtful = try model([0.8, 0.4, 0.2, 0.1], misses: 400_000, present: 1000, margin: 0.05)
        #expect(doubtful.cautious.curve.missRatio(at: 1000) == certain.cautious.curve.missRatio(at: 1000))
        #expect(abs(doubtful.cautious.curve.missRatio(at: 2000) - 0.25) < 0.001)
        #expect(abs(doubtful.cautious.curve.missRatio(at: 500) - 0.85) < 0.001)
        #expect(doubtful.plain == certain.plain)
    }

    // MARK: Rates

    private func claim(_ need: Double, base: Double, goal: Double = 1, share: Double = 100) -> RateDivision.Claim {
        RateDivision.Claim(
            need: Demand(readUnits: need),
            doubt: Demand(),
            baseThroughput: base,
            goal: goal,
            floor: ResourceVector(readUnits: 1),
            base: ResourceVector(readUnits: share)
        )
    }

    @Test func guaranteesFirstThenGoals() {
        let totals = ResourceVector(readUnits: 200)
        let (shares, level) = RateDivision.divide(
            totals,
            [claim(0.5, base: 100, goal: 2), claim(1, base: 100, goal: 1.5)]
        )
        #expect(level > 2 && level < 3)
        #expect(shares[0].readUnits > 50 && shares[1].readUnits > 100)
        #expect(abs(shares[0].readUnits + shares[1].readUnits - 200) < 1e-6)
    }

    @Test func aShortageTakesNobodysBase() {
        let totals = ResourceVector(readUnits: 200)
        let (shares, level) = RateDivision.divide(totals, [claim(5, base: 100), claim(0.9, base: 100)])
        #expect(level < 1)
        #expect(abs(shares[1].readUnits - 90) < 1e-6 && abs(shares[0].readUnits - 110) < 1e-6)
    }

    @Test func whatNobodyNeedsGoesByBase() {
        let idle = [claim(0, base: .infinity, share: 150), claim(0, base: .infinity, share: 50)].map { claim in
            var claim = claim
            claim.floor = ResourceVector()
            return claim
        }
        let (shares, _) = RateDivision.divide(ResourceVector(readUnits: 200), idle)
        #expect(shares.map(\.readUnits) == [150, 50])
    }

    @Test func ratesOfRandomClaimsAddUp() {
        var random = SplitMix(5)
        for _ in 0..<300 {
            let claims = (0..<1 + random.below(12)).map { _ in
                claim(
                    Double(random.below(1000)) / 500,
                    base: random.below(9) == 0 ? .infinity : Double(random.below(2000)),
                    goal: Double(random.below(400)) / 100,
                    share: Double(1 + random.below(300))
                )
            }
            let total = claims.reduce(0) { $0 + $1.base.readUnits }
            let (shares, level) = RateDivision.divide(ResourceVector(readUnits: total), claims)
            #expect((0...3).contains(level))
            #expect(shares.allSatisfy { $0.readUnits.isFinite && $0.readUnits >= 0 && $0.egressBytes == 0 })
            #expect(abs(shares.reduce(0) { $0 + $1.readUnits } - total) < 1e-6 * total)
            for (share, claim) in zip(shares, claims) where level >= 1 {
                #expect(share.readUnits >= claim.amount(.readUnits, at: 1) * (1 - 1e-9))
            }
        }
    }

    // MARK: Caches

    @Test func stepsOfRandomCachesStayWithinTheTotal() {
        var random = SplitMix(6)
        for _ in 0..<200 {
            let count = 1 + random.below(10)
            let bases = (0..<count).map { _ in (1 + random.below(64)) << 20 }
            let total = bases.reduce(0, +)
            var current = bases
            var target = bases.map { _ in 1 << 20 }
            for _ in 0..<40 {
                let index = random.below(count)
                let left = total - target.reduce(0, +)
                target[index] += left > 0 ? random.below(left + 1) : 0
            }
            let step = 1 << (16 + random.below(9))
            let moves = CacheMoves(step: step)
            for _ in 0..<20_000 where current != target {
                let next = moves.next(current, target, total: total, part: [1, 0.25][random.below(2)])
                #expect(next.reduce(0, +) <= total)
                for (now, before) in zip(next, current) { #expect(abs(now - before) <= max(step, CacheMoves.least)) }
                if next == current { break }
                current = next
            }
            #expect(current == target)
        }
    }

    @Test func aTotalThatHasShrunk() {
        let moves = CacheMoves(step: 1 << 30)
        var current = [100 << 20, 100 << 20]
        for _ in 0..<40 { current = moves.next(current, [60 << 20, 60 << 20], total: 120 << 20) }
        #expect(current == [60 << 20, 60 << 20])
    }

    // MARK: Decisions

    @Test func betterIsLeximinWithAThreshold() {
        func isBetter(_ new: [Double], _ old: [Double]) -> Bool {
            func map(_ values: [Double]) -> [Int: Double] {
                Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) })
            }
            return Controller.isBetter(map(new), map(old), threshold: 0.05)
        }
        #expect(isBetter([1.1, 1.1], [1, 1.2]))
        #expect(!isBetter([1.04, 1.04], [1, 1]))
        #expect(isBetter([1, 2], [1, 1.2]), "the least stays, another gains")
        #expect(!isBetter([0.98, 2], [1, 1.2]), "not at the cost of the least")
        #expect(!isBetter([1, 1], [1, 1]))
        #expect(isBetter([3, 1.1], [1, 1]))
    }

    @Test func answersOfAPolicyAreMadeSound() throws {
        let base = ResourceVector(cacheBytes: 100, readUnits: 100, writeUnits: 10, egressBytes: 10)
        let floor = ResourceVector(cacheBytes: 10, readUnits: 5, writeUnits: 1, egressBytes: 1)
        let profiles = (0..<2).map { _ in
            TenantProfile(
                base: base,
                floor: floor,
                demand: Demand(),
                curve: Alloc.MissRatioCurve(sizes: [], missRatios: [])
            )
        }
        let greedy = ResourceVector(cacheBytes: 200, readUnits: 300, writeUnits: 20, egressBytes: 5)
        let shares = try #require(Controller.sound([ResourceVector(), greedy], profiles))
        #expect(shares[0].cacheBytes == 10 && shares[1].cacheBytes == 190)
        #expect(abs(shares[0].readUnits - 5) < 1e-9 && abs(shares[1].readUnits - 195) < 1e-9)
        #expect(Controller.sound([greedy], profiles) == nil)
        var broken = greedy
        broken.writeUnits = .nan
        #expect(Controller.sound([greedy, broken], profiles) == nil)
        broken.writeUnits = -1
        #expect(Controller.sound([greedy, broken], profiles) == nil)
    }

    @Test func transfersNameGiverAndReceiver() {
        let before = [10, 20, 30].map { ResourceVector(cacheBytes: $0, readUnits: .infinity) }
        let after = [25, 15, 20].map { ResourceVector(cacheBytes: $0, readUnits: .infinity) }
        let transfers = Transfer.between(before, after, names: ["a", "b", "c"])
        #expect(
            transfers == [
                Transfer(from: "c", to: "a", resource: .cache, amount: 10),
                Transfer(from: "b", to: "a", resource: .cache, amount: 5),
            ]
        )
    }

    @Test func theScarcestResourceHasToBeSoForAWhile() {
        var bottleneck = Bottleneck()
        for _ in 0..<2 { bottleneck.note(.egress) }
        bottleneck.note(.readUnits)
        for _ in 0..<2 { bottleneck.note(.egress) }
        #expect(bottleneck.resource == .readUnits)
        bottleneck.note(.egress)
        #expect(bottleneck.resource == .egress && bottleneck.weights == CostWeights(readUnits: 0, bytes: 1))
    }

    @Test func historyIsBounded() {
        var simulation = ControlSimulation(
            [
                SimulatedTenant(
                    "one",
                    base: ResourceVector(cacheBytes: 64 << 20, readUnits: 100, writeUnits: 10, egressBytes: 1e6),
                    misses: Shape.zipf(50 << 20)
                )
            ],
            {
                var settings = AllocationSettings()
                settings.history = 3
                return settings
            }()
        )
        simulation.run(intervals: 10)
        #expect(simulation.controller.history.reports.count == 3)
        #expect(simulation.controller.rounds > 5)
    }
}
