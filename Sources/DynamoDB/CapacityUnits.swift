/// The capacity units DynamoDB charges for operations (Developer Guide, "Read and write capacity mode").
///
/// Always multiples of one half.
public enum CapacityUnits {
    /// How a read is consistent.
    public enum ReadConsistency: Sendable {
        case eventual
        case strong
        case transactional
    }

    /// Bytes read for one unit.
    public static let bytesPerReadUnit = 4096
    /// Bytes written for one unit.
    public static let bytesPerWriteUnit = 1024

    /// Read units for one item of `bytes`; 0 bytes stand for an item that does not exist.
    ///
    /// BatchGetItem and TransactGetItems add this up over their items, Query and Scan apply it to the sum of theirs.
    public static func read(_ bytes: Int, _ consistency: ReadConsistency) -> Double {
        let units = units(bytes, per: bytesPerReadUnit)
        return switch consistency {
        case .eventual: units / 2
        case .strong: units
        case .transactional: units * 2
        }
    }

    /// Write units for one item of `bytes`: the larger of the old and the new item for a put or an update, the old one
    /// for a deletion; 0 bytes stand for an item that does not exist.
    public static func write(_ bytes: Int, isTransactional: Bool = false) -> Double {
        units(bytes, per: bytesPerWriteUnit) * (isTransactional ? 2 : 1)
    }

    private static func units(_ bytes: Int, per unit: Int) -> Double {
        let whole = max(bytes, 1) / unit
        return Double(max(bytes, 1) % unit == 0 ? whole : whole + 1)
    }
}
