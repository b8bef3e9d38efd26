/// One cache for all tenants, without partitions; rates are divided as by ``DRFPolicy``.
///
/// How much of a shared cache each tenant comes to hold is no policy's choice: tenants push each other's items out. In
/// a cache that evicts what was not used for longest, all items stay for about the same time, the characteristic time
/// (Che, Tung and Wang, Hierarchical Web Caching Systems, 2002), and what a tenant holds is what it has fetched in that
/// time: holding `c` bytes it fetches `throughput x miss(c) x bytes of a miss` a second (after Xiang, Ding, Luo and
/// Bao, HOTL: a Higher Order Theory of Locality, ASPLOS '13). So the parts are those that all tenants take equally long
/// to fill, and which sum to the whole. The throughputs depend on the parts in turn: a fixed number of damped steps,
/// from the bases on, finds where both agree.
///
/// The bytes of a miss are the egress that a hit saves; where that is not known all egress, and where there is none 8
/// KiB for each RCU, as an eventually consistent read has them. A tenant that reads nothing holds nothing. Nobody is
/// promised anything: who misses much at a high rate takes the cache from the others, below their floors too.
public struct PooledPolicy: AllocationPolicy {
    /// What the reference leaves to be set.
    public var parameters: HAREParameters

    /// Steps towards the division at which throughputs and parts agree.
    private static let steps = 32

    /// The policy, with the reference's defaults for dividing the rates.
    public init(parameters: HAREParameters = HAREParameters()) {
        self.parameters = parameters
    }

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation {
        var tenants = tenants
        if !parameters.countsAllEgress {
            for index in tenants.indices { tenants[index].hitSaving = 0 }
        }
        let caches = parts(tenants)
        var allocation = Division.outcome(tenants, parameters: parameters, trading: .none, caches: caches).allocation
        allocation.improvement = tenants.leastImprovement(with: allocation.shares)
        return allocation
    }

    /// The bytes of the pooled cache that each tenant comes to hold.
    private func parts(_ tenants: [TenantProfile]) -> [Int] {
        let bases = tenants.map(\.usableBase.cacheBytes)
        // Those of whom nothing sound is known stay apart with what is theirs.
        let sharing = tenants.indices.filter { index in tenants[index].flaw == nil }
        var pool = 0
        for index in sharing {
            let (sum, overflow) = pool.addingReportingOverflow(bases[index])
            guard !overflow else { return bases }
            pool = sum
        }
        guard pool > 0 else { return bases }
        let fillings = sharing.map { index in FillingTime(tenants[index].curve) }
        var parts = sharing.map { index in Double(bases[index]) }
        var time = 0.0
        for _ in 0..<Self.steps {
            let speeds = Self.fillingSpeeds(sharing.map { index in tenants[index] }, parts)
            let next = Self.filled(fillings, speeds, pool: Double(pool), time: &time)
            for index in parts.indices { parts[index] = (parts[index] + next[index]) / 2 }
        }
        // Rates and curves at the ends of what a Double holds.
        guard parts.allSatisfy({ part in part >= 0 && part < .infinity }) else { return bases }
        var all = bases
        for (index, part) in zip(sharing, Self.whole(parts, pool: pool, bases: sharing.map { bases[$0] })) {
            all[index] = part
        }
        return all
    }

    /// Bytes a second that each would fetch if everything missed.
    private static func fillingSpeeds(_ tenants: [TenantProfile], _ parts: [Double]) -> [Double] {
        let throughputs = zip(tenants, parts).map { tenant, part in
            var share = tenant.base
            share.cacheBytes = Int(exactly: part.rounded(.down)) ?? share.cacheBytes
            return tenant.throughput(with: share)
        }
        // Who needs nothing of what is limited is as fast as the fastest; its misses are what counts.
        let fastest = throughputs.reduce(0) { fastest, next in next.isFinite ? max(fastest, next) : fastest }
        let speeds = zip(tenants, throughputs).map { tenant, throughput in
            min(throughput, fastest > 0 ? fastest : 1) * tenant.bytesOfMiss
        }
        // Only their proportion matters.
        let highest = speeds.max() ?? 0
        return highest > 0 && highest.isFinite ? speeds.map { speed in speed / highest } : speeds.map { _ in 1 }
    }

    /// What each has filled when the pool is full, or all that it can fill.
    ///
    /// The sum of the parts is a concave, piecewise linear function of the time, on which Newton's method finds the
    /// pool from below; `time` is where it begins and ends.
    private static func filled(
        _ fillings: [FillingTime],
        _ speeds: [Double],
        pool: Double,
        time: inout Double
    ) -> [Double] {
        for _ in 0..<64 {
            var (sum, slope) = (0.0, 0.0)
            for (filling, speed) in zip(fillings, speeds) {
                let (bytes, rate) = filling.filled(in: time * speed)
                sum += bytes
                slope += rate * speed
            }
            guard slope > 0, (sum - pool).magnitude > 0.5 else { break }
            time = max(0, time + (pool - sum) / slope)
        }
        return zip(fillings, speeds).map { filling, speed in filling.filled(in: time * speed).bytes }
    }

    /// Parts in bytes that sum to the pool: too much is taken from all alike, what is left free is counted to the
    /// bases.
    private static func whole(_ parts: [Double], pool: Int, bases: [Int]) -> [Int] {
        let sum = parts.reduce(0, +)
        let size = Double(pool)
        let scaled =
            sum > size
            ? parts.map { part in part * (size / sum) }
            : zip(parts, bases).map { part, base in part + (size - sum) * (Double(base) / size) }
        return StaticPolicy.wholeParts(of: pool, in: scaled)
    }
}

extension TenantProfile {
    /// Bytes that a request would put into the cache if all reads missed.
    fileprivate var bytesOfMiss: Double {
        guard demand.readUnits > 0 else { return 0 }
        if demand.egressBytes > 0 { return demand.egressBytes * (hitSaving > 0 ? hitSaving : 1) }
        return demand.readUnits * 8_192
    }
}

/// How long a tenant takes to fill a cache at one byte a second where all misses.
private struct FillingTime {
    /// Sizes from 0 on, the seconds until they are full, and what is filled a second from there on.
    private var points: [(size: Double, time: Double, rate: Double)] = []

    init(_ curve: MissRatioCurve) {
        var (size, time, ratio) = (0.0, 0.0, 1.0)
        points.reserveCapacity(curve.sizes.count + 1)
        for (nextSize, nextRatio) in zip(curve.sizes, curve.missRatios) {
            let rate = (ratio + nextRatio) / 2
            points.append((size, time, rate))
            // Nothing misses any more: nothing is filled any more.
            guard rate > 0 else { return }
            time += (Double(nextSize) - size) / rate
            (size, ratio) = (Double(nextSize), nextRatio)
        }
        points.append((size, time, ratio))
    }

    /// Bytes filled by then, and bytes a second from then on.
    func filled(in time: Double) -> (bytes: Double, rate: Double) {
        var (low, high) = (0, points.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if points[middle].time <= time { low = middle } else { high = middle - 1 }
        }
        let point = points[low]
        return (point.size + (time - point.time) * point.rate, point.rate)
    }
}
