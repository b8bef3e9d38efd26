/// What a profile breaks of its own rules.
public struct ProfileFlaw: Error, Sendable, Equatable {
    /// The member that is wrong.
    public var member: Member
    /// The element of that member, where it has some.
    public var index: Int?
    /// What is wrong with it.
    public var fault: Fault

    /// A flaw of that member.
    public init(member: Member, index: Int? = nil, fault: Fault) {
        self.member = member
        self.index = index
        self.fault = fault
    }

    /// The members that can be wrong.
    public enum Member: String, Sendable, CaseIterable {
        case baseCache, baseReadUnits, baseWriteUnits, baseEgress
        case floorCache, floorReadUnits, floorWriteUnits, floorEgress
        case demandReadUnits, demandWriteUnits, demandEgress
        case sizes, missRatios, egressSizes, egressMissRatios, hitSaving
    }

    /// What can be wrong with them.
    public enum Fault: Sendable {
        /// NaN or an infinity.
        case notFinite
        /// Less than 0.
        case negative
        /// A size of 0.
        case notPositive
        /// A ratio above 1.
        case aboveOne
        /// A saving of all.
        case notBelowOne
        /// A size that is not above the one before.
        case notAscending
        /// A ratio above that of the size before.
        case increasing
        /// Sizes other than those of the curve.
        case otherSizes
    }
}

extension TenantProfile {
    /// How much a miss ratio may exceed that of a smaller cache: as much as rounding does.
    static let ratioTolerance = 1e-9

    /// The first rule that the profile breaks; nil for one that a policy can work with.
    public var flaw: ProfileFlaw? {
        do throws(ProfileFlaw) {
            try Self.check(base, .baseCache, .baseReadUnits, .baseWriteUnits, .baseEgress)
            try Self.check(floor, .floorCache, .floorReadUnits, .floorWriteUnits, .floorEgress)
            try Self.check(demand.readUnits, .demandReadUnits)
            try Self.check(demand.writeUnits, .demandWriteUnits)
            try Self.check(demand.egressBytes, .demandEgress)
            try Self.check(hitSaving, .hitSaving)
            guard hitSaving < 1 else { throw ProfileFlaw(member: .hitSaving, fault: .notBelowOne) }
            try Self.check(curve, .sizes, .missRatios)
            if let egressCurve {
                try Self.check(egressCurve, .egressSizes, .egressMissRatios)
                try Self.checkSame(curve.sizes, egressCurve.sizes)
            }
        } catch {
            return error
        }
        return nil
    }

    private static func check(
        _ vector: ResourceVector,
        _ cache: ProfileFlaw.Member,
        _ readUnits: ProfileFlaw.Member,
        _ writeUnits: ProfileFlaw.Member,
        _ egress: ProfileFlaw.Member
    ) throws(ProfileFlaw) {
        guard vector.cacheBytes >= 0 else { throw ProfileFlaw(member: cache, fault: .negative) }
        try check(vector.readUnits, readUnits)
        try check(vector.writeUnits, writeUnits)
        try check(vector.egressBytes, egress)
    }

    private static func check(_ value: Double, _ member: ProfileFlaw.Member, index: Int? = nil) throws(ProfileFlaw) {
        guard value.isFinite else { throw ProfileFlaw(member: member, index: index, fault: .notFinite) }
        guard value >= 0 else { throw ProfileFlaw(member: member, index: index, fault: .negative) }
    }

    private static func check(
        _ curve: MissRatioCurve,
        _ sizes: ProfileFlaw.Member,
        _ ratios: ProfileFlaw.Member
    ) throws(ProfileFlaw) {
        var (sizeBefore, ratioBefore) = (0, 1.0)
        for index in curve.sizes.indices {
            let (size, ratio) = (curve.sizes[index], curve.missRatios[index])
            guard size > sizeBefore else {
                throw ProfileFlaw(member: sizes, index: index, fault: index == 0 ? .notPositive : .notAscending)
            }
            try check(ratio, ratios, index: index)
            guard ratio <= 1 else { throw ProfileFlaw(member: ratios, index: index, fault: .aboveOne) }
            guard ratio <= ratioBefore + ratioTolerance else {
                throw ProfileFlaw(member: ratios, index: index, fault: .increasing)
            }
            (sizeBefore, ratioBefore) = (size, ratio)
        }
    }

    private static func checkSame(_ sizes: [Int], _ egressSizes: [Int]) throws(ProfileFlaw) {
        guard sizes != egressSizes else { return }
        let same = zip(sizes, egressSizes).prefix { one, other in one == other }.count
        throw ProfileFlaw(member: .egressSizes, index: same, fault: .otherSizes)
    }

    /// The base without what no share can be: for NaN and below 0 stands 0, for infinity the largest number.
    var usableBase: ResourceVector {
        func usable(_ rate: Double) -> Double { rate > 0 ? min(rate, .greatestFiniteMagnitude) : 0 }
        return ResourceVector(
            cacheBytes: max(0, base.cacheBytes),
            readUnits: usable(base.readUnits),
            writeUnits: usable(base.writeUnits),
            egressBytes: usable(base.egressBytes)
        )
    }
}
