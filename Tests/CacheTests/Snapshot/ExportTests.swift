import Testing

@testable import Cache

/// An entry as an export gave it, with copies of its bytes.
struct Exported: Equatable {
    var key: [UInt8]
    var hash: UInt64
    var value: [UInt8]
    var mark: UInt32
    var expiresAt: UInt64
    var rank: EntryRank
    var frequency: Frequency?
}

extension Store {
    /// All that an export gives; `between` runs after each step.
    func exported(now: UInt64 = 0, between: () -> Void = {}) -> [Exported] {
        var entries: [Exported] = []
        var cursor = ExportCursor()
        var isUnderWay = true
        while isUnderWay {
            isUnderWay = export(&cursor, now: now) { entry in
                entries.append(
                    Exported(
                        key: [UInt8](entry.key),
                        hash: entry.hash,
                        value: [UInt8](entry.value),
                        mark: entry.mark,
                        expiresAt: entry.expiresAt,
                        rank: entry.rank,
                        frequency: entry.frequency
                    )
                )
            }
            between()
        }
        return entries
    }

    func exportedGhosts() -> [UInt64: Frequency] {
        var ghosts: [UInt64: Frequency] = [:]
        var cursor = GhostCursor()
        var isUnderWay = true
        while isUnderWay {
            isUnderWay = exportGhosts(&cursor) { hash, frequency in ghosts[hash] = frequency }
        }
        return ghosts
    }

    @discardableResult
    func restore(_ entry: Exported, now: UInt64 = 0) -> Bool {
        entry.key.withUnsafeBytes { key in
            entry.value.withUnsafeBytes { value in
                restore(
                    key,
                    hash: hash(key),
                    value: value,
                    mark: entry.mark,
                    expiresAt: entry.expiresAt,
                    rank: entry.rank,
                    now: now
                )
            }
        }
    }

    /// Keys in the order in which a shrinking budget evicts them.
    func evictionOrder() -> [[UInt8]] {
        var left = Set(exported().map(\.key))
        var order: [[UInt8]] = []
        var bytes = usage.bytes
        while bytes > 0, !left.isEmpty {
            bytes -= 4 << 10
            setBudget(bytes)
            let now = Set(exported().map(\.key))
            order += left.subtracting(now).sorted { $0.lexicographicallyPrecedes($1) }
            left = now
        }
        return order
    }
}

/// A store in use: some keys asked for often, more written than fit.
func usedStore(
    _ policy: PolicyKind,
    pool: SegmentPool,
    budget: Int = 1 << 20,
    shards: Int? = 1,
    keys: Int = 6_000
) -> Store {
    let store = Store(budget: budget, policy: policy, pool: pool, shards: shards)
    var random = SeededGenerator(seed: 7)
    for round in 0..<keys * 3 {
        // A skewed choice: half of the keys are half as likely as the other half, and so on.
        let range = keys >> Int.random(in: 0...6, using: &random)
        let number = Int.random(in: 0..<max(1, range), using: &random)
        if store.value(key(number)).hit == nil {
            let size = 20 + number * 37 % 900
            store.insert(key(number), bytes(number, size), mark: UInt32(number), expiresAt: .max, now: 0)
        }
        if round % 1_000 == 0 { store.maintain(now: 0) }
    }
    return store
}

func bytes(_ number: Int, _ count: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 31 &+ 7), count: count)
}

@Suite struct ExportTests {
    let pool = SegmentPool(reservation: 256 << 20, hasher: KeyHasher(seed: (1, 2)))

