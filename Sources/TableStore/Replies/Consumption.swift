import DynamoDB

/// Capacity units that an operation used, by table and index.
struct Consumption: Sendable, Equatable {
    /// Read and write units.
    struct Units: Sendable, Equatable {
        var read = 0.0
        var write = 0.0

        var total: Double { read + write }

        static func += (left: inout Units, right: Units) {
            left.read += right.read
            left.write += right.write
        }
    }

    /// `ReturnConsumedCapacity`.
    enum Shape: String, Sendable {
        case total = "TOTAL"
        case indexes = "INDEXES"
    }

    /// As the request named it: a name or an ARN.
    var tableName: String
    var table = Units()
    /// By index name; only those the operation touched.
    var localIndexes: [String: Units] = [:]
    var globalIndexes: [String: Units] = [:]

    init(tableName: String) {
        self.tableName = tableName
    }

    /// What was used of the table and all indexes.
    var sum: Units {
        var sum = table
        for units in localIndexes.values { sum += units }
        for units in globalIndexes.values { sum += units }
        return sum
    }

    /// Adds what another operation on the same table used.
    static func += (left: inout Consumption, right: Consumption) {
        left.table += right.table
        for (name, units) in right.localIndexes { left.localIndexes[name, default: Units()] += units }
        for (name, units) in right.globalIndexes { left.globalIndexes[name, default: Units()] += units }
    }
}
