import Synchronization

/// A rate that may be exceeded only for a moment: a token bucket that can be in debt, shared by all reactors.
///
/// Kept as the generic cell rate algorithm keeps it (ITU-T I.371): the one number is the time at which all that was
/// charged so far will have been paid for. Before that time the bucket is in debt; so far behind it as `burst` allows, it
/// has saved up. A charge moves the time on by cost / rate. Admission asks only that there is no debt, never that the
/// whole cost is at hand, so that a cost of many seconds' rate passes as well; the debt it leaves is paid by those
/// that follow.
///
/// Costs are in the unit of the rate (capacity units, bytes), times in monotonic nanoseconds. No lock, nothing
/// allocated; one compare-and-swap for a charge, none where there is no limit.
struct TokenBucket: ~Copyable, Sendable {
    /// The longest debt, in nanoseconds: what is charged beyond it is forgiven.
    static let longestDebt: UInt64 = 3_600_000_000_000

    /// When everything charged is paid for.
    private let paidAt: Atomic<UInt64>
    /// Nanoseconds for one unit, as the bits of a Double: 0 without a limit, infinity when nothing may pass.
    private let price = Atomic<UInt64>(0)
    private let burst: Atomic<UInt64>

    /// A bucket without a limit, which has saved up nothing by `now`.
    init(burst: UInt64, now: UInt64 = 0) {
        paidAt = Atomic(now)
        self.burst = Atomic(min(burst, Self.longestDebt))
    }

    /// Whether there is a limit at all.
    var isLimited: Bool { price.load(ordering: .relaxed) != 0 }

    /// Units a second; infinite without a limit.
    var rate: Double {
        let price = Double(bitPattern: price.load(ordering: .relaxed))
        return price == 0 ? .infinity : 1e9 / price
    }

    /// Changes how much of the unused rate may be saved up, as nanoseconds of it.
    func set(burst: UInt64) {
        self.burst.store(min(burst, Self.longestDebt), ordering: .relaxed)
    }

    /// Changes the rate: units a second, infinite for no limit.
    ///
    /// The debt is the same number of units after as before, whatever it will then take to pay it. A bucket that had no
    /// limit, or a rate of 0, starts anew.
    func set(rate: Double, now: UInt64) {
        let next = Self.price(of: rate)
        let previous = Double(bitPattern: price.exchange(next.bitPattern, ordering: .relaxed))
        guard previous != next else { return }
        let isRelated = previous > 0 && previous < .infinity && next > 0 && next < .infinity
        var known = paidAt.load(ordering: .relaxed)
        while true {
            let debt = known > now ? known - now : 0
            let scaled = isRelated ? Self.nanoseconds(Double(debt) * (next / previous)) : 0
            let wanted = debt == 0 && isRelated ? known : now.addingClamped(scaled)
            let (exchanged, original) = paidAt.compareExchange(expected: known, desired: wanted, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    /// Nanoseconds until there is no debt: 0 when a request may pass, `.max` when nothing passes at this rate.
    func debt(now: UInt64) -> UInt64 {
        let price = Double(bitPattern: price.load(ordering: .relaxed))
        if price == 0 { return 0 }
        if price == .infinity { return .max }
        let paidAt = paidAt.load(ordering: .relaxed)
        return paidAt > now ? paidAt - now : 0
    }

    /// Nanoseconds in which a cost is paid for at the present rate.
    func time(for cost: Double) -> UInt64 {
        let price = Double(bitPattern: price.load(ordering: .relaxed))
        return price == .infinity ? .max : Self.nanoseconds(cost * price)
    }

    /// Takes the cost of something that was used; a negative cost gives back what was charged too much.
    func charge(_ cost: Double, now: UInt64) {
        let price = Double(bitPattern: price.load(ordering: .relaxed))
        guard price > 0, price < .infinity, cost != 0 else { return }
        let burst = burst.load(ordering: .relaxed)
        let earliest = now > burst ? now - burst : 0
        let latest = now.addingClamped(Self.longestDebt)
        let time = Self.nanoseconds((cost * price).magnitude)
        var known = paidAt.load(ordering: .relaxed)
        while true {
            let base = max(known, earliest)
            let wanted =
                cost > 0 ? min(base.addingClamped(time), latest) : max(base > time ? base - time : 0, earliest)
            let (exchanged, original) = paidAt.compareExchange(expected: known, desired: wanted, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    private static func price(of rate: Double) -> Double {
        if rate == .infinity { return 0 }
        return rate > 0 ? 1e9 / rate : .infinity
    }

    /// A time as a whole number, within the longest debt; odd numbers are none.
    private static func nanoseconds(_ time: Double) -> UInt64 {
        time > 0 ? UInt64(min(time, Double(longestDebt))) : 0
    }
}

extension UInt64 {
    /// The sum, or the largest value where it does not fit.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}
