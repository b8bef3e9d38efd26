/// Repairs a division of hulls where curves lie above them (cliffs, plateaus): a multiple-choice knapsack solved around
/// its core (Pisinger 1997).
///
/// Every point of a tenant's curve has a reduced cost: what it costs, with its bytes at the price of the hulls' solution,
/// more than the tenant's best vertex. A division costs at least the bound plus the reduced costs of all its points, so
/// only points whose reduced cost is below the gap between the best known division and the bound can be in a better
/// one. Of the tenants that have such points the `mostTenants` with the least reduced costs are the core. A dynamic
/// programme runs over the core's tenants; its states are sums of bytes and needs, kept in `cells` by bytes and by
/// which resource is needed more, in each the one with the least reduced costs. So the work is bounded by the core's
/// options (at most `mostTenants` x `mostOptions`, or `manyOptions` of few tenants) times the cells (at most 512 x 24). The
/// best ends are polished with ``PairExchange``, because in an optimum up to two tenants have a size between two points;
/// with two or three tenants exchanges alone find the optimum.
struct CoreSearch {
    typealias Pair = Participants.Pair

    private static let mostTenants = 24
    private static let mostOptions = 16
    /// Of few tenants each may have more options, but not together.
    private static let manyOptions = 256
    /// So few that one with a size between two points makes a difference; and the parts that a segment is cut into.
    private static let fewTenants = 12
    private static let mostParts = 12.0
    private static let someTenants = 24
    private static let byteCells = 256
    private static let balanceCells = 5
    private static let ends = 8

    private struct Option {
        let bytes: Double
        let need: Pair
        let reducedCost: Double
    }

    private struct Node {
        let bytes: Double
        let need: Pair
        let reducedCost: Double
        let parent: Int32
        let member: Int32
        let option: Int32
    }

    private let needs: ScaledNeeds
    private let weights: Pair
    private let bound: Double
    private let price: Double
    /// The division at the vertices, the needs with it, and what is left of the cache.
    private var start: [Double] = []
    private var total = Pair(0, 0)
    private var spare = 0.0
    private var core: [(tenant: Int, options: [Option])] = []

    init(needs: ScaledNeeds, weights: Pair, solution: HullSplit.Solution) {
        self.needs = needs
        self.weights = weights
        bound = solution.cost
        price = solution.price
        start = solution.atVertices
        total = needs.total(start)
        spare = max(0, needs.participants.cache - start.reduce(0, +))
    }

    /// Divisions that may be better than `value`, the value of `current`.
    mutating func candidates(below value: Double, current: [Double]) -> [[Double]] {
        let gap = value * (1 - SplitSearch.tolerance / 2) - bound
        guard gap > 0 else { return [] }
        chooseCore(gap)
        // The more there are, the less a pair matters.
        let areMany = start.count > Self.someTenants
        let focus = core.prefix(areMany ? 3 : 6).map(\.tenant)
        var found: [[Double]] = []
        if needs.participants.count <= 3 {
            found = everyPair(current)
        } else {
            found = ends(gap, value).map { end in
                var split = start
                var node = end
                while let (member, option) = choice(node) {
                    split[core[member].tenant] = core[member].options[option].bytes
                    node = Int(nodes[node].parent)
                }
                return split
            }
            found.append(current)
            for index in found.indices {
                fill(&found[index])
                PairExchange.improve(needs, among: focus, &found[index], passes: 2)
            }
            let values = found.map { split in needs.total(split).max() }
            if let best = values.indices.min(by: { one, other in values[one] < values[other] }) {
                let many = core.prefix(areMany ? 6 : Self.fewTenants).map(\.tenant)
                PairExchange.improve(needs, among: many, &found[best], passes: 1)
            }
        }
        return found
    }

    private var nodes: [Node] = []

    private func choice(_ node: Int) -> (Int, Int)? {
        let node = nodes[node]
        return node.member < 0 ? nil : (Int(node.member), Int(node.option))
    }

