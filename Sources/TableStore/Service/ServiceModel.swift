import DynamoDB

/// How the embedded store behaves as a service, for experiments: enforced throughput, added latency, injected faults.
///
/// An operation is done when the store takes the call, one after the other; what a latency delays is the reply alone. So
/// the order of effects does not depend on latencies, except for writes that a fault makes late.
public struct ServiceModel: Sendable, Equatable {
    /// Nanoseconds that anything may be delayed.
    public static let delayBounds: ClosedRange<UInt64> = 0...300_000_000_000
    /// Shares of calls.
    public static let probabilityBounds = 0.0...1.0
    /// Most faults.
    public static let maximumFaults = 64

    /// Whether provisioned throughput is enforced, with burst credit.
    public var enforcesThroughput = false
    /// Added to replies to operations that change nothing.
    public var readLatency = Latency.none
    /// Added to replies to operations that change items or tables.
    public var writeLatency = Latency.none
    /// What goes wrong; at most one of them hits a call, each with its own probability.
    public var faults: [Fault] = []
    /// Makes latencies and faults repeatable.
    ///
    /// The same calls in the same order meet the same faults and latencies, counted from when the model was set.
    /// Calls that no fault can hit do not count for faults.
    public var seed: UInt64?

    /// A service that enforces nothing, adds nothing and fails never.
    public init() {}

    /// What is wrong with it, a sentence each; empty when nothing is.
    ///
    /// A store that is told to behave so does what comes nearest.
    public var problems: [String] {
        var problems: [String] = []
        if let problem = readLatency.problem { problems.append("the latency of reads \(problem)") }
        if let problem = writeLatency.problem { problems.append("the latency of writes \(problem)") }
        if faults.count > Self.maximumFaults { problems.append("there are more than \(Self.maximumFaults) faults") }
        for (index, fault) in faults.prefix(Self.maximumFaults).enumerated() {
            if let problem = fault.problem { problems.append("fault \(index + 1) \(problem)") }
        }
        let certain = bounded
        // A request may name several tables, so tables don't keep faults apart.
        let crowded = Operation.allCases.first { operation in
            certain.faults.reduce(0) { $0 + ($1.covers(operation) ? $1.probability : 0) } > 1 + 1e-9
        }
        if let crowded { problems.append("the probabilities of faults of \(crowded.name) add up to more than 1") }
        return problems
    }

    /// The nearest whose latencies and faults have no problem by themselves.
    ///
    /// Of faults whose probabilities add up to more than 1 the last ones hit less.
    var bounded: ServiceModel {
        var model = self
        model.readLatency = readLatency.bounded
        model.writeLatency = writeLatency.bounded
        model.faults = faults.prefix(Self.maximumFaults).map(\.bounded)
        return model
    }
}
