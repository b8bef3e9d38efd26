import Alloc

/// Why and how a round was held, and what came of it.
struct RoundReport: Sendable {
    /// What made the round due.
    enum Trigger: String, Sendable {
        /// The interval is over.
        case interval
        /// A tenant that had asked for nothing asks again.
        case wake
        /// The configuration has changed.
        case change
        /// A tenant was measured below what its base would give.
        case `guard`
    }

    /// What a tenant is to the round.
    enum Standing: String, Sendable {
        /// Too little is known of it; it has its base.
        case new
        /// It takes part.
        case active
        /// It asks for nothing; what its base has beyond its floor is everybody's.
        case idle
    }

    /// One tenant's part of the round.
    struct Part: Sendable {
        var name: String
        var standing: Standing
        var base: ResourceVector
        /// What was in force.
        var before: ResourceVector
        /// What the policy proposed.
        var proposed: ResourceVector
        /// What it is to have after the round: what was proposed, if that was applied.
        var target: ResourceVector
        var traffic: Traffic?
        /// Miss ratios, by the model and by measurement, of RCU.
        var missesBefore: Double?
        var missesProposed: Double?
        var missesMeasured: Double?
        /// Throughput over what the base would give, by the model.
        var ratioBefore: Double?
        var predictedRatio: Double?
        /// What is added to its miss ratios for an error that was met.
        var margin: Double
        /// Measured in an interval after the decision.
        var effect: Effect?
    }

    /// What was measured in an interval.
    struct Effect: Sendable, Equatable {
        /// Requests a second.
        var throughput: Double
        /// Of what the base would give, with the need that was measured; nil when nothing that it needs is limited.
        var ratio: Double?
        /// Whether rates held it back.
        var isLimited: Bool
        var misses: Double?
    }

    var number: Int
    /// Milliseconds since 1970.
    var time: Int64
    var trigger: Trigger
    var policy: String
    var parts: [Part]
    var transfers: [Transfer]
    /// The least of the ratios in force, and of those proposed, by the model.
    var ratioBefore: Double?
    var predictedRatio: Double?
    var isApplied: Bool
    /// Why it was not applied, or what it was applied for.
    var reason: String
    /// Whether the effect is known.
    var isMeasured = false
}

/// The last reports.
struct RoundHistory: Sendable {
    /// Parts kept at most, over all reports.
    static let mostParts = 200_000

    private(set) var reports: [RoundReport] = []
    var capacity: Int { didSet { trim() } }

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ report: RoundReport) {
        reports.append(report)
        trim()
    }

    /// Changes the latest report that was applied and whose effect is not known.
    mutating func updateUnmeasured(_ body: (inout RoundReport) -> Void) {
        if let index = reports.lastIndex(where: { $0.isApplied && !$0.isMeasured }) { body(&reports[index]) }
    }

    private mutating func trim() {
        let width = max(1, reports.last?.parts.count ?? 1)
        let most = max(1, min(capacity, Self.mostParts / width))
        if reports.count > most { reports.removeFirst(reports.count - most) }
    }
}
