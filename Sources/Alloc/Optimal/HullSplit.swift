/// The cheapest division of the cache when every tenant's cost is replaced by its lower convex hull.
///
/// The cost is a weighted sum of RCU and egress. On hulls the cheapest division takes the segments of all tenants in the
/// order of their descent per byte until the cache is used up. The last segment's descent is the price of a byte; it is
/// found without sorting, by bisection over the segments' own descents, with the tenants' parts of the answer
/// bracketed: expected O(points) to build and O(tenants x log(points)) for each weight.
///
/// The cost so found is a lower bound for all divisions (Lagrangian duality), and what is found of a division that cuts
/// no segment costs exactly that.
struct HullSplit {
    typealias Pair = Participants.Pair

    /// A division of the hulls.
    struct Solution {
        /// Bytes of each tenant at its vertex; `partial`, if there is one, has a part of the segment after it too.
        var atVertices: [Double]
        var partial: (tenant: Int, bytes: Double)?
        /// What a byte is worth at the end.
        var price: Double
        /// The weighted sum of the costs on the hulls.
        var cost: Double
        /// What all need at their vertices, the partial one at its true need.
        var total: Pair

        /// The division, with the partial segment.
        var split: [Double] {
            var split = atVertices
            if let (tenant, bytes) = partial { split[tenant] = bytes }
            return split
        }
    }

    /// The vertices of tenant `i` start here.
    private var first: [Int] = []
    private var count: [Int] = []
    private var size: [Double] = []
    /// The miss ratio of a plain tenant; the weighted cost of another.
    private var value: [Double] = []
    /// The descent per byte from a vertex to the next.
    private var descent: [Double] = []
    private var rows: [Pair] = []
    /// The vertices of plain tenants are known.
    private var isBuilt = false

    /// The cheapest division for the given weights of RCU and egress.
    mutating func solve(_ needs: ScaledNeeds, weights: Pair) -> Solution {
        build(needs, weights)
        let cache = needs.participants.cache
        let tenants = needs.participants.count
        var scale = [Double](repeating: 1, count: tenants)
        for tenant in 0..<tenants where needs.isPlain[tenant] {
            scale[tenant] = (weights * needs.missing[tenant]).sum()
        }
        var (vertex, price) = search(scale, cache)
        var partial: (tenant: Int, bytes: Double)?
        var used = 0.0
        for tenant in 0..<tenants { used += size[first[tenant] + vertex[tenant]] }
        // What costs the price exactly is taken as far as it goes, in the tenants' order.
        if price > 0 {
            for tenant in 0..<tenants where used < cache {
                while vertex[tenant] < count[tenant] - 1, partial == nil {
                    let place = first[tenant] + vertex[tenant]
                    guard descent[place] * scale[tenant] >= price else { break }
                    let length = size[place + 1] - size[place]
                    if used + length <= cache {
                        vertex[tenant] += 1
                        used += length
                    } else {
                        partial = (tenant, size[place] + cache - used)
                        used = cache
                    }
                }
                if partial != nil { break }
            }
        }
        var total = Pair(0, 0)
        var cost = 0.0
        for tenant in 0..<tenants {
            let place = first[tenant] + vertex[tenant]
            let need =
                needs.isPlain[tenant]
                ? needs.fixed[tenant] + needs.missing[tenant] * value[place] : rows[place]
            total += need
            cost += (weights * need).sum()
            if let partial, partial.tenant == tenant {
                cost -= (partial.bytes - size[place]) * descent[place] * scale[tenant]
                total += needs.need(tenant, partial.bytes) - need
            }
        }
        let atVertices = vertex.indices.map { tenant in size[first[tenant] + vertex[tenant]] }
        return Solution(atVertices: atVertices, partial: partial, price: price, cost: cost, total: total)
    }