    @Test(arguments: PolicyKind.allCases)
    func `every live entry comes once, whole`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool)
        let entries = store.exported()
        #expect(entries.count == store.usage.items)
        #expect(Set(entries.map(\.key)).count == entries.count)
        for entry in entries {
            let number = Int(String(decoding: entry.key.dropFirst(4), as: UTF8.self)) ?? -1
            #expect(entry.value == bytes(number, 20 + number * 37 % 900) && entry.mark == UInt32(number))
            #expect(entry.hash == entry.key.withUnsafeBytes { store.hash($0) })
        }
    }

    @Test(arguments: PolicyKind.allCases)
    func `what is restored is evicted in the same order`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool)
        let copy = Store(budget: 2 << 20, policy: policy, pool: pool, shards: 1)
        let entries = store.exported()
        for entry in entries { #expect(copy.restore(entry)) }
        expectInvariants(copy)
        // Queue by queue, since the segment being emptied comes before all of them.
        let queues = Dictionary(grouping: entries, by: \.rank.queue)
        let copied = Dictionary(grouping: copy.exported(), by: \.rank.queue)
        #expect(copied.keys == queues.keys)
        for (queue, entries) in queues {
            let copies = copied[queue] ?? []
            #expect(copies.map(\.key) == entries.map(\.key) && copies.map(\.value) == entries.map(\.value))
            #expect(copies.map(\.rank.counter) == entries.map(\.rank.counter))
            // Ages are kept by segments, as means of what is in them.
            for (one, other) in zip(copies, entries) {
                #expect(abs(one.rank.age - other.rank.age) <= 0.02 * max(1, other.rank.age))
            }
        }
        let expected = store.evictionOrder()
        let order = copy.evictionOrder()
        var place: [[UInt8]: Int] = [:]
        for (index, key) in expected.enumerated() { place[key] = index }
        #expect(Set(order) == Set(expected))
        let moved = order.enumerated().map { abs($0 - (place[$1] ?? 0)) }.reduce(0, +)
        #expect(moved < order.count * order.count / 20, "\(moved / order.count) places of \(order.count) on average")
    }

    @Test(arguments: PolicyKind.allCases)
    func `a smaller store keeps the better part, within its budget`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool)
        let small = Store(budget: 300 << 10, policy: policy, pool: pool, shards: 1)
        let entries = store.exported()
        for (number, entry) in entries.enumerated() {
            small.restore(entry)
            if number % 50 == 0 { expectInvariants(small) }
        }
        let kept = Set(small.exported().map(\.key))
        #expect(small.usage.bytes > 250 << 10 && small.usage.bytes <= 300 << 10)
        store.setBudget(300 << 10)
        let best = Set(store.exported().map(\.key))
        // Under S3-FIFO items that pass through the smaller store use up their turns.
        #expect(best.intersection(kept).count > best.count * (policy == .s3fifo ? 4 : 7) / 10)
    }

    @Test(arguments: PolicyKind.allCases)
    func `other numbers of shards`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool, budget: 4 << 20, shards: 4)
        for shards in [1, 2, 8] {
            let copy = Store(budget: 8 << 20, policy: policy, pool: pool, shards: shards)
            for entry in store.exported() { #expect(copy.restore(entry)) }
            expectInvariants(copy)
            #expect(Set(copy.exported().map(\.key)) == Set(store.exported().map(\.key)))
        }
    }

    @Test(arguments: PolicyKind.allCases)
    func `large values`(policy: PolicyKind) {
        let store = Store(budget: 8 << 20, policy: policy, pool: pool, shards: 1)
        for number in 0..<10 { store.insert(key(number), bytes(number, 100_000 + number * 30_000)) }
        let copy = Store(budget: 8 << 20, policy: policy, pool: pool, shards: 1)
        for entry in store.exported() { #expect(copy.restore(entry)) }
        expectInvariants(copy)
        for number in 0..<10 { #expect(copy.value(key(number)).hit == bytes(number, 100_000 + number * 30_000)) }
    }

    @Test(arguments: PolicyKind.allCases)
    func `a newer entry is never replaced`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool)
        let copy = Store(budget: 2 << 20, policy: policy, pool: pool, shards: 1)
        let entries = store.exported()
        for entry in entries.prefix(100) { copy.insert(entry.key, [1]) }
        for entry in entries { copy.restore(entry) }
        for entry in entries.prefix(100) { #expect(copy.value(entry.key).hit == [1]) }
        expectInvariants(copy)
    }

    @Test func `what has expired or was purged does not come, and is not restored`() {
        let store = Store(budget: 1 << 20, pool: pool)
        store.insert(key(1), [1], expiresAt: 10)
        store.insert(key(2), [2], expiresAt: 20)
        key(3).withUnsafeBytes { key in
            _ = store.insert(key, hash: store.hash(key), value: key, mark: 0, expiresAt: 30, group: 9, now: 0)
        }
        let entries = store.exported(now: 5).sorted { $0.expiresAt < $1.expiresAt }
        #expect(entries.count == 3)
        store.removeGroup(9)
        #expect(store.exported(now: 10).map(\.key) == [key(2)])
        let copy = Store(budget: 1 << 20, pool: pool)
        #expect(entries.map { copy.restore($0, now: 15) } == [false, true, true])
    }

    @Test(arguments: PolicyKind.allCases)
    func `ranks that no policy gives restore nothing`(policy: PolicyKind) {
        let store = Store(budget: 1 << 20, policy: policy, pool: pool)
        var random = SeededGenerator(seed: 3)
        let ages: [Float] = [0, 1, -1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude]
        for number in 0..<2_000 {
            let rank = EntryRank(
                queue: UInt8.random(in: 0...255, using: &random),
                counter: UInt8.random(in: 0...255, using: &random),
                age: ages[number % ages.count]
            )
            let entry = Exported(key: key(number), hash: 0, value: [1], mark: 0, expiresAt: .max, rank: rank)
            let isPossible = rank.queue < 24 && rank.counter < 32
            #expect(!store.restore(entry) || isPossible)
        }
        for number in 0..<20_000 { store.insert(key(number), bytes(number, 100)) }
        expectInvariants(store)
    }

    @Test(arguments: PolicyKind.allCases)
    func `an export goes on while entries come and go`(policy: PolicyKind) {
        let store = usedStore(policy, pool: pool, shards: 2)
        let stable = store.exported().suffix(200).map(\.key)
        var number = 0
        let entries = store.exported {
            for _ in 0..<40 {
                number += 1
                store.insert(key(10_000 + number), bytes(10_000 + number, 20 + (10_000 + number) * 37 % 900))
                store.remove(key(number % 3_000))
            }
            if number % 400 == 0 { store.maintain(now: 0) }
            if number == 800 { store.setBudget(600 << 10) }
        }
        expectInvariants(store)
        for entry in entries {
            let number = Int(String(decoding: entry.key.dropFirst(4), as: UTF8.self)) ?? -1
            #expect(entry.value == bytes(number, 20 + number * 37 % 900))
        }
        #expect(!stable.isEmpty && entries.count > 500)
    }
}

