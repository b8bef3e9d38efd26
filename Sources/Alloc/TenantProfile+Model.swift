/// The model: what a tenant needs to run at a rate, and how fast it runs with what it has (FAST '26, section 3).
///
/// RCU is needed for what misses, WCU whatever the cache does, and of the egress a hit saves the part between proxy and
/// upstream.
extension TenantProfile {
    /// What a request needs with a cache of so many bytes: RCU, WCU and bytes of egress.
    public func need(withCache bytes: Int) -> Demand {
        let miss = curve.missRatio(at: bytes)
        let egressMiss = egressCurve?.missRatio(at: bytes) ?? miss
        return Demand(
            readUnits: demand.readUnits * miss,
            writeUnits: demand.writeUnits,
            egressBytes: demand.egressBytes * (1 - hitSaving + hitSaving * egressMiss)
        )
    }

    /// Requests a second that the tenant reaches with a share; infinite for one that needs nothing of what is limited.
    public func throughput(with share: ResourceVector) -> Double {
        let need = need(withCache: share.cacheBytes)
        var throughput = Double.infinity
        if need.readUnits > 0 { throughput = min(throughput, share.readUnits / need.readUnits) }
        if need.writeUnits > 0 { throughput = min(throughput, share.writeUnits / need.writeUnits) }
        if need.egressBytes > 0 { throughput = min(throughput, share.egressBytes / need.egressBytes) }
        return throughput
    }

    /// Requests a second that the tenant reaches with its base.
    public var baseThroughput: Double { throughput(with: base) }
}
