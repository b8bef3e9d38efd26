import Alloc

/// Cases in the format of the reference's test vectors: a list, an object whose `cases` is one, or a single case.
struct CaseDocument: Decodable {
    var cases: [CaseElement] = []

    init(from decoder: any Decoder) throws {
        if let list = try? decoder.unkeyedContainer() {
            try append(list)
            return
        }
        let members = try Members(decoder)
        if members.contains("cases") {
            cases = try members.required("cases")
        } else if members.contains("tenants") {
            cases = [CaseElement(from: decoder)]
        } else {
            throw Problem(place: "", text: "neither `cases` nor `tenants` in it")
        }
    }

    private mutating func append(_ list: any UnkeyedDecodingContainer) throws {
        var list = list
        while !list.isAtEnd { cases.append(try list.decode(CaseElement.self)) }
    }
}

/// A case, or what is wrong with it: the others are none the worse.
struct CaseElement: Decodable {
    /// What the case calls itself, or which it is.
    var id: String
    var result: Result<Case, Problem>

    init(from decoder: any Decoder) {
        let place = Members.place(decoder.codingPath)
        id = "#\(decoder.codingPath.last?.intValue ?? 0)"
        do {
            let members = try Members(decoder)
            id = try members.optional("id") ?? id
            result = .success(try Case(members))
        } catch {
            var problem = Problem(error)
            if problem.place.hasPrefix(place) {
                let rest = problem.place.dropFirst(place.count)
                problem.place = String(rest.first == "." ? rest.dropFirst() : rest)
            }
            result = .failure(problem)
        }
    }
}

/// One set of tenants, and the policy that the reference divided it with.
struct Case {
    /// Nil where the case names none.
    var policy: SimulatedPolicy?
    var tenants: TenantSet

    private static let flawNames = FlawNames(names: [
        .baseCache: "base.cache_size", .baseReadUnits: "base.db_rcu", .baseWriteUnits: "base.db_wcu",
        .baseEgress: "base.net_bw", .floorCache: "floor.cache_size", .floorReadUnits: "floor.db_rcu",
        .floorWriteUnits: "floor.db_wcu", .floorEgress: "floor.net_bw", .demandReadUnits: "demand.db_rcu",
        .demandWriteUnits: "demand.db_wcu", .demandEgress: "demand.net_bw", .sizes: "mrc.ticks",
        .missRatios: "mrc.miss_ratios", .hitSaving: "net_bw_alpha",
    ])

    init(_ members: Members) throws {
        policy = try members.optional("policy", as: CasePolicy.self)?.policy
        let parameters = try members.optional("params", as: CaseParameters.self) ?? CaseParameters()
        let list = try members.required("tenants", as: [CaseTenant].self)
        var profiles: [TenantProfile] = []
        profiles.reserveCapacity(list.count)
        for (index, tenant) in list.enumerated() {
            var profile = tenant.profile
            if let flaw = profile.flaw {
                throw Self.flawNames.problem(flaw, profile, at: members.place("tenants") + "[\(index)]")
            }
            profile.floor = parameters.floor(profile.base)
            // What the reference calls egress is then what no hit saves.
            if !parameters.value.countsAllEgress { profile.hitSaving = 0 }
            profiles.append(profile)
        }
        tenants = TenantSet(
            names: profiles.indices.map { index in "\(index)" },
            profiles: profiles,
            parameters: parameters.value
        )
    }
}

/// A name, or an object with one.
private struct CasePolicy: Decodable {
    var policy: SimulatedPolicy

    init(from decoder: any Decoder) throws {
        var path = decoder.codingPath
        let name: String
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            name = text
        } else if let members = try? Members(decoder) {
            name = try members.required("name")
            path.append(Members.Name("name"))
        } else {
            throw Problem(place: Members.place(path), text: "a name belongs here, or an object with one")
        }
        guard let policy = SimulatedPolicy(rawValue: name) else {
            let choices = SimulatedPolicy.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(place: Members.place(path), text: "'\(name)' is unknown; choose one of \(choices)")
        }
        self.policy = policy
    }
}

/// `params`: each may be absent.
private struct CaseParameters: Decodable {
    var value = HAREParameters()
    private var leastRates = ResourceVector()

