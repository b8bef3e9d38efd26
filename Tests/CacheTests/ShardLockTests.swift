import Foundation
import Synchronization
import Testing

@testable import Cache

/// The lock alone, and what a shard's holder does for those that wait for it.
@Suite(.timeLimit(.minutes(2)))
struct ShardLockTests {
    /// The counter is changed in two halves, so that two threads inside would lose a count.
    @Test(arguments: [2, 3, 8])
    func onlyOneThreadHoldsIt(threads: Int) {
        let shared = Shared()
        let rounds = 20_000
        runThreads(threads) { _ in
            for _ in 0..<rounds {
                shared.lock.lock()
                let seen = shared.counter.load(ordering: .relaxed)
                shared.counter.store(seen + 1, ordering: .relaxed)
                shared.lock.unlock()
            }
        }
        #expect(shared.counter.load(ordering: .relaxed) == threads * rounds)
        #expect(shared.nobodyWaits)
    }

    @Test
    func sleepersAreWokenOneByOneAndNoneIsForgotten() {
        let shared = Shared()
        for round in 1...20 {
            shared.lock.lock()
            let threads = startThreads(5) { _ in
                shared.lock.lock()
                let seen = shared.counter.load(ordering: .relaxed)
                shared.counter.store(seen + 1, ordering: .relaxed)
                shared.lock.unlock()
            }
            while shared.lock.waiting != (0, 5) { usleep(100) }
            #expect(shared.counter.load(ordering: .relaxed) == 5 * (round - 1), "somebody took a lock that is held")
            shared.lock.unlock()
            threads.wait()
            #expect(shared.counter.load(ordering: .relaxed) == 5 * round)
            #expect(shared.nobodyWaits)
        }
    }

    /// Long and short holds: threads come, fall asleep and are woken at all times.
    @Test
    func mixedHoldsEnd() {
        let shared = Shared()
        runThreads(6) { number in
            for turn in 0..<400 {
                shared.lock.lock()
                let seen = shared.counter.load(ordering: .relaxed)
                if (turn + number) % 16 == 0 { usleep(50) }
                shared.counter.store(seen + 1, ordering: .relaxed)
                shared.lock.unlock()
                if turn % 8 == number { shared.lock.letOthersIn() }
            }
        }
        #expect(shared.counter.load(ordering: .relaxed) == 6 * 400)
        #expect(shared.nobodyWaits)
    }

    @Test
    func aWaiterIsSeenByTheHolderAndLetIn() {
        let shared = Shared()
        shared.lock.lock()
        #expect(shared.nobodyWaits)
        let thread = startThreads(1) { _ in
            shared.lock.lock()
            shared.counter.store(1, ordering: .relaxed)
            shared.lock.unlock()
        }
        while shared.lock.waiting == (0, 0) { usleep(10) }
        shared.lock.unlock()
        // Awake, it is counted until it has the lock.
        while shared.lock.isWanted { shared.lock.letOthersIn() }
        shared.lock.lock()
        #expect(shared.counter.load(ordering: .relaxed) == 1)
        shared.lock.unlock()
        thread.wait()
    }

    /// One thread would go on in steps for ever if the other did not get the shard in between.
    @Test
    func aShardIsHadBetweenSteps() {
        let pool = SegmentPool(reservation: 64 << 20)
        let table = ShardTable(count: 1, pool) { _ in
            Shard(budget: 1 << 20, policy: .lru, pool: pool, accounting: .memory)
        }
        let facts = Box(table)
        for round in 1...30 {
            let threads = startThreads(1) { _ in
                facts.table.withShard(0) { shard in shard.evictions += 1 }
            }
            facts.table.inSteps(0) { shard, isWanted in
                for _ in 0..<100_000 where isWanted() { return shard.evictions >= round }
                return shard.evictions >= round
            }
            threads.wait()
            let evictions = facts.table.withShard(0) { shard in shard.evictions }
            #expect(evictions == round)
        }
    }
}

private final class Shared: Sendable {
    let lock = ShardLock()
    let counter = Atomic<Int>(0)
    var nobodyWaits: Bool { lock.waiting == (0, 0) }
}

private final class Box: Sendable {
    let table: ShardTable
    init(_ table: consuming ShardTable) { self.table = table }
}

/// Threads of the system's, since those of tasks may be fewer than are to wait.
private func startThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> DispatchGroup {
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread {
            body(number)
            group.leave()
        }.start()
    }
    return group
}

private func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    startThreads(count, body).wait()
}
