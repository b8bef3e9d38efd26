import DynamoDB

/// What one worker has learnt of a tenant's costs: for charging before the true cost is known, and for what reads would
/// have cost that used nothing.
///
/// An item's size by DynamoDB's arithmetic is taken as a constant part of its JSON, the tenant's average of recent
/// misses; a hit so counts as many read units as its stored form's length says. Where items lie about a multiple of
/// 4 KiB, single hits are a half unit off.
struct CostModel: ~Copyable {
    /// Share of a new observation in an average.
    private static let weight = 1.0 / 16

    /// DynamoDB's size of the items for one byte of their JSON.
    private let sizeRatio = MeterLane.Sum(0.7)
    /// Sums behind it, of which older parts fade.
    private let itemBytes = MeterLane.Sum()
    private let jsonBytes = MeterLane.Sum()
    /// Units for one item, by operation; 0 where nothing is known.
    private let means: InlineArray<14, MeterLane.Sum> = InlineArray { _ in MeterLane.Sum() }

    /// Notes the size of an item that was read.
    func learn(itemBytes bytes: Int, jsonBytes json: Int) {
        guard bytes > 0, json > 0 else { return }
        itemBytes.set(itemBytes.value * 63 / 64 + Double(bytes))
        jsonBytes.set(jsonBytes.value * 63 / 64 + Double(json))
        sizeRatio.set(itemBytes.value / jsonBytes.value)
    }

    /// Notes what an operation on `items` items used.
    func learn(_ units: Double, of operation: DataOperation, items: Int) {
        let each = units / Double(max(items, 1))
        guard each > 0, each.isFinite else { return }
        let mean = means[operation.rawValue].value
        means[operation.rawValue].set(mean == 0 ? each : mean + (each - mean) * Self.weight)
    }

    /// Read units of an eventually consistent read of what has `json` bytes as JSON.
    @inline(__always)
    func readUnits(ofJSON json: Int) -> Double {
        (Double(json) * sizeRatio.value * (1 / Double(CapacityUnits.bytesPerReadUnit))).rounded(.up) / 2
    }

    /// Write units of what has `json` bytes as JSON.
    func writeUnits(ofJSON json: Int) -> Double {
        max(1, (Double(json) * sizeRatio.value / Double(CapacityUnits.bytesPerWriteUnit)).rounded(.up))
    }

    /// What a request is charged before it is sent.
    func estimate(_ operation: DataOperation, items: Int, body: Int) -> Double {
        switch operation {
        case .putItem: writeUnits(ofJSON: body)
        case .batchWriteItem: max(Double(items), writeUnits(ofJSON: body))
        case .transactWriteItems: 2 * max(Double(items), writeUnits(ofJSON: body))
        default: mean(operation) * Double(max(items, 1))
        }
    }

    private func mean(_ operation: DataOperation) -> Double {
        let mean = means[operation.rawValue].value
        return mean > 0 ? mean : operation.firstEstimate
    }
}