    init() {}

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        let limits = ParameterLimits(members)
        value.cacheUnit = try limits.whole("cache_delta", in: 1...Int.max) ?? value.cacheUnit
        value.minimumCache = try limits.whole("min_cache_size", in: 0...Int.max) ?? value.minimumCache
        value.maximumRounds = try limits.whole("max_trade_round", in: 0...ParameterLimits.rounds) ?? value.maximumRounds
        value.minimumGain = try limits.number("min_improve_ratio_delta", in: 0...1e300) ?? value.minimumGain
        value.reservedRatio = try limits.number("memshare_reserved_ratio", in: 0...1) ?? value.reservedRatio
        value.countsAllEgress = try members.optional("alloc_total_net_bw") ?? value.countsAllEgress
        leastRates.readUnits = try limits.number("min_db_rcu", in: 0...1e300) ?? 0
        leastRates.writeUnits = try limits.number("min_db_wcu", in: 0...1e300) ?? 0
        leastRates.egressBytes = try limits.number("min_net_bw", in: 0...1e300) ?? 0
    }

    /// What each tenant keeps: nobody more than its base.
    func floor(_ base: ResourceVector) -> ResourceVector {
        ResourceVector(
            cacheBytes: min(value.minimumCache, base.cacheBytes),
            readUnits: min(leastRates.readUnits, base.readUnits),
            writeUnits: min(leastRates.writeUnits, base.writeUnits),
            egressBytes: min(leastRates.egressBytes, base.egressBytes)
        )
    }
}

/// Numbers within bounds.
struct ParameterLimits {
    /// Deals that nobody waits for.
    static let rounds = 10_000_000
    let members: Members

    init(_ members: Members) { self.members = members }

    func whole(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try within(try members.optional(name), name, range)
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        try within(try members.optional(name), name, range)
    }

    func within<Value: Comparable>(_ value: Value?, _ name: String, _ range: ClosedRange<Value>) throws -> Value? {
        guard let value, !range.contains(value) else { return value }
        throw members.problem(name, "\(value) is not in \(range.lowerBound)...\(range.upperBound)")
    }
}

private struct CaseTenant: Decodable {
    var profile: TenantProfile

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        let demand: Demand = try members.required("demand", as: CaseRates.self).demand
        let base: ResourceVector = try members.required("base", as: CaseVector.self).vector
        let curve: MissRatioCurve = try members.required("mrc", as: CaseCurve.self).curve
        profile = TenantProfile(
            base: base,
            demand: demand,
            curve: curve,
            hitSaving: try members.required("net_bw_alpha")
        )
    }
}

private struct CaseRates: Decodable {
    var demand: Demand

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        demand = Demand(
            readUnits: try members.required("db_rcu"),
            writeUnits: try members.required("db_wcu"),
            egressBytes: try members.required("net_bw")
        )
    }
}

private struct CaseVector: Decodable {
    var vector: ResourceVector

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        vector = ResourceVector(
            cacheBytes: try members.required("cache_size"),
            readUnits: try members.required("db_rcu"),
            writeUnits: try members.required("db_wcu"),
            egressBytes: try members.required("net_bw")
        )
    }
}

private struct CaseCurve: Decodable {
    var curve: MissRatioCurve

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        curve = try CurvePoints(members, sizes: "ticks", ratios: "miss_ratios").curve
    }
}

/// Sizes and ratios side by side.
struct CurvePoints {
    var curve: MissRatioCurve

    init(_ members: Members, sizes: String, ratios: String) throws {
        try self.init(members, sizes: try members.numbers(sizes), named: sizes, ratios: ratios)
    }

    /// A point at size 0 says what is so anyhow, that everything misses, and is left out.
    init(_ members: Members, sizes: [Int], named: String, ratios: String) throws {
        let values: [Double] = try members.numbers(ratios)
        guard sizes.count == values.count else {
            throw members.problem(ratios, "\(values.count) ratios for the \(sizes.count) sizes in \(named)")
        }
        let isFromZero = sizes.first == 0 && values.first == 1
        curve = MissRatioCurve(
            sizes: isFromZero ? Array(sizes.dropFirst()) : sizes,
            missRatios: isFromZero ? Array(values.dropFirst()) : values
        )
    }
}