    private mutating func chooseCore(_ gap: Double) {
        let isFine = start.count <= Self.fewTenants
        var found: [(least: Double, tenant: Int, options: [Option])] = []
        for tenant in start.indices {
            let here = (weights * needs.need(tenant, start[tenant])).sum() + price * start[tenant]
            var options: [Option] = []
            func offer(_ bytes: Double, _ need: Pair) {
                let reducedCost = max(0, (weights * need).sum() + price * bytes - here)
                if reducedCost < gap, bytes != start[tenant] {
                    options.append(Option(bytes: bytes, need: need, reducedCost: reducedCost))
                }
            }
            var last: (bytes: Double, need: Pair)?
            needs.forEachPoint(tenant) { bytes, need in
                if let last, isFine {
                    // In between, where the descent is steep.
                    let parts = min(Self.mostParts, ((weights * (last.need - need)).sum() * 4 / gap).rounded(.up))
                    for part in stride(from: 1, to: parts, by: 1) {
                        let share = part / parts
                        offer(last.bytes + (bytes - last.bytes) * share, last.need + (need - last.need) * share)
                    }
                }
                offer(bytes, need)
                last = (bytes, need)
            }
            if options.isEmpty { continue }
            let least = options.reduce(Double.infinity) { least, option in min(least, option.reducedCost) }
            found.append((least, tenant, options))
        }
        found.sort { one, other in (one.least, one.tenant) < (other.least, other.tenant) }
        core = found.prefix(Self.mostTenants).map { member in (member.tenant, member.options) }
        let most = max(Self.mostOptions, Self.manyOptions / max(1, core.count))
        for index in core.indices where core[index].options.count > most {
            core[index].options.sort { one, other in one.reducedCost < other.reducedCost }
            core[index].options.removeLast(core[index].options.count - most)
        }
    }

    /// The programme's best ends, as places in `nodes`.
    private mutating func ends(_ gap: Double, _ value: Double) -> [Int] {
        nodes = [Node(bytes: 0, need: Pair(0, 0), reducedCost: 0, parent: -1, member: -1, option: -1)]
        var reach = spare
        // How much the members from each on can take and give back.
        var takes = [Double](repeating: 0, count: core.count + 1)
        var gives = takes
        for index in core.indices.reversed() {
            let here = start[core[index].tenant]
            let most = core[index].options.reduce(here) { most, option in max(most, option.bytes) } - here
            let least = here - core[index].options.reduce(here) { least, option in min(least, option.bytes) }
            reach = max(reach, most, least)
            takes[index] = takes[index + 1] + most
            gives[index] = gives[index + 1] + least
        }
        // Bytes left unused at the end are a cost too.
        let unused = price > 0 ? gap / price : .infinity
        let byteCells = core.count > 16 ? Self.byteCells : 2 * Self.byteCells
        var most = 0.0
        var byteScale = 0.0
        // A division better than `value` is not more out of balance than this, to either side; where the one resource has
        // no weight, anything beyond some gaps of the other is alike.
        let lowest = -1.5 * gap / max(weights[0], 0.25)
        let highest = 1.5 * gap / max(weights[1], 0.25)
        let balanceCells = max(Self.balanceCells, min(24, 96 / core.count))
        let balanceScale = Double(balanceCells) / (highest - lowest)
        let balance = total[0] - total[1]
        var frontier = [0]
        var cells = [Int32](repeating: -1, count: byteCells * balanceCells)
        func cell(_ bytes: Double, _ need: Pair) -> Int? {
            let place = (most - bytes) * byteScale
            guard place >= 0, place < Double(byteCells) else { return nil }
            let side = (balance + need[0] - need[1] - lowest) * balanceScale
            return Int(max(0, min(Double(balanceCells - 1), side))) * byteCells + Int(place)
        }
        for (index, member) in core.enumerated() {
            for place in cells.indices { cells[place] = -1 }
            // What can still end with no byte too many and not too many unused.
            most = spare + min(gives[index + 1], 2 * reach)
            let least = spare - min(takes[index + 1], 2 * reach) - min(unused, 2 * reach)
            byteScale = Double(byteCells) * (1 - 1e-9) / max(most - least, 1)
            let here = needs.need(member.tenant, start[member.tenant])
            func offer(_ node: Node?, _ known: Int) {
                let new = node ?? nodes[known]
                guard let place = cell(new.bytes, new.need) else { return }
                if cells[place] >= 0, nodes[Int(cells[place])].reducedCost <= new.reducedCost { return }
                if let node {
                    nodes.append(node)
                    cells[place] = Int32(nodes.count - 1)
                } else {
                    cells[place] = Int32(known)
                }
            }
            for known in frontier { offer(nil, known) }
            for known in frontier {
                let node = nodes[known]
                for (choice, option) in member.options.enumerated() {
                    let reducedCost = node.reducedCost + option.reducedCost
                    if reducedCost >= gap { continue }
                    let next = Node(
                        bytes: node.bytes + option.bytes - start[member.tenant],
                        need: node.need + option.need - here,
                        reducedCost: reducedCost,
                        parent: Int32(known),
                        member: Int32(index),
                        option: Int32(choice)
                    )
                    offer(next, known)
                }
            }
            frontier = cells.compactMap { node in node >= 0 ? Int(node) : nil }
        }
        let fitting = frontier.filter { node in nodes[node].bytes <= spare }
        func value(_ node: Int) -> Double { (total + nodes[node].need).max() }
        let byValue = fitting.sorted { one, other in value(one) < value(other) }
        // Nearly as good, with bytes left to do something with.
        let byCost = fitting.sorted { one, other in
            value(one) - price * (spare - nodes[one].bytes) < value(other) - price * (spare - nodes[other].bytes)
        }
        var chosen = Array(byValue.prefix(Self.ends / 2))
        for node in byCost where chosen.count < Self.ends && !chosen.contains(node) { chosen.append(node) }
        return chosen
    }

