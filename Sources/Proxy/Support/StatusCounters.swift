import Synchronization

/// Counts replies by cache status.
final class StatusCounters: Sendable {
    private final class Counter: Sendable {
        let value = Atomic<UInt64>(0)
    }

    private let counters = CacheStatus.allCases.map { _ in Counter() }

    func count(_ status: CacheStatus) {
        counters[status.rawValue].value.wrappingAdd(1, ordering: .relaxed)
    }

    /// Name and count of every status.
    func snapshot() -> [(status: CacheStatus, count: UInt64)] {
        CacheStatus.allCases.map { ($0, counters[$0.rawValue].value.load(ordering: .relaxed)) }
    }
}
