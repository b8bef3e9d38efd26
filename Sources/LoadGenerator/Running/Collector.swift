internal import Synchronization

/// Where threads put what they have counted.
final class Collector: Sendable {
    struct Thread: Sendable {
        var tallies: [Tally]
        /// When each tenant's last operation was done.
        var ends: [UInt64]
        var processorTime: UInt64
        var signatures: Int
    }

    private struct State {
        /// By tenant, then interval; those of the warm-up have negative numbers.
        var series: [[Int: IntervalTally]]
        var results: [Thread] = []
        var failures = 0
        var busyThreads = 0
    }

    private let state: Mutex<State>

    init(tenants: Int, threads: Int) {
        state = Mutex(State(series: Array(repeating: [:], count: tenants), busyThreads: threads))
    }

    func add(_ tally: IntervalTally, tenant: Int, interval: Int) {
        state.withLock { $0.series[tenant][interval, default: IntervalTally()].merge(tally) }
    }

    func finish(_ result: Thread?) {
        state.withLock { state in
            if let result { state.results.append(result) } else { state.failures += 1 }
            state.busyThreads -= 1
        }
    }

    var isDone: Bool { state.withLock { $0.busyThreads == 0 } }
    var failures: Int { state.withLock { $0.failures } }
    var results: [Thread] { state.withLock { $0.results } }

    /// Takes what came of intervals before `end` after they were taken: tenant, interval, what it is.
    func leftovers(before end: Int) -> [(tenant: Int, interval: Int, tally: IntervalTally)] {
        state.withLock { state in
            let late = state.series.enumerated().flatMap { tenant, series in
                series.filter { $0.key < end }.map { (tenant: tenant, interval: $0.key, tally: $0.value) }
            }
            for entry in late { state.series[entry.tenant][entry.interval] = nil }
            return late
        }
    }

    /// Takes what is known of an interval out.
    func take(_ interval: Int) -> [IntervalTally] {
        state.withLock { state in
            state.series.indices.map { state.series[$0].removeValue(forKey: interval) ?? IntervalTally() }
        }
    }
}

/// Ends a run early; from any thread.
public final class StopFlag: Sendable {
    private let isSet = Atomic(false)

    /// Not set.
    public init() {}

    /// Ends the run at its next look, within some 50 ms.
    public func set() {
        isSet.store(true, ordering: .relaxed)
    }

    var value: Bool { isSet.load(ordering: .relaxed) }
}
