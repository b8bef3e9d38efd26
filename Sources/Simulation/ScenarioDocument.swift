import Alloc

/// Tenants as a person describes them: docs/simulate.md.
struct ScenarioDocument: Decodable {
    var tenants: TenantSet

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder, known: ["total", "tenants", "parameters"])
        let total = try members.optional("total", as: PartialVector.self) ?? PartialVector()
        let list = try members.required("tenants", as: [ScenarioTenant].self)
        let parameters = try members.optional("parameters", as: ScenarioParameters.self)?.value ?? HAREParameters()
        let names = list.enumerated().map { index, tenant in tenant.name ?? "\(index)" }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw Problem(place: "tenants[\(index)].name", text: "'\(name)' is the name of another tenant too")
        }
        let bases = try Self.bases(list, total)
        var profiles: [TenantProfile] = []
        for (index, tenant) in list.enumerated() {
            var profile = tenant.profile(base: bases[index])
            if let flaw = profile.flaw {
                throw tenant.flawNames.problem(flaw, profile, at: "tenants[\(index)]")
            }
            if !parameters.countsAllEgress {
                profile.hitSaving = 0
                profile.egressCurve = nil
            }
            profiles.append(profile)
        }
        tenants = TenantSet(names: names, profiles: profiles, parameters: parameters)
    }

    /// What each tenant is entitled to: its share, or its part by weight of what the shares leave of the total.
    private static func bases(
        _ list: [ScenarioTenant],
        _ total: PartialVector
    ) throws -> [ResourceVector] {
        var bases = list.map { _ in ResourceVector() }
        for resource in PartialVector.Resource.allCases {
            let open = list.indices.filter { index in list[index].share[resource] == nil }
            for index in list.indices { bases[index][resource] = list[index].share[resource] ?? 0 }
            let fixed = list.reduce(0) { sum, tenant in sum + (tenant.share[resource] ?? 0) }
            if let amount = total[resource], fixed > amount {
                throw Problem(place: "total.\(resource.rawValue)", text: "\(amount) is less than the shares, \(fixed)")
            }
            guard let first = open.first else { continue }
            guard let amount = total[resource] else {
                throw Problem(
                    place: "tenants[\(first)].share.\(resource.rawValue)",
                    text: "missing, and there is no total.\(resource.rawValue) to have a part of"
                )
            }
            var rest = ResourceVector()
            rest[resource] = amount - fixed
            let parts = StaticPolicy.divide(
                rest,
                among: open.map { index in
                    var floor = ResourceVector()
                    floor[resource] = list[index].floor[resource] ?? 0
                    return TenantShare(weight: list[index].weight, floor: floor)
                }
            )
            for (index, part) in zip(open, parts) { bases[index][resource] = part[resource] }
        }
        return bases
    }
}

private struct ScenarioTenant: Decodable {
    var name: String?
    var weight: Double
    var share: PartialVector
    var floor: PartialVector
    private var demand: Demand
    private var curves: ScenarioCurves
    private var hitSaving: Double

    init(from decoder: any Decoder) throws {
        let members = try Members(
            decoder,
            known: ["name", "weight", "share", "floor", "demand", "curve", "hit_saving"]
        )
        name = try members.optional("name")
        weight = try ParameterLimits(members).number("weight", in: 0...1e300) ?? 1
        share = try members.optional("share") ?? PartialVector()
        floor = try members.optional("floor") ?? PartialVector()
        demand = try members.required("demand", as: ScenarioDemand.self).demand
        curves = try members.optional("curve") ?? ScenarioCurves()
        hitSaving = try members.optional("hit_saving") ?? 0
    }

    /// The floor is part of the base, and so at most that.
    func profile(base: ResourceVector) -> TenantProfile {
        TenantProfile(
            base: base,
            floor: ResourceVector(
                cacheBytes: min(floor.cache ?? 0, base.cacheBytes),
                readUnits: min(floor.readUnits ?? 0, base.readUnits),
                writeUnits: min(floor.writeUnits ?? 0, base.writeUnits),
                egressBytes: min(floor.egress ?? 0, base.egressBytes)
            ),
            demand: demand,
            curve: curves.curve,
            egressCurve: curves.egressCurve,
            hitSaving: hitSaving
        )
    }

