extension TenantProfile {
    /// The floor, nowhere above the base or below 0.
    var clampedFloor: ResourceVector {
        let base = usableBase
        return ResourceVector(
            cacheBytes: max(0, min(floor.cacheBytes, base.cacheBytes)),
            readUnits: min(Self.usable(floor.readUnits), base.readUnits),
            writeUnits: min(Self.usable(floor.writeUnits), base.writeUnits),
            egressBytes: min(Self.usable(floor.egressBytes), base.egressBytes)
        )
    }

    /// What a tenant keeps that needs nothing of what is limited besides the cache: its floor, and the least cache with which
    /// that is so.
    var shareWithoutNeed: ResourceVector {
        var share = clampedFloor
        func needsNothing(_ bytes: Int) -> Bool {
            let need = need(withCache: bytes)
            return need.readUnits <= 0 && need.writeUnits <= 0 && need.egressBytes <= 0
        }
        if needsNothing(share.cacheBytes) { return share }
        let enough = curve.sizes.first { size in size > share.cacheBytes && needsNothing(size) }
        share.cacheBytes = min(enough ?? base.cacheBytes, base.cacheBytes)
        return share
    }

    /// An order that does not depend on where tenants stand; only equal profiles precede each other neither way.
    func precedes(_ other: Self) -> Bool {
        if base.cacheBytes != other.base.cacheBytes { return base.cacheBytes < other.base.cacheBytes }
        if floor.cacheBytes != other.floor.cacheBytes { return floor.cacheBytes < other.floor.cacheBytes }
        for (one, two) in zip(amounts, other.amounts) where one != two { return one < two }
        if curve != other.curve { return curve.precedes(other.curve) }
        switch (egressCurve, other.egressCurve) {
        case (let one?, let two?): return one.precedes(two)
        case (nil, _?): return true
        default: return false
        }
    }

    private var amounts: [Double] {
        [
            demand.readUnits, demand.writeUnits, demand.egressBytes, hitSaving,
            base.readUnits, base.writeUnits, base.egressBytes,
            floor.readUnits, floor.writeUnits, floor.egressBytes,
        ]
    }

    private static func usable(_ amount: Double) -> Double { amount > 0 && amount < .infinity ? amount : 0 }
}

extension MissRatioCurve {
    fileprivate func precedes(_ other: Self) -> Bool {
        sizes != other.sizes
            ? sizes.lexicographicallyPrecedes(other.sizes) : missRatios.lexicographicallyPrecedes(other.missRatios)
    }
}

extension ResourceVector {
    /// The sum, added up in the given order; nil if the bytes or another amount are too many for a number.
    static func sum(_ vectors: [ResourceVector], _ order: [Int]) -> ResourceVector? {
        var sum = ResourceVector()
        for vector in order.lazy.map({ index in vectors[index] }) {
            let (bytes, overflow) = sum.cacheBytes.addingReportingOverflow(vector.cacheBytes)
            if overflow { return nil }
            sum.cacheBytes = bytes
            sum.readUnits += vector.readUnits
            sum.writeUnits += vector.writeUnits
            sum.egressBytes += vector.egressBytes
        }
        return sum.readUnits < .infinity && sum.writeUnits < .infinity && sum.egressBytes < .infinity ? sum : nil
    }

    /// Takes a part of what there is away; what rounding leaves below 0 is 0.
    mutating func subtract(_ part: ResourceVector) {
        cacheBytes -= part.cacheBytes
        readUnits = max(0, readUnits - part.readUnits)
        writeUnits = max(0, writeUnits - part.writeUnits)
        egressBytes = max(0, egressBytes - part.egressBytes)
    }
}
