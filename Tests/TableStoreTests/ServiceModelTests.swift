import DynamoDB
import Testing

@testable import TableStore

@Suite struct ServiceModelTests {
    private static func samples(_ latency: Latency, _ count: Int = 20_000) -> [UInt64] {
        var random = RandomBits(seed: 42)
        return (0..<count).map { _ in latency.sample(&random) }.sorted()
    }

    /// The first numbers for seed 1234567, as Vigna's program gives them.
    @Test func theGeneratorIsSplitMix64() {
        var random = RandomBits(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }

    @Test func fractionsAreBelowOne() {
        var random = RandomBits(seed: 1)
        let fractions = (0..<10_000).map { _ in random.fraction() }
        #expect(fractions.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect(abs(fractions.reduce(0, +) / 10_000 - 0.5) < 0.02)
    }

    @Test func latenciesHaveTheirDistributions() {
        #expect(Set(Self.samples(.fixed(7), 10)) == [7])
        #expect(Set(Self.samples(.none, 10)) == [0])
        let uniform = Self.samples(.uniform(minimum: 1000, maximum: 3000))
        #expect(uniform.first ?? 0 >= 1000 && uniform.last ?? 0 <= 3000)
        #expect(abs(Double(uniform[10_000]) - 2000) < 50)
        let lognormal = Self.samples(.lognormal(median: 1_000_000, p99: 10_000_000))
        #expect(abs(Double(lognormal[10_000]) / 1e6 - 1) < 0.05)
        #expect(abs(Double(lognormal[19_800]) / 1e7 - 1) < 0.15)
        #expect(Set(Self.samples(.lognormal(median: 5, p99: 5), 10)) == [5])
        let most = ServiceModel.delayBounds.upperBound
        #expect(Self.samples(.lognormal(median: 1, p99: most)).allSatisfy { $0 <= most })
        #expect(Set(Self.samples(.lognormal(median: 0, p99: 9), 10)) == [0])
    }

    @Test func aGoodModelHasNoProblems() {
        var model = ServiceModel()
        #expect(model.problems.isEmpty)
        model.readLatency = .uniform(minimum: 0, maximum: 300_000_000_000)
        model.writeLatency = .lognormal(median: 5_000_000, p99: 50_000_000)
        model.faults = [
            Fault(.timeout, probability: 0.6, scope: .reads), Fault(.dropAfter, probability: 1, scope: .writes),
            Fault(.error(.throttling), probability: 0.4, scope: .named([.getItem])),
        ]
        #expect(model.problems.isEmpty)
        #expect(model.bounded == model)
    }

    @Test(arguments: [
        Fault(.timeout, probability: .nan), Fault(.timeout, probability: -0.1), Fault(.timeout, probability: 1.1),
        Fault(.timeout, probability: .infinity), Fault(.lateWrite(after: .max), probability: 0.1),
    ]) func aBadFaultIsAProblem(_ fault: Fault) {
        var model = ServiceModel()
        model.faults = [Fault(.dropBefore, probability: 0), fault]
        #expect(model.problems.count == 1)
        #expect(model.problems.first?.hasPrefix("fault 2 ") == true)
        #expect(model.bounded.problems.isEmpty)
    }

    @Test(arguments: [
        Latency.fixed(.max), .uniform(minimum: 2, maximum: 1), .uniform(minimum: 0, maximum: .max),
        .lognormal(median: 2, p99: 1), .lognormal(median: 0, p99: 1), .lognormal(median: .max, p99: 1),
    ]) func aBadLatencyIsAProblem(_ latency: Latency) {
        var model = ServiceModel()
        model.readLatency = latency
        #expect(model.problems.count == 1)
        model.writeLatency = latency
        #expect(model.problems.count == 2)
        #expect(model.bounded.problems.isEmpty)
        _ = Self.samples(latency, 100)
        _ = Self.samples(latency.bounded, 100)
    }

    @Test func probabilitiesAddUpByOperation() {
        var model = ServiceModel()
        model.faults = [
            Fault(.timeout, probability: 0.5), Fault(.lateWrite(after: 1), probability: 0.5),
            Fault(.dropAfter, probability: 0.2, scope: .reads),
        ]
        #expect(model.problems.isEmpty)
        model.faults.append(Fault(.dropBefore, probability: 0.1, scope: .named([.putItem]), tables: ["t"]))
        #expect(model.problems == ["the probabilities of faults of PutItem add up to more than 1"])
        model.faults = Array(repeating: Fault(.timeout, probability: 0), count: 65)
        #expect(model.problems.count == 1)
        #expect(model.bounded.faults.count == 64)
    }

    @Test func elementsComeByTimeThenOrder() {
        var heap = DueHeap<Int>()
        var random = RandomBits(seed: 3)
        let dues = (0..<500).map { _ in random.next() % 50 }
        for (number, due) in dues.enumerated() { heap.insert(number, due: due) }
        var taken: [Int] = []
        for now in UInt64(0)..<50 {
            while let next = heap.pop(dueBy: now) {
                #expect(dues[next] == now)
                taken.append(next)
            }
        }
        #expect(heap.isEmpty)
        #expect(taken == dues.indices.sorted { (dues[$0], $0) < (dues[$1], $1) })
    }
}
