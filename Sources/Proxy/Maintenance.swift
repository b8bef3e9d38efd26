import Cache
import Transport

/// The caches' housekeeping: frees what has expired or can't be reached any more, a little at a time between requests.
///
/// Confined to its reactor's thread; it ends with the reactor.
final class Maintenance {
    /// Nanoseconds between passes over the stores, and between the parts of one.
    private static let pause: UInt64 = 1_000_000_000
    private static let shortPause: UInt64 = 10_000_000
    /// Nanoseconds of work at a time.
    private static let turn: UInt64 = 500_000
    /// Nanoseconds after which what a curve is made of counts half.
    private static let curveWindow: UInt64 = 60_000_000_000

    private let shared: SharedState
    private let reactor: Reactor
    /// Stores that the present pass has yet to go through.
    private var waiting: [Store] = []
    private var windowEnd: UInt64

    init(shared: SharedState, reactor: Reactor) {
        self.shared = shared
        self.reactor = reactor
        windowEnd = MonotonicClock.now() &+ Self.curveWindow
        schedule(after: Self.pause)
    }

    private func schedule(after delay: UInt64) {
        _ = reactor.schedule(after: delay) { [weak self] in self?.run() }
    }

    private func run() {
        if waiting.isEmpty { begin() }
        let start = MonotonicClock.now()
        while let store = waiting.last {
            let now = MonotonicClock.now()
            guard now &- start < Self.turn else { return schedule(after: Self.shortPause) }
            if !store.maintain(now: now) { waiting.removeLast() }
        }
        schedule(after: Self.pause)
    }

    /// Begins a pass.
    private func begin() {
        for domain in shared.directory.allDomains() {
            for table in domain.allTables() {
                table.removeRemains()
            }
        }
        waiting = shared.allStores()
        let now = MonotonicClock.now()
        guard now >= windowEnd else { return }
        windowEnd = now &+ Self.curveWindow
        for store in waiting { store.decayCurve(0.5) }
    }
}
