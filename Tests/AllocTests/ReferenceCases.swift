import Foundation

@testable import Alloc

/// The cases of a file of Tests/Fixtures/vectors.
struct ReferenceCases: Decodable {
    var cases: [ReferenceCase]

    static func read(_ name: String) throws -> [ReferenceCase] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/vectors/\(name)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Self.self, from: Data(contentsOf: file)).cases
    }
}

/// One division with what the reference made of it.
struct ReferenceCase: Decodable {
    var id: String
    var policy: Policy
    var params: Params
    var tenants: [Tenant]
    /// Absent for corner cases, whose reference is no example.
    var expected: Expected?
    var sound: String?

    struct Policy: Decodable { var name: String }

    struct Params: Decodable {
        var allocTotalNetBw: Bool
        var cacheDelta: Int
        var minCacheSize: Int
        var maxTradeRound: Int?
        var minImproveRatioDelta: Double?
        var memshareReservedRatio: Double?
    }

    struct Tenant: Decodable {
        var demand: Rates
        var base: Vector
        var mrc: Curve
        var netBwAlpha: Double
    }

    struct Rates: Decodable { var dbRcu, dbWcu, netBw: Double }

    struct Vector: Decodable {
        var cacheSize: Int
        var dbRcu, dbWcu, netBw: Double

        var value: ResourceVector {
            ResourceVector(cacheBytes: cacheSize, readUnits: dbRcu, writeUnits: dbWcu, egressBytes: netBw)
        }
    }

    struct Curve: Decodable {
        var ticks: [Int]
        var missRatios: [Double]

        enum CodingKeys: CodingKey { case ticks, tickChanges, missRatios }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            missRatios = try members.decode([Double].self, forKey: .missRatios)
            if let changes = try members.decodeIfPresent([Int].self, forKey: .tickChanges) {
                // Differences of differences, since ticks are nearly evenly spaced.
                var (tick, step) = (0, 0)
                ticks = changes.map { change in
                    step += change
                    tick += step
                    return tick
                }
            } else {
                ticks = try members.decode([Int].self, forKey: .ticks)
            }
        }
    }

    struct Expected: Decodable {
        var improveRatio: Double
        var rounds: Int
        var stop: String
        /// Receiver and giver.
        var dealsHead: [[Int]]?
        var alloc: [Vector]
    }

    var parameters: HAREParameters {
        HAREParameters(
            cacheUnit: params.cacheDelta,
            minimumCache: params.minCacheSize,
            maximumRounds: params.maxTradeRound ?? 10_000,
            minimumGain: params.minImproveRatioDelta ?? 1e-4,
            reservedRatio: params.memshareReservedRatio ?? 0.5,
            countsAllEgress: params.allocTotalNetBw
        )
    }

    var profiles: [TenantProfile] {
        tenants.map { tenant in
            TenantProfile(
                base: tenant.base.value,
                demand: Demand(
                    readUnits: tenant.demand.dbRcu,
                    writeUnits: tenant.demand.dbWcu,
                    egressBytes: tenant.demand.netBw
                ),
                curve: MissRatioCurve(sizes: tenant.mrc.ticks, missRatios: tenant.mrc.missRatios),
                hitSaving: tenant.netBwAlpha
            )
        }
    }

    /// What the policy that the case names makes of the profiles.
    func outcome(_ profiles: [TenantProfile]? = nil) throws -> DivisionOutcome {
        let profiles = profiles ?? self.profiles
        switch policy.name {
        case "hare": return HAREPolicy(parameters: parameters).outcome(profiles)
        case "hare_nc": return HAREPolicy(parameters: parameters, isConserving: false).outcome(profiles)
        case "drf": return DRFPolicy(parameters: parameters).outcome(profiles)
        case "memshare": return MemsharePolicy(parameters: parameters).outcome(profiles)
        case "base": return DivisionOutcome(allocation: BasePolicy().allocate(profiles), deals: [], stop: .none)
        default: throw UnknownPolicy(name: policy.name)
        }
    }

    struct UnknownPolicy: Error { var name: String }
}
