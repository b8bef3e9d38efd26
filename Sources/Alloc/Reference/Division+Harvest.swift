extension Division {
    /// Moves cache, a unit in each round, to the tenant that returns most of the bottleneck for it, from the one that
    /// asks for least, while that adds enough to what the pool could improve all tenants by.
    mutating func harvest() -> DealStop {
        var quotes = Quotes(participants, unit: parameters.cacheUnit)
        var improvements = pool.ratios(to: total - pool)
        var improvement = improvements.least
        while deals.count < parameters.maximumRounds {
            let (receiver, giver): (Int, Int)
            if improvement == improvements.readUnits {
                (receiver, giver) = quotes.byReadUnits.best()
            } else if parameters.countsAllEgress, improvement == improvements.egressBytes {
                (receiver, giver) = quotes.byEgress.best()
            } else {
                return .noCacheBottleneck
            }
            let returned = quotes.returned[receiver]
            let asked = quotes.asked[giver]
            var poolAfter = pool
            poolAfter.readUnits += returned.readUnits.paid - asked.readUnits.paid
            poolAfter.egressBytes += returned.egressBytes.paid - asked.egressBytes.paid
            improvements = poolAfter.ratios(to: total - poolAfter)
            // Not a number when everybody is idle: then there is nothing to gain either.
            guard improvements.least - improvement >= parameters.minimumGain else { return .lowGain }
            improvement = improvements.least
            pool = poolAfter
            participants[giver].give(parameters.cacheUnit, for: asked)
            participants[receiver].take(parameters.cacheUnit, for: returned)
            deals.append(CacheDeal(giver: participants[giver].index, receiver: participants[receiver].index))
            quotes.update(giver, participants[giver])
            quotes.update(receiver, participants[receiver])
        }
        return .maximumRounds
    }
}

/// What all participants return for a unit of cache and ask for one.
private struct Quotes {
    let unit: Int
    private(set) var returned: [Quote]
    private(set) var asked: [Quote]
    /// The same, for who looks at one resource only.
    var byReadUnits: PriceLists
    var byEgress: PriceLists

    init(_ participants: [Participant], unit: Int) {
        self.unit = unit
        returned = participants.map { member in member.relinquishment(for: unit) }
        asked = participants.map { member in member.compensation(for: unit) }
        byReadUnits = PriceLists(returned: returned.map(\.readUnits.paid), asked: asked.map(\.readUnits.paid))
        byEgress = PriceLists(returned: returned.map(\.egressBytes.paid), asked: asked.map(\.egressBytes.paid))
    }

    mutating func update(_ index: Int, _ member: Participant) {
        returned[index] = member.relinquishment(for: unit)
        asked[index] = member.compensation(for: unit)
        byReadUnits.set(index, returned: returned[index].readUnits.paid, asked: asked[index].readUnits.paid)
        byEgress.set(index, returned: returned[index].egressBytes.paid, asked: asked[index].egressBytes.paid)
    }
}

/// Who returns how much of a resource, and who asks for how much.
private struct PriceLists {
    private var returned: [Double]
    /// In the order in which givers are looked at, as `givers` and `places` tell.
    private var asked: [Double]
    private var givers: [Int]
    private var places: [Int]

    init(returned: [Double], asked: [Double]) {
        self.returned = returned
        self.asked = asked
        givers = Array(asked.indices)
        places = givers
    }

    mutating func set(_ index: Int, returned: Double, asked: Double) {
        self.returned[index] = returned
        self.asked[places[index]] = asked
    }

    /// The first who returns most, and the first other who asks for least.
    ///
    /// Where they are the same, that tenant changes places with the first giver, and keeps the place, as in the
    /// reference: which of equal givers is taken later depends on it.
    mutating func best() -> (receiver: Int, giver: Int) {
        var receiver = 0
        for index in returned.indices where returned[receiver] < returned[index] { receiver = index }
        let place = cheapest(from: 0)
        guard givers[place] == receiver else { return (receiver, givers[place]) }
        givers.swapAt(0, place)
        asked.swapAt(0, place)
        places[givers[0]] = 0
        places[givers[place]] = place
        return (receiver, givers[cheapest(from: 1)])
    }

    private func cheapest(from start: Int) -> Int {
        var cheapest = start
        for place in start..<asked.count where asked[place] < asked[cheapest] { cheapest = place }
        return cheapest
    }
}