@Suite struct FrequencyTests {
    let pool = SegmentPool(reservation: 256 << 20, hasher: KeyHasher(seed: (1, 2)))

    private func frequencies(_ store: Store) -> [UInt64: Frequency] {
        var all = store.exportedGhosts()
        for entry in store.exported() { all[entry.hash] = entry.frequency }
        return all
    }

    @Test func `a key that comes in again has the counter it had`() {
        let store = usedStore(.lazyGDSF, pool: pool)
        let known = frequencies(store)
        #expect(store.exportedGhosts().count > 100)
        let next = Store(budget: 1 << 20, pool: pool, shards: 1)
        next.expectFrequencies(known.count)
        let remembered = known.filter { hash, frequency in next.remember(hash, frequency) }
        #expect(remembered.count > known.count * 99 / 100)
        expectInvariants(next)
        for entry in store.exported() {
            guard let old = entry.frequency, remembered[entry.hash] != nil else { continue }
            next.insert(entry.key, [1, 2, 3])
            let counter = next.exported().last { $0.key == entry.key }?.rank.counter ?? 99
            // One more request, which the counter notes by chance from 4 on.
            #expect(counter == old.counter || counter == old.counter + 1)
            #expect(counter > 0)
            next.remove(entry.key)
        }
    }

    @Test func `S3-FIFO's ghosts enter the main queue, as they would have`() {
        let store = usedStore(.s3fifo, pool: pool)
        let known = frequencies(store)
        let next = Store(budget: 1 << 20, policy: .s3fifo, pool: pool, shards: 1)
        next.expectFrequencies(known.count)
        for (hash, frequency) in known { next.remember(hash, frequency) }
        next.insert(key(100_000), [1])
        #expect(next.exported().map(\.rank.queue) == [0])
        for entry in store.exported().filter({ $0.frequency != nil }).prefix(20) {
            next.insert(entry.key, [1])
            #expect(next.exported().first { $0.key == entry.key }?.rank.queue == 1)
        }
    }

