extension Configuration {
    /// Each tenant's cache bytes, in the tenants' order.
    ///
    /// A tenant's own budget is taken from ``cacheTotal`` first; what is left is divided by weight between the tenants
    /// without one. A tenant whose cache is off gets 0.
    public var cacheBudgets: [Int] {
        let enabled = tenants.filter(\.cache.enabled)
        let own = enabled.reduce(0) { sum, tenant in sum.addingReportingOverflow(tenant.cache.budget ?? 0).partialValue
        }
        let weights = enabled.reduce(0.0) { $0 + ($1.cache.budget == nil ? $1.weight : 0) }
        let rest = Double(max(0, cacheTotal - own))
        return tenants.map { tenant in
            guard tenant.cache.enabled else { return 0 }
            return tenant.cache.budget ?? Int(rest * (tenant.weight / weights))
        }
    }
}
