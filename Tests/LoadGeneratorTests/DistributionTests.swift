import Foundation
import Testing

@testable import LoadGenerator

/// Which keys are drawn how often.
@Suite struct DistributionTests {
    private static let draws = 100_000

    private func counts(_ distribution: KeyDistribution, keys: Int, count: Int? = nil) -> [Int] {
        var chooser = KeyChooser(distribution, keys: keys, seed: 11)
        var random = RandomSource(seed: 5)
        var counts = [Int](repeating: 0, count: count ?? keys)
        for _ in 0..<Self.draws { counts[chooser.next(&random, count: count ?? keys)] += 1 }
        return counts
    }

    /// Whether a count is within five standard deviations of what is expected.
    private func isNear(_ count: Int, _ probability: Double) -> Bool {
        let expected = Double(Self.draws) * probability
        return abs(Double(count) - expected) <= 5 * max(1, (expected * (1 - probability)).squareRoot())
    }

    @Test(arguments: [0.5, 0.8, 0.99, 1.0, 1.2, 2.5], [1, 2, 1000])
    func zipfFollowsItsLaw(exponent: Double, keys: Int) {
        let weights = (1...keys).map { pow(Double($0), -exponent) }
        let sum = weights.reduce(0, +)
        var random = RandomSource(seed: 3)
        let sampler = ZipfSampler(count: keys, exponent: exponent)
        var counts = [Int](repeating: 0, count: keys)
        for _ in 0..<Self.draws { counts[sampler.next(&random) - 1] += 1 }
        for rank in [0, 1, 2, 5, 10, 50, 100, 500, 999] where rank < keys {
            #expect(isNear(counts[rank], weights[rank] / sum), "rank \(rank + 1): \(counts[rank])")
        }
        let tail = weights.dropFirst(keys / 2).reduce(0, +) / sum
        #expect(isNear(counts.dropFirst(keys / 2).reduce(0, +), tail))
    }

    @Test func zipfSpreadsItsRanksOverTheKeys() {
        let counts = counts(.zipf(exponent: 0.99), keys: 1000)
        let hottest = counts.indices.sorted { counts[$0] > counts[$1] }.prefix(10)
        #expect(zip(hottest, hottest.dropFirst()).allSatisfy { abs($0 - $1) > 1 })
        let sum = (1...1000).reduce(0.0) { $0 + pow(Double($1), -0.99) }
        #expect(isNear(counts.max() ?? 0, 1 / sum))
    }

    @Test func scrambledStandsOutLess() {
        // YCSB's constant: the sum of r^-0.99 up to 10^10. The other ranks are spread evenly.
        let top = 1 / 26.469_028_2
        let counts = counts(.scrambled(exponent: 0.99), keys: 1000).sorted(by: >)
        #expect(isNear(counts[0], top + (1 - top) / 1000 * 0.8))
        #expect(isNear(counts[1], pow(2, -0.99) * top + (1 - top) / 1000 * 0.8))
        #expect(counts.allSatisfy { $0 > 0 })
    }

    @Test(arguments: [1, 2, 3, 10, 997, 1000, 4096])
    func theSpreadIsAPermutation(count: Int) {
        for seed: UInt64 in 0..<20 {
            let spread = Spread(count: count, seed: seed)
            #expect(Set((0..<count).map { spread[$0] }) == Set(0..<count))
        }
    }

    @Test func uniformIsAlike() {
        for count in counts(.uniform, keys: 100) { #expect(isNear(count, 0.01)) }
    }

    @Test func scanGoesRoundAndEachPartStartsElsewhere() {
        var random = RandomSource(seed: 1)
        var whole = KeyChooser(.scan, keys: 5, seed: 1)
        #expect((0..<12).map { _ in whole.next(&random, count: 5) } == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1])
        var second = KeyChooser(.scan, keys: 10, part: 1, parts: 2, seed: 1)
        #expect((0..<6).map { _ in second.next(&random, count: 10) } == [5, 6, 7, 8, 9, 0])
    }

    @Test func latestPrefersWhatWasInsertedLast() {
        let counts = counts(.latest(exponent: 0.99), keys: 1000, count: 1500)
        #expect(counts[1499] == counts.max())
        #expect(counts[1499] > counts[1498] && counts[1498] > counts[1400] && counts[1400] > counts[600])
        #expect(counts[..<500].allSatisfy { $0 == 0 })
    }

    @Test func hotspotGivesThePartItsRequests() {
        let counts = counts(.hotspot(keys: 0.1, requests: 0.7), keys: 1000).sorted(by: >)
        #expect(isNear(counts[..<100].reduce(0, +), 0.7))
        #expect(counts.allSatisfy { $0 > 0 })
    }

    @Test func theSameSeedDrawsTheSame() {
        #expect(counts(.zipf(exponent: 0.9), keys: 50) == counts(.zipf(exponent: 0.9), keys: 50))
    }

    @Test(
        arguments: [
            ("zipf", .zipf(exponent: 0.99)), ("zipf:1.2", .zipf(exponent: 1.2)), ("uniform", .uniform),
            ("scan", .scan), ("latest:0.5", .latest(exponent: 0.5)), ("hotspot", .hotspot(keys: 0.2, requests: 0.8)),
            ("hotspot:0.1:0.9", .hotspot(keys: 0.1, requests: 0.9)), ("trace:a:b.csv", .trace(path: "a:b.csv")),
        ] as [(String, KeyDistribution)]
    )
    func parses(text: String, distribution: KeyDistribution) throws {
        #expect(try KeyDistribution(text) == distribution)
    }

    @Test(arguments: [
        "", "zip", "zipf:", "zipf:0", "zipf:-1", "zipf:nan", "uniform:1", "hotspot:2:0.5", "hotspot:0.5", "trace:",
    ])
    func refuses(text: String) {
        #expect(throws: PlanError.self) { try KeyDistribution(text) }
    }

    // MARK: Sizes

    @Test func sizesFollowFromTheKey() throws {
        #expect(try ItemSizes("700").size(of: 3, seed: 1) == 700)
        let uniform = try ItemSizes("uniform:100-199")
        let sizes = (0..<20_000).map { uniform.size(of: $0, seed: 4) }
        #expect(sizes == (0..<20_000).map { uniform.size(of: $0, seed: 4) })
        #expect(Set(sizes) == Set(100...199))
        let lognormal = try ItemSizes("lognormal:500:8000")
        let sorted = (0..<20_000).map { lognormal.size(of: $0, seed: 4) }.sorted()
        #expect((470...530).contains(sorted[10_000]))
        #expect((7000...9200).contains(sorted[19_800]))
    }

    @Test(arguments: ["", "0", "-5", "400001000", "uniform:9-3", "uniform:5", "lognormal:5", "lognormal:9:5", "x"])
    func refusesSizes(text: String) {
        #expect(throws: PlanError.self) { try ItemSizes(text) }
    }
}
