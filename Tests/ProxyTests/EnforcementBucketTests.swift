import Foundation
import Synchronization
import Testing

@testable import Proxy

@Suite struct EnforcementBucketTests {
    private static let second: UInt64 = 1_000_000_000

    /// What the bucket is meant to be: a balance that grows at the rate up to the burst, and may be negative.
    private struct Model {
        var balance: Double
        var rate: Double
        var burst: Double
        var time: Double

        mutating func advance(to now: UInt64) {
            let now = Double(now) / 1e9
            balance = min(balance + (now - time) * rate, burst * rate)
            time = now
        }
    }

    @Test(arguments: UInt64(1)...8)
    func `it is a balance that may be negative`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var now = 1_000 * Self.second
        let burst = UInt64.random(in: 0...(2 * Self.second), using: &random)
        let bucket = TokenBucket(burst: burst, now: now)
        var model = Model(balance: 0, rate: 31.25, burst: Double(burst) / 1e9, time: Double(now) / 1e9)
        bucket.set(rate: 31.25, now: now)
        for step in 0..<2_000 {
            now += UInt64.random(in: 0...200_000_000, using: &random)
            model.advance(to: now)
            let owed = Double(bucket.debt(now: now)) / 1e9 * model.rate
            #expect(abs(owed - max(0, -model.balance)) < 0.02, "seed \(seed) step \(step)")
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where model.balance < 0:
                // As much is owed after a change of the rate as before.
                model.rate = [0.5, 31.25, 4_000].randomElement(using: &random) ?? 1
                bucket.set(rate: model.rate, now: now)
            case 1:
                // Given back: no more than can be saved up.
                let cost = Double.random(in: 0...5, using: &random)
                bucket.charge(-cost, now: now)
                model.balance = min(model.balance + cost, model.burst * model.rate)
            case 2...6 where model.balance > -100:
                let cost = Double.random(in: 0...10, using: &random)
                bucket.charge(cost, now: now)
                model.balance -= cost
            default: break
            }
        }
    }

    @Test func `admissions over a time are the rate's`() {
        let bucket = TokenBucket(burst: 0, now: 0)
        bucket.set(rate: 31.25, now: 0)
        var passed = 0
        for millisecond in 0..<32_000 {
            let now = UInt64(millisecond) * 1_000_000
            if bucket.debt(now: now) == 0 {
                bucket.charge(1, now: now)
                passed += 1
            }
        }
        #expect(passed == 1_000)
    }

    @Test func `a cost of many seconds passes, and is paid by those that follow`() {
        let bucket = TokenBucket(burst: Self.second, now: 0)
        bucket.set(rate: 5, now: 0)
        #expect(bucket.debt(now: 10 * Self.second) == 0)
        bucket.charge(50, now: 10 * Self.second)
        // One second was saved up.
        #expect(bucket.debt(now: 10 * Self.second) == 9 * Self.second)
        #expect(bucket.debt(now: 19 * Self.second) == 0)
    }

    @Test func `no more is saved up than the burst`() {
        let bucket = TokenBucket(burst: Self.second / 2, now: 0)
        bucket.set(rate: 10, now: 0)
        let now = 3_600 * Self.second
        bucket.charge(4, now: now)
        #expect(bucket.debt(now: now) == 0)
        bucket.charge(2, now: now)
        #expect(bucket.debt(now: now) == Self.second / 10)
    }

    @Test func `without a limit nothing is owed, at a rate of nothing nothing passes`() {
        let bucket = TokenBucket(burst: 0, now: 0)
        #expect(!bucket.isLimited && bucket.rate == .infinity)
        bucket.charge(1e12, now: 5)
        #expect(bucket.debt(now: 5) == 0 && bucket.time(for: 1e12) == 0)
        for none in [0, -1, -Double.infinity, .nan] {
            bucket.set(rate: none, now: 10)
            bucket.charge(1e12, now: 10)
            #expect(bucket.isLimited && bucket.rate == 0)
            #expect(bucket.debt(now: 10) == .max && bucket.time(for: 0) == .max)
        }
        bucket.set(rate: 100, now: 20)
        #expect(bucket.debt(now: 20) == 0, "what was charged at a rate of nothing is not owed")
        bucket.charge(100, now: 20)
        bucket.set(rate: .infinity, now: 21)
        #expect(bucket.debt(now: 21) == 0)
    }

    @Test func `a tiny rate for a moment locks nobody out`() {
        let bucket = TokenBucket(burst: 0, now: 0)
        bucket.set(rate: 0.001, now: 0)
        bucket.charge(10, now: 0)
        #expect(bucket.debt(now: 0) == TokenBucket.longestDebt)
        bucket.set(rate: 100, now: 0)
        // 3600 s at 0.001/s are 3.6 units.
        #expect(bucket.debt(now: 0) == 36_000_000)
    }

    @Test func `odd numbers do not trap`() {
        let (least, largest) = (Double.leastNonzeroMagnitude, Double.greatestFiniteMagnitude)
        for rate in [least, 1e-300, 1, 1e300, largest] {
            for cost in [0, least, 1e300, largest, .infinity, .nan, -1e300, -.infinity] {
                for now in [0, 1, UInt64(Int64.max), .max - 1, .max] {
                    let bucket = TokenBucket(burst: .max, now: now)
                    bucket.set(rate: rate, now: now)
                    bucket.charge(cost, now: now)
                    bucket.charge(cost, now: .max)
                    bucket.charge(cost, now: 0)
                    bucket.set(rate: 1, now: now)
                    #expect(bucket.debt(now: .max) <= TokenBucket.longestDebt)
                }
            }
        }
    }

    @Test func `nothing is lost between threads`() {
        final class Shared: Sendable {
            let bucket = TokenBucket(burst: 0, now: 0)
        }
        let shared = Shared()
        shared.bucket.set(rate: 1_000, now: 0)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<10_000 {
                shared.bucket.charge(3, now: 0)
                shared.bucket.charge(-2, now: 0)
            }
        }
        // Each gives back less than it took before, so nothing is given back to a bucket that owes nothing.
        #expect(shared.bucket.debt(now: 0) == 40_000_000_000)
    }

    @Test func `limits keep what is owed when the rates change`() {
        let limits = TenantLimits(burst: 0)
        #expect(limits.rates == .unlimited)
        let rates = EnforcedRates(readUnits: 31.25, writeUnits: 8, egressBytes: 1_024)
        limits.setRates(rates, now: 0)
        #expect(limits.rates == rates)
        limits.reads.charge(31.25, now: 0)
        limits.setRates(EnforcedRates(readUnits: 62.5, writeUnits: 8, egressBytes: .infinity), now: 0)
        #expect(limits.reads.debt(now: 0) == Self.second / 2)
        #expect(!limits.egress.isLimited && limits.writes.isLimited)
    }

    // MARK: - Meter

    @Test func `a sample is the sum of the lanes`() {
        let meter = TenantMeter(workers: 3)
        for worker in 0..<3 {
            meter.lane(worker) { lane in
                lane.requests.add(UInt64(worker) + 1)
                lane.hits.add(1)
                lane.readUnitsUsed.add(0.5)
                lane.egressUsed.add(1_000)
            }
        }
        let first = meter.sample()
        var wanted = TenantSample(requests: 6, hits: 3)
        wanted.readUnitsUsed = 1.5
        wanted.egressUsed = 3_000
        #expect(first == wanted)
        meter.lane(7) { $0.throttled.add(1) }
        #expect(meter.sample() - first == TenantSample(throttled: 1))
    }

    @Test func `workers do not lose each other's counts`() {
        let meter = TenantMeter(workers: 4)
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for _ in 0..<20_000 {
                meter.lane(worker) { $0.reads.add(1) }
            }
        }
        #expect(meter.sample().reads == 80_000)
    }

    @Test func `costs are learnt`() {
        let meter = TenantMeter()
        meter.lane(0) { lane in
            #expect(lane.costs.estimate(.scan, items: 1, body: 50) == 16)
            for _ in 0..<200 { lane.costs.learn(128, of: .scan, items: 1) }
            #expect(abs(lane.costs.estimate(.scan, items: 1, body: 50) - 128) < 0.1)
            for _ in 0..<200 { lane.costs.learn(itemBytes: 8_000, jsonBytes: 10_000) }
            #expect(lane.costs.readUnits(ofJSON: 10_000) == 1)
            #expect(lane.costs.readUnits(ofJSON: 10_500) == 1.5)
            #expect(lane.costs.estimate(.putItem, items: 1, body: 10_000) == 8)
            #expect(lane.costs.estimate(.transactWriteItems, items: 3, body: 100) == 6)
            #expect(lane.costs.estimate(.batchWriteItem, items: 25, body: 100) == 25)
        }
    }
}

/// A generator whose numbers a seed tells.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
