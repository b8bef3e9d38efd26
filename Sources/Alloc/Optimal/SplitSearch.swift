/// The division of the cache with which the scarcer of RCU and egress is needed least, the needs' levels given.
///
/// Hulls first (``HullSplit``), for RCU alone, for egress alone and then for weights between the two until both are needed
/// alike; where the best division found costs more than the bound allows, ``CoreSearch`` repairs it.
struct SplitSearch {
    typealias Pair = Participants.Pair

    /// A gap to the bound that is not worth more work.
    static let tolerance = 0.001
    private static let mostWeights = 8
    private static let mostRepairs = 3

    struct Result {
        var split: [Double]
        /// The larger of the parts that are needed of RCU and of egress.
        var value: Double
        /// What no division needs less than.
        var bound: Double
    }

    private let needs: ScaledNeeds
    private var hulls = HullSplit()
    private var best: Result
    /// What the bound comes from.
    private var tightest: (weights: Pair, solution: HullSplit.Solution)?
    private var isGood: Bool { best.value <= best.bound * (1 + Self.tolerance) }

    /// The best division that is found, at least as good as `start`.
    static func best(_ needs: ScaledNeeds, start: [Double]) -> Result {
        var search = SplitSearch(needs: needs, best: Result(split: start, value: needs.total(start).max(), bound: 0))
        search.run()
        return search.best
    }

    private init(needs: ScaledNeeds, best: Result) {
        self.needs = needs
        self.best = best
    }

    private mutating func run() {
        var weights = Pair(1, 0)
        var forRead = take(weights)
        if forRead.total[1] > forRead.total[0] {
            weights = Pair(0, 1)
            var forEgress = take(weights)
            if forEgress.total[0] > forEgress.total[1] {
                for _ in 0..<Self.mostWeights where !isGood {
                    // Where the two would cost the same.
                    let differences = forEgress.total - forRead.total
                    guard differences[0] > 0, differences[1] < 0 else { break }
                    weights = Pair(-differences[1], differences[0]) / (differences[0] - differences[1])
                    let last = take(weights)
                    let edge = (weights * forRead.total).sum()
                    if last.cost >= edge * (1 - SplitSearch.tolerance / 10) { break }
                    if last.total[0] > last.total[1] { forEgress = last } else { forRead = last }
                }
                if !isGood { offer(mix(forRead, forEgress)) }
            }
        }
        if isGood { return }
        guard let (weights, solution) = tightest else { return }
        // A better division closes the gap, and a narrower search is a finer one.
        for _ in 0..<Self.mostRepairs {
            let before = best.value
            var core = CoreSearch(needs: needs, weights: weights, solution: solution)
            for split in core.candidates(below: best.value, current: best.split) { offer(split) }
            if isGood || best.value > before * (1 - Self.tolerance) { return }
        }
    }

    /// Solves for the weights, notes the bound and the division.
    private mutating func take(_ weights: Pair) -> HullSplit.Solution {
        let solution = hulls.solve(needs, weights: weights)
        if tightest == nil || solution.cost > best.bound {
            tightest = (weights, solution)
            best.bound = max(best.bound, solution.cost)
        }
        if solution.total.max() < best.value { offer(solution.split) }
        return solution
    }

    private mutating func offer(_ split: [Double]) {
        let value = needs.total(split).max()
        if value < best.value {
            best.split = split
            best.value = value
        }
    }

    /// A division between one that needs less RCU and one that needs less egress: tenants go over from the one to the other,
    /// in an order that keeps the cache in use, until both resources are needed alike.
    private func mix(_ one: HullSplit.Solution, _ other: HullSplit.Solution) -> [Double] {
        var split = one.split
        let target = other.split
        let growing = split.indices.filter { tenant in target[tenant] > split[tenant] }
        let shrinking = split.indices.filter { tenant in target[tenant] < split[tenant] }
        var used = split.reduce(0, +)
        var total = needs.total(split)
        var (grown, shrunk) = (0, 0)
        while grown < growing.count || shrunk < shrinking.count {
            let next = grown < growing.count ? growing[grown] : nil
            let fits = next.map { tenant in used + target[tenant] - split[tenant] <= needs.participants.cache } ?? false
            let tenant: Int
            if fits || shrunk == shrinking.count, let next {
                tenant = next
                grown += 1
                if !fits { break }
            } else {
                tenant = shrinking[shrunk]
                shrunk += 1
            }
            let after = total - needs.need(tenant, split[tenant]) + needs.need(tenant, target[tenant])
            if after[0] > after[1], target[tenant] > split[tenant] { break }
            used += target[tenant] - split[tenant]
            split[tenant] = target[tenant]
            total = after
        }
        return split
    }
}
