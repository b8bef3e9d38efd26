import Testing

@testable import Cache

/// The estimator's state as bytes, and two threads.
struct CurveSnapshotTests {
    private func filled(_ policy: PolicyKind) -> CurveEstimator {
        let estimator = CurveEstimator(policy: policy, maximumKeys: 300, sampleKeys: 200)
        estimator.setBudget(50_000)
        let trace = CurveTrace.zipf(5_000, keys: 1_000, seed: 9)
        for (place, key) in trace.keys.enumerated() {
            let now = UInt64(place) * 10_000_000
            let expiresAt = key % 3 == 0 ? now + 20_000_000_000 : .max
            estimator.fetch(
                curveHash(key),
                bytes: trace.sizes[key],
                expiresAt: expiresAt,
                group: UInt32(key % 4),
                now: now
            )
        }
        estimator.read(hash: curveHash(5_001), isHit: false, now: 0)
        return estimator
    }

    private func restored(_ bytes: [UInt8], _ policy: PolicyKind, now: UInt64 = 0) -> CurveEstimator? {
        CurveEstimator(snapshot: bytes, policy: policy, maximumKeys: 300, sampleKeys: 200, now: now)
    }

    @Test(arguments: PolicyKind.allCases)
    func comesBackAsItWas(_ policy: PolicyKind) throws {
        let estimator = filled(policy)
        let bytes = estimator.snapshot(now: 0)
        let copy = try #require(restored(bytes, policy))
        expectInvariants(copy)
        #expect(copy.snapshot(now: 0) == bytes)
        let before = estimator.curve()
        let after = copy.curve()
        #expect(before.sizes.count == after.sizes.count)
        #expect(before.reads == after.reads)
        for size in before.sizes {
            #expect(abs(before.missRatio(at: size) - after.missRatio(at: size)) < 0.02)
        }
        // The simulated caches still hold what they held.
        estimator.decay(0)
        copy.decay(0)
        let trace = CurveTrace.zipf(2_000, keys: 1_000, seed: 10)
        for key in trace.keys {
            for target in [estimator, copy] {
                target.fetch(curveHash(key), bytes: trace.sizes[key], group: UInt32(key % 4), now: 50_000_000_000)
            }
        }
        for size in before.sizes.suffix(6) {
            #expect(abs(estimator.curve().missRatio(at: size) - copy.curve().missRatio(at: size)) < 0.05)
        }
        expectInvariants(copy)
    }

    @Test func expiriesMoveToTheNewClock() throws {
        let estimator = CurveEstimator(policy: .lazyGDSF)
        estimator.fetch(curveHash(1), bytes: 100, expiresAt: 10 << 30, now: 5 << 30)
        let bytes = estimator.snapshot(now: 6 << 30)
        for (elapsed, hits) in [(3, true), (5, false)] {
            let copy = try #require(CurveEstimator(snapshot: bytes, policy: .lazyGDSF, now: 100 << 30))
            copy.decay(0)
            copy.fetch(curveHash(1), bytes: 100, now: UInt64(100 + elapsed) << 30)
            #expect(copy.curve().missRatio(at: 1 << 30) == (hits ? 0 : 1))
        }
    }

    @Test func aStoreTakesItsCurveOver() throws {
        let pool = SegmentPool.seeded()
        let old = Store(budget: 1 << 20, pool: pool, shards: 1, curve: true)
        old.replay(CurveTrace.zipf(3_000, keys: 500, seed: 11))
        let bytes = try #require(old.curveSnapshot(now: 0))
        let new = Store(budget: 1 << 20, pool: pool, shards: 1, curve: true)
        #expect(new.restoreCurve(bytes, now: 0))
        #expect(new.curve().reads == 3_000)
        #expect(new.curve().missRatio == old.curve().missRatio)
        let other = Store(budget: 1 << 20, policy: .lru, pool: pool, curve: true)
        #expect(!other.restoreCurve(bytes, now: 0))
        let payload = Store(budget: 1 << 20, pool: pool, accounting: .payload, curve: true)
        #expect(!payload.restoreCurve(bytes, now: 0))
    }

    @Test(arguments: PolicyKind.allCases)
    func damageIsRefused(_ policy: PolicyKind) {
        let bytes = filled(policy).snapshot(now: 0)
        var random = SeededGenerator(seed: 12)
        #expect(restored([], policy) == nil)
        for _ in 0..<60 {
            #expect(restored(Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))), policy) == nil)
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(restored(damaged, policy) == nil)
        }
        #expect(CurveEstimator(snapshot: bytes, policy: policy, maximumKeys: 64, sampleKeys: 64, now: 0) == nil)
    }

    /// Damage with a right sum must be refused or leave a whole estimator, never trap.
    @Test(arguments: PolicyKind.allCases)
    func forgeriesDoNotTrap(_ policy: PolicyKind) {
        let bytes = filled(policy).snapshot(now: 0)
        var random = SeededGenerator(seed: 13)
        var refused = 0
        for _ in 0..<150 {
            var forged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let word = Int.random(in: 2..<bytes.count / 8 - 1, using: &random) * 8
                let value: UInt64 =
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: UInt64.random(in: 0...UInt64.max, using: &random)
                    case 1: UInt64.random(in: 0...400, using: &random)
                    case 2: .max
                    default:
                        UInt64.random(in: 0...300, using: &random) | UInt64.random(in: 0...30, using: &random) << 32
                    }
                for place in 0..<8 { forged[word + place] = UInt8(truncatingIfNeeded: value >> UInt64(place * 8)) }
            }
            let sum = CurveState.sum(forged[..<(forged.count - 8)])
            for place in 0..<8 {
                forged[forged.count - 8 + place] = UInt8(truncatingIfNeeded: sum >> UInt64(place * 8))
            }
            guard let estimator = restored(forged, policy) else {
                refused += 1
                continue
            }
            for key in 0..<300 { estimator.fetch(curveHash(key), bytes: 100 + key, now: 1 << 40) }
            estimator.removeGroup(1)
            _ = estimator.curve()
            estimator.removeAll()
        }
        #expect(refused > 30)
    }

    @Test(.timeLimit(.minutes(5)), arguments: PolicyKind.allCases)
    func threadsMayFeedItAtOnce(_ policy: PolicyKind) async {
        let store = Store(budget: 100_000, policy: policy, pool: .seeded(), shards: 4, curve: true)
        let reads = 4_000
        await withTaskGroup { group in
            for worker: UInt64 in 0..<3 {
                group.addTask {
                    let trace = CurveTrace.zipf(reads, keys: 2_000, seed: worker)
                    store.replay(trace)
                }
            }
            group.addTask {
                for turn in 0..<30 {
                    _ = store.curve()
                    store.setBudget(turn % 2 == 0 ? 100_000 : 200_000)
                    if let bytes = store.curveSnapshot(now: 0), turn == 20 { _ = store.restoreCurve(bytes, now: 0) }
                    store.removeGroup(5)
                }
            }
        }
        if let estimator = store.estimator { expectInvariants(estimator) }
        #expect(store.curve().reads <= Double(3 * reads))
        #expect(store.curve().reads > Double(2 * reads))
    }
}
