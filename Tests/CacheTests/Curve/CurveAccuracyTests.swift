import Synchronization
import Testing

@testable import Cache

/// The curve against caches that are run.
struct CurveAccuracyTests {
    @Test(arguments: PolicyKind.allCases)
    func isExactWhileAllKeysFit(_ policy: PolicyKind) {
        let trace = CurveTrace.zipf(8_000, keys: 800, seed: 1)
        let estimator = CurveEstimator(policy: policy, accounting: .payload)
        estimator.replay(trace)
        let curve = estimator.curve()
        #expect(curve.samplingRate == 1)
        #expect(curve.footprint == trace.footprint)
        #expect(curve.reads == 8_000)
        #expect(curve.error.allSatisfy { error in error == 0 })
        #expect(curve.missRatio(at: trace.footprint) == Double(Set(trace.keys).count) / 8_000)
        for (size, ratio) in zip(curve.sizes, curve.missRatio).suffix(200).enumerated().filter({ $0.offset % 8 == 0 })
            .map(\.element)
        {
            let exact = PlainCache.missRatio(trace, policy, capacity: size)
            // The engine's lazy GDSF counts by chance, and has its own segments.
            let tolerance = policy == .lru ? 1e-12 : policy == .s3fifo ? 1e-3 : 0.035
            #expect(abs(ratio - exact) <= tolerance, "\(policy) at \(size): \(ratio), not \(exact)")
        }
        expectInvariants(estimator)
    }

    @Test(arguments: PolicyKind.allCases)
    func isCloseOnASample(_ policy: PolicyKind) {
        let trace = CurveTrace.zipf(40_000, keys: 6_000, exponent: 0.8, seed: 2)
        var sum = 0.0
        for seed: UInt64 in 1...3 {
            let estimator = CurveEstimator(policy: policy, accounting: .payload, maximumKeys: 1_024, sampleKeys: 1_024)
            estimator.replay(trace, seed: seed)
            #expect(estimator.sampledKeys <= 1_024)
            let curve = estimator.curve()
            #expect(curve.samplingRate < 0.25)
            for part in [3, 10, 30, 60] {
                let size = trace.footprint * part / 100
                sum += abs(curve.missRatio(at: size) - PlainCache.missRatio(trace, policy, capacity: size))
            }
            expectInvariants(estimator)
        }
        #expect(sum / 12 < 0.03, "\(policy): mean error \(sum / 12)")
    }

    @Test(arguments: PolicyKind.allCases)
    func seesTheCliffOfAScan(_ policy: PolicyKind) {
        let trace = CurveTrace.scan(30_000, keys: 500, loop: 2_000, seed: 3)
        let estimator = CurveEstimator(policy: policy, accounting: .payload)
        estimator.replay(trace)
        let curve = estimator.curve()
        for part in [20, 50, 120] {
            let size = trace.footprint * part / 100
            let exact = PlainCache.missRatio(trace, policy, capacity: size)
            #expect(abs(curve.missRatio(at: size) - exact) < 0.04, "\(policy) at \(part) %: \(exact)")
        }
        if policy == .lru {
            #expect(curve.missRatio(at: trace.footprint / 2) - curve.missRatio(at: trace.footprint) > 0.3)
        }
    }

    @Test(arguments: PolicyKind.allCases)
    func doesNotIncreaseWithTheSize(_ policy: PolicyKind) {
        for seed: UInt64 in 0..<6 {
            var random = SeededGenerator(seed: seed)
            let estimator = CurveEstimator(policy: policy, maximumKeys: 256)
            for _ in 0..<4_000 {
                let key = Int.random(in: 0..<Int.random(in: 1...1_000, using: &random), using: &random)
                estimator.fetch(curveHash(key), bytes: Int.random(in: 1...9_000, using: &random))
            }
            estimator.setBudget(Int.random(in: 10_000...1_000_000, using: &random))
            let curve = estimator.curve()
            #expect(!curve.sizes.isEmpty)
            #expect(curve.sizes == curve.sizes.sorted())
            for ratios in [curve.missRatio, curve.readUnitMissRatio, curve.byteMissRatio] {
                #expect(ratios.count == curve.sizes.count)
                #expect(ratios.allSatisfy { ratio in ratio >= 0 && ratio <= 1 })
                #expect(zip(ratios, ratios.dropFirst()).allSatisfy { pair in pair.0 >= pair.1 })
            }
            var last = 1.0
            for step in 0...60 {
                let ratio = curve.missRatio(at: step * step * 3_000)
                #expect(ratio <= last + 1e-12)
                last = ratio
            }
        }
    }

