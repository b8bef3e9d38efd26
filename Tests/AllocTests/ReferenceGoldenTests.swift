import Alloc
import Testing

/// What the paper's artifact makes of 200 sets of tenants, to the last bit.
struct ReferenceGoldenTests {
    @Test func everyGoldenCaseAgreesToTheLastBit() throws {
        let cases = try ReferenceCases.read("hare-golden.json")
        #expect(cases.count == 200)
        for one in cases { try agrees(one) }
    }

    @Test func theReferenceAgreesWhereTheOptimumIsKnownToo() throws {
        let cases = try ReferenceCases.read("hare-optimum.json")
        #expect(cases.count == 20)
        for one in cases { try agrees(one) }
    }

    private func agrees(_ one: ReferenceCase) throws {
        let expected = try #require(one.expected)
        let outcome = try one.outcome()
        #expect(outcome.allocation.improvement == expected.improveRatio, "\(one.id)")
        #expect(outcome.deals.count == expected.rounds, "\(one.id)")
        #expect(outcome.stop.rawValue == expected.stop, "\(one.id)")
        if let head = expected.dealsHead {
            #expect(outcome.deals.prefix(head.count).map { deal in [deal.receiver, deal.giver] } == head, "\(one.id)")
        }
        #expect(outcome.allocation.shares == expected.alloc.map(\.value), "\(one.id)")
    }
}
