public import Cache
internal import Trace

/// How a trace is replayed.
public struct ReplayOptions: Sendable {
    /// What a write of the trace does to the cache.
    public enum WriteEffect: String, Sendable, CaseIterable {
        /// Puts the item in, as a cache that is written through does.
        case insert
        /// Drops the item, as the proxy does.
        case drop
    }

    /// What decides which items stay.
    public var policy: PolicyKind
    /// What counts as held.
    public var accounting: Accounting
    /// What a miss costs, for the policies that weigh it.
    public var weights: CostWeights
    /// What writes do.
    public var writes: WriteEffect
    /// Requests from the beginning that fill the cache but are not counted.
    public var warmup: Int

    /// The default policy, counting keys and values only.
    public init(
        policy: PolicyKind = .lazyGDSF,
        accounting: Accounting = .payload,
        weights: CostWeights = CostWeights(request: 1, readUnits: 0, bytes: 0),
        writes: WriteEffect = .insert,
        warmup: Int = 0
    ) {
        self.policy = policy
        self.accounting = accounting
        self.weights = weights
        self.writes = writes
        self.warmup = warmup
    }

    /// Whether a write of the trace puts its item in: one whose size is not known can only drop it.
    func inserts(_ request: TraceRequest) -> Bool {
        writes == .insert && request.valueSize > 0
    }

    /// The accounting's name.
    public var accountingName: String { accounting == .payload ? "payload" : "memory" }
}

extension TraceRequest {
    /// When an item that is kept from `clock` on expires, in nanoseconds.
    func expiry(from clock: UInt64) -> UInt64 {
        guard timeToLive > 0 else { return .max }
        let (sum, overflow) = clock.addingReportingOverflow(UInt64(timeToLive) * 1_000_000_000)
        return overflow ? .max : sum
    }
}

/// A cache size, as it is asked for.
public enum CacheSize: Sendable, Equatable {
    case bytes(Int)
    /// A part of the trace's footprint.
    case footprint(Double)
}

// By name, for a command line.
extension ReplayOptions {
    /// The policies' names.
    public static let policyNames = PolicyKind.allCases.map(\.rawValue)
    /// What may count as held.
    public static let accountingNames = ["payload", "memory"]
    /// What a miss may cost: the same for each, its read capacity units, its bytes.
    public static let weightNames = ["requests", "rcu", "egress"]
    /// What writes may do.
    public static let writeNames = WriteEffect.allCases.map(\.rawValue)

    /// Makes options; nil when there is no such name.
    public init?(policy: String, accounting: String, weights: String, writes: String, warmup: Int) {
        guard let policy = PolicyKind(rawValue: policy), Self.accountingNames.contains(accounting),
            let writes = WriteEffect(rawValue: writes)
        else { return nil }
        let costs: CostWeights
        switch weights {
        case "requests": costs = CostWeights(request: 1, readUnits: 0, bytes: 0)
        case "rcu": costs = CostWeights(request: 0, readUnits: 1, bytes: 0)
        case "egress": costs = CostWeights(request: 0, readUnits: 0, bytes: 1)
        default: return nil
        }
        self.init(
            policy: policy,
            accounting: accounting == "memory" ? .memory : .payload,
            weights: costs,
            writes: writes,
            warmup: warmup
        )
    }
}
