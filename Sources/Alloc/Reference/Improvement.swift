extension [TenantProfile] {
    /// How much faster every tenant becomes at least, by the model, than with its base; below 0 where one gets slower.
    ///
    /// Tenants that need nothing of what is limited, and those whose base allows them nothing, do not count.
    public func leastImprovement(with shares: [ResourceVector]) -> Double {
        var least = Double.infinity
        for (tenant, share) in zip(self, shares) where tenant.flaw == nil {
            let base = tenant.baseThroughput
            guard base > 0, base < .infinity else { continue }
            least = Swift.min(least, tenant.throughput(with: share) / base - 1)
        }
        return least.isFinite ? least : 0
    }
}
