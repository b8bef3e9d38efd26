/// What one tenant is entitled to, relative to the others.
public struct TenantShare: Sendable, Equatable {
    /// The tenant's part of what is divided is its weight over the sum of all weights.
    ///
    /// A weight that is negative or not finite counts as 0.
    public var weight: Double
    /// What the tenant gets at least, before the rest is divided.
    public var floor: ResourceVector

    /// A share of the given weight.
    public init(weight: Double = 1, floor: ResourceVector = ResourceVector()) {
        self.weight = weight
        self.floor = floor
    }
}
