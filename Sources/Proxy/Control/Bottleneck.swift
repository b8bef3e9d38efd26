import Cache

/// Which resource misses are scarcest in: what a cache should save first.
///
/// Changes only when several rounds in a row agree.
struct Bottleneck: Sendable, Equatable {
    /// What misses cost.
    enum Resource: Sendable {
        case readUnits, egress
    }

    private static let patience = 3

    private(set) var resource = Resource.readUnits
    private var dissent = 0

    /// Takes note of the scarcest resource of a round.
    mutating func note(_ scarcest: Resource) {
        dissent = scarcest == resource ? 0 : dissent + 1
        if dissent >= Self.patience {
            resource = scarcest
            dissent = 0
        }
    }

    /// What stores are told.
    var weights: CostWeights {
        switch resource {
        case .readUnits: CostWeights(readUnits: 1)
        case .egress: CostWeights(readUnits: 0, bytes: 1)
        }
    }
}
