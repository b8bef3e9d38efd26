import CMallocCounter
import Testing

@testable import Cache

/// What a policy must do that single answers, which every debug build checks, do not show.
@Suite(.serialized) struct PolicyContractTests {
    @Test(arguments: PolicyKind.allCases)
    func doesNotMoveAnUntouchedItemForEver(kind: PolicyKind) {
        let queues = QueueTable(memory: SegmentPool().memory)
        for bytes in [1, 100, 4_096, 50_000] {
            for touches in 0..<300 {
                var policy = AnyPolicy(kind)
                policy.capacity = 1 << 20
                let facts = ItemFacts(bytes: bytes, cost: CostWeights().cost(ofBytes: bytes))
                guard var place = policy.admit(facts, known: .nothing, queues) else {
                    Issue.record("\(bytes) bytes are not wanted")
                    continue
                }
                for _ in 0..<touches { place.counter = policy.touch(place.counter, bytes: bytes) }
                var moves = 0
                while moves < 40,
                    case .move(let next) = policy.verdict(facts, queue: place.queue, counter: place.counter, queues)
                {
                    place = next
                    moves += 1
                }
                #expect(moves < 40, "\(bytes) bytes, \(touches) touches")
            }
        }
    }

    @Test(
        .enabled(if: malloc_counter_available(), "malloc is not counted under a sanitizer"),
        arguments: PolicyKind.allCases
    )
    func evictsWithoutAllocating(kind: PolicyKind) {
        let store = Store(budget: 1 << 20, policy: kind, pool: SegmentPool())
        let value = [UInt8](repeating: 1, count: 200)
        func insert(_ number: Int) {
            withUnsafeBytes(of: number) { key in
                value.withUnsafeBytes { value in
                    _ = store.insert(key, hash: store.hash(key), value: value, mark: 1, expiresAt: .max, now: 0)
                    _ = store.read(key, hash: store.hash(key), now: 0) { _ in }
                }
            }
        }
        for number in 0..<20_000 { insert(number) }
        let before = store.usage.evictions
        malloc_counter_start()
        for number in 20_000..<22_000 { insert(number) }
        let count = malloc_counter_stop()
        #expect(store.usage.evictions > before + 1_000)
        #expect(count == 0)
    }
}
