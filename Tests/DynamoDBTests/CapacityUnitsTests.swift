import DynamoDB
import Testing

@Suite struct CapacityUnitsTests {
    @Test(
        arguments: [
            (0, 0.5, 1, 2), (1, 0.5, 1, 2), (4095, 0.5, 1, 2), (4096, 0.5, 1, 2), (4097, 1, 2, 4), (8192, 1, 2, 4),
            (8193, 1.5, 3, 6), (409_600, 50, 100, 200), (-1, 0.5, 1, 2),
        ] as [(Int, Double, Double, Double)]
    )
    func reads(bytes: Int, eventual: Double, strong: Double, transactional: Double) {
        #expect(CapacityUnits.read(bytes, .eventual) == eventual)
        #expect(CapacityUnits.read(bytes, .strong) == strong)
        #expect(CapacityUnits.read(bytes, .transactional) == transactional)
    }

    @Test(arguments: [(0, 1), (1, 1), (1024, 1), (1025, 2), (409_600, 400), (-1, 1)] as [(Int, Double)])
    func writes(bytes: Int, units: Double) {
        #expect(CapacityUnits.write(bytes) == units)
        #expect(CapacityUnits.write(bytes, isTransactional: true) == 2 * units)
    }

    @Test func extremes() {
        for bytes in [Int.max, Int.min] {
            #expect(CapacityUnits.read(bytes, .transactional) > 0)
            #expect(CapacityUnits.write(bytes, isTransactional: true) > 0)
        }
    }
}
