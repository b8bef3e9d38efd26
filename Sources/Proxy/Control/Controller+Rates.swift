import Alloc

// The rates that go with the caches as they are.
extension Controller {
    /// The part of its promise within which a decided rate is good enough.
    private static let slack = 0.99

    /// What a request of a tenant needs now: by the model at the present cache, and while caches move, or it needs more
    /// than that, not less than was measured just now.
    func presentNeed(_ index: Int) -> Demand {
        let member = members[index]
        guard let model = member.latest ?? member.model else { return Demand() }
        return need(index, model, withCache: member.current.cacheBytes)
    }

    /// The same with a cache of another size.
    func need(_ index: Int, _ model: TenantModel, withCache bytes: Int) -> Demand {
        let modelled = model.plain.need(withCache: bytes)
        let member = members[index]
        let isGrowing = member.warmBy != nil || bytes < member.target.cacheBytes
        guard member.isAlarmed || isMoving && (settings.boost || !isGrowing) else { return modelled }
        guard let recent = member.recent?.need(requests: Self.leastRequests) else { return modelled }
        // What a demand for writes or answers has become does not concern caches.
        return Demand(
            readUnits: modelled.readUnits > 0 ? max(modelled.readUnits, recent.readUnits) : 0,
            writeUnits: modelled.writeUnits,
            egressBytes: modelled.egressBytes > 0 ? max(modelled.egressBytes, recent.egressBytes) : 0
        )
    }

    /// What the tenants that take part have to say, and what they have together.
    struct Claims {
        var indices: [Int]
        var claims: [RateDivision.Claim]
        var totals: ResourceVector

        /// The level of what all can have: RateDivision.
        var level: Double { RateDivision.level(totals, claims) }
    }

    /// What the tenants that take part have to say of rates; `caches` in place of their present ones.
    func claims(withCaches caches: [Int]? = nil) -> Claims {
        let indices = members.indices.filter { members[$0].standing != .new }
        var totals = ResourceVector()
        let claims = indices.map { index in
            let member = members[index]
            let base = member.terms.base.limitedOnly
            totals.add(base)
            var claim = RateDivision.Claim(
                need: Demand(),
                doubt: Demand(),
                baseThroughput: 0,
                goal: 1,
                floor: member.terms.floor.limitedOnly.atMost(base),
                base: base
            )
            if member.standing == .active, let model = member.latest ?? member.model {
                let cache = caches?[index] ?? member.current.cacheBytes
                claim.need = need(index, model, withCache: cache).limited(as: base)
                claim.doubt = model.doubt(withCache: cache)
                // One that would miss nothing has none.
                claim.baseThroughput =
                    model.baseThroughput.isFinite ? model.baseThroughput : model.salted.baseThroughput
                claim.goal = member.goal
            }
            return claim
        }
        return Claims(indices: indices, claims: claims, totals: totals)
    }

    /// Puts rates in force that keep everybody's guarantee with the caches as they are.
    mutating func assignRates(now: UInt64) {
        guard hasLimits else { return }
        let all = claims()
        for index in members.indices where members[index].standing == .new {
            members[index].current.setRates(members[index].terms.base)
        }
        let (shares, level) = RateDivision.divide(all.totals, all.claims)
        // What was decided is put in force when it keeps its promise.
        let isDecided =
            !isMoving
            && zip(all.indices, all.claims).allSatisfy { index, claim in
                let target = members[index].target
                let throughput = claim.need.throughput(with: target)
                return claim.baseThroughput.isInfinite || claim.baseThroughput <= 0
                    || throughput >= claim.baseThroughput * Self.slack * min(1, level)
            } && fits(all.indices.map { members[$0].target }, all.totals)
        for (place, index) in all.indices.enumerated() {
            let rates = isDecided ? members[index].target : shares[place]
            members[index].current.setRates(rates)
        }
    }

    private func fits(_ shares: [ResourceVector], _ totals: ResourceVector) -> Bool {
        Rate.allCases.allSatisfy { rate in
            let sum = shares.reduce(0) { sum, share in sum + share.limitedOnly[rate] }
            return sum <= totals[rate] * (1 + 1e-6)
        }
    }

    /// Throughput over what the base would give, with what is in force and what is needed now; nil when nothing that the
    /// tenant needs is limited.
    func ratioInForce(_ index: Int) -> Double? {
        let member = members[index]
        guard let model = member.latest ?? member.model, hasLimits else { return nil }
        let base = member.terms.base.limitedOnly
        let throughput = presentNeed(index).limited(as: base).throughput(with: member.current)
        guard throughput.isFinite, model.baseThroughput.isFinite, model.baseThroughput > 0 else { return nil }
        return throughput / model.baseThroughput
    }
}

extension ResourceVector {
    /// Takes over the rates that are limited.
    mutating func setRates(_ rates: ResourceVector) {
        for rate in Rate.allCases where self[rate].isFinite { self[rate] = rates[rate] }
    }
}