    @Test func errorBarsCoverTheTruth() {
        let trace = CurveTrace.zipf(20_000, keys: 4_000, seed: 4)
        let size = trace.footprint / 5
        let exact = PlainCache.missRatio(trace, .lru, capacity: size)
        var inOne = 0
        var inThree = 0
        for seed: UInt64 in 0..<60 {
            let estimator = CurveEstimator(policy: .lru, accounting: .payload, maximumKeys: 400, sampleKeys: 400)
            estimator.replay(trace, seed: seed &* 0x1234_5678_9abc_def1)
            let curve = estimator.curve()
            let error = abs(curve.missRatio(at: size) - exact)
            if error <= curve.error(at: size) { inOne += 1 }
            if error <= 3 * curve.error(at: size) { inThree += 1 }
        }
        // About 61 % and 94 % for a mean of four.
        #expect((18...54).contains(inOne), "\(inOne) of 60")
        #expect(inThree >= 48, "\(inThree) of 60")
    }

    @Test(arguments: PolicyKind.allCases)
    func passesThroughTheStoresOwnRatio(_ policy: PolicyKind) {
        let trace = CurveTrace.zipf(30_000, keys: 3_000, seed: 5)
        let budget = trace.footprint / 6
        let store = Store(budget: budget, policy: policy, pool: .seeded(), accounting: .payload, curve: true)
        let measured = store.replay(trace)
        let curve = store.curve()
        #expect(abs(curve.missRatio(at: budget) - measured) < 0.001)
        for part in [2, 3, 12] {
            let size = budget * part / 4
            let exact = PlainCache.missRatio(trace, policy, capacity: size)
            #expect(abs(curve.missRatio(at: size) - exact) < 0.02, "\(policy) at \(part)/4")
        }
    }

    @Test func chargesWhatTheStoreCharges() {
        let trace = CurveTrace.zipf(10_000, keys: 2_000, seed: 6)
        let store = Store(budget: 64 << 20, pool: .seeded(), shards: 1, curve: true)
        store.replay(trace)
        var charged = 0
        store.inspectShards { shard in
            for queue in 0..<QueueTable.count { charged += shard.queues[queue].bytes }
        }
        let footprint = store.estimator?.withState { state in state.footprint }
        #expect(footprint == charged)
    }

    @Test func keepsRequestsUnitsAndBytesApart() {
        let estimator = CurveEstimator(policy: .lru, accounting: .payload)
        // A small key three times, a large one once: 3 hits of 4, but most units and bytes are missed.
        for _ in 0..<4 { estimator.fetch(curveHash(1), bytes: 100) }
        estimator.fetch(curveHash(2), bytes: 40_000)
        let curve = estimator.curve()
        #expect(curve.reads == 5)
        #expect(curve.readUnits == 4 * 0.5 + 5)
        #expect(curve.bytes == 40_400)
        #expect(abs(curve.missRatio(at: 1 << 20) - 0.4) < 1e-12)
        #expect(abs(curve.readUnitMissRatio(at: 1 << 20) - 5.5 / 7) < 1e-12)
        #expect(abs(curve.byteMissRatio(at: 1 << 20) - 40_100.0 / 40_400) < 1e-12)
    }

    @Test func weightsChangeWhatLazyGDSFKeeps() {
        // Two classes of size in equal demand: by request, small ones are worth more a byte; by byte, all are worth the same.
        var random = SeededGenerator(seed: 8)
        var trace = CurveTrace()
        trace.sizes = (0..<400).map { key in key < 200 ? 100 : 1_600 }
        trace.keys = (0..<30_000).map { _ in Int.random(in: 0..<400, using: &random) }
        func bytesMissed(_ weights: CostWeights) -> (byte: Double, request: Double) {
            let estimator = CurveEstimator(policy: .lazyGDSF, accounting: .payload)
            estimator.setCostWeights(weights)
            estimator.replay(trace)
            let curve = estimator.curve()
            return (curve.byteMissRatio(at: 100_000), curve.missRatio(at: 100_000))
        }
        let perRequest = bytesMissed(CostWeights(request: 1, readUnits: 0, bytes: 0))
        let perByte = bytesMissed(CostWeights(request: 0, readUnits: 0, bytes: 1))
        #expect(perByte.request > perRequest.request + 0.05)
        #expect(perByte.byte < perRequest.byte + 0.02)
    }
}
