import CMallocCounter
import Testing

@testable import Cache

/// Memory that is asked for ahead of a lookup.
struct ForesightTests {
    private static func prefetch(_ number: Int, in store: Store) {
        let hash = key(number).withUnsafeBytes { store.hash($0) }
        store.prefetchIndex(hash: hash)
        store.prefetchEntry(hash: hash)
    }

    @Test func changesNothing() {
        let hasher = KeyHasher(seed: (1, 2))
        for policy in PolicyKind.allCases {
            let stores = (0..<2).map { _ in
                Store(budget: 1 << 20, policy: policy, pool: SegmentPool(hasher: hasher), shards: 2, curve: true)
            }
            for number in 0..<4_000 {
                for store in stores {
                    store.insert(key(number), [UInt8](repeating: 1, count: 500))
                    _ = store.value(key(number / 3))
                }
                Self.prefetch(number % 100, in: stores[0])
                Self.prefetch(number + 1, in: stores[0])
            }
            #expect(stores[0].usage.evictions > 0)
            #expect(stores[0].usage == stores[1].usage, "\(policy)")
            #expect(stores[0].curve().reads == stores[1].curve().reads)
            let differing = (0..<4_000).filter { stores[0].value(key($0)).hit != stores[1].value(key($0)).hit }
            #expect(differing.isEmpty, "\(policy)")
            expectInvariants(stores[0])
        }
    }

    @Test func waitsForNobody() {
        let store = Store(budget: 1 << 20, shards: 1)
        Self.prefetch(1, in: store)
        store.insert(key(1), [1, 2, 3])
        // Under the shard's lock, which would be waited for for ever.
        store.inspectShards { _ in Self.prefetch(1, in: store) }
        #expect(store.value(key(1)).hit == [1, 2, 3])
    }

    @Test(.enabled(if: malloc_counter_available()))
    func allocatesNothing() {
        let store = Store(budget: 8 << 20)
        for number in 0..<1_000 { store.insert(key(number), [UInt8](repeating: 1, count: 100)) }
        let hashes = (0..<2_000).map { number in key(number).withUnsafeBytes { store.hash($0) } }
        malloc_counter_start()
        var index = 0
        while index < 2_000 {
            store.prefetchIndex(hash: hashes[index])
            store.prefetchEntry(hash: hashes[index])
            index += 1
        }
        #expect(malloc_counter_stop() == 0)
    }

    @Test func linesAreCoveredAndBounded() {
        var lines = ColdLines(rows: 2)
        lines.add(130, bytes: 200, to: 0)
        lines.add(640, bytes: 1, to: 1)
        lines.add(1 << 20, bytes: 1 << 20, to: 1)
        #expect(lines.addresses.count == 2 * ColdLines.width)
        #expect(Set(lines.addresses[..<ColdLines.width]) == [128, 192, 256, 320])
        #expect(Set(lines.addresses[ColdLines.width...]).count == ColdLines.width)
        // Whatever an address is worth, and rows that there are not.
        for row in -1...2 { lines.prefetch(row: row) }
    }

    @Test(.timeLimit(.minutes(5)))
    func isSafeAmongWriters() async {
        let store = Store(budget: 4 << 20, shards: 2)
        await withTaskGroup { group in
            for worker in 0..<2 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker))
                    for _ in 0..<60_000 {
                        Self.prefetch(Int.random(in: 0..<20_000, using: &random), in: store)
                    }
                }
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker + 10))
                    for turn in 0..<20_000 {
                        let number = Int.random(in: 0..<20_000, using: &random)
                        if turn & 7 == 0 {
                            store.remove(key(number))
                        } else {
                            let count = Int.random(in: 1..<900, using: &random)
                            store.insert(key(number), [UInt8](repeating: 1, count: count))
                        }
                        if turn % 500 == 0 { store.setBudget(turn % 1_000 == 0 ? 1 << 18 : 4 << 20) }
                        if turn % 3_000 == 0 { store.removeAll() }
                        if turn % 100 == 0 { store.maintain(now: 0) }
                    }
                }
            }
        }
        expectInvariants(store)
    }
}
