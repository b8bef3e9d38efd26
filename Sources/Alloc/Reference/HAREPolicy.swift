/// HARE as published: idle resources are pooled, cache is traded unit by unit for what is scarcest, and the pool is
/// handed out so that all tenants improve alike.
///
/// This is the reference, weaknesses included, which only ``OptimalPolicy`` is free of: it trades one unit at a time
/// and so does not see past a plateau or a cliff of a curve; what a deal must gain does not shrink with many tenants;
/// it stops at the first deal that gains too little and where writes are the bottleneck; and it leaves a tenant nothing
/// of what it does not need now, unless it has a floor (``TenantProfile/floor``).
public struct HAREPolicy: AllocationPolicy {
    /// What the reference leaves to be set.
    public var parameters: HAREParameters
    /// Whether all of the pool is handed out; otherwise of each resource only so much as lets all improve by the same
    /// ratio, `hare_nc` in the reference's tests.
    public var isConserving: Bool

    /// The reference, with its defaults.
    public init(parameters: HAREParameters = HAREParameters(), isConserving: Bool = true) {
        self.parameters = parameters
        self.isConserving = isConserving
    }

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation { outcome(tenants).allocation }

    /// What each tenant gets, and which deals led there.
    public func outcome(_ tenants: [TenantProfile]) -> DivisionOutcome {
        Division.outcome(tenants, parameters: parameters, trading: .harvest, conserving: isConserving)
    }
}
