/// The tenants that take part in the division, as flat arrays: what each needs at the throughput of its base.
///
/// Needs and floors are parts of what there is of the resource, so 1 is all of it. A pair of lanes holds (RCU, egress),
/// the two resources whose need depends on the cache.
struct Participants {
    typealias Pair = SIMD2<Double>

    /// Bytes of cache to divide.
    let cache: Double
    /// The points of tenant `i` are those from `first[i]` up to `first[i + 1]`.
    private(set) var first = [0]
    /// Sizes of a cache, of each tenant ascending from the least that it may have to the last that makes a difference.
    private(set) var size: [Double] = []
    /// What misses at the sizes, of RCU.
    private(set) var miss: [Double] = []
    /// What misses at the sizes, of egress.
    private(set) var egressMiss: [Double] = []
    /// What is needed in any case, and what is needed in addition as far as reads miss.
    private(set) var fixed: [Pair] = []
    private(set) var missing: [Pair] = []
    private(set) var floor: [Pair] = []
    private(set) var write: [Double] = []
    private(set) var writeFloor: [Double] = []
    /// Whether egress has a curve of its own.
    private(set) var hasEgressCurve: [Bool] = []

    var count: Int { fixed.count }

    /// The participants in the given order, each with its base's throughput, above 0 and finite.
    ///
    /// `available` is what there is for them.
    init(_ profiles: [TenantProfile], _ order: [Int], rates: [Double], available: ResourceVector) {
        cache = Double(available.cacheBytes)
        first.reserveCapacity(order.count + 1)
        let points = order.reduce(0) { sum, index in sum + profiles[index].curve.sizes.count + 1 }
        size.reserveCapacity(points)
        miss.reserveCapacity(points)
        let anyEgressCurve = order.contains { index in profiles[index].egressCurve != nil }
        if anyEgressCurve { egressMiss.reserveCapacity(points) }
        for index in order {
            let profile = profiles[index]
            let floor = profile.clampedFloor
            addPoints(of: profile, from: floor.cacheBytes, egress: anyEgressCurve)
            let rate = rates[index]
            let (demand, saving) = (profile.demand, profile.hitSaving)
            fixed.append(Pair(0, Self.part(rate * demand.egressBytes * (1 - saving), of: available.egressBytes)))
            missing.append(
                Pair(
                    Self.part(rate * demand.readUnits, of: available.readUnits),
                    Self.part(rate * demand.egressBytes * saving, of: available.egressBytes)
                )
            )
            self.floor.append(
                Pair(
                    Self.part(floor.readUnits, of: available.readUnits),
                    Self.part(floor.egressBytes, of: available.egressBytes)
                )
            )
            write.append(Self.part(rate * demand.writeUnits, of: available.writeUnits))
            writeFloor.append(Self.part(floor.writeUnits, of: available.writeUnits))
            hasEgressCurve.append(profile.egressCurve != nil)
        }
        if !anyEgressCurve { egressMiss = miss }
    }

    /// What the tenant's reads miss with so many bytes, of RCU and of egress.
    func misses(_ tenant: Int, _ bytes: Double) -> Pair {
        var low = first[tenant]
        var high = first[tenant + 1]
        while low < high {
            let middle = (low + high) / 2
            if size[middle] < bytes { low = middle + 1 } else { high = middle }
        }
        return misses(tenant, bytes, upTo: low)
    }

    /// The same, where the first point that is not below `bytes` is known.
    func misses(_ tenant: Int, _ bytes: Double, upTo next: Int) -> Pair {
        if next == first[tenant + 1] { return Pair(miss[next - 1], egressMiss[next - 1]) }
        if next == first[tenant] || size[next] == bytes { return Pair(miss[next], egressMiss[next]) }
        let part = (bytes - size[next - 1]) / (size[next] - size[next - 1])
        return Pair(
            miss[next - 1] + (miss[next] - miss[next - 1]) * part,
            egressMiss[next - 1] + (egressMiss[next] - egressMiss[next - 1]) * part
        )
    }

    /// What all need of RCU, WCU and egress at the throughput of their bases, with the given division of the cache.
    func needs(_ split: [Double]) -> [Leximin.Needs] {
        split.indices.map { tenant in
            let need = fixed[tenant] + missing[tenant] * misses(tenant, split[tenant])
            return Leximin.Needs(need[0], write[tenant], need[1], 0)
        }
    }

    /// What all need of WCU alone.
    var writeNeeds: [Leximin.Needs] { write.map { write in Leximin.Needs(0, write, 0, 0) } }

    /// What all take in any case.
    var floors: [Leximin.Needs] {
        floor.indices.map { tenant in Leximin.Needs(floor[tenant][0], writeFloor[tenant], floor[tenant][1], 0) }
    }

    /// Adds the points of a curve without those in the middle of a plateau or behind the last descent.
    private mutating func addPoints(of profile: TenantProfile, from least: Int, egress: Bool) {
        let start = size.count
        func clean(_ ratio: Double, _ last: Double) -> Double { ratio < last ? max(ratio, 0) : last }
        var ratio = clean(profile.curve.missRatio(at: least), 1)
        var egressRatio = egress ? clean((profile.egressCurve ?? profile.curve).missRatio(at: least), 1) : ratio
        size.append(Double(least))
        miss.append(ratio)
        if egress { egressMiss.append(egressRatio) }
        var isFlat = false
        let sizes = profile.curve.sizes
        let ratios = profile.curve.missRatios
        let aligned = profile.egressCurve?.sizes == sizes ? profile.egressCurve : nil
        for index in sizes.indices {
            let bytes = Double(sizes[index])
            if bytes <= size[size.count - 1] { continue }
            let nextRatio = clean(ratios[index], ratio)
            var nextEgress = nextRatio
            if egress {
                let curve = profile.egressCurve
                let value =
                    aligned?.missRatios[index] ?? curve?.missRatio(at: sizes[index]) ?? nextRatio
                nextEgress = curve == nil ? nextRatio : clean(value, egressRatio)
            }
            let staysFlat = nextRatio == ratio && nextEgress == egressRatio
            if staysFlat && isFlat {
                size[size.count - 1] = bytes
                continue
            }
            size.append(bytes)
            miss.append(nextRatio)
            if egress { egressMiss.append(nextEgress) }
            (ratio, egressRatio, isFlat) = (nextRatio, nextEgress, staysFlat)
        }
        if isFlat && size.count > start + 1 {
            size.removeLast()
            miss.removeLast()
            if egress { egressMiss.removeLast() }
        }
        first.append(size.count)
    }

    /// Bounded, so that the need for what nobody has stays a number.
    private static func part(_ amount: Double, of total: Double) -> Double {
        amount <= 0 ? 0 : min(amount / max(total, .leastNormalMagnitude), 1e12)
    }
}
