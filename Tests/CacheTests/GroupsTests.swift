import Testing

@testable import Cache

struct GroupsTests {
    @Test func aNumberIsUsedAgainOnlyAfterASweepThatBeganLater() throws {
        var groups = Groups()
        let one = groups.number(of: 1)
        let first = try #require(one)
        groups.retire(1)
        groups.beginSweep()
        let other = groups.number(of: 2)
        let second = try #require(other)
        #expect(second != first)
        groups.retire(2)
        groups.endSweep()
        #expect(!groups.isRetired(first))
        #expect(groups.isRetired(second))
        for group in UInt32(3)..<100 { #expect(groups.number(of: group) != second) }
        groups.beginSweep()
        groups.endSweep()
        #expect(!groups.hasRetired)
    }

    @Test func aGroupKeepsItsNumberUntilItIsPurged() {
        var groups = Groups()
        let number = groups.number(of: 7)
        #expect(groups.number(of: 7) == number)
        groups.retire(8)
        #expect(!groups.hasRetired)
        groups.retire(7)
        #expect(groups.number(of: 7) != number)
        groups.retireAll()
        #expect(groups.number(of: 7).map { number in groups.isRetired(number) } == false)
    }

    @Test func whenNumbersRunOutTheLastIsShared() {
        var groups = Groups()
        var numbers: Set<UInt16> = []
        for group in UInt32(0)..<65_535 { groups.number(of: group).map { number in _ = numbers.insert(number) } }
        #expect(numbers.count == 65_535)
        #expect(groups.number(of: 100_000) == .max)
        #expect(groups.number(of: 100_001) == .max)
        groups.retire(100_000)
        #expect(groups.isRetired(.max))
        #expect(groups.number(of: 100_001) == nil)
        groups.beginSweep()
        groups.endSweep()
        #expect(groups.number(of: 100_001) == .max)
        groups.retire(5)
        groups.beginSweep()
        groups.endSweep()
        #expect(groups.number(of: 100_002) != .max)
    }
}
