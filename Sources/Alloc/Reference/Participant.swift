/// A tenant while resources are divided.
struct Participant {
    /// Its place among the tenants.
    let index: Int
    private let profile: TenantProfile
    /// The part of its egress that a hit saves; nil where egress does not depend on hits.
    private let hitSaving: Double?
    /// Bytes of cache it keeps in any case.
    let leastCache: Int
    /// Bytes of cache it has now.
    private(set) var cache: Int
    private var readUnits: Holding
    private var writeUnits: Holding
    private var egressBytes: Holding

    /// Differences of miss ratios up to this are rounding.
    private static let epsilon = Double.ulpOfOne

    /// A tenant with so much cache, and of the rates in its base what its throughput takes.
    init(_ profile: TenantProfile, index: Int, cache: Int, parameters: HAREParameters) {
        self.index = index
        self.profile = profile
        self.cache = cache
        hitSaving = parameters.countsAllEgress ? profile.hitSaving : nil
        leastCache = max(parameters.minimumCache, min(profile.floor.cacheBytes, profile.base.cacheBytes), 0)
        let (base, floor) = (profile.base, profile.floor)
        let request = Self.need(of: profile, withCache: cache, hitSaving: hitSaving)
        // What is not needed at all does not limit, also where there is none of it.
        let throughput = Rates(base).ratios(to: request).least
        let need = throughput < .infinity ? request * throughput : .zero
        readUnits = Holding(need: need.readUnits, floor: min(floor.readUnits, base.readUnits))
        writeUnits = Holding(need: need.writeUnits, floor: min(floor.writeUnits, base.writeUnits))
        egressBytes = Holding(need: need.egressBytes, floor: min(floor.egressBytes, base.egressBytes))
        isStuck = throughput == 0
        isIdle = throughput == .infinity
    }

    /// Whether its base allows the tenant no throughput at all, though it asks for some.
    let isStuck: Bool
    /// Whether it asks for nothing.
    let isIdle: Bool

    /// The rates it has now.
    var own: Rates {
        Rates(readUnits: readUnits.own, writeUnits: writeUnits.own, egressBytes: egressBytes.own)
    }

    /// What it keeps of the rates in any case.
    var floor: Rates {
        Rates(readUnits: readUnits.floor, writeUnits: writeUnits.floor, egressBytes: egressBytes.floor)
    }

    private static func need(of profile: TenantProfile, withCache bytes: Int, hitSaving: Double?) -> Rates {
        let miss = profile.curve.missRatio(at: bytes)
        var egress = profile.demand.egressBytes
        if let hitSaving {
            let miss = profile.egressCurve?.missRatio(at: bytes) ?? miss
            egress *= miss + ((1 - hitSaving) * (1 - miss))
        }
        return Rates(
            readUnits: profile.demand.readUnits * miss,
            writeUnits: profile.demand.writeUnits,
            egressBytes: egress
        )
    }

    // MARK: - Quotes

    /// What the tenant returns for one more unit of cache.
    func relinquishment(for unit: Int) -> Quote {
        let (larger, overflow) = cache.addingReportingOverflow(unit)
        guard !overflow else { return .nothing }
        var quote = Quote.nothing
        let (miss, after) = (miss(at: cache), miss(at: larger))
        if miss > Self.epsilon, miss - after > Self.epsilon {
            quote.readUnits = readUnits.relinquishing(readUnits(of: miss - after, at: miss))
        }
        guard let hitSaving else { return quote }
        let (egressMiss, egressAfter) = (egressMiss(at: cache) ?? miss, egressMiss(at: larger) ?? after)
        if egressMiss > Self.epsilon, egressMiss - egressAfter > Self.epsilon {
            let change = egressBytes(of: egressMiss - egressAfter, at: egressMiss, hitSaving)
            quote.egressBytes = egressBytes.relinquishing(change)
        }
        return quote
    }

    /// What the tenant asks for one unit of its cache.
    func compensation(for unit: Int) -> Quote {
        let (least, overflow) = leastCache.addingReportingOverflow(unit)
        guard !overflow, cache >= least else { return refusal }
        var quote = Quote.nothing
        let (miss, after) = (miss(at: cache), miss(at: cache - unit))
        if after - miss > Self.epsilon, after > Self.epsilon {
            guard miss > Self.epsilon else { return refusal }
            quote.readUnits = readUnits.asking(readUnits(of: after - miss, at: miss))
        }
        guard let hitSaving else { return quote }
        let (egressMiss, egressAfter) = (egressMiss(at: cache) ?? miss, egressMiss(at: cache - unit) ?? after)
        if egressAfter - egressMiss > Self.epsilon, egressAfter > Self.epsilon {
            guard egressMiss > Self.epsilon else { return refusal }
            let change = egressBytes(of: egressAfter - egressMiss, at: egressMiss, hitSaving)
            quote.egressBytes = egressBytes.asking(change)
        }
        return quote
    }

    private var refusal: Quote {
        hitSaving == nil ? Quote(readUnits: .refusal, egressBytes: .nothing) : .refusal
    }

    private func readUnits(of change: Double, at miss: Double) -> Double { readUnits.need * change / miss }

    private func egressBytes(of change: Double, at miss: Double, _ hitSaving: Double) -> Double {
        egressBytes.need * change * hitSaving / (miss * hitSaving + 1 - hitSaving)
    }

    /// The part of its reads that misses with so much cache.
    func miss(at bytes: Int) -> Double { profile.curve.missRatio(at: bytes) }

    private func egressMiss(at bytes: Int) -> Double? { profile.egressCurve?.missRatio(at: bytes) }

    // MARK: - Deals

    mutating func take(_ unit: Int, for quote: Quote) {
        cache += unit
        readUnits.relinquish(quote.readUnits)
        egressBytes.relinquish(quote.egressBytes)
    }

    mutating func give(_ unit: Int, for quote: Quote) {
        cache -= unit
        readUnits.receive(quote.readUnits)
        egressBytes.receive(quote.egressBytes)
    }
}
