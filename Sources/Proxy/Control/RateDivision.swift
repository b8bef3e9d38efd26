import Alloc

/// What is divided by the second.
enum Rate: CaseIterable {
    case readUnits, writeUnits, egressBytes
}

extension ResourceVector {
    subscript(rate: Rate) -> Double {
        get {
            switch rate {
            case .readUnits: readUnits
            case .writeUnits: writeUnits
            case .egressBytes: egressBytes
            }
        }
        set {
            switch rate {
            case .readUnits: readUnits = newValue
            case .writeUnits: writeUnits = newValue
            case .egressBytes: egressBytes = newValue
            }
        }
    }
}

extension Demand {
    subscript(rate: Rate) -> Double {
        switch rate {
        case .readUnits: readUnits
        case .writeUnits: writeUnits
        case .egressBytes: egressBytes
        }
    }
}

/// Divides rates among tenants as they are now, with caches that may not be warm or not yet where they should be.
///
/// First everybody gets what it takes to run as fast as its base would make it run, then what that takes if it misses a
/// little more than is known, then, all alike, the way from there to what was promised; what is left goes to everybody in
/// proportion. Where there is not enough for the first, what somebody needs of its own base comes before what others need
/// beyond theirs.
struct RateDivision {
    /// What one tenant is to get.
    struct Claim {
        /// What a request needs now.
        var need: Demand
        /// What it may need more.
        var doubt: Demand
        /// Requests a second that the base would give.
        var baseThroughput: Double
        /// What was promised, relative to that.
        var goal: Double
        /// What it gets in any case.
        var floor: ResourceVector
        /// By which what nobody needs is divided.
        var base: ResourceVector

        /// What it gets of a rate at a level: 0 is the floor, 1 what it takes to be as fast as with the base, 2 that
        /// without doubt, 3 the goal.
        func amount(_ rate: Rate, at level: Double) -> Double {
            guard baseThroughput.isFinite else { return floor[rate] }
            let throughput = baseThroughput * (min(level, 1) + max(0, level - 2) * max(0, goal - 1))
            let amount = throughput * (need[rate] + doubt[rate] * min(1, max(0, level - 1)))
            return max(floor[rate], amount.isFinite ? amount : 0)
        }
    }

    /// The level of everybody's goal.
    static let highest = 3.0

    /// A level from which on all give way alike when there is not enough.
    private static let alike = 0.98

    /// The highest level at which all claims fit: below 1 somebody's guarantee does not.
    static func level(_ totals: ResourceVector, _ claims: [Claim]) -> Double {
        func fits(_ level: Double) -> Bool {
            Rate.allCases.allSatisfy { rate in
                let sum = claims.reduce(0) { sum, claim in sum + claim.amount(rate, at: level) }
                return totals[rate] <= 0 || sum <= totals[rate] * (1 + 1e-9)
            }
        }
        if fits(highest) { return highest }
        var low = [2.0, 1.0].first(where: fits) ?? 0
        var high = low + 1
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if fits(middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// Rates for each claim, in order; together the totals.
    static func divide(_ totals: ResourceVector, _ claims: [Claim]) -> (shares: [ResourceVector], level: Double) {
        let level = level(totals, claims)
        var shares = claims.map { _ in ResourceVector() }
        for rate in Rate.allCases {
            let total = totals[rate]
            guard total > 0 else { continue }
            let amounts = level < alike ? shortage(of: rate, total, claims) : claims.map { $0.amount(rate, at: level) }
            let sum = amounts.reduce(0, +)
            let bases = claims.reduce(0) { sum, claim in sum + claim.base[rate] }
            for index in claims.indices {
                // Floors alone may be all that there is, or nobody may need anything.
                if sum > 0 {
                    shares[index][rate] = total * (amounts[index] / sum)
                } else if bases > 0 {
                    shares[index][rate] = total * (claims[index].base[rate] / bases)
                }
            }
        }
        return (shares, level)
    }

    /// What everybody needs of its base, and the rest for those who need more.
    private static func shortage(of rate: Rate, _ total: Double, _ claims: [Claim]) -> [Double] {
        let needs = claims.map { claim in claim.amount(rate, at: 1) }
        let own = zip(needs, claims).map { need, claim in min(need, claim.base[rate]) }
        let rest = max(0, total - own.reduce(0, +))
        let lacking = zip(needs, own).reduce(0) { sum, pair in sum + (pair.0 - pair.1) }
        let part = lacking > 0 ? min(1, rest / lacking) : 0
        return zip(needs, own).map { need, own in own + (need - own) * part }
    }
}