    /// Gives what is left of the cache to whom it helps most per byte, a few times.
    private func fill(_ split: inout [Double]) {
        let participants = needs.participants
        var spare = participants.cache - split.reduce(0, +)
        for _ in 0..<4 where spare >= 1 {
            var best = (gain: 0.0, tenant: -1, bytes: 0.0)
            for tenant in split.indices {
                let here = (weights * needs.need(tenant, split[tenant])).sum()
                let end = split[tenant] + spare
                func weigh(_ bytes: Double, _ need: Pair) {
                    let gain = (here - (weights * need).sum()) / (bytes - split[tenant])
                    if gain > best.gain { best = (gain, tenant, bytes) }
                }
                for point in participants.first[tenant]..<participants.first[tenant + 1]
                where participants.size[point] > split[tenant] && participants.size[point] <= end {
                    weigh(participants.size[point], needs.need(tenant, point: point))
                }
                weigh(end, needs.need(tenant, end))
            }
            if best.tenant < 0 { return }
            spare -= best.bytes - split[best.tenant]
            split[best.tenant] = best.bytes
        }
    }

    /// Of three tenants: one at each of its points, the best exchange between the others, which is exact; of two the exchange.
    private func everyPair(_ current: [Double]) -> [[Double]] {
        let participants = needs.participants
        if participants.count < 2 { return [] }
        if participants.count == 2 {
            var split = current
            PairExchange.improve(needs, among: [0, 1], &split, passes: 1)
            return [split]
        }
        var best = current
        var bestValue = needs.total(current).max()
        for third in 0..<3 {
            let others = (0..<3).filter { tenant in tenant != third }
            for point in participants.first[third]..<participants.first[third + 1] {
                let (one, other) = (others[0], others[1])
                var split = current
                split[third] = participants.size[point]
                split[one] = participants.size[participants.first[one]]
                split[other] = participants.size[participants.first[other]]
                var spare = participants.cache - split[0] - split[1] - split[2]
                if spare < 0 { break }
                var total = needs.total(split)
                _ = PairExchange.improve(needs, one, other, &split, &total, &spare)
                if total.max() < bestValue {
                    best = split
                    bestValue = total.max()
                }
            }
        }
        return [best]
    }
}
