import Alloc
import Cache

/// A tenant as the model sees it.
struct TenantModel: Sendable {
    var traffic: Traffic
    /// As it was measured: for what is in force.
    var plain: TenantProfile
    /// With salt: for comparing what is in force with what the policy says.
    var salted: TenantProfile
    /// With salt, and with doubt about sizes other than the base: for the policy.
    var cautious: TenantProfile
    /// Requests a second that the base alone would give; infinite when nothing that it needs is limited.
    ///
    /// Of two readings of the curve at the base the better one, so that a doubt is the tenant's.
    var baseThroughput: Double

    /// What a request may need beyond what is known, with a cache of so many bytes.
    func doubt(withCache bytes: Int) -> Demand {
        let (salted, plain) = (salted.need(withCache: bytes), plain.need(withCache: bytes))
        return Demand(
            readUnits: max(0, salted.readUnits - plain.readUnits),
            writeUnits: 0,
            egressBytes: max(0, salted.egressBytes - plain.egressBytes)
        )
    }
}

/// Turns what was measured into what policies ask for.
struct ProfileBuilder {
    /// What is added to miss ratios.
    var salt: Double
    /// Whether RCU are to be saved although neither they nor egress are limited.
    ///
    /// Then there is no rate to make up for a smaller cache, so nobody gives what it would miss.
    var savesReads: Bool

    /// Points of a curve at most, apart from sizes of interest.
    private static let points = 96
    /// By how much more may be missed than with the base and be taken for noise.
    private static let negligible = 0.002
    /// Reads whose measured miss ratio counts as much as the curve's estimate.
    private static let halfTrust = 200.0

    /// The model of a tenant.
    ///
    /// - Parameters:
    ///   - terms: what it is entitled to.
    ///   - traffic: what it asks for.
    ///   - curve: what its cache would miss; nil for a tenant whose cache saves nothing.
    ///   - measured: what was measured to miss while the cache had `present` bytes and was warm.
    ///   - present: bytes of the cache then.
    ///   - atBase: what was measured when it had its base, and how much that still counts.
    ///   - margin: what is added to the ratios at sizes other than the base for the policy.
    /// - Returns: profiles with nothing in them of what is not limited.
    func model(
        _ terms: TenantTerms,
        _ traffic: Traffic,
        curve: Cache.MissRatioCurve?,
        measured: MeasuredMisses?,
        present: Int,
        atBase: RememberedMisses? = nil,
        margin: Double
    ) -> TenantModel {
        let interest = [terms.floor.cacheBytes, terms.base.cacheBytes, present]
        let sizes = curve.map { curve in Self.sizes(curve, interest) } ?? []
        let base = terms.base.cacheBytes
        let reads = curve.map { curve in
            Estimate(curve.readUnitMissRatio(at:), present, measured?.readUnits, measured?.reads)
                .remembering(atBase?.misses.readUnits, at: base, weight: atBase?.weight ?? 0)
        }
        let egress = curve.map { curve in
            Estimate(curve.byteMissRatio(at:), present, measured?.egress, measured?.reads)
                .remembering(atBase?.misses.egress, at: base, weight: atBase?.weight ?? 0)
        }
        func whole(_ ratio: Double) -> Double { traffic.uncacheable + (1 - traffic.uncacheable) * ratio }

        let demand = Demand(
            readUnits: terms.base.readUnits.isFinite || savesReads ? traffic.demand.readUnits : 0,
            writeUnits: terms.base.writeUnits.isFinite ? traffic.demand.writeUnits : 0,
            egressBytes: terms.base.egressBytes.isFinite ? traffic.demand.egressBytes : 0
        )
        var shares = terms.base.limitedOnly
        if savesReads {
            let ratio = reads.map { reads in whole(reads.ratio(at: base)) } ?? 1
            shares.readUnits = traffic.throughput * demand.readUnits * (ratio + salt)
        }
        func profile(_ salt: Double, _ margin: Double) -> TenantProfile {
            let doubt = Doubt(base: base, margin: margin)
            let ofReads = sizes.map { size in
                min(1, whole(reads.map { doubt.ratio($0, at: size) } ?? 1) + salt)
            }
            let ofEgress = sizes.map { size in min(1, (egress.map { doubt.ratio($0, at: size) } ?? 1) + salt) }
            let curve = Alloc.MissRatioCurve(sizes: sizes, missRatios: Self.monotone(ofReads))
            var floor = terms.floor.limitedOnly.atMost(shares)
            if savesReads { floor.cacheBytes = max(floor.cacheBytes, Self.leastCache(curve, asGoodAs: base)) }
            return TenantProfile(
                base: shares,
                floor: floor,
                demand: demand,
                curve: curve,
                egressCurve: Alloc.MissRatioCurve(sizes: sizes, missRatios: Self.monotone(ofEgress)),
                hitSaving: traffic.hitSaving
            )
        }
        let plain = profile(0, 0)
        var need = plain.need(withCache: base)
        if let reads, let egress, base != present {
            need.readUnits = min(need.readUnits, demand.readUnits * whole(reads.leastRatio(at: base)))
            let part = 1 - traffic.hitSaving + traffic.hitSaving * egress.leastRatio(at: base)
            need.egressBytes = min(need.egressBytes, demand.egressBytes * part)
        }
        return TenantModel(
            traffic: traffic,
            plain: plain,
            salted: profile(salt, 0),
            cautious: profile(salt, margin),
            baseThroughput: need.throughput(with: shares)
        )
    }

