/// Cache goes where hit ratios gain most, whatever that does to throughput; then rates are divided as by ``DRFPolicy``.
///
/// The reference, weaknesses included: the receiver is found by comparing gains with losses, so that it is not always
/// the tenant that gains most, and it moves one unit at a time. No tenant is promised the throughput of its base.
public struct MemsharePolicy: AllocationPolicy {
    /// What the reference leaves to be set.
    public var parameters: HAREParameters

    /// The reference, with its defaults.
    public init(parameters: HAREParameters = HAREParameters()) {
        self.parameters = parameters
    }

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation { outcome(tenants).allocation }

    /// What each tenant gets, and which units of cache moved.
    public func outcome(_ tenants: [TenantProfile]) -> DivisionOutcome {
        Division.outcome(tenants, parameters: parameters, trading: .memshare)
    }
}
