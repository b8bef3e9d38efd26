/// Gives all tenants the largest common gain there is, then whoever can still gain (leximin), then hands out the rest.
///
/// The tenants' rates are thought of as parts of what their bases give them. The largest rate that all can have together
/// is a matter of how the cache is divided: the needs for RCU and egress depend on it, the need for WCU does not.
///
/// 1. ``SplitSearch`` divides the cache so that the scarcer of RCU and egress is needed least at a given rate; the rate that
///    the division makes possible is the next one given (Dinkelbach 1967; once is enough where no floor is in the way).
/// 2. Who needs more of what is used up is frozen at that rate, and the same is done for the others, whose need may be met
///    by moving cache: at most `mostLevels` times.
/// 3. With the division fixed, in whole bytes, the rates are raised once more, exactly (``Leximin``).
/// 4. What is left is handed out in proportion to what each owns, or to the bases where nobody has a use for it.
///
/// A tenant that asks for nothing keeps its floor and lends the rest. One whose base gives it nothing although it asks, or
/// whose profile breaks the rules, keeps its base. The order of the tenants makes no difference but between equal ones.
///
/// Every search starts from the bases and is left only for what is better, so nobody falls below its base.
/// The work is O(points + tenants x log(points)) for each of at most `mostLevels` x `mostRounds` x 10 prices, and a bounded
/// repair (``CoreSearch``) in each of the rounds.
public struct OptimalPolicy: AllocationPolicy {
    private static let mostLevels = 4
    private static let mostRounds = 4

    /// The policy.
    public init() {}

    /// What each tenant gets.
    public func allocate(_ tenants: [TenantProfile]) -> Allocation {
        let bases = Allocation(shares: tenants.map(\.usableBase), improvement: 0)
        let rates = tenants.map { tenant in tenant.flaw == nil ? tenant.baseThroughput : -1 }
        // One order for all sums, whatever the tenants' is.
        let everybody = tenants.indices.sorted { one, other in
            rates[one] != rates[other] ? rates[one] < rates[other] : tenants[one].precedes(tenants[other])
        }
        guard let total = ResourceVector.sum(bases.shares, everybody) else { return bases }
        let order = everybody.filter { index in rates[index] > 0 && rates[index] < .infinity }
        if order.isEmpty { return bases }
        var shares = bases.shares
        var available = total
        for index in everybody where !(rates[index] > 0 && rates[index] < .infinity) {
            if rates[index] == .infinity { shares[index] = tenants[index].shareWithoutNeed }
            available.subtract(shares[index])
        }
        let participants = Participants(tenants, order, rates: rates, available: available)
        let start = order.map { index in tenants[index].base.cacheBytes }
        var division = Settlement(tenants, order, rates, available, cache: start)
        if order.count > 1 || available.cacheBytes > start.reduce(0, +) {
            let split = Self.split(participants, start: start.map(Double.init))
            let cache = WholeBytes.round(split, total: available.cacheBytes)
            let found = Settlement(tenants, order, rates, available, cache: cache)
            // Where the bases allow no more, others may still gain by what was found; rounding is no loss.
            if found.leastRate >= division.leastRate * (1 - 1e-10) { division = found }
        }
        for (place, index) in order.enumerated() { shares[index] = division.shares[place] }
        HandOut.rest(of: total, to: &shares, tenants: tenants, demanded: division.isDemanded)
        // Amounts at the edge of what a Double holds can lose more in a sum than anybody gains.
        guard shares.isPart(of: bases.shares) else { return bases }
        return Allocation(shares: shares, improvement: max(0, division.leastRatio(shares, order) - 1))
    }

    /// The division of the cache among the participants.
    private static func split(_ participants: Participants, start: [Double]) -> [Double] {
        var split = start
        var frozen = [Double](repeating: 0, count: participants.count)
        let most = Leximin(needs: participants.writeNeeds, floor: participants.floors)
        for _ in 0..<mostLevels {
            var needs = Leximin(needs: participants.needs(split), floor: participants.floors)
            var rate = needs.level(frozen)
            let writeBound = most.level(frozen)
            let rounds = participants.count <= 64 ? mostRounds * 4 : mostRounds
            for _ in 0..<rounds where rate < writeBound * (1 - 1e-9) {
                let scaled = ScaledNeeds(participants, level: rate, frozen: frozen)
                let found = SplitSearch.best(scaled, start: split)
                let foundNeeds = Leximin(needs: participants.needs(found.split), floor: participants.floors)
                let foundRate = foundNeeds.level(frozen)
                guard foundRate > rate else { break }
                let gain = foundRate / rate
                (split, needs, rate) = (found.split, foundNeeds, foundRate)
                if scaled.isProportional || gain < 1 + 2e-4 { break }
            }
            guard rate > 0, needs.freeze(&frozen, at: rate) else { break }
        }
        return split
    }
}
