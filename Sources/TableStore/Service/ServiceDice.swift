import DynamoDB

/// Decides what happens to each call by a model of the service.
struct ServiceDice {
    let model: ServiceModel
    // One for each purpose, so that a change of latencies leaves the faults as they are.
    private var faultBits: RandomBits
    private var latencyBits: RandomBits

    init(_ model: ServiceModel) {
        self.model = model.bounded
        var seeds = RandomBits(seed: model.seed ?? .random(in: .min ... .max))
        faultBits = RandomBits(seed: seeds.next())
        latencyBits = RandomBits(seed: seeds.next())
    }

    /// The fault that hits a call, if any.
    mutating func fault(of operation: Operation, _ body: [UInt8]) -> Fault.Kind? {
        if model.faults.isEmpty { return nil }
        var tables: Set<String>?
        var draw: Double?
        for fault in model.faults where fault.covers(operation) {
            if !fault.tables.isEmpty {
                let named = tables ?? Self.tables(of: operation, body)
                tables = named
                if named.isDisjoint(with: fault.tables) { continue }
            }
            let left = (draw ?? faultBits.fraction()) - fault.probability
            if left < 0 { return fault.kind }
            draw = left
        }
        return nil
    }

    /// Nanoseconds by which a reply is delayed.
    mutating func delay(of operation: Operation) -> UInt64 {
        (operation.changesData ? model.writeLatency : model.readLatency).sample(&latencyBits)
    }

    /// Names of the tables in a request; none when it is not understood.
    private static func tables(of operation: Operation, _ body: [UInt8]) -> Set<String> {
        let touched = unsafe body.withUnsafeBytes { bytes in
            unsafe try? TouchedResources.of(operation, body: bytes)
        }
        return Set(touched?.tables.map(\.name) ?? [])
    }
}
