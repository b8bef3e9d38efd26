/// What a tenant does with a key.
public enum OperationKind: Int, CaseIterable, Sendable {
    /// GetItem.
    case get
    /// PutItem of a key that exists.
    case put
    /// PutItem of a new key.
    case insert
    /// UpdateItem.
    case update
    /// DeleteItem.
    case delete
    /// BatchGetItem.
    case batchGet
    /// Query: some items of a partition, in order of the range key.
    case query
    /// GetItem, then UpdateItem of the same key.
    case readModifyWrite

    /// How mixes and reports call it.
    public var name: String {
        switch self {
        case .get: "get"
        case .put: "put"
        case .insert: "insert"
        case .update: "update"
        case .delete: "delete"
        case .batchGet: "batch-get"
        case .query: "query"
        case .readModifyWrite: "read-modify-write"
        }
    }
}

/// Which operations a tenant does, and how often.
public struct OperationMix: Sendable, Equatable {
    /// DynamoDB's limit.
    public static let largestBatch = 100
    private static let longestQuery = 1_000
    private static let fieldsOfYCSB = 10

    /// Parts of all operations, which sum to 1; by `OperationKind.rawValue`.
    public private(set) var parts = [Double](repeating: 0, count: OperationKind.allCases.count)
    /// Keys of a BatchGetItem.
    public private(set) var batchSize = 25
    /// Most items of a Query; each draws its own limit from 1 on, as in YCSB.
    public private(set) var queryLength = 100
    /// Attributes that an item has besides its key; an update writes one of them.
    public private(set) var fields = 1
    /// The distribution that the mix is usually run with.
    public private(set) var usualDistribution = KeyDistribution.zipf(exponent: KeyDistribution.usualExponent)

    /// YCSB's core workloads A to F, and two plain ones.
    private static let named: [String: [(OperationKind, Double)]] = [
        "read": [(.get, 1)], "write": [(.put, 1)],
        "ycsb-a": [(.get, 0.5), (.update, 0.5)], "ycsb-b": [(.get, 0.95), (.update, 0.05)],
        "ycsb-c": [(.get, 1)], "ycsb-d": [(.get, 0.95), (.insert, 0.05)],
        "ycsb-e": [(.query, 0.95), (.insert, 0.05)], "ycsb-f": [(.get, 0.5), (.readModifyWrite, 0.5)],
    ]

    /// Parses a name (`read`, `write`, `ycsb-a` to `ycsb-f`) or parts: `get=0.9,put=0.1,batch-get=0.2:25,query=0.1:100`.
    ///
    /// Parts may be separated by `+` as well, and are scaled to sum to 1.
    public init(_ text: String) throws(PlanError) {
        if let known = Self.named[text] {
            for (kind, part) in known { parts[kind.rawValue] = part }
            guard text.hasPrefix("ycsb-") else { return }
            fields = Self.fieldsOfYCSB
            let exponent = KeyDistribution.usualExponent
            usualDistribution = text == "ycsb-d" ? .latest(exponent: exponent) : .scrambled(exponent: exponent)
            return
        }
        for field in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "," || $0 == "+" }) {
            let (name, value) = Fields.split(String(field), at: "=")
            guard let value, let kind = OperationKind.allCases.first(where: { $0.name == name }) else {
                throw PlanError(
                    "mix '\(text)' is none of read, write, ycsb-a to ycsb-f, nor parts such as get=0.9,put=0.1 "
                        + "(get, put, insert, update, delete, batch-get, query, read-modify-write)"
                )
            }
            let (part, size) = Fields.split(value, at: ":")
            guard let part = Double(part), part >= 0, part.isFinite else {
                throw PlanError("mix '\(text)': '\(part)' is no part")
            }
            parts[kind.rawValue] += part
            guard let size else { continue }
            switch (kind, Int(size)) {
            case (.batchGet, let size?) where (1...Self.largestBatch).contains(size): batchSize = size
            case (.query, let size?) where (1...Self.longestQuery).contains(size): queryLength = size
            default: throw PlanError("mix '\(text)': '\(size)' is no number of items for \(name)")
            }
        }
        let sum = parts.reduce(0, +)
        guard sum > 0, sum.isFinite else { throw PlanError("mix '\(text)' does nothing") }
        parts = parts.map { $0 / sum }
    }

    /// The part of an operation.
    public subscript(kind: OperationKind) -> Double { parts[kind.rawValue] }

    /// Whether the table needs a range key.
    public var needsRangeKey: Bool { self[.query] > 0 }

    /// Draws an operation.
    func next(_ random: inout RandomSource) -> OperationKind {
        var rest = random.unit()
        for kind in OperationKind.allCases {
            rest -= parts[kind.rawValue]
            if rest < 0 { return kind }
        }
        return OperationKind.allCases.last { parts[$0.rawValue] > 0 } ?? .get
    }
}
