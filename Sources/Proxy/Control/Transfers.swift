import Alloc

/// What one tenant gave to another.
struct Transfer: Sendable, Equatable {
    /// Names what is given.
    enum Resource: String, Sendable, CaseIterable {
        case cache, rcu, wcu, egress
    }

    var from: String
    var to: String
    var resource: Resource
    /// Bytes of cache, or units or bytes a second.
    var amount: Double

    /// Matches who has less with who has more, the largest first.
    ///
    /// What nobody gave came out of what was free, and goes by "free".
    static func between(_ before: [ResourceVector], _ after: [ResourceVector], names: [String]) -> [Transfer] {
        Resource.allCases.flatMap { resource in
            let changes = before.indices.map { after[$0].amount(resource) - before[$0].amount(resource) }
            let scale = before.indices.reduce(0) { sum, index in sum + before[index].amount(resource) }
            return match(changes, least: max(scale * 1e-6, 1e-9)).map { from, to, amount in
                Transfer(
                    from: from.map { names[$0] } ?? "free",
                    to: to.map { names[$0] } ?? "free",
                    resource: resource,
                    amount: amount
                )
            }
        }
    }

    private static func match(_ changes: [Double], least: Double) -> [(from: Int?, to: Int?, amount: Double)] {
        var givers = changes.indices.filter { -changes[$0] > least }.map { (index: $0, left: -changes[$0]) }
        var takers = changes.indices.filter { changes[$0] > least }.map { (index: $0, left: changes[$0]) }
        givers.sort { $0.left < $1.left }
        takers.sort { $0.left < $1.left }
        var transfers: [(from: Int?, to: Int?, amount: Double)] = []
        while let giver = givers.last, let taker = takers.last {
            let amount = min(giver.left, taker.left)
            transfers.append((giver.index, taker.index, amount))
            givers[givers.count - 1].left -= amount
            takers[takers.count - 1].left -= amount
            if givers[givers.count - 1].left <= least { givers.removeLast() }
            if takers[takers.count - 1].left <= least { takers.removeLast() }
        }
        transfers += givers.map { ($0.index, nil, $0.left) }
        transfers += takers.map { (nil, $0.index, $0.left) }
        return transfers
    }
}

extension ResourceVector {
    /// The amount of one resource; 0 when it is not limited.
    func amount(_ resource: Transfer.Resource) -> Double {
        let amount =
            switch resource {
            case .cache: Double(cacheBytes)
            case .rcu: readUnits
            case .wcu: writeUnits
            case .egress: egressBytes
            }
        return amount.isFinite ? amount : 0
    }
}
