import Foundation
import Testing

@testable import Cache

/// Random calls against a dictionary that keeps everything.
///
/// A store may forget, but may not invent, resurrect or keep what was removed, replaced or has expired. The invariants are
/// checked after every call of a small store, and now and then of a large one. The environment may give the number of
/// calls over all policies (`LEVERET_CACHE_OPERATIONS`) and the seed (`LEVERET_CACHE_SEED`).
struct StoreModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = UInt64(environment["LEVERET_CACHE_SEED"] ?? "") ?? 1
    private static let budgets = [3_000, 20_000, 60_000, 300_000, 2 << 20, 9 << 20]
    /// Calls of each run: 36 runs share them.
    private static let turns = (Int(environment["LEVERET_CACHE_OPERATIONS"] ?? "") ?? 108_000) / 36

    private struct Expected {
        var value: [UInt8]
        var mark: UInt32
        var expiresAt: UInt64
        var group: UInt32
    }

    @Test(arguments: PolicyKind.allCases, budgets)
    func agreesWithADictionary(policy: PolicyKind, budget: Int) {
        for (round, accounting) in [(1, Accounting.memory), (2, .payload)] {
            let seed = Self.seed &* 1_000_003 &+ UInt64(budget * 2 + round)
            let pool = SegmentPool(keep: 64 << 10, reservation: 256 << 20, hasher: KeyHasher(seed: (seed, 7)))
            run(policy, budget, seed, accounting, pool)
            #expect(pool.usage.allocated == 0)
        }
    }

    private func run(
        _ policy: PolicyKind,
        _ budget: Int,
        _ seed: UInt64,
        _ accounting: Accounting,
        _ pool: SegmentPool
    ) {
        var random = SeededGenerator(seed: seed)
        let store = Store(
            budget: budget,
            policy: policy,
            pool: pool,
            shards: budget > 1 << 20 ? 2 : 1,
            accounting: accounting
        )
        var model: [Int: Expected] = [:]
        var now: UInt64 = 0
        var hits = 0
        let isSmall = budget <= 60_000
        let keys = max(60, min(budget / 200, Self.turns / 5))
        for turn in 0..<Self.turns {
            now += UInt64.random(in: 0...3, using: &random)
            // A skewed choice, so that some keys are hot.
            let number = min(Int.random(in: 0..<keys, using: &random), Int.random(in: 0..<keys, using: &random))
            switch Int.random(in: 0..<1_000, using: &random) {
            case ..<450:
                hits += check(store, model[number], number, now) ? 1 : 0
            case ..<850:
                let entry = entry(replacing: model[number], now, &random)
                model[number] = insert(store, number, entry, now) ? entry : nil
            case ..<950:
                let had = model.removeValue(forKey: number) != nil
                let removed = store.remove(longKey(number))
                #expect(had || !removed)
            case ..<970:
                store.setBudget(Int.random(in: 0...budget, using: &random))
                if Bool.random(using: &random) { store.setBudget(budget) }
            case ..<975:
                store.setCostWeights(
                    CostWeights(
                        request: .random(in: 0...1, using: &random),
                        readUnits: .random(in: 0...1, using: &random),
                        bytes: .random(in: 0...0.01, using: &random)
                    )
                )
            case ..<990:
                store.maintain(now: now)
            case ..<998:
                let group = UInt32.random(in: 0..<300, using: &random)
                store.removeGroup(group)
                model = model.filter { entry in entry.value.group != group }
            default:
                store.removeAll()
                model.removeAll()
                #expect(store.usage.items == 0)
                #expect(store.usage.bytes == 0)
            }
            #expect(store.usage.bytes <= store.budget)
            if accounting == .memory { #expect(pool.usage.allocated == store.usage.bytes) }
            if isSmall || turn % 250 == 0 { expectInvariants(store) }
        }
        expectInvariants(store)
        if budget > 20_000 { #expect(hits > 20) }
        // What is past its time, or purged, is reclaimed without being met.
        model = model.filter { entry in entry.value.expiresAt == .max }
        while store.maintain(now: .max - 1) {}
        while store.maintain(now: .max - 1) {}
        expectInvariants(store)
        #expect(store.usage.items <= model.count)
    }

    /// One of many sizes; now and then one that fits in place of what was there.
    private func entry(replacing old: Expected?, _ now: UInt64, _ random: inout SeededGenerator) -> Expected {
        let longest =
            switch Int.random(in: 0..<200, using: &random) {
            case 0: 400_000
            case ..<4: 40_000
            case ..<14: 5_000
            default: 400
            }
        var count = Int.random(in: 0...longest, using: &random)
        if let old, Int.random(in: 0..<4, using: &random) == 0 { count = old.value.count }
        // Bytes that differ along the value, so that a shifted one shows.
        let first = UInt8.random(in: 0...255, using: &random)
        let value = (0..<count).map { place in first &+ UInt8(truncatingIfNeeded: place &* 7) }
        let expiresAt =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: UInt64.max
            case 1: Store.compactExpiry(now + 1 << 26)
            default: now + UInt64.random(in: 0...4_000, using: &random)
            }
        return Expected(
            value: value,
            mark: Bool.random(using: &random) ? 0 : UInt32.random(in: 0...UInt32.max, using: &random),
            expiresAt: expiresAt,
            group: min(UInt32.random(in: 0..<300, using: &random), UInt32.random(in: 0..<300, using: &random))
        )
    }

    /// Most keys are short, some are about 90 bytes, some about 200, a few of 4 KB.
    private func longKey(_ number: Int) -> [UInt8] {
        let length = number % 97 == 0 ? 4_096 : number % 7 == 0 ? 200 : number % 3 == 0 ? 90 : 0
        return key(number) + [UInt8](repeating: 45, count: length)
    }

    private func insert(_ store: Store, _ number: Int, _ entry: Expected, _ now: UInt64) -> Bool {
        longKey(number).withUnsafeBytes { key in
            entry.value.withUnsafeBytes { value in
                store.insert(
                    key,
                    hash: store.hash(key),
                    value: value,
                    mark: entry.mark,
                    expiresAt: entry.expiresAt,
                    group: entry.group,
                    now: now
                )
            }
        }
    }

    /// Whether it was a hit.
    private func check(_ store: Store, _ expected: Expected?, _ number: Int, _ now: UInt64) -> Bool {
        let found = longKey(number).withUnsafeBytes { key in
            store.read(key, hash: store.hash(key), now: now) { entry in
                ([UInt8](entry.value), entry.mark, entry.expiresAt)
            }
        }
        switch found {
        case .hit((let value, let mark, let expiresAt)):
            #expect(value == expected?.value)
            #expect(mark == expected?.mark)
            #expect(expiresAt == expected?.expiresAt)
            #expect(expiresAt > now)
            return true
        case .expired:
            #expect(expected.map { expected in expected.expiresAt <= now } ?? false)
        case .miss:
            break
        }
        return false
    }

    @Test(arguments: PolicyKind.allCases)
    func withRoomForAllNothingIsForgotten(policy: PolicyKind) {
        var random = SeededGenerator(seed: 11)
        let store = Store(budget: 64 << 20, policy: policy)
        var model: [Int: [UInt8]] = [:]
        for _ in 0..<20_000 {
            let number = Int.random(in: 0..<3_000, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                #expect(store.remove(key(number)) == (model.removeValue(forKey: number) != nil))
            case 1:
                let value = [UInt8](repeating: UInt8(number & 255), count: Int.random(in: 0...300, using: &random))
                #expect(store.insert(key(number), value))
                model[number] = value
            default:
                #expect(store.value(key(number)).hit == model[number])
            }
        }
        #expect(store.usage.items == model.count)
        #expect(store.usage.evictions == 0)
        expectInvariants(store)
    }
}
