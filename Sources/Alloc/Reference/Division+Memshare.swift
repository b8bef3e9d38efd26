extension Division {
    /// Moves cache, a unit in each round, to the tenant whose hit ratio gains most, from the one whose loses least,
    /// while the one gains more than the other loses.
    ///
    /// After Memshare (Cidon, Rushton, Rumble and Stutsman, USENIX ATC '17), as the reference has it: the receiver is
    /// found by comparing the gain of the best so far with the *loss* of the next, which is not always whoever gains
    /// most. Nobody gives what is reserved of its base or, other than in the reference, goes below the least cache.
    mutating func moveByHitRatio() -> DealStop {
        let unit = parameters.cacheUnit
        var changes = participants.map { member in member.missRatioChanges(for: unit) }
        let least = participants.map { member in
            let reserved = Double(member.cache) * max(0, parameters.reservedRatio)
            return max(member.leastCache, Int(exactly: reserved.rounded(.down)) ?? .max)
        }
        var givers = Array(participants.indices)
        while deals.count < mostMoves {
            var receiver = 0
            for index in changes.indices where changes[receiver].gain < changes[index].loss { receiver = index }
            givers.sortAsReference { one, other in changes[one].loss < changes[other].loss }
            let giver = givers.first { index in
                index != receiver && participants[index].cache >= unit
                    && participants[index].cache - unit >= least[index]
            }
            guard let giver else { return .noGiver }
            guard changes[receiver].gain > changes[giver].loss else { return .noProfit }
            participants[giver].give(unit, for: .nothing)
            participants[receiver].take(unit, for: .nothing)
            deals.append(CacheDeal(giver: participants[giver].index, receiver: participants[receiver].index))
            changes[giver] = participants[giver].missRatioChanges(for: unit)
            changes[receiver] = participants[receiver].missRatioChanges(for: unit)
        }
        return .maximumRounds
    }

    /// The most moves.
    ///
    /// The reference has no such bound: each move makes the sum of miss ratios smaller, so that it ends some day. This
    /// one is far from what it needs with units of the usual size, and bounds the time with tiny ones.
    private var mostMoves: Int { max(parameters.maximumRounds, min(500_000, 50_000_000 / participants.count)) }
}

extension Participant {
    /// By how much the miss ratio falls with one more unit of cache, and rises with one less.
    fileprivate func missRatioChanges(for unit: Int) -> (gain: Double, loss: Double) {
        let miss = miss(at: cache)
        let (larger, overflow) = cache.addingReportingOverflow(unit)
        return (miss - self.miss(at: overflow ? .max : larger), self.miss(at: max(0, cache - unit)) - miss)
    }
}
