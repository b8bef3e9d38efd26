import Foundation
import Testing

@testable import Cache

@Suite struct SnapshotThreadTests {
    /// One thread copies a store into another while both are written and read: no value is ever torn or another key's.
    @Test(arguments: PolicyKind.allCases)
    func `export and restore while others use both stores`(policy: PolicyKind) {
        let pool = SegmentPool(reservation: 256 << 20)
        let source = usedStore(policy, pool: pool, shards: 2, keys: 3_000)
        let target = Store(budget: 600 << 10, policy: policy, pool: pool, shards: 2)
        let users = (0..<2).map { user in
            let thread = TestThread {
                var random = SeededGenerator(seed: UInt64(user))
                for _ in 0..<15_000 {
                    let number = Int.random(in: 0..<3_000, using: &random)
                    for store in [source, target] {
                        if let value = store.value(key(number)).hit {
                            #expect(value.allSatisfy { $0 == UInt8(truncatingIfNeeded: number &* 31 &+ 7) })
                        } else {
                            store.insert(key(number), bytes(number, 20 + number * 37 % 900))
                        }
                        if number % 50 == 0 { store.remove(key(number)) }
                    }
                }
            }
            thread.start()
            return thread
        }
        var restored = 0
        while users.contains(where: { !$0.isDone }) {
            target.expectFrequencies(2_000)
            for entry in source.exported() {
                if target.restore(entry) { restored += 1 }
                if let frequency = entry.frequency { target.remember(entry.hash, frequency) }
            }
            for (hash, frequency) in source.exportedGhosts() { target.remember(hash, frequency) }
        }
        for user in users { user.wait() }
        #expect(restored > 0)
        expectInvariants(source)
        expectInvariants(target)
    }
}

/// A thread that can be waited for.
private final class TestThread: Sendable {
    private let body: @Sendable () -> Void
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func start() {
        Thread { [self] in
            body()
            done.signal()
        }.start()
    }

    var isDone: Bool {
        guard done.wait(timeout: .now()) == .success else { return false }
        done.signal()
        return true
    }

    func wait() {
        done.wait()
        done.signal()
    }
}
