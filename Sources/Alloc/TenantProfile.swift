/// What a policy knows of a tenant.
public struct TenantProfile: Sendable, Equatable {
    /// What the tenant is entitled to.
    ///
    /// Its throughput with this alone is what no policy may take from it (the sharing incentive).
    public var base: ResourceVector
    /// What the tenant keeps in any case, also while it asks for nothing; not above the base.
    public var floor: ResourceVector
    /// What a request asks for.
    public var demand: Demand
    /// What misses at each size of the cache, of the demand for RCU and, unless `egressCurve` says otherwise, for egress.
    public var curve: MissRatioCurve
    /// What misses of the demand for egress, where that differs; at the sizes of `curve`.
    public var egressCurve: MissRatioCurve?
    /// The part of a miss's egress that a hit saves, in [0, 1): alpha in the paper.
    public var hitSaving: Double

    /// A profile of the given facts.
    public init(
        base: ResourceVector,
        floor: ResourceVector = ResourceVector(),
        demand: Demand,
        curve: MissRatioCurve,
        egressCurve: MissRatioCurve? = nil,
        hitSaving: Double = 0
    ) {
        self.base = base
        self.floor = floor
        self.demand = demand
        self.curve = curve
        self.egressCurve = egressCurve
        self.hitSaving = hitSaving
    }
}
