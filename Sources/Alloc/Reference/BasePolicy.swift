/// Each tenant gets its base, whatever it does.
public struct BasePolicy: AllocationPolicy {
    /// The policy; it has no settings.
    public init() {}

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation {
        Allocation(shares: tenants.map(\.usableBase), improvement: 0)
    }
}
