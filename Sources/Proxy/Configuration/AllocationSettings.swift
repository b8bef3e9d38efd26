public import Alloc

/// What all tenants share besides memory.
///
/// What is absent is not limited.
public struct ResourceTotals: Sendable, Equatable {
    /// Read capacity units a second.
    public var readUnits: Double?
    /// Write capacity units a second.
    public var writeUnits: Double?
    /// Bytes a second sent to tenants and exchanged with the upstream.
    public var egressBytes: Double?

    /// Amounts a second; by default nothing is limited.
    public init(readUnits: Double? = nil, writeUnits: Double? = nil, egressBytes: Double? = nil) {
        self.readUnits = readUnits
        self.writeUnits = writeUnits
        self.egressBytes = egressBytes
    }
}

/// How what tenants share is allocated anew, again and again: `docs/allocation.md`.
public struct AllocationSettings: Sendable, Equatable {
    /// What becomes of an allocation that was found.
    public enum Mode: String, CaseIterable, Sendable {
        /// It is put in force.
        case apply
        /// It is reported; each tenant keeps its base.
        case observe
        /// None is looked for; each tenant keeps its base.
        case off
    }

    /// What becomes of an allocation that was found.
    public var mode = Mode.apply
    /// What finds it.
    public var policy = PolicyName.optimal
    /// Time between two rounds.
    public var interval: UInt64 = 20_000_000_000
    /// Intervals over which demand is measured.
    public var window = 3
    /// The gain that is predicted below which nothing is changed: 0.05 is 5 %.
    public var threshold = 0.05
    /// Most bytes that a tenant's cache grows or shrinks at once.
    public var step = 16 << 20
    /// Time between two steps.
    public var stepInterval: UInt64 = 1_000_000_000
    /// The part of a grown cache that is filled when it counts as warm.
    public var warm = 0.97
    /// Whether a tenant whose cache grows keeps the rates that it needs until the cache is warm.
    public var boost = true
    /// What is added to miss ratios.
    public var salt = 0.01
    /// Rounds that are kept to be asked for.
    public var history = 100
    /// What a tenant keeps also while it asks for nothing, as far as its base goes.
    public var floor = ResourceVector(cacheBytes: 4 << 20, readUnits: 5, writeUnits: 5, egressBytes: 64_000)

    /// The defaults.
    public init() {}
}

/// Where the program tells about itself.
public struct AdminSettings: Sendable, Equatable {
    /// Where the admin API is served.
    public var listener: Listener

    /// Settings of the given address.
    public init(listener: Listener) {
        self.listener = listener
    }
}
