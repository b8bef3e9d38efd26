/// A way to divide what tenants are entitled to together.
///
/// A policy is a pure function of its arguments. What it divides is the sum of the bases.
public protocol AllocationPolicy: Sendable {
    /// What each tenant gets.
    ///
    /// Profiles that break their own rules (``TenantProfile``) may be answered with the bases; nothing ever is NaN,
    /// infinite or negative.
    func allocate(_ tenants: [TenantProfile]) -> Allocation
}