    var flawNames: FlawNames {
        FlawNames(names: [
            .baseCache: "share.cache", .baseReadUnits: "share.rcu", .baseWriteUnits: "share.wcu",
            .baseEgress: "share.egress", .floorCache: "floor.cache", .floorReadUnits: "floor.rcu",
            .floorWriteUnits: "floor.wcu", .floorEgress: "floor.egress", .demandReadUnits: "demand.rcu",
            .demandWriteUnits: "demand.wcu", .demandEgress: "demand.egress", .sizes: "curve.sizes",
            .missRatios: "curve.\(curves.ratioName)", .egressSizes: "curve.sizes",
            .egressMissRatios: "curve.byte_miss_ratio", .hitSaving: "hit_saving",
        ])
    }
}

/// Amounts of some resources.
struct PartialVector: Decodable {
    var cache: Int?
    var readUnits: Double?
    var writeUnits: Double?
    var egress: Double?

    enum Resource: String, CaseIterable { case cache, rcu, wcu, egress }

    init() {}

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder, known: Resource.allCases.map(\.rawValue))
        cache = try members.optional("cache", as: ByteCount.self)?.bytes
        readUnits = try members.optional("rcu")
        writeUnits = try members.optional("wcu")
        egress = try members.optional("egress", as: ByteRate.self)?.bytes
        for resource in Resource.allCases {
            guard let amount = self[resource], amount < 0 else { continue }
            throw members.problem(resource.rawValue, "\(amount) is negative")
        }
    }

    subscript(resource: Resource) -> Double? {
        switch resource {
        case .cache: cache.map(Double.init)
        case .rcu: readUnits
        case .wcu: writeUnits
        case .egress: egress
        }
    }
}

extension ResourceVector {
    fileprivate subscript(resource: PartialVector.Resource) -> Double {
        get {
            switch resource {
            case .cache: Double(cacheBytes)
            case .rcu: readUnits
            case .wcu: writeUnits
            case .egress: egressBytes
            }
        }
        set {
            switch resource {
            case .cache: cacheBytes = Int(exactly: newValue.rounded()) ?? .max
            case .rcu: readUnits = newValue
            case .wcu: writeUnits = newValue
            case .egress: egressBytes = newValue
            }
        }
    }
}

private struct ScenarioDemand: Decodable {
    var demand: Demand

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder, known: ["rcu", "wcu", "egress"])
        demand = Demand(
            readUnits: try members.optional("rcu") ?? 0,
            writeUnits: try members.optional("wcu") ?? 0,
            egressBytes: try members.optional("egress", as: ByteRate.self)?.bytes ?? 0
        )
    }
}

/// A curve as `leveret mrc --json` prints it: `miss_ratio`, or the ratios of RCU and bytes where they are there.
private struct ScenarioCurves: Decodable {
    var curve = MissRatioCurve(sizes: [], missRatios: [])
    var egressCurve: MissRatioCurve?
    var ratioName = "miss_ratio"

    private static let known = [
        "sizes", "miss_ratio", "rcu_miss_ratio", "byte_miss_ratio", "error", "exact", "policy", "accounting", "reads",
    ]

    init() {}

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder, known: Self.known)
        let sizes = try members.required("sizes", as: [ByteCount].self).map(\.bytes)
        if members.contains("rcu_miss_ratio") { ratioName = "rcu_miss_ratio" }
        curve = try CurvePoints(members, sizes: sizes, named: "sizes", ratios: ratioName).curve
        guard members.contains("byte_miss_ratio") else { return }
        egressCurve = try CurvePoints(members, sizes: sizes, named: "sizes", ratios: "byte_miss_ratio").curve
    }
}

private struct ScenarioParameters: Decodable {
    var value = HAREParameters()

    init(from decoder: any Decoder) throws {
        let members = try Members(
            decoder,
            known: [
                "cache_unit", "minimum_cache", "maximum_rounds", "minimum_gain", "reserved_ratio", "counts_all_egress",
            ]
        )
        let limits = ParameterLimits(members)
        value.cacheUnit =
            try limits.within(try members.optional("cache_unit", as: ByteCount.self)?.bytes, "cache_unit", 1...Int.max)
            ?? value.cacheUnit
        value.minimumCache =
            try limits.within(
                try members.optional("minimum_cache", as: ByteCount.self)?.bytes,
                "minimum_cache",
                0...Int.max
            ) ?? value.minimumCache
        value.maximumRounds = try limits.whole("maximum_rounds", in: 0...ParameterLimits.rounds) ?? value.maximumRounds
        value.minimumGain = try limits.number("minimum_gain", in: 0...1e300) ?? value.minimumGain
        value.reservedRatio = try limits.number("reserved_ratio", in: 0...1) ?? value.reservedRatio
        value.countsAllEgress = try members.optional("counts_all_egress") ?? value.countsAllEgress
    }
}
