import Testing

@testable import Cache

@Suite struct CurveTallyTests {
    /// Two tasks add across some carries; nothing is lost and nothing is counted twice.
    @Test func countsAcrossCarries() async {
        let tally = Holder()
        let each = (1 << 20) + 1_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<each { tally.tally.add(bytes: 400_001) }
                }
            }
        }
        tally.tally.addAlone(bytes: 7)
        #expect(tally.tally.value.count == UInt64(2 * each + 1))
        #expect(tally.tally.value.bytes == UInt64(2 * each * 400_001 + 7))
    }

    private final class Holder: Sendable {
        let tally = CurveTally()
    }
}
