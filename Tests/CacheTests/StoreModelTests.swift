import Testing

@testable import Cache

/// Random calls against a dictionary that keeps everything.
///
/// A store may forget, but may not invent, resurrect or keep what was removed, replaced or has expired. The invariants are checked after every call.
struct StoreModelTests {
    private struct Model {
        var values: [Int: (value: [UInt8], mark: UInt32, expiresAt: UInt64)] = [:]
    }

    @Test(arguments: [1, 2, 3, 4], [3_000, 60_000, 9 << 20])
    func agreesWithADictionary(seed: UInt64, budget: Int) {
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(budget))
        let store = Store(budget: budget)
        var model = Model()
        var now: UInt64 = 0
        var hits = 0
        for _ in 0..<2_000 {
            now += UInt64.random(in: 0...3, using: &random)
            let number = Int.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                hits += check(store, model, number, now) ? 1 : 0
            case ..<85:
                let longest = Int.random(in: 0..<20, using: &random) == 0 ? 5_000 : 200
                let count = Int.random(in: 0...longest, using: &random)
                let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
                let mark = UInt32.random(in: 0...UInt32.max, using: &random)
                let expiresAt = now + UInt64.random(in: 0...400, using: &random)
                let stored = store.insert(key(number), value, mark: mark, expiresAt: expiresAt, now: now)
                model.values[number] = stored ? (value, mark, expiresAt) : nil
            case ..<95:
                let had = model.values.removeValue(forKey: number) != nil
                let removed = store.remove(key(number))
                #expect(had || !removed)
            case ..<98:
                store.setBudget(Int.random(in: 0...budget, using: &random))
                if Bool.random(using: &random) { store.setBudget(budget) }
            default:
                if Int.random(in: 0..<10, using: &random) == 0 {
                    store.removeAll()
                    model.values.removeAll()
                }
            }
            expectInvariants(store)
        }
        #expect(hits > 50)
    }

    /// Whether it was a hit.
    private func check(_ store: Store, _ model: Model, _ number: Int, _ now: UInt64) -> Bool {
        let found = key(number).withUnsafeBytes { key in
            store.read(key, hash: Store.hash(key), now: now) { entry in
                ([UInt8](entry.value), entry.mark, entry.expiresAt)
            }
        }
        let expected = model.values[number]
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

    @Test func withRoomForAllNothingIsForgotten() {
        var random = SeededGenerator(seed: 11)
        let store = Store(budget: 64 << 20)
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
