extension Division {
    /// How far the two ways to sum what tenants own may differ.
    private static var lossTolerance: Double { 1e-9 }
    /// A pool with less than this of each resource is left alone.
    private static var negligible: Double { 1e-4 }

    /// Hands out the pool in proportion to what each participant owns, so that all improve by the same ratio.
    ///
    /// Conserving hands out all of the pool, the other of each resource only so much as the scarcest allows. The answer
    /// is what each participant has then, and the ratio; nil where nobody needs anything.
    func handOut(conserving: Bool) -> (rates: [Rates], improvement: Double)? {
        guard max(pool.readUnits.magnitude, pool.writeUnits.magnitude, pool.egressBytes.magnitude) >= Self.negligible
        else { return (participants.map(\.own), 0) }
        let owned = owned
        let improvement = pool.ratios(to: owned).least
        guard improvement < .infinity else { return nil }
        guard conserving else {
            return (participants.map { member in atLeastFloor(member.own * (1 + improvement), member) }, improvement)
        }
        let readUnits = parts(of: pool.readUnits, owned.readUnits, \.readUnits)
        let writeUnits = parts(of: pool.writeUnits, owned.writeUnits, \.writeUnits)
        let egressBytes = parts(of: pool.egressBytes, owned.egressBytes, \.egressBytes)
        let rates = participants.indices.map { index in
            let part = Rates(
                readUnits: readUnits[index],
                writeUnits: writeUnits[index],
                egressBytes: egressBytes[index]
            )
            return atLeastFloor(participants[index].own + part, participants[index])
        }
        return (rates, improvement)
    }

    /// What all participants own: the total without the pool, as the reference has it; summed where cancellation has
    /// left too little of that.
    private var owned: Rates {
        let sum = participants.reduce(Rates.zero) { sum, member in sum + member.own }
        return Rates.each(total - pool, sum) { rest, sum in
            (rest - sum).magnitude <= Self.lossTolerance * sum ? rest : sum
        }
    }

    /// Each participant's part of the pool of one resource.
    private func parts(of pool: Double, _ owned: Double, _ resource: KeyPath<Rates, Double>) -> [Double] {
        if owned != 0 { return participants.map { member in pool * (member.own[keyPath: resource] / owned) } }
        let bases = participants.map { member in base(of: member)[keyPath: resource] }
        if bases.allSatisfy({ base in base == bases.first }) {
            let even = pool * (1.0 / Double(participants.count))
            return bases.map { _ in even }
        }
        let sum = bases.reduce(0, +)
        return bases.map { base in pool * (base / sum) }
    }

    /// Rounding takes nobody below its floor.
    private func atLeastFloor(_ rates: Rates, _ member: Participant) -> Rates {
        Rates.each(rates, member.floor) { rate, floor in max(rate, floor) }
    }
}

extension [ResourceVector] {
    /// Whether these are amounts at all, and together no more than those, but for rounding.
    func isPart(of others: [ResourceVector]) -> Bool {
        var (sum, limit) = (Rates.zero, Rates.zero)
        var cacheLeft = 0
        for (share, other) in zip(self, others) {
            let (change, tooLarge) = other.cacheBytes.subtractingReportingOverflow(share.cacheBytes)
            let (left, overflow) = cacheLeft.addingReportingOverflow(change)
            guard Rates(share).areAmounts, share.cacheBytes >= 0, !tooLarge, !overflow else { return false }
            cacheLeft = left
            sum = sum + Rates(share)
            limit = limit + Rates(other)
        }
        let rest = limit * (1 + 1e-9) - sum
        return cacheLeft >= 0 && sum.areAmounts && rest.least >= 0
    }
}
