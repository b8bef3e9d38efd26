/// What one tenant's requests on one reactor wait in until its rates allow them.
///
/// One queue for what reads, one for what writes and one for what memory answers, each in order of arrival, so that a
/// tenant out of write capacity can read on. Bounded in number, bytes and time. It decides only; the worker performs.
struct TenantQueue<Waiting> {
    /// What a request waits for; bytes it waits for in any case.
    enum Lane: Int, CaseIterable, Sendable {
        case reads
        case writes
        /// Answers from memory: bytes only.
        case cached
    }

    /// What becomes of one that arrives.
    enum Arrival: Equatable, Sendable {
        /// Its estimate has been charged.
        case passes
        case waits
        case isRefused
    }

    /// What becomes of one that has waited.
    enum Step {
        /// Its estimate has been charged.
        case pass(Waiting, arrival: UInt64)
        case refuse(Waiting, arrival: UInt64)
    }

    private struct Entry {
        let waiting: Waiting
        let cost: Double
        let bytes: Int
        let arrival: UInt64
        let deadline: UInt64
    }

    private struct Line {
        var entries = FIFO<Entry>()
        /// Of all entries.
        var cost = 0.0
    }

    /// Most nanoseconds until what waits is looked at again: rates may have changed meanwhile.
    private static var longestPause: UInt64 { 100_000_000 }

    private let limits: TenantLimits
    private let settings: ThrottlingSettings
    private let byteLimit: Int
    private var lines: [Line] = Lane.allCases.map { _ in Line() }
    /// The lane that is looked at first.
    private var turn = 0
    /// Requests and bytes that wait.
    private(set) var count = 0
    private(set) var bytes = 0

    init(limits: TenantLimits, settings: ThrottlingSettings, byteLimit: Int) {
        self.limits = limits
        self.settings = settings
        self.byteLimit = byteLimit
    }

    var isEmpty: Bool { count == 0 }

    /// Takes a request that arrived at the proxy at `arrival`, of an estimated cost in its lane's units.
    ///
    /// One that could not be served before its deadline is refused now rather than then.
    mutating func arrive(
        _ waiting: Waiting,
        in lane: Lane,
        cost: Double,
        bytes: Int,
        arrival: UInt64,
        now: UInt64
    ) -> Arrival {
        let debt = debt(lane, now: now)
        if debt == 0, lines[lane.rawValue].entries.isEmpty {
            charge(cost, lane, now: now)
            return .passes
        }
        let deadline = arrival.addingClamped(settings.queueDeadline)
        let served = now.addingClamped(debt).addingClamped(backlog(lane))
        guard served < deadline, count < settings.queueLength, bytes <= byteLimit - self.bytes else {
            return .isRefused
        }
        lines[lane.rawValue].entries.append(
            Entry(waiting: waiting, cost: cost, bytes: bytes, arrival: arrival, deadline: deadline)
        )
        lines[lane.rawValue].cost += cost
        count += 1
        self.bytes += bytes
        return .waits
    }

    /// What can be done now for the next one that waits; nil when nothing can.
    ///
    /// The lanes take turns. Those of which `isGone` is true are dropped on the way.
    mutating func next(now: UInt64, isGone: (Waiting) -> Bool) -> Step? {
        for offset in 0..<lines.count {
            let index = (turn + offset) % lines.count
            guard let lane = Lane(rawValue: index) else { continue }
            while let first = lines[index].entries.first {
                if isGone(first.waiting) {
                    removeFirst(index)
                    continue
                }
                if first.deadline <= now {
                    removeFirst(index)
                    return .refuse(first.waiting, arrival: first.arrival)
                }
                guard debt(lane, now: now) == 0 else { break }
                removeFirst(index)
                charge(first.cost, lane, now: now)
                turn = (index + 1) % lines.count
                return .pass(first.waiting, arrival: first.arrival)
            }
        }
        return nil
    }

    /// Takes one out, whatever its turn, in order to refuse it.
    mutating func refuseNext() -> Step? {
        guard let index = lines.indices.first(where: { !lines[$0].entries.isEmpty }),
            let first = lines[index].entries.first
        else { return nil }
        removeFirst(index)
        return .refuse(first.waiting, arrival: first.arrival)
    }

    /// Nanoseconds until `next` is worth asking again; nil when nobody waits.
    func pause(now: UInt64) -> UInt64? {
        var pause: UInt64?
        for lane in Lane.allCases {
            guard let first = lines[lane.rawValue].entries.first else { continue }
            let late = first.deadline > now ? first.deadline - now : 0
            pause = min(pause ?? Self.longestPause, late, debt(lane, now: now))
        }
        return pause
    }

    private mutating func removeFirst(_ index: Int) {
        guard let first = lines[index].entries.popFirst() else { return }
        // Sums of fractions leave crumbs.
        lines[index].cost = lines[index].entries.isEmpty ? 0 : lines[index].cost - first.cost
        count -= 1
        bytes -= first.bytes
    }

    private func debt(_ lane: Lane, now: UInt64) -> UInt64 {
        let egress = limits.egress.debt(now: now)
        return switch lane {
        case .reads: max(egress, limits.reads.debt(now: now))
        case .writes: max(egress, limits.writes.debt(now: now))
        case .cached: egress
        }
    }

    /// Nanoseconds it takes to pay for those who wait.
    private func backlog(_ lane: Lane) -> UInt64 {
        switch lane {
        case .reads: limits.reads.time(for: lines[lane.rawValue].cost)
        case .writes: limits.writes.time(for: lines[lane.rawValue].cost)
        case .cached: 0
        }
    }

    private func charge(_ cost: Double, _ lane: Lane, now: UInt64) {
        switch lane {
        case .reads: limits.reads.charge(cost, now: now)
        case .writes: limits.writes.charge(cost, now: now)
        case .cached: break
        }
    }
}