    /// Sizes to describe a curve at: its own, some below, and those of interest.
    private static func sizes(_ curve: Cache.MissRatioCurve, _ further: [Int]) -> [Int] {
        let stride = max(1, (curve.sizes.count + points - 1) / points)
        let last = curve.sizes.count - 1
        var sizes = curve.sizes.indices.filter { $0 % stride == 0 || $0 == last }.map { curve.sizes[$0] }
        var below = curve.sizes.first ?? 0
        for _ in 0..<6 where below > 1 << 16 {
            below /= 2
            sizes.append(below)
        }
        return Array(Set((sizes + further).filter { size in size > 0 })).sorted()
    }

    /// The smallest cache that misses no more than one of `base` bytes, but for noise.
    private static func leastCache(_ curve: Alloc.MissRatioCurve, asGoodAs base: Int) -> Int {
        let most = curve.missRatio(at: base) + negligible
        guard let place = curve.missRatios.firstIndex(where: { ratio in ratio <= most }) else { return base }
        return min(base, curve.sizes[place])
    }

    /// The least so far: what is left of noise.
    private static func monotone(_ ratios: [Double]) -> [Double] {
        var least = 1.0
        return ratios.map { ratio in
            if ratio < least { least = ratio }
            return least
        }
    }

    /// A curve bent through what was measured at one size.
    private struct Estimate {
        let curve: (Int) -> Double
        let present: Int
        let estimated: Double
        let measured: Double
        /// A size, and the ratio that was measured at it once.
        var remembered: (bytes: Int, ratio: Double, weight: Double)?

        init(_ curve: @escaping (Int) -> Double, _ present: Int, _ measured: Double?, _ reads: Double?) {
            self.curve = { bytes in
                let ratio = curve(bytes)
                return ratio.isNaN ? 1 : min(max(ratio, 0), 1)
            }
            self.present = present
            let estimated = self.curve(present)
            let reads = reads ?? 0
            self.estimated = estimated
            self.measured = estimated + ((measured ?? estimated) - estimated) * reads / (reads + halfTrust)
        }

        /// The more careful of two ways to bend it: all ratios shifted alike, or misses above the size and hits below it in
        /// proportion.
        func ratio(at bytes: Int) -> Double {
            let ratio = max(shifted(bytes), scaled(bytes))
            guard let remembered, remembered.bytes != present else { return ratio }
            let known = remembered.ratio * remembered.weight + ratio * (1 - remembered.weight)
            if bytes == remembered.bytes { return min(ratio, known) }
            return bytes < remembered.bytes ? max(ratio, known) : ratio
        }

        /// The other one.
        func leastRatio(at bytes: Int) -> Double {
            let ratio = min(shifted(bytes), scaled(bytes))
            guard let remembered, bytes == remembered.bytes, bytes != present else { return ratio }
            return min(ratio, remembered.ratio * remembered.weight + ratio * (1 - remembered.weight))
        }

        func remembering(_ ratio: Double?, at bytes: Int, weight: Double) -> Estimate {
            var estimate = self
            if let ratio, weight > 0 { estimate.remembered = (bytes, ratio, weight) }
            return estimate
        }

        private func shifted(_ bytes: Int) -> Double { min(max(0, curve(bytes) + measured - estimated), 1) }

        private func scaled(_ bytes: Int) -> Double {
            let ratio = curve(bytes)
            if bytes >= present { return estimated > 0 ? min(1, ratio * measured / estimated) : ratio }
            return estimated < 1 ? max(0, 1 - (1 - ratio) * (1 - measured) / (1 - estimated)) : ratio
        }
    }

    /// What is believed of sizes other than the base.
    private struct Doubt {
        let base: Int
        let margin: Double

        func ratio(_ estimate: Estimate, at bytes: Int) -> Double {
            let ratio = estimate.ratio(at: bytes)
            if bytes == base || margin <= 0 { return ratio }
            let doubted = min(1, ratio + margin)
            return bytes > base ? min(doubted, max(ratio, estimate.ratio(at: base))) : doubted
        }
    }
}

/// What was measured to miss some time ago.
struct RememberedMisses: Sendable {
    /// What it counts for after another interval, relative to before.
    private static let fading = 0.98

    let misses: MeasuredMisses
    /// 1 counts like what is measured now, 0 not at all.
    private(set) var weight = 1.0

    init(_ misses: MeasuredMisses) {
        self.misses = misses
    }

    /// Another interval has passed.
    mutating func fade() { weight *= Self.fading }
}

extension Demand {
    /// Requests a second that rates suffice for; infinite when none of them is needed.
    func throughput(with rates: ResourceVector) -> Double {
        var throughput = Double.infinity
        if readUnits > 0 { throughput = min(throughput, rates.readUnits / readUnits) }
        if writeUnits > 0 { throughput = min(throughput, rates.writeUnits / writeUnits) }
        if egressBytes > 0 { throughput = min(throughput, rates.egressBytes / egressBytes) }
        return throughput
    }

    /// With nothing of what a base does not limit.
    func limited(as base: ResourceVector) -> Demand {
        Demand(
            readUnits: base.readUnits > 0 ? readUnits : 0,
            writeUnits: base.writeUnits > 0 ? writeUnits : 0,
            egressBytes: base.egressBytes > 0 ? egressBytes : 0
        )
    }
}

extension ResourceVector {
    /// With 0 for what is not limited.
    var limitedOnly: ResourceVector {
        var vector = self
        for rate in Rate.allCases where !vector[rate].isFinite { vector[rate] = 0 }
        return vector
    }

    /// The smaller of each.
    func atMost(_ other: ResourceVector) -> ResourceVector {
        var vector = self
        vector.cacheBytes = min(cacheBytes, other.cacheBytes)
        for rate in Rate.allCases { vector[rate] = min(vector[rate], other[rate]) }
        return vector
    }
}