    @Test func `LRU has nothing to remember`() {
        let store = usedStore(.lru, pool: pool)
        #expect(frequencies(store).isEmpty)
        let next = Store(budget: 1 << 20, policy: .lru, pool: pool)
        next.expectFrequencies(1_000)
        #expect(!next.remember(5, Frequency(counter: 1, age: 0)))
        #expect(next.usage.bytes == 0)
    }

    @Test func `they count towards the budget and give way when it is used up`() {
        let store = Store(budget: 256 << 10, pool: pool, shards: 1)
        store.expectFrequencies(1 << 40)
        #expect(store.usage.bytes == 32 << 10)
        var count = 0
        for number in 0..<100_000
        where store.remember(UInt64(number) &* 0x9e37_79b9_7f4a_7c15, Frequency(counter: 3, age: 0)) {
            count += 1
        }
        #expect(count > 3_000 && count <= 4_096)
        for number in 0..<10_000 {
            store.insert(key(number), bytes(number, 100))
            if number % 200 == 0 { expectInvariants(store) }
        }
        store.inspectShards { shard in #expect(shard.remembered.bytes == 0) }
        #expect(store.exportedGhosts().count > 50, "some found room in the index")
        #expect(!store.remember(7, Frequency(counter: 1, age: 0)))
        store.setBudget(0)
        expectInvariants(store)
        #expect(store.usage.bytes == 0)
    }

    @Test func `a shrinking budget takes them back`() {
        let store = Store(budget: 1 << 20, pool: pool, shards: 4)
        store.expectFrequencies(10_000)
        #expect(store.usage.bytes > 100 << 10)
        store.setBudget(50 << 10)
        #expect(store.usage.bytes == 0)
        #expect(pool.usage.allocated == 0)
    }

    @Test func `ghosts say which shard they were in`() {
        let store = usedStore(.lazyGDSF, pool: pool, budget: 2 << 20, shards: 8, keys: 20_000)
        #expect(store.shardCount == 8)
        let ghosts = store.exportedGhosts()
        #expect(ghosts.count > 100)
        let next = Store(budget: 2 << 20, pool: pool, shards: 4)
        next.expectFrequencies(ghosts.count)
        for (hash, frequency) in ghosts { next.remember(hash, frequency) }
        var found = 0
        for number in 0..<20_000 {
            let hash = key(number).withUnsafeBytes { next.hash($0) }
            next.inspectShards { shard in found += shard.remembered.take(hash, shard.memory) == nil ? 0 : 1 }
        }
        #expect(found >= ghosts.count * 98 / 100)
    }

    @Test func `a key that is in the store is not remembered besides`() {
        let store = Store(budget: 1 << 20, pool: pool)
        store.insert(key(1), [1])
        store.expectFrequencies(100)
        #expect(!store.remember(key(1).withUnsafeBytes { store.hash($0) }, Frequency(counter: 1, age: 0)))
        #expect(store.remember(key(2).withUnsafeBytes { store.hash($0) }, Frequency(counter: 1, age: 0)))
        #expect(!store.remember(key(3).withUnsafeBytes { store.hash($0) }, Frequency(counter: 32, age: 0)))
    }
}
