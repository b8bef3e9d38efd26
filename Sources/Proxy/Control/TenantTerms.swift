import Alloc
import Cache

/// What the configuration says of a tenant, to the controller.
struct TenantTerms: Sendable, Equatable {
    var name: String
    /// What it is entitled to; a rate that is not limited is infinite.
    var base: ResourceVector
    /// What it keeps in any case.
    var floor: ResourceVector

    /// Whether it has a cache at all.
    var isCached: Bool { base.cacheBytes > 0 }
}

/// What is seen of a tenant at some time.
struct Observation {
    /// Its meter's counts.
    var sample: TenantSample
    /// Bytes that its cache holds.
    var held: () -> Int
    /// What its cache would miss at other sizes; costs time.
    var curve: () -> Cache.MissRatioCurve
}

extension Configuration {
    /// The terms of all tenants, in their order.
    var terms: [TenantTerms] {
        zip(tenants, zip(bases, floors)).map { tenant, amounts in
            TenantTerms(name: tenant.name, base: amounts.0, floor: amounts.1)
        }
    }
}
