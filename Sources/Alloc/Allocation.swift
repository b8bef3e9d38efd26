/// Who gets what.
public struct Allocation: Sendable, Equatable {
    /// One vector for each tenant, in the tenants' order.
    public var shares: [ResourceVector]
    /// How much faster every tenant becomes at least, by the model, than with its base: 0 is no gain, 1 is twice as fast.
    public var improvement: Double

    /// An allocation of the given shares.
    public init(shares: [ResourceVector], improvement: Double) {
        self.shares = shares
        self.improvement = improvement
    }
}
