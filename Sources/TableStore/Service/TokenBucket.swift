/// Capacity units of one kind: earned at a rate, kept for 300 seconds, spent after the fact.
///
/// What is earned and spent is never forgotten below the cap, debts neither, so that in the long run no more is spent
/// than the rate allows.
struct TokenBucket {
    /// How long unused capacity is kept (Developer Guide, "DynamoDB burst and adaptive capacity").
    static let burstSeconds = 300.0

    /// Units a second.
    private var rate: Double
    private var units: Double
    /// Milliseconds since 1970 up to which units are earned.
    private var time: Int64

    /// A new bucket has one second's units: nothing was left unused before it was there.
    init(rate: Double, now: Int64) {
        self.rate = rate
        units = rate
        time = now
    }

    /// Whether there is anything to spend.
    var isEmpty: Bool { units <= 0 }

    /// Earns what is due at the rate so far, and goes on with `rate`.
    mutating func advance(to now: Int64, rate newRate: Double) {
        // A wall clock may go back.
        let (elapsed, isOverflow) = now.subtractingReportingOverflow(time)
        if elapsed > 0, !isOverflow { units += rate * Double(elapsed) / 1000 }
        time = now
        rate = newRate
        units = min(units, rate * Self.burstSeconds)
    }

    /// Spends units that are there or not.
    mutating func spend(_ spent: Double) {
        units -= spent
    }
}
