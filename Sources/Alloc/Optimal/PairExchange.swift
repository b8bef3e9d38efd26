/// Moves cache between two tenants, or from what is unused, to where the two together serve the whole best.
///
/// Along the line on which the two have a given sum, the need of each resource is linear between the points of either
/// curve and those where a floor begins to hold, so its best place is one of these or one where both resources are needed alike: O(points), exact.
enum PairExchange {
    typealias Pair = Participants.Pair

    /// Changes the two tenants' parts of `split` and `total` if that makes the larger of the totals smaller.
    ///
    /// `spare` is what of the cache is unused.
    static func improve(
        _ needs: ScaledNeeds,
        _ one: Int,
        _ other: Int,
        _ split: inout [Double],
        _ total: inout Pair,
        _ spare: inout Double
    ) -> Bool {
        let participants = needs.participants
        let sum = split[one] + split[other] + spare
        let rest = total - needs.need(one, split[one]) - needs.need(other, split[other])
        let (firstOne, endOne) = (participants.first[one], participants.first[one + 1])
        let (firstOther, endOther) = (participants.first[other], participants.first[other + 1])
        let end = sum - participants.size[firstOther]
        var place = participants.size[firstOne]
        if end < place { return false }
        var best = total.max() * (1 - 1e-9)
        var bestPlace: Double?
        // The point of `one` at or above the place, and that of `other` at or above what is left for it.
        var nextOne = firstOne
        var nextOther = endOther
        while nextOther > firstOther, participants.size[nextOther - 1] >= sum - place { nextOther -= 1 }
        // Where a floor begins to hold.
        let stops = needs.floorSizes(one) + needs.floorSizes(other).map { size in sum - size }
        var before: (place: Double, total: Pair)?
        while true {
            let here =
                rest + needs.need(one, participants.misses(one, place, upTo: nextOne))
                + needs.need(other, participants.misses(other, sum - place, upTo: nextOther))
            if here.max() < best {
                best = here.max()
                bestPlace = place
            }
            if let before {
                let (start, stop) = (before.total[0] - before.total[1], here[0] - here[1])
                if (start < 0) != (stop < 0), start != stop {
                    let part = start / (start - stop)
                    let value = before.total[0] + (here[0] - before.total[0]) * part
                    if value < best {
                        best = value
                        bestPlace = before.place + (place - before.place) * part
                    }
                }
            }
            if place >= end { break }
            before = (place, here)
            // On to the next point of either.
            if nextOne < endOne, participants.size[nextOne] <= place { nextOne += 1 }
            var next = end
            if nextOne < endOne { next = min(next, participants.size[nextOne]) }
            if nextOther > firstOther { next = min(next, sum - participants.size[nextOther - 1]) }
            for stop in stops where stop > place { next = min(next, stop) }
            if next <= place {
                // A point of `other` is reached: the one below is next.
                if nextOther > firstOther { nextOther -= 1 } else { break }
                continue
            }
            if nextOther > firstOther, sum - participants.size[nextOther - 1] <= next { nextOther -= 1 }
            place = next
        }
        guard let bestPlace else { return false }
        var candidate = (bestPlace, sum - bestPlace)
        // What is of no use stays unused.
        candidate.0 = min(candidate.0, participants.size[endOne - 1])
        candidate.1 = min(candidate.1, participants.size[endOther - 1])
        let after = rest + needs.need(one, candidate.0) + needs.need(other, candidate.1)
        guard after.max() < total.max() else { return false }
        (split[one], split[other]) = candidate
        spare = max(0, sum - candidate.0 - candidate.1)
        total = after
        return true
    }

    /// Exchanges between all pairs of the given tenants until none helps, at most `passes` times.
    static func improve(_ needs: ScaledNeeds, among tenants: [Int], _ split: inout [Double], passes: Int) {
        var total = needs.total(split)
        var spare = max(0, needs.participants.cache - split.reduce(0, +))
        for _ in 0..<passes {
            var changed = false
            for (index, one) in tenants.enumerated() {
                for other in tenants[(index + 1)...]
                where improve(needs, one, other, &split, &total, &spare) {
                    changed = true
                }
            }
            if !changed { break }
        }
    }
}
