import Testing

@testable import Cache

/// Random calls against a dictionary that keeps everything.
///
/// A store may forget, but may not invent, resurrect or keep what was removed, replaced or has expired. The invariants are
/// checked after every call of a small store, and now and then of a large one.
struct StoreModelTests {
    #if DEBUG
    static let turns = 2_000
    #else
    static let turns = 40_000
    #endif

    private struct Expected {
        var value: [UInt8]
        var mark: UInt32
        var expiresAt: UInt64
        var group: UInt32
    }

    @Test(arguments: PolicyKind.allCases, [3_000, 20_000, 60_000, 300_000, 2 << 20, 9 << 20])
    func agreesWithADictionary(policy: PolicyKind, budget: Int) {
        for (seed, accounting) in [(1, Accounting.memory), (2, .payload)] {
            run(policy, budget, UInt64(seed), accounting)
        }
    }

    private func run(_ policy: PolicyKind, _ budget: Int, _ seed: UInt64, _ accounting: Accounting) {
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(budget))
        let pool = SegmentPool(keep: 64 << 10, reservation: 256 << 20)
        do {
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
            let isSmall = budget <= 20_000
            let keys = max(60, min(budget / 200, Self.turns / 10))
            for turn in 0..<Self.turns {
                now += UInt64.random(in: 0...3, using: &random)
                // A skewed choice, so that some keys are hot.
                let number = min(Int.random(in: 0..<keys, using: &random), Int.random(in: 0..<keys, using: &random))
                switch Int.random(in: 0..<1_000, using: &random) {
                case ..<450:
                    hits += check(store, model[number], number, now) ? 1 : 0
                case ..<850:
                    let longest =
                        switch Int.random(in: 0..<200, using: &random) {
                        case 0: 400_000
                        case ..<10: 5_000
                        default: 400
                        }
                    let count = Int.random(in: 0...longest, using: &random)
                    let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
                    let mark = Bool.random(using: &random) ? 0 : UInt32.random(in: 0...UInt32.max, using: &random)
                    let expiresAt =
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: UInt64.max
                        case 1: (now >> 24 + 1) << 24
                        default: now + UInt64.random(in: 0...4_000, using: &random)
                        }
                    let group = UInt32.random(in: 0..<8, using: &random)
                    let stored = insert(store, number, value, mark, expiresAt, group, now)
                    model[number] =
                        stored ? Expected(value: value, mark: mark, expiresAt: expiresAt, group: group) : nil
                case ..<950:
                    let had = model.removeValue(forKey: number) != nil
                    let removed = store.remove(key(number))
                    #expect(had || !removed)
                case ..<970:
                    store.setBudget(Int.random(in: 0...budget, using: &random))
                    #expect(store.usage.bytes <= store.budget)
                    if Bool.random(using: &random) { store.setBudget(budget) }
                case ..<990:
                    store.maintain(now: now)
                case ..<998:
                    let group = UInt32.random(in: 0..<8, using: &random)
                    store.removeGroup(group)
                    model = model.filter { entry in entry.value.group != group }
                default:
                    store.removeAll()
                    model.removeAll()
                    #expect(store.usage.items == 0)
                    #expect(store.usage.bytes == 0)
                }
                if isSmall || turn % 500 == 0 { expectInvariants(store) }
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
        #expect(pool.usage.allocated == 0)
    }

    private func insert(
        _ store: Store,
        _ number: Int,
        _ value: [UInt8],
        _ mark: UInt32,
        _ expiresAt: UInt64,
        _ group: UInt32,
        _ now: UInt64
    ) -> Bool {
        key(number).withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                store.insert(
                    key,
                    hash: store.hash(key),
                    value: value,
                    mark: mark,
                    expiresAt: expiresAt,
                    group: group,
                    now: now
                )
            }
        }
    }

    /// Whether it was a hit.
    private func check(_ store: Store, _ expected: Expected?, _ number: Int, _ now: UInt64) -> Bool {
        let found = key(number).withUnsafeBytes { key in
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
