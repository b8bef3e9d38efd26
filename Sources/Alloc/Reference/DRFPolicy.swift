/// Dominant resource fairness with each tenant's cache as it is: idle resources are pooled and handed out so that all
/// tenants improve alike.
///
/// The reference's first and last step. A tenant keeps nothing of what it does not need now, unless it has a floor
/// (``TenantProfile/floor``).
public struct DRFPolicy: AllocationPolicy {
    /// What the reference leaves to be set.
    public var parameters: HAREParameters

    /// The reference, with its defaults.
    public init(parameters: HAREParameters = HAREParameters()) {
        self.parameters = parameters
    }

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation { outcome(tenants).allocation }

    /// What each tenant gets; there are no deals.
    public func outcome(_ tenants: [TenantProfile]) -> DivisionOutcome {
        Division.outcome(tenants, parameters: parameters, trading: .none)
    }
}
