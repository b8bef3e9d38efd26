public import Alloc

extension Configuration {
    /// What each tenant is entitled to, in the tenants' order; a rate that is not limited is infinite.
    ///
    /// Of each resource the tenants' own shares are taken first; what is left is divided by weight between the tenants
    /// without one, none below ``AllocationSettings/floor`` as far as it goes.
    public var bases: [ResourceVector] {
        let reads = rates(\.readUnits, \.readUnits)
        let writes = rates(\.writeUnits, \.writeUnits)
        let egress = rates(\.egressBytes, \.egressBytes)
        let budgets = cacheBudgets
        return tenants.indices.map { index in
            ResourceVector(
                cacheBytes: budgets[index],
                readUnits: reads[index],
                writeUnits: writes[index],
                egressBytes: egress[index]
            )
        }
    }

    /// What each tenant keeps in any case: the configured floor, but not more than its base.
    public var floors: [ResourceVector] {
        bases.map { base in
            ResourceVector(
                cacheBytes: min(base.cacheBytes, allocation.floor.cacheBytes),
                readUnits: min(base.readUnits, allocation.floor.readUnits),
                writeUnits: min(base.writeUnits, allocation.floor.writeUnits),
                egressBytes: min(base.egressBytes, allocation.floor.egressBytes)
            )
        }
    }

    /// Each tenant's part of one rate, which is a member of the totals and of the floor.
    private func rates(
        _ rate: KeyPath<ResourceTotals, Double?>,
        _ member: WritableKeyPath<ResourceVector, Double>
    ) -> [Double] {
        guard let total = resources?[keyPath: rate] else { return tenants.map { _ in .infinity } }
        let own = tenants.map { tenant in tenant.share[keyPath: rate] }
        var rest = ResourceVector()
        rest[keyPath: member] = max(0, total - own.reduce(0) { sum, rate in sum + (rate ?? 0) })
        var floor = ResourceVector()
        floor[keyPath: member] = allocation.floor[keyPath: member]
        let sharing = tenants.indices.filter { index in own[index] == nil }
        let parts = StaticPolicy.divide(
            rest,
            among: sharing.map { index in TenantShare(weight: tenants[index].weight, floor: floor) }
        )
        var rates = own.map { rate in rate ?? 0 }
        for (index, part) in zip(sharing, parts) { rates[index] = part[keyPath: member] }
        return rates
    }

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
