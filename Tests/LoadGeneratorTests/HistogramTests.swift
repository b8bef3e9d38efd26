import Testing

@testable import LoadGenerator

/// Latencies counted in buckets, against the latencies themselves.
@Suite struct HistogramTests {
    private static let parts = [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]

    private func check(_ values: [UInt64]) {
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        #expect(histogram.count == UInt64(values.count))
        #expect(histogram.minimum == sorted.first && histogram.maximum == sorted.last)
        for part in Self.parts {
            let rank = max(1, Int((part * Double(values.count)).rounded(.up)))
            let exact = sorted[rank - 1]
            let told = histogram.quantile(part)
            #expect(told >= exact && Double(told - exact) <= Double(exact) / 1000, "\(part): \(told), not \(exact)")
        }
    }

    @Test func quantilesAreWithinAThousandth() {
        var random = RandomSource(seed: 21)
        check((1...5000).map { $0 })
        check((0..<20_000).map { _ in UInt64(random.below(3_000_000)) })
        check((0..<20_000).map { _ in UInt64(1) << UInt64(random.below(39)) + UInt64(random.below(1000)) })
        check([7])
    }

    @Test func bucketsHaveNoGapsAndAreInOrder() {
        var last: UInt64 = 0
        let powers = (13..<40).flatMap { power in [-1, 0, 1].map { UInt64((1 << power) + $0) } }
        for value in Array(0...100) + Array(2000...2100) + Array(4000...4090) + powers {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(value * 2)
            let told = histogram.quantile(0.5)
            #expect(told >= value && told >= last)
            last = told
        }
    }

    @Test func mergingIsCountingTogether() {
        var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value: UInt64 in 1...1000 {
            let latency = value * value * 17
            if value % 3 == 0 { one.record(latency) } else { other.record(latency) }
            both.record(latency)
        }
        one.merge(other)
        one.merge(LatencyHistogram())
        for part in Self.parts { #expect(one.quantile(part) == both.quantile(part)) }
        #expect(one.count == both.count && one.maximum == both.maximum && one.minimum == both.minimum)
    }

    @Test func longLatenciesFirstAndShortOnesAfter() {
        check([5_000_000_000, 40, 900_000, 1, 2_047, 2_048, 3_000_000_000_00])
        check((1...3000).map { UInt64(9_000_000 - $0 * 2_999) })
        var (long, short) = (LatencyHistogram(), LatencyHistogram())
        long.record(7_000_000_000)
        short.record(90)
        long.merge(short)
        #expect(long.quantile(0.5) == 90 && long.maximum == 7_000_000_000 && long.count == 2)
    }

    @Test func longerThanTheLongestIsCountedThere() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.count == 1 && histogram.maximum == .max)
        #expect(histogram.quantile(0.5) >= 1 << 40)
    }

    @Test func theExpectedIntervalFillsWhatWasLeftOut() {
        // 100 s with a request each 10 ms; then nothing for 100 s: HdrHistogram's own example.
        var plain = LatencyHistogram()
        var corrected = LatencyHistogram()
        for _ in 0..<10_000 {
            plain.record(1_000_000)
            corrected.record(1_000_000, expectedInterval: 10_000_000)
        }
        plain.record(100_000_000_000)
        corrected.record(100_000_000_000, expectedInterval: 10_000_000)
        #expect(plain.count == 10_001 && corrected.count == 20_000)
        #expect(plain.quantile(0.99) < 1_001_000)
        let half = Double(corrected.quantile(0.75)) / 1e9
        #expect(half > 49.9 && half < 50.1)
    }

    @Test func theTextEndsWithTheLongest() {
        var histogram = LatencyHistogram()
        for value: UInt64 in 1...1000 { histogram.record(value * 1000) }
        let lines = histogram.percentileText().split(separator: "\n")
        #expect(lines.first?.contains("Percentile") == true)
        #expect(lines.last == "#[Total count = 1000]")
        #expect(lines.contains { $0.contains("1000.000 1.000000000000       1000            inf") })
        #expect(LatencyHistogram().percentileText().contains("#[Total count = 0]"))
    }

    @Test func decimals() {
        #expect(Decimals.text(1234.5678, 2) == "1234.57")
        #expect(Decimals.text(-0.004, 2) == "0.00" && Decimals.text(-0.5, 1) == "-0.5")
        #expect(Decimals.text(3.02, 1) == "3.0" && Decimals.text(7.6, 0) == "8")
        #expect(Decimals.latency(90_300) == "90.3us" && Decimals.latency(2_240_000) == "2.24ms")
    }

    @Test func fewNamesAreCountedByName() {
        var counts = NamedCounts()
        for number in 0..<1000 { counts.add("name-\(number)") }
        counts.add("name-1", count: 4)
        #expect(counts["name-1"] == 5 && counts.total == 1004 && counts.all.count <= 64)
        #expect(counts["others"] > 0)
    }
}
