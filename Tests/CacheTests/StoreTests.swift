import CMallocCounter
import Testing

@testable import Cache

struct StoreTests {
    @Test func returnsWhatWasInserted() {
        let store = Store(budget: 1 << 20)
        #expect(store.value(key(1)).isMiss)
        #expect(store.insert(key(1), [1, 2, 3], mark: 7, expiresAt: 50))
        #expect(store.value(key(1)).hit == [1, 2, 3])
        #expect(store.value(key(2)).isMiss)
        let mark = key(1).withUnsafeBytes { key in
            store.read(key, hash: Store.hash(key), now: 49) { entry in (entry.mark, entry.expiresAt) }.hit
        }
        #expect(mark?.0 == 7)
        #expect(mark?.1 == 50)
        expectInvariants(store)
    }

    @Test func holdsEmptyKeysAndValues() {
        let store = Store(budget: 1 << 20)
        #expect(store.insert([], []))
        #expect(store.value([]).hit == [])
        #expect(store.insert(key(1), []))
        #expect(store.value(key(1)).hit == [])
        #expect(store.remove([]))
        #expect(store.value([]).isMiss)
        expectInvariants(store)
    }

    @Test func replacesAValue() {
        let store = Store(budget: 1 << 20)
        store.insert(key(1), [UInt8](repeating: 1, count: 1_000))
        store.insert(key(1), [2])
        #expect(store.value(key(1)).hit == [2])
        #expect(store.usage.items == 1)
        #expect(store.usage.evictions == 0)
        expectInvariants(store)
    }

    @Test func removes() {
        let store = Store(budget: 1 << 20)
        store.insert(key(1), [1])
        #expect(!store.remove(key(2)))
        #expect(store.remove(key(1)))
        #expect(!store.remove(key(1)))
        #expect(store.value(key(1)).isMiss)
        #expect(store.usage == Usage())
    }

    @Test func removesAll() {
        let store = Store(budget: 32 << 20)
        for number in 0..<1_000 { store.insert(key(number), [1]) }
        store.removeAll()
        #expect(store.usage == Usage())
        expectInvariants(store)
        #expect(store.insert(key(1), [1]))
    }

    @Test func expiresAtTheGivenTime() {
        let store = Store(budget: 1 << 20)
        store.insert(key(1), [1], expiresAt: 100, now: 0)
        #expect(store.value(key(1), now: 99).hit == [1])
        #expect(store.value(key(1), now: 100).isExpired)
        #expect(store.value(key(1), now: 100).isMiss)
        #expect(store.usage.expirations == 1)
        #expect(store.usage.items == 0)
        expectInvariants(store)
    }

    @Test func anExpiredInsertOnlyRemoves() {
        let store = Store(budget: 1 << 20)
        store.insert(key(1), [1])
        #expect(!store.insert(key(1), [2], expiresAt: 10, now: 10))
        #expect(store.value(key(1)).isMiss)
        expectInvariants(store)
    }

    @Test func evictsTheLeastRecentlyUsed() {
        let value = [UInt8](repeating: 0, count: 1_000)
        let footprint = Block.footprint(payload: 1_000 + key(0).count)
        let store = Store(budget: Shard.indexBytes(16) + 4 * footprint)
        for number in 0..<4 { #expect(store.insert(key(number), value)) }
        #expect(store.usage.bytes == store.budget)
        _ = store.value(key(0))
        store.insert(key(4), value)
        #expect(store.value(key(1)).isMiss)
        for number in [0, 2, 3, 4] { #expect(store.value(key(number)).hit != nil) }
        #expect(store.usage.evictions == 1)
        expectInvariants(store)
    }

    @Test func refusesWhatCannotFit() {
        let store = Store(budget: 10_000)
        store.insert(key(1), [1])
        store.insert(key(2), [2])
        #expect(!store.insert(key(1), [UInt8](repeating: 0, count: 10_000)))
        #expect(store.value(key(1)).isMiss)
        #expect(store.value(key(2)).hit == [2])
        #expect(!Store(budget: 0).insert(key(1), [1]))
        #expect(!Store(budget: -1).insert(key(1), [1]))
        expectInvariants(store)
    }

    @Test(arguments: [8 << 20, 64 << 20, 1 << 30])
    func theLargestItemsFit(budget: Int) {
        let store = Store(budget: budget)
        let value = [UInt8](repeating: 1, count: 1_200_000)
        #expect(store.insert(key(1), value))
        #expect(store.value(key(1)).hit == value)
        expectInvariants(store)
    }

    @Test func followsItsBudget() {
        let store = Store(budget: 8 << 20)
        for number in 0..<20_000 { store.insert(key(number), [UInt8](repeating: 0, count: number % 500)) }
        expectInvariants(store)
        for budget in [4 << 20, 1 << 20, 100_003, 1_000, 17, 0] {
            store.setBudget(budget)
            #expect(store.budget == budget)
            #expect(store.usage.bytes <= budget)
            expectInvariants(store)
        }
        #expect(store.usage.items == 0)
        #expect(store.usage.bytes == 0)
        store.setBudget(1 << 20)
        #expect(store.insert(key(1), [1]))
        expectInvariants(store)
    }

    @Test func theIndexFollowsTheNumberOfEntries() {
        let store = Store(budget: 8 << 20)
        for number in 0..<20_000 { store.insert(key(number), [1]) }
        let full = store.usage.bytes
        for number in 0..<19_990 { store.remove(key(number)) }
        #expect(store.usage.items == 10)
        #expect(store.usage.bytes < full / 500)
        expectInvariants(store)
    }

    @Test func entriesWithEqualHashesAreToldApart() {
        let store = Store(budget: 1 << 20)
        for number in 0..<40 {
            let key = key(number)
            key.withUnsafeBytes { key in
                let value = [UInt8(number)]
                _ = value.withUnsafeBytes { value in
                    store.insert(key, hash: 42, value: value, mark: 0, expiresAt: .max, now: 0)
                }
            }
        }
        for number in stride(from: 0, to: 40, by: 2) {
            key(number).withUnsafeBytes { key in _ = store.remove(key, hash: 42) }
        }
        expectInvariants(store)
        for number in 0..<40 {
            let found = key(number).withUnsafeBytes { key in
                store.read(key, hash: 42, now: 0) { entry in entry.value[0] }.hit
            }
            #expect(found == (number % 2 == 0 ? nil : UInt8(number)))
        }
    }

    @Test(.enabled(if: malloc_counter_available(), "malloc is not counted under a sanitizer"))
    func readingAllocatesNothing() {
        let store = Store(budget: 1 << 20)
        for number in 0..<10 { store.insert(key(number), [UInt8](repeating: 7, count: 300), mark: 3, expiresAt: 100) }
        let key = key(3)
        var copy = [UInt8](repeating: 0, count: 300)
        /// The marks of 100 hits summed. The first round also makes the types' metadata, which allocates.
        func hundredHits() -> UInt32 {
            var marks: UInt32 = 0
            for _ in 0..<100 {
                let found = key.withUnsafeBytes { key in
                    store.read(key, hash: Store.hash(key), now: 1) { entry in
                        copy.withUnsafeMutableBytes { copy in copy.copyMemory(from: entry.value) }
                        return entry.mark
                    }
                }
                if case .hit(let mark) = found { marks += mark }
            }
            return marks
        }
        #expect(hundredHits() == 300)
        malloc_counter_start()
        let marks = hundredHits()
        #expect(malloc_counter_stop() == 0)
        #expect(marks == 300)
        #expect(copy == [UInt8](repeating: 7, count: 300))
    }
}
