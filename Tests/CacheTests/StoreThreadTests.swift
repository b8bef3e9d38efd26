import Synchronization
import Testing

@testable import Cache

/// Several threads at once.
///
/// Every value names its key and repeats one byte, so a torn or misplaced one shows.
struct StoreThreadTests {
    @Test(.timeLimit(.minutes(5)))
    func valuesAreNeverTornOrMixedUp() async {
        let store = Store(budget: 6 << 20)
        let tally = Tally()
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker))
                    for turn in 0..<15_000 {
                        let number = Int.random(in: 0..<500, using: &random)
                        switch Int.random(in: 0..<10, using: &random) {
                        case ..<5:
                            guard let value = store.value(key(number)).hit else { break }
                            tally.hits.wrappingAdd(1, ordering: .relaxed)
                            if !isWhole(value, number) { tally.faults.wrappingAdd(1, ordering: .relaxed) }
                        case ..<9:
                            store.insert(key(number), whole(number, &random))
                        default:
                            store.remove(key(number))
                        }
                        if worker == 0, turn % 1_000 == 0 {
                            store.setBudget(turn % 2_000 == 0 ? 2 << 20 : 6 << 20)
                            if store.usage.bytes > 6 << 20 { tally.faults.wrappingAdd(1, ordering: .relaxed) }
                        }
                        if worker == 2, turn % 50 == 0 { store.maintain(now: 0) }
                        if worker == 3, turn % 3_000 == 2_999 { store.removeGroup(0) }
                        if worker == 1, turn % 5_000 == 4_999 { store.removeAll() }
                    }
                }
            }
        }
        #expect(tally.faults.load(ordering: .relaxed) == 0)
        #expect(tally.hits.load(ordering: .relaxed) > 1_000)
        expectInvariants(store)
    }

    @Test(.timeLimit(.minutes(5)))
    func concurrentBudgetsLeaveOneOfThem() async {
        let store = Store(budget: 64 << 20)
        await withTaskGroup { group in
            for worker in 1...4 {
                group.addTask {
                    for _ in 0..<500 { store.setBudget(worker << 20) }
                }
            }
        }
        #expect((1...4).map { worker in worker << 20 }.contains(store.budget))
        expectInvariants(store)
    }
}

private final class Tally: Sendable {
    let faults = Atomic<Int>(0)
    let hits = Atomic<Int>(0)
}

private func whole(_ number: Int, _ random: inout SeededGenerator) -> [UInt8] {
    let fill = UInt8.random(in: 0...255, using: &random)
    // Some are copied in two steps.
    let count = Int.random(in: 1...(Int.random(in: 0..<16, using: &random) == 0 ? 60_000 : 6_000), using: &random)
    return [UInt8(number & 255), UInt8(number >> 8)] + [UInt8](repeating: fill, count: count)
}

private func isWhole(_ value: [UInt8], _ number: Int) -> Bool {
    guard value.count > 2, value[0] == UInt8(number & 255), value[1] == UInt8(number >> 8) else { return false }
    return value.dropFirst(2).allSatisfy { byte in byte == value[2] }
}
