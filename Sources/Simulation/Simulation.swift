public import Alloc
import JSON

/// What each policy would give to whom.
public struct Simulation: Sendable {
    /// The tenants' names, in order.
    public var names: [String]
    /// What is known of them.
    public var profiles: [TenantProfile]
    /// What each policy makes of them.
    public var results: [Result]

    /// One policy's division.
    public struct Result: Sendable {
        /// Whose.
        public var policy: SimulatedPolicy
        /// Who gets what.
        public var allocation: Allocation
    }

    /// Asks the policies about the tenants of a file.
    ///
    /// The file is a description of tenants (docs/simulate.md) or one case of the reference's test vectors; `-` is
    /// standard input.
    public init(path: String, policies: [SimulatedPolicy] = SimulatedPolicy.shown) throws(SimulationError) {
        let set = try DocumentReader.read(path, as: TenantDocument.self).tenants
        names = set.names
        profiles = set.profiles
        results = policies.map { policy in
            Result(policy: policy, allocation: policy.allocate(set.profiles, parameters: set.parameters))
        }
    }

    /// How fast a tenant is with a share compared with its base; nil where its base allows nothing, or all there is.
    private func ratio(_ index: Int, _ share: ResourceVector) -> Double? {
        let base = profiles[index].baseThroughput
        return base > 0 && base < .infinity ? profiles[index].throughput(with: share) / base : nil
    }

    // MARK: - Output

    /// A JSON object.
    public var json: String {
        let bases = zip(names, profiles).map { name, profile in
            JSONValue.object([("name", .string(name))] + members(profile.base))
        }
        let policies = results.map { result in
            let shares = result.allocation.shares.enumerated().map { index, share in
                let profile = profiles[index]
                return JSONValue.object(
                    [("name", .string(names[index]))] + members(share) + [
                        ("miss_ratio", .number(profile.curve.missRatio(at: share.cacheBytes))),
                        ("throughput", .number(profile.throughput(with: share))),
                        ("ratio", ratio(index, share).map { ratio in .number(ratio) } ?? .null),
                    ]
                )
            }
            return JSONValue.object([
                ("policy", .string(result.policy.rawValue)), ("improvement", .number(result.allocation.improvement)),
                ("tenants", .list(shares)),
            ])
        }
        return JSONValue.object([("base", .list(bases)), ("policies", .list(policies))]).text + "\n"
    }

    private func members(_ vector: ResourceVector) -> [(name: String, value: JSONValue)] {
        [
            ("cache", .integer(vector.cacheBytes)), ("rcu", .number(vector.readUnits)),
            ("wcu", .number(vector.writeUnits)), ("egress", .number(vector.egressBytes)),
        ]
    }

    /// Tables for people.
    public var table: String {
        results.map { result in
            let shares = result.allocation.shares
            let rows = shares.enumerated().map { index, share in
                let profile = profiles[index]
                return [
                    names[index], Figures.bytes(share.cacheBytes), Figures.decimal(share.readUnits, places: 1),
                    Figures.decimal(share.writeUnits, places: 1), Figures.rate(share.egressBytes),
                    Figures.decimal(profile.curve.missRatio(at: share.cacheBytes), places: 4),
                    throughput(profile.throughput(with: share)),
                    ratio(index, share).map { ratio in Figures.decimal(ratio, places: 3) } ?? "-",
                ]
            }
            let head = ["tenant", "cache", "RCU/s", "WCU/s", "egress/s", "miss ratio", "requests/s", "x base"]
            let ratios = shares.indices.compactMap { index in ratio(index, shares[index]) }
            let least = ratios.min().map { least in "at least \(Figures.decimal(least, places: 3)) x base" }
            return "\(result.policy.rawValue): \(least ?? "nobody to compare")\n"
                + Figures.table([head] + rows, left: 1)
        }.joined(separator: "\n")
    }

    private func throughput(_ throughput: Double) -> String {
        throughput < .infinity ? Figures.decimal(throughput, places: 1) : "any"
    }
}

/// Either kind of document that describes one set of tenants.
private struct TenantDocument: Decodable {
    var tenants: TenantSet

    init(from decoder: any Decoder) throws {
        let members = try Members(decoder)
        if members.contains("cases") {
            throw members.problem("cases", "many sets of tenants; give the file with --cases")
        }
        if ["id", "params", "policy"].contains(where: members.contains) {
            tenants = try Case(members).tenants
        } else {
            tenants = try ScenarioDocument(from: decoder).tenants
        }
    }
}
