import Testing

@testable import Transport

/// Whose turn it is.
@Suite struct FairQueueTests {
    private func drain(_ queue: inout FairQueue<String>, _ count: Int = .max) -> [String] {
        var taken: [String] = []
        while taken.count < count, let next = queue.next() { taken.append(next) }
        return taken
    }

    @Test func elementsOfAPartyStayInOrder() {
        var queue = FairQueue<String>()
        for number in 0..<5 { queue.add("\(number)", cost: 5 - number, of: 1) }
        #expect(drain(&queue) == ["0", "1", "2", "3", "4"])
        #expect(queue.isEmpty && queue.next() == nil)
    }

    @Test func whoComesLateWaitsForOneElementOfEach() {
        var queue = FairQueue<String>()
        for number in 0..<100 { queue.add("a\(number)", cost: 16, of: 1) }
        for number in 0..<100 { queue.add("b\(number)", cost: 16, of: 2) }
        _ = drain(&queue, 20)
        queue.add("c", cost: 1, of: 3)
        #expect(drain(&queue, 3).contains("c"))
    }

    @Test func turnsAreTakenByCost() {
        var queue = FairQueue<String>()
        for _ in 0..<4 { queue.add("a", cost: 100, of: 1) }
        for _ in 0..<40 { queue.add("b", cost: 10, of: 2) }
        let taken = drain(&queue, 22)
        // As many bytes of each: two large ones, twenty small ones.
        #expect(taken.filter { $0 == "a" }.count == 2)
        #expect(drain(&queue).count == 22)
    }

    /// Who had nothing for a while has no more turns than the others after it; who had much is not made to wait for it when
    /// nobody else was there.
    @Test func nothingIsSavedUp() {
        var queue = FairQueue<String>()
        queue.add("b", cost: 1, of: 2)
        for _ in 0..<50 { queue.add("a", cost: 10, of: 1) }
        _ = drain(&queue, 41)
        for _ in 0..<20 { queue.add("b", cost: 10, of: 2) }
        #expect(drain(&queue, 10).filter { $0 == "a" }.count >= 4)

        _ = drain(&queue)
        queue.add("a", cost: 1, of: 1)
        queue.add("c", cost: 1, of: 3)
        #expect(drain(&queue) == ["a", "c"])
    }

    @Test func partiesWithoutElementsAreForgotten() {
        var queue = FairQueue<String>()
        var most = 0
        for round in 0..<1000 {
            queue.add("x", cost: 1, of: UInt64(round))
            queue.add("y", cost: 1, of: 0)
            _ = queue.next()
            _ = queue.next()
            most = max(most, queue.partyCount)
        }
        #expect(most <= 3)
    }
}
