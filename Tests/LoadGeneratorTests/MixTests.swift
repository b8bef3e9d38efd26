import Testing

@testable import LoadGenerator

/// Which operations are done how often.
@Suite struct MixTests {
    private func parts(_ text: String) throws -> [OperationKind: Double] {
        let mix = try OperationMix(text)
        return Dictionary(uniqueKeysWithValues: OperationKind.allCases.map { ($0, mix[$0]) }).filter { $0.value > 0 }
    }

    @Test func namesOfYCSB() throws {
        #expect(try parts("ycsb-a") == [.get: 0.5, .update: 0.5])
        #expect(try parts("ycsb-b") == [.get: 0.95, .update: 0.05])
        #expect(try parts("ycsb-c") == [.get: 1])
        #expect(try parts("ycsb-d") == [.get: 0.95, .insert: 0.05])
        #expect(try parts("ycsb-e") == [.query: 0.95, .insert: 0.05])
        #expect(try parts("ycsb-f") == [.get: 0.5, .readModifyWrite: 0.5])
        #expect(try OperationMix("ycsb-d").usualDistribution == .latest(exponent: 0.99))
        for mix in ["ycsb-a", "ycsb-b", "ycsb-c", "ycsb-e", "ycsb-f"] {
            #expect(try OperationMix(mix).usualDistribution == .scrambled(exponent: 0.99))
        }
        #expect(try OperationMix("read").usualDistribution == .zipf(exponent: 0.99))
        #expect(try OperationMix("ycsb-e").needsRangeKey)
        #expect(try OperationMix("ycsb-e").queryLength == 100)
    }

    @Test func partsAreScaledAndSizesTaken() throws {
        let mix = try OperationMix("get=3+put=1,batch-get=4:50,query=0:7")
        #expect(mix[.get] == 0.375 && mix[.put] == 0.125 && mix[.batchGet] == 0.5)
        #expect(mix.batchSize == 50 && mix.queryLength == 7 && !mix.needsRangeKey)
    }

    @Test func operationsComeInTheirParts() throws {
        let mix = try OperationMix("get=0.7,put=0.2,delete=0.1")
        var random = RandomSource(seed: 9)
        var counts: [OperationKind: Int] = [:]
        for _ in 0..<100_000 { counts[mix.next(&random), default: 0] += 1 }
        #expect(Set(counts.keys) == [.get, .put, .delete])
        #expect(abs((counts[.get] ?? 0) - 70_000) < 800)
        #expect(abs((counts[.put] ?? 0) - 20_000) < 700)
    }

    @Test(arguments: [
        "", "gets=1", "get", "get=-1", "get=0", "get=x", "batch-get=1:0", "batch-get=1:101", "get=1:5", "get=inf",
    ])
    func refuses(text: String) {
        #expect(throws: PlanError.self) { try OperationMix(text) }
    }
}
