import Testing

@testable import Alloc

struct StaticPolicyTests {
    private func cache(_ total: Int, _ shares: [TenantShare]) -> [Int] {
        StaticPolicy.divide(ResourceVector(cacheBytes: total), among: shares).map(\.cacheBytes)
    }

    private func share(_ weight: Double, floor: Int = 0) -> TenantShare {
        TenantShare(weight: weight, floor: ResourceVector(cacheBytes: floor))
    }

    @Test func dividesByWeight() {
        #expect(cache(100, [share(1), share(3)]) == [25, 75])
        #expect(cache(100, [share(1)]) == [100])
        #expect(cache(100, []) == [])
        #expect(cache(0, [share(1), share(2)]) == [0, 0])
        #expect(cache(-5, [share(1), share(2)]) == [0, 0])
    }

    @Test func theLargestRemainderGetsTheOddBytes() {
        #expect(cache(10, [share(1), share(1), share(1)]) == [4, 3, 3])
        #expect(cache(11, [share(1), share(1), share(1)]) == [4, 4, 3])
        #expect(cache(10, [share(0.5), share(1.6), share(0.9)]) == [2, 5, 3])
    }

    @Test func keepsFloors() {
        #expect(cache(100, [share(1, floor: 40), share(9)]) == [40, 60])
        #expect(cache(100, [share(0, floor: 10), share(1), share(1)]) == [10, 45, 45])
        #expect(cache(100, [share(5, floor: 10), share(5, floor: 10)]) == [50, 50])
        // Holding the first at its floor pushes the second below its own.
        #expect(cache(100, [share(1, floor: 60), share(4, floor: 25), share(5)]) == [60, 25, 15])
    }

    @Test func floorsAboveTheTotalAreScaled() {
        #expect(cache(100, [share(1, floor: 300), share(9, floor: 100)]) == [75, 25])
        #expect(cache(100, [share(1, floor: 100), share(9)]) == [100, 0])
    }

    @Test func oddWeightsAreHarmless() {
        #expect(cache(10, [share(0), share(0)]) == [5, 5])
        #expect(cache(10, [share(-1), share(1)]) == [0, 10])
        #expect(cache(10, [share(.nan), share(1)]) == [0, 10])
        #expect(cache(10, [share(.infinity), share(1)]) == [0, 10])
        #expect(cache(10, [share(.greatestFiniteMagnitude), share(.greatestFiniteMagnitude)]) == [5, 5])
        #expect(cache(.max, [share(1), share(2)]).reduce(0, +) == .max)
        #expect(cache(10, [share(1, floor: .max), share(1, floor: .max)]) == [5, 5])
    }

    @Test func dividesRatesToo() {
        let total = ResourceVector(cacheBytes: 10, readUnits: 125, writeUnits: 50, egressBytes: 1e6)
        let parts = StaticPolicy.divide(total, among: [TenantShare(weight: 1), TenantShare(weight: 3)])
        #expect(parts[0] == ResourceVector(cacheBytes: 3, readUnits: 31.25, writeUnits: 12.5, egressBytes: 250_000))
        #expect(parts[1] == ResourceVector(cacheBytes: 7, readUnits: 93.75, writeUnits: 37.5, egressBytes: 750_000))
    }

    @Test func sumsAndFloorsHoldForRandomShares() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let total = Int.random(in: 0...(1 << 40), using: &random)
            let count = Int.random(in: 1...20, using: &random)
            let shares = (0..<count).map { _ in
                share(.random(in: 0...10), floor: Int.random(in: 0...(total / (2 * count) + 1), using: &random))
            }
            let parts = cache(total, shares)
            #expect(parts.reduce(0, +) == total)
            guard shares.map(\.floor.cacheBytes).reduce(0, +) <= total else { continue }
            let kept = zip(parts, shares).allSatisfy { part, share in part >= share.floor.cacheBytes }
            #expect(kept, "\(total) \(shares)")
        }
    }
}