    /// The vertices that all segments worth more than a price lead to, and the highest price at which the cache would
    /// not do for the segments of that price too; 0 when it does for all.
    private func search(_ scale: [Double], _ cache: Double) -> ([Int], Double) {
        var low = [Int](repeating: 0, count: scale.count)
        var high = low
        var used = 0.0
        var wanted = 0.0
        var open: [Int] = []
        open.reserveCapacity(scale.count)
        for tenant in scale.indices {
            if scale[tenant] > 0 { high[tenant] = count[tenant] - 1 }
            used += size[first[tenant]]
            wanted += size[first[tenant] + high[tenant]]
            if high[tenant] > 0 { open.append(tenant) }
        }
        if wanted <= cache { return (high, 0) }
        var above = low
        var notBelow = low
        var price = 0.0
        while !open.isEmpty {
            let pivot = pivot(open, low, high, scale)
            var sumAbove = used
            var sumNotBelow = used
            for tenant in open {
                let base = first[tenant]
                var (from, to) = (low[tenant], high[tenant])
                while from < to {
                    let middle = (from + to) / 2
                    if descent[base + middle] * scale[tenant] > pivot { from = middle + 1 } else { to = middle }
                }
                above[tenant] = from
                while from < high[tenant], descent[base + from] * scale[tenant] == pivot { from += 1 }
                notBelow[tenant] = from
                let start = size[base + low[tenant]]
                sumAbove += size[base + above[tenant]] - start
                sumNotBelow += size[base + from] - start
            }
            if sumAbove > cache {
                for tenant in open { high[tenant] = above[tenant] }
            } else if sumNotBelow > cache {
                for tenant in open { low[tenant] = above[tenant] }
                price = pivot
                break
            } else {
                for tenant in open { low[tenant] = notBelow[tenant] }
                used = sumNotBelow
            }
            open.removeAll { tenant in low[tenant] == high[tenant] }
        }
        return (low, price)
    }

    /// A descent among those that are open, near their middle: the median of some tenants' middle ones.
    private func pivot(_ open: [Int], _ low: [Int], _ high: [Int], _ scale: [Double]) -> Double {
        func middle(_ tenant: Int) -> Double {
            descent[first[tenant] + (low[tenant] + high[tenant]) / 2] * scale[tenant]
        }
        let samples = min(open.count, 15)
        var seen: [Double] = []
        seen.reserveCapacity(samples)
        for sample in 0..<samples { seen.append(middle(open[sample * open.count / samples])) }
        seen.sort()
        return seen[samples / 2]
    }

    /// Builds the hulls: of plain tenants once, as they do not depend on the weights, of others each time.
    private mutating func build(_ needs: ScaledNeeds, _ weights: Pair) {
        let participants = needs.participants
        if !isBuilt {
            let isAllPlain = needs.isPlain.allSatisfy { isPlain in isPlain }
            // Between two points there may be two more, where floors begin to hold.
            let room = isAllPlain ? 1 : 3
            first = participants.first.dropLast().map { place in room * place }
            let places = room * participants.size.count
            size = [Double](repeating: 0, count: places)
            value = size
            descent = size
            count = [Int](repeating: 0, count: participants.count)
            if !isAllPlain { rows = [Pair](repeating: Pair(0, 0), count: places) }
        }
        for tenant in 0..<participants.count {
            if needs.isPlain[tenant] {
                if isBuilt { continue }
                count[tenant] = 0
                for point in participants.first[tenant]..<participants.first[tenant + 1] {
                    add(tenant, participants.size[point], participants.miss[point])
                }
            } else {
                count[tenant] = 0
                needs.forEachPoint(tenant) { bytes, need in
                    add(tenant, bytes, (weights * need).sum())
                    rows[first[tenant] + count[tenant] - 1] = need
                }
            }
            // What does not descend is not worth a byte.
            while count[tenant] > 1, !(descent[first[tenant] + count[tenant] - 2] > 0) { count[tenant] -= 1 }
        }
        isBuilt = true
    }

    /// Adds a point behind the others and drops those that the hull now passes by.
    @inline(__always)
    private mutating func add(_ tenant: Int, _ bytes: Double, _ cost: Double) {
        let base = first[tenant]
        var last = base + count[tenant] - 1
        var slope = 0.0
        while last >= base {
            let length = bytes - size[last]
            if length <= 0 {
                // Two floors at one place.
                if cost >= value[last] && last > base { return }
                last -= 1
                continue
            }
            slope = (value[last] - cost) / length
            if last > base, descent[last - 1] <= slope { last -= 1 } else { break }
        }
        if last >= base { descent[last] = slope }
        size[last + 1] = bytes
        value[last + 1] = cost
        count[tenant] = last + 2 - base
    }
}
