import Cache
import Testing

@testable import Proxy

@Suite struct OccupancyTests {
    private func usage(bytes: Int, items: Int, payload: Int) -> Usage {
        var usage = Usage()
        (usage.bytes, usage.items, usage.payload) = (bytes, items, payload)
        return usage
    }

    @Test func aFullCacheTells() {
        var occupancy = Occupancy()
        for _ in 0..<10 {
            occupancy.note(usage(bytes: 1_000_000, items: 1000, payload: 668_000), budget: 1_000_000)
        }
        #expect(abs(occupancy.part - 0.73) < 0.001)
    }

    @Test func aCacheThatIsNotFullTellsNothing() {
        var occupancy = Occupancy()
        let assumed = occupancy.part
        occupancy.note(usage(bytes: 800_000, items: 10, payload: 1000), budget: 1_000_000)
        occupancy.note(Usage(), budget: 0)
        #expect(occupancy.part == assumed)
    }

    @Test func staysWithinReason() {
        var occupancy = Occupancy()
        for _ in 0..<20 { occupancy.note(usage(bytes: 1000, items: 0, payload: 0), budget: 1000) }
        #expect(occupancy.part >= 0.5)
        for _ in 0..<20 { occupancy.note(usage(bytes: 1000, items: 100, payload: 5000), budget: 1000) }
        #expect(occupancy.part <= 1 && occupancy.part > 0.99)
    }

    @Test func aCurveIsOfLargerCachesThanItsEntries() {
        var occupancy = Occupancy()
        for _ in 0..<20 {
            occupancy.note(usage(bytes: 1_000_000, items: 0, payload: 770_000), budget: 1_000_000)
        }
        var curve = MissRatioCurve()
        (curve.sizes, curve.missRatio, curve.footprint) = ([800, 1600], [0.5, 0.1], 1600)
        let applied = occupancy.applied(to: curve)
        #expect(abs(applied.sizes[0] - 1000) <= 1 && abs(applied.footprint - 2000) <= 1)
        #expect(applied.missRatio == curve.missRatio)
    }
}
