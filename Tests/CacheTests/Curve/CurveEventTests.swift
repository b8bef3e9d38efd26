import CMallocCounter
import Testing

@testable import Cache

/// What the simulated caches do when things happen to items.
struct CurveEventTests {
    private static let second: UInt64 = 1_000_000_000

    private func ratio(_ estimator: CurveEstimator) -> Double {
        estimator.curve().missRatio(at: 1 << 30)
    }

    @Test(arguments: PolicyKind.allCases)
    func aRemovedItemIsMissedNext(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy)
        for _ in 0..<10 { estimator.fetch(curveHash(1), bytes: 100) }
        #expect(abs(ratio(estimator) - 0.1) < 1e-12)
        estimator.remove(hash: curveHash(1))
        estimator.fetch(curveHash(1), bytes: 100)
        #expect(abs(ratio(estimator) - 2.0 / 11) < 1e-12)
        estimator.removeAll()
        estimator.fetch(curveHash(1), bytes: 100)
        #expect(abs(ratio(estimator) - 3.0 / 12) < 1e-12)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func aPurgeTakesItsGroupOnly(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy)
        for key in 0..<100 { estimator.fetch(curveHash(key), bytes: 100, group: UInt32(key % 2)) }
        estimator.removeGroup(1)
        for key in 0..<100 { estimator.fetch(curveHash(key), bytes: 100, group: UInt32(key % 2)) }
        #expect(abs(ratio(estimator) - 0.75) < 1e-12)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func anExpiredItemIsMissedHoweverLargeTheCache(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy)
        // The store that feeds it has nothing and fetches each time; a cache that has it does so in each fourth second.
        for time: UInt64 in 0..<400 {
            let now = time * Self.second
            estimator.fetch(curveHash(1), bytes: 100, expiresAt: now + 7 * Self.second / 2, now: now)
        }
        #expect(abs(ratio(estimator) - 0.25) < 1e-12)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func anExpiredItemMakesRoomWithoutBeingMet(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy, accounting: .payload)
        for key in 0..<50 { estimator.fetch(curveHash(key), bytes: 1_000, expiresAt: Self.second) }
        for _ in 0..<200 { estimator.fetch(curveHash(1_000), bytes: 1_000, now: 2 * Self.second) }
        #expect(estimator.curve().footprint <= 1_000)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func sizesFollowWrites(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy, accounting: .payload)
        for key in 0..<100 { estimator.fetch(curveHash(key), bytes: 1_000) }
        let before = estimator.curve()
        #expect(before.footprint == 100_000)
        for key in 0..<100 { estimator.insert(hash: curveHash(key), charged: 3_000, payload: 3_000, now: 0) }
        let after = estimator.curve()
        #expect(after.footprint == 300_000)
        // Writes are not reads.
        #expect(after.reads == before.reads)
        #expect(after.missRatio(at: 1 << 30) == 1)
        expectInvariants(estimator)
        // But they bring items in.
        for key in 0..<100 { estimator.fetch(curveHash(key), bytes: 3_000) }
        #expect(abs(ratio(estimator) - 0.5) < 1e-12)
    }

    @Test(arguments: PolicyKind.allCases)
    func aMissThatNothingFollowsIsAMissEverywhere(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy)
        estimator.fetch(curveHash(1), bytes: 100)
        for _ in 0..<300 { estimator.read(hash: curveHash(2), isHit: false, now: 0) }
        for _ in 0..<99 { estimator.fetch(curveHash(1), bytes: 100) }
        #expect(abs(ratio(estimator) - 301.0 / 400) < 1e-12)
        estimator.decay(1)
        #expect(abs(ratio(estimator) - 301.0 / 400) < 1e-12)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func decayKeepsTheSimulatedCaches(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy)
        for key in 0..<200 { estimator.fetch(curveHash(key), bytes: 100) }
        #expect(ratio(estimator) == 1)
        estimator.decay(0.5)
        #expect(estimator.curve().reads == 100)
        estimator.decay(0)
        #expect(estimator.curve().reads == 0)
        #expect(estimator.curve().sizes.isEmpty)
        for key in 0..<200 { estimator.fetch(curveHash(key), bytes: 100) }
        #expect(ratio(estimator) == 0)
    }

    @Test(arguments: PolicyKind.allCases)
    func keysAndBytesAreBounded(_ policy: PolicyKind) {
        let whole = CurveEstimator(policy: policy)
        #expect(whole.memoryBytes <= 1 << 20)
        let estimator = CurveEstimator(policy: policy, maximumKeys: 500, sampleKeys: 300)
        var random = SeededGenerator(seed: 1)
        for step in 0..<20_000 {
            estimator.fetch(curveHash(step), bytes: Int.random(in: 1...500, using: &random))
            if step % 1_000 == 0 { #expect(estimator.sampledKeys <= 500) }
        }
        #expect(estimator.sampledKeys <= 300)
        #expect(estimator.curve().samplingRate < 0.03)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func keysThatNoSizeOfInterestHoldsAreForgotten(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy, accounting: .payload, maximumKeys: 500, sampleKeys: 500)
        estimator.setBudget(1_000)
        // An endless stream of new keys, of which 16 budgets hold 160.
        for step in 0..<20_000 { estimator.fetch(curveHash(step), bytes: 100) }
        #expect(estimator.curve().samplingRate > 0.2)
        #expect(estimator.sampledKeys <= 500)
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func anythingAtAllLeavesItWhole(_ policy: PolicyKind) {
        for seed: UInt64 in 0..<4 {
            var random = SeededGenerator(seed: seed)
            let estimator = CurveEstimator(policy: policy, maximumKeys: 128, sampleKeys: 100, shards: seed == 3 ? 4 : 1)
            var now: UInt64 = 0
            for step in 0..<3_000 {
                let hash = curveHash(Int.random(in: 0..<400, using: &random))
                let bytes = Int.random(in: 0...20_000, using: &random) >> Int.random(in: 0...10, using: &random)
                let expiresAt =
                    Bool.random(using: &random)
                    ? UInt64.max : now + UInt64.random(in: 0...5, using: &random) * Self.second
                now += UInt64.random(in: 0...100_000_000, using: &random)
                switch Int.random(in: 0..<200, using: &random) {
                case ..<80:
                    estimator.fetch(hash, bytes: bytes, expiresAt: expiresAt, group: UInt32(bytes % 3), now: now)
                case ..<110:
                    estimator.read(
                        hash: hash,
                        isHit: true,
                        charged: bytes,
                        payload: bytes,
                        expiresAt: expiresAt,
                        now: now
                    )
                case ..<130: estimator.read(hash: hash, isHit: false, now: now)
                case ..<170:
                    let group = UInt32(bytes % 3)
                    estimator.insert(
                        hash: hash,
                        charged: bytes,
                        payload: bytes,
                        expiresAt: expiresAt,
                        group: group,
                        now: now
                    )
                case ..<185: estimator.remove(hash: hash)
                case ..<190: estimator.removeGroup(UInt32(bytes % 3))
                case ..<193: estimator.setBudget(bytes * 10)
                case ..<196: estimator.decay(0.5)
                case ..<198:
                    estimator.setCostWeights(CostWeights(request: Double(bytes % 2), readUnits: 1, bytes: 0.001))
                case 198: estimator.removeAll()
                default: _ = estimator.curve()
                }
                if step % 50 == 0 { expectInvariants(estimator) }
            }
            expectInvariants(estimator)
        }
    }

    /// However their hits fall together, there is room for each.
    @Test func hitsOfManyThreadsAreAllTakenIn() async {
        let estimator = CurveEstimator(policy: .lru)
        estimator.fetch(curveHash(1), bytes: 100)
        let (threads, hits) = (4, 50_000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    for _ in 0..<hits {
                        estimator.read(hash: curveHash(1), isHit: true, charged: 100, payload: 90, now: 0)
                    }
                }
            }
        }
        #expect(estimator.curve().reads == Double(threads * hits + 1))
    }

    @Test func withoutAnEstimatorNothingIsKept() {
        let store = Store(budget: 1 << 20, pool: .seeded())
        #expect(store.estimator == nil)
        #expect(store.curve() == MissRatioCurve())
        #expect(store.curveSnapshot(now: 0) == nil)
        #expect(!store.restoreCurve([], now: 0))
    }

    @Test func aStoreFeedsItsEstimator() {
        let store = Store(budget: 1 << 20, pool: .seeded(), curve: true)
        for turn in 0..<2 {
            for number in 0..<100 {
                if store.value(key(number)).hit == nil { store.insert(key(number), [1, 2, 3]) }
                #expect(store.value(key(number)).hit != nil || turn < 0)
            }
            if turn == 0 { store.removeGroup(0) }
        }
        store.remove(key(1))
        _ = store.value(key(1))
        store.setBudget(2 << 20)
        store.setCostWeights(CostWeights(request: 1))
        let curve = store.curve()
        #expect(curve.reads == 401)
        #expect(abs(curve.missRatio(at: 1 << 20) - 201.0 / 401) < 1e-9)
        store.decayCurve(0.5)
        #expect(store.curve().reads == 200.5)
        store.removeAll()
    }

    @Test(
        .enabled(if: malloc_counter_available(), "malloc is not counted under a sanitizer"),
        arguments: PolicyKind.allCases
    )
    func feedingAllocatesNothing(_ policy: PolicyKind) {
        let estimator = CurveEstimator(policy: policy, maximumKeys: 200, sampleKeys: 100)
        let hashes = (0..<600).map { number in curveHash(number) }
        var allocations: UInt64 = 0
        for turn in 0..<2 {
            for hash in hashes {
                malloc_counter_start()
                estimator.read(hash: hash, isHit: false, now: 0)
                estimator.insert(hash: hash, charged: 100, payload: 90, now: 0)
                estimator.read(hash: hash, isHit: true, charged: 100, payload: 90, now: 0)
                let count = malloc_counter_stop()
                if turn > 0 { allocations += UInt64(count) }
            }
        }
        #expect(allocations == 0)
    }
}
