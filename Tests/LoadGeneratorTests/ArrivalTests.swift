import Testing

@testable import LoadGenerator

/// When open-loop operations are due, on a clock that is only a number.
@Suite struct ArrivalTests {
    @Test func uniformArrivalsKeepTheirRate() {
        var random = RandomSource(seed: 1)
        var schedule = ArrivalSchedule(rate: 3, arrivals: .uniform, start: 1_000)
        var times: [UInt64] = []
        for _ in 0..<7 {
            times.append(schedule.next)
            schedule.advance(&random)
        }
        #expect(times[0] == 1_000 && times[3] == 1_000_001_000 && times[6] == 2_000_001_000)
    }

    @Test func poissonArrivalsAreIndependent() {
        var random = RandomSource(seed: 2)
        var schedule = ArrivalSchedule(rate: 1000, arrivals: .poisson, start: 0)
        var perSlot = [Int](repeating: 0, count: 2000)
        while schedule.next < 20_000_000_000 {
            perSlot[Int(schedule.next / 10_000_000)] += 1
            schedule.advance(&random)
        }
        let mean = Double(perSlot.reduce(0, +)) / 2000
        let variance = perSlot.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 2000
        #expect(abs(mean - 10) < 0.4)
        // Of a Poisson process the two are the same.
        #expect(abs(variance / mean - 1) < 0.15)
    }

    @Test func aStallIsSeenFromTheIntendedStart() {
        // One server that answers in 1 ms, but for one second not at all; 100 operations a second for 10 s.
        var random = RandomSource(seed: 3)
        var schedule = ArrivalSchedule(rate: 100, arrivals: .uniform, start: 0)
        var (fromIntended, fromSending) = (LatencyHistogram(), LatencyHistogram())
        var free: UInt64 = 0
        while schedule.next < 10_000_000_000 {
            let due = schedule.next
            schedule.advance(&random)
            let sent = max(due, free)
            let stall: UInt64 = (5_000_000_000..<6_000_000_000).contains(sent) ? 6_000_000_000 - sent : 0
            free = sent + stall + 1_000_000
            fromIntended.record(free - due)
            fromSending.record(free - sent)
        }
        #expect(fromSending.quantile(0.99) < 1_002_000)
        // A tenth of all were due while it stalled, and waited anything up to a second.
        #expect(fromIntended.quantile(0.99) > 850_000_000)
        #expect(fromIntended.quantile(0.85) < 1_002_000)
    }

    @Test func intervalsHaveNumbers() {
        let times = RunTimes(start: 1_000, measure: 4_500, end: 9_000, interval: 1_000)
        let numbers = [1_000, 1_499, 1_500, 2_500, 3_499, 3_500, 4_499, 4_500, 5_499, 5_500].map {
            times.interval(at: $0)
        }
        #expect(numbers == [-4, -4, -3, -2, -2, -1, -1, 0, 0, 1])
    }
}
