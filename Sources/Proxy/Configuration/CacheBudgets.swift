import Alloc

extension Configuration {
    /// Each tenant's cache bytes, in the tenants' order.
    ///
    /// A tenant's own budget is taken from ``cacheTotal`` first; what is left is divided by weight between the tenants
    /// without one. A tenant whose cache is off gets 0.
    public var cacheBudgets: [Int] {
        let own = tenants.reduce(0) { sum, tenant in
            tenant.cache.enabled ? sum.addingReportingOverflow(tenant.cache.budget ?? 0).partialValue : sum
        }
        let sharing = tenants.indices.filter { tenants[$0].cache.enabled && tenants[$0].cache.budget == nil }
        let parts = StaticPolicy.divide(
            ResourceVector(cacheBytes: max(0, cacheTotal - own)),
            among: sharing.map { TenantShare(weight: tenants[$0].weight) }
        )
        var budgets = tenants.map { $0.cache.enabled ? $0.cache.budget ?? 0 : 0 }
        for (index, part) in zip(sharing, parts) {
            budgets[index] = part.cacheBytes
        }
        return budgets
    }
}
