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
            store.read(key, hash: store.hash(key), now: 49) { entry in (entry.mark, entry.expiresAt) }.hit
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
        store.insert(key(1), [3])
        #expect(store.value(key(1)).hit == [3])
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
        let store = Store(budget: 64 << 20)
        for number in 0..<1_000 { store.insert(key(number), [1]) }
        store.removeAll()
        #expect(store.usage == Usage())
        expectInvariants(store)
        #expect(store.insert(key(1), [1]))
    }

    @Test func removesAGroup() {
        let store = Store(budget: 64 << 20)
        let now: UInt64 = 0
        for number in 0..<1_000 {
            let key = key(number)
            key.withUnsafeBytes { bytes in
                _ = store.insert(
                    bytes,
                    hash: store.hash(bytes),
                    value: bytes,
                    mark: 0,
                    expiresAt: .max,
                    group: UInt32(number % 2),
                    now: now
                )
            }
        }
        store.removeGroup(1)
        for number in 0..<10 { #expect(store.value(key(number)).hit == (number % 2 == 0 ? key(number) : nil)) }
        store.insert(key(1), [1])
        while store.maintain(now: now) {}
        #expect(store.usage.items == 501)
        #expect(store.value(key(1)).hit == [1])
        expectInvariants(store)
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

    @Test func expiredEntriesAreReclaimedUnmet() {
        let store = Store(budget: 8 << 20)
        for number in 0..<5_000 { store.insert(key(number), [1], expiresAt: UInt64(100 + number % 2 * 900)) }
        while store.maintain(now: 500) {}
        #expect(store.usage.items == 2_500)
        #expect(store.usage.expirations == 2_500)
        expectInvariants(store)
        while store.maintain(now: 1_000) {}
        #expect(store.usage.bytes == 0)
    }

    @Test func deadBytesAreReclaimed() {
        let store = Store(budget: 8 << 20)
        for number in 0..<20_000 { store.insert(key(number), [UInt8](repeating: 1, count: 200)) }
        for number in 0..<20_000 where number % 4 != 0 { store.remove(key(number)) }
        let before = store.usage
        while store.maintain(now: 0) {}
        while store.maintain(now: 0) {}
        #expect(store.usage.items == before.items)
        #expect(store.usage.bytes < before.bytes * 2 / 3)
        for number in 0..<20_000 where number % 4 == 0 { #expect(store.value(key(number)).hit?.count == 200) }
        expectInvariants(store)
    }

    @Test func anExpiredInsertOnlyRemoves() {
        let store = Store(budget: 1 << 20)
        store.insert(key(1), [1])
        #expect(!store.insert(key(1), [2], expiresAt: 10, now: 10))
        #expect(store.value(key(1)).isMiss)
        expectInvariants(store)
    }

    @Test func refusesWhatCannotFit() {
        let store = Store(budget: 20_000)
        #expect(store.insert(key(1), [1]))
        #expect(store.insert(key(2), [2]))
        #expect(!store.insert(key(1), [UInt8](repeating: 0, count: 20_000)))
        #expect(store.value(key(1)).isMiss)
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
        let long = [UInt8](repeating: 2, count: 4_096)
        #expect(store.insert(long, [3]))
        #expect(store.value(long).hit == [3])
        expectInvariants(store)
    }

    @Test func followsItsBudget() {
        let pool = SegmentPool(keep: 0)
        let store = Store(budget: 8 << 20, pool: pool)
        for number in 0..<20_000 { store.insert(key(number), [UInt8](repeating: 0, count: number % 500)) }
        expectInvariants(store)
        for budget in [4 << 20, 1 << 20, 100_003, 1_000, 17, 0] {
            store.setBudget(budget)
            #expect(store.budget == budget)
            #expect(store.usage.bytes <= budget)
            #expect(pool.usage.allocated == store.usage.bytes)
            expectInvariants(store)
        }
        #expect(store.usage.items == 0)
        #expect(pool.usage.resident <= 64 << 10)
        store.setBudget(1 << 20)
        #expect(store.insert(key(1), [1]))
        expectInvariants(store)
    }

    @Test func theIndexFollowsTheNumberOfEntries() {
        let store = Store(budget: 8 << 20)
        for number in 0..<20_000 { store.insert(key(number), [1]) }
        #expect(store.usage.items == 20_000)
        expectInvariants(store)
        let full = store.usage.bytes
        for number in 0..<19_990 { store.remove(key(number)) }
        #expect(store.usage.items == 10)
        #expect(store.usage.bytes < full / 5)
        expectInvariants(store)
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
                    store.read(key, hash: store.hash(key), now: 1) { entry in
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
