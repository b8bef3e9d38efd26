import Testing

@testable import Cache

/// Long work in one shard: how much of it one hold of the lock does.
struct StepTests {
    private let pool = SegmentPool(keep: 1 << 20, reservation: 256 << 20)

    /// A shard full to its last byte, of items so small that a segment holds hundreds.
    private func fullShard() -> Shard {
        var shard = Shard(budget: 64 << 20, policy: .lru, pool: pool, accounting: .memory)
        for number in 0..<60_000 { insert(number, &shard) }
        shard.budget = shard.held
        return shard
    }

    private func insert(_ number: Int, _ shard: inout Shard, expiresAt: UInt64 = .max) {
        let bytes = key(number)
        unsafe bytes.withUnsafeBytes { key in
            let entry = unsafe NewEntry(
                key: key,
                hash: pool.hasher.hash(key),
                value: key,
                mark: 0,
                expiresAt: expiresAt,
                group: 0,
                now: 0
            )
            _ = shard.insert(entry)
        }
    }

    @Test func anInsertionDoesNotEmptyALargeSegmentInOneHold() {
        var shard = fullShard()
        var most: UInt64 = 0
        for number in 60_000..<70_000 {
            var isDone = false
            while !isDone {
                let before = shard.evictions
                isDone = shard.keepSegmentFree(limit: 32) { false }
                #expect(shard.evictions - before <= 32)
            }
            let before = shard.evictions
            insert(number, &shard)
            most = max(most, shard.evictions - before)
        }
        #expect(shard.held <= shard.budget)
        // A segment holds two thousand.
        #expect(most < 400)
    }

    @Test func aWantedShardIsGivenUpAfterEachRecord() {
        var shard = fullShard()
        let items = shard.index.items
        #expect(!shard.keepSegmentFree(limit: 32) { true })
        #expect(shard.index.items == items - 1)
        let (held, budget) = (shard.held, shard.budget)
        #expect(!shard.shrink(to: held / 2, limit: 32) { true })
        #expect(shard.index.items == items - 2)
        #expect(shard.budget < budget + 1)
        shard.groups.retireAll()
        var left = 100
        #expect(!shard.sweepStep(now: 0, limit: 32, left: &left) { true })
        #expect(left >= 98)
        left = 100
        #expect(!shard.sweepStep(now: 0, limit: 32, left: &left) { false })
        #expect(left == 68)
    }

    @Test func freedPagesStayWithinWhatIsKept() {
        let store = Store(budget: 16 << 20, pool: pool, shards: 4)
        for number in 0..<20_000 { store.insert(key(number), [UInt8](repeating: 1, count: number % 1_500)) }
        #expect(store.usage.bytes > 12 << 20)
        store.setBudget(6 << 20)
        var usage = pool.usage
        #expect(usage.allocated <= 6 << 20)
        #expect(usage.resident - usage.allocated <= pool.keep)
        // And are not given back sooner than needs be.
        #expect(usage.resident - usage.allocated >= pool.keep / 2)
        store.removeAll()
        usage = pool.usage
        #expect(usage.allocated == 0)
        #expect(usage.resident <= pool.keep)
        for number in 0..<20_000 { store.insert(key(number), [UInt8](repeating: 1, count: number % 1_500)) }
        expectInvariants(store)
    }

    /// Blocks of a page or more, wherever they are, until nothing is free and resident.
    @Test func everyFreePageCanBeGivenBack() {
        let pool = SegmentPool(keep: 0, reservation: 64 << 20)
        var random = SeededGenerator(seed: 5)
        var runs: [(unit: UInt32, count: Int)] = []
        for _ in 0..<2_000 {
            if runs.count < 200 || Bool.random(using: &random) {
                let count = Int.random(
                    in: 1...(Int.random(in: 0..<10, using: &random) == 0 ? 3_000 : 60),
                    using: &random
                )
                guard let unit = pool.allocateRun(count, forIndex: count == 7) else { continue }
                runs.append((unit, count))
            } else {
                let run = runs.remove(at: Int.random(in: 0..<runs.count, using: &random))
                pool.freeRun(run.unit, run.count)
                if Bool.random(using: &random) { pool.trim(limit: 1) }
            }
            let held = runs.reduce(0) { sum, run in sum + run.count << 10 }
            #expect(pool.usage.allocated == held)
        }
        pool.trim()
        // What is left are parts of pages whose other part is handed out.
        let usage = pool.usage
        #expect(usage.resident >= usage.allocated && usage.resident - usage.allocated <= runs.count * 2 * 4_096)
        for run in runs { pool.freeRun(run.unit, run.count) }
        pool.trim()
        #expect(pool.usage.allocated == 0)
        #expect(pool.usage.resident <= 4_096)
    }
}
