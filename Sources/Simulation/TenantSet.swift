import Alloc

/// Tenants to divide among, and how.
struct TenantSet {
    var names: [String]
    var profiles: [TenantProfile]
    var parameters = HAREParameters()

    /// The same with a thousandth of each base as floor.
    ///
    /// What a tenant does not need now it may need next, and with nothing of it the
    /// first request waits for ever. The reference leaves nothing, which its test vectors pin for its own policies.
    var keepingTrickle: TenantSet {
        var set = self
        for index in profiles.indices {
            let (base, floor) = (profiles[index].base, profiles[index].floor)
            set.profiles[index].floor.readUnits = max(floor.readUnits, base.readUnits / 1_000)
            set.profiles[index].floor.writeUnits = max(floor.writeUnits, base.writeUnits / 1_000)
            set.profiles[index].floor.egressBytes = max(floor.egressBytes, base.egressBytes / 1_000)
        }
        return set
    }
}

/// Where a document has what ``ProfileFlaw`` names.
struct FlawNames {
    var names: [ProfileFlaw.Member: String]

    /// What is wrong with the tenant at `place`.
    func problem(_ flaw: ProfileFlaw, _ profile: TenantProfile, at place: String) -> Problem {
        let name = names[flaw.member] ?? flaw.member.rawValue
        let element = flaw.index.map { index in "[\(index)]" } ?? ""
        return Problem(place: "\(place).\(name)\(element)", text: "\(value(flaw, profile)) \(words(flaw, profile))")
    }

    private func words(_ flaw: ProfileFlaw, _ profile: TenantProfile) -> String {
        var before = flaw
        before.index = flaw.index.map { index in index - 1 }
        return switch flaw.fault {
        case .notFinite: "is not a finite number"
        case .negative: "is negative"
        case .notPositive: "is not above 0"
        case .aboveOne: "is above 1"
        case .notBelowOne: "is not below 1"
        case .notAscending: "is not above the one before, \(value(before, profile))"
        case .increasing where flaw.index == 0: "is above 1"
        case .increasing: "is above the one before, \(value(before, profile)): a larger cache misses no more"
        case .otherSizes: "differs from the size that the curve has there"
        }
    }

    private func value(_ flaw: ProfileFlaw, _ profile: TenantProfile) -> String {
        func element<Value>(_ list: [Value]?) -> String {
            guard let list, let index = flaw.index, list.indices.contains(index) else { return "it" }
            return "\(list[index])"
        }
        return switch flaw.member {
        case .baseCache: "\(profile.base.cacheBytes)"
        case .baseReadUnits: "\(profile.base.readUnits)"
        case .baseWriteUnits: "\(profile.base.writeUnits)"
        case .baseEgress: "\(profile.base.egressBytes)"
        case .floorCache: "\(profile.floor.cacheBytes)"
        case .floorReadUnits: "\(profile.floor.readUnits)"
        case .floorWriteUnits: "\(profile.floor.writeUnits)"
        case .floorEgress: "\(profile.floor.egressBytes)"
        case .demandReadUnits: "\(profile.demand.readUnits)"
        case .demandWriteUnits: "\(profile.demand.writeUnits)"
        case .demandEgress: "\(profile.demand.egressBytes)"
        case .hitSaving: "\(profile.hitSaving)"
        case .sizes: element(profile.curve.sizes)
        case .missRatios: element(profile.curve.missRatios)
        case .egressSizes: element(profile.egressCurve?.sizes)
        case .egressMissRatios: element(profile.egressCurve?.missRatios)
        }
    }
}
