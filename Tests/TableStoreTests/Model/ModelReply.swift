/// A reply, with what DynamoDB leaves open taken out: the order of sets, maps and of a batch's items.
struct ModelReply: Equatable {
    /// The name of the error.
    var error: String?
    /// Codes of a cancelled transaction.
    var codes: [String] = []
    /// `Attributes`, `Item`, `Items`, the items of `Responses` in their order, those of errors.
    var items: [ModelItem?] = []
    /// A batch's items.
    var responses: [String: [ModelItem: Int]] = [:]
    var count: Int?
    var scannedCount: Int?
    var lastKey: ModelItem?
    /// `ItemCollectionMetrics`: keys by table; an operation on one item has no table.
    var metrics: [String: [ModelItem: Int]] = [:]
    var capacity: [JSON] = []
    /// Names of the reply's members.
    var members: Set<String> = []
}

extension ModelReply: CustomStringConvertible {
    var description: String {
        var parts: [String] = []
        if let error { parts.append("\(error) \(codes)") }
        if let count, let scannedCount { parts.append("\(count) of \(scannedCount)") }
        if !items.isEmpty { parts.append("\(items.map { $0.map { "\(ModelValue.map($0))" } ?? "nil" })") }
        if !responses.isEmpty {
            parts.append("\(responses.mapValues { $0.map { "\($0.value)x\(ModelValue.map($0.key))" }.sorted() })")
        }
        if let lastKey { parts.append("last \(ModelValue.map(lastKey))") }
        if !metrics.isEmpty { parts.append("metrics \(metrics)") }
        if !capacity.isEmpty { parts.append("capacity \(capacity)") }
        parts.append("members \(members.sorted())")
        return parts.joined(separator: "; ")
    }
}

extension ModelReply {
    static func refusal(_ refusal: ModelRefusal) -> ModelReply { ModelReply(error: refusal.name) }

    /// Reads the reply to an operation.
    init(_ json: JSON) throws {
        guard let object = json.object else { throw ModelReadingError(description: "no object: \(json)") }
        members = Set(object.keys)
        for (name, value) in object {
            switch name {
            case "Attributes", "Item": items = [try ModelItem(value)]
            case "Items": items = try (value.array ?? []).map { try ModelItem($0) }
            case "Count": count = value.number.map { Int($0) }
            case "ScannedCount": scannedCount = value.number.map { Int($0) }
            case "LastEvaluatedKey": lastKey = try ModelItem(value)
            case "ConsumedCapacity":
                capacity = (value.array ?? [value]).sorted {
                    ($0["TableName"]?.string ?? "") < ($1["TableName"]?.string ?? "")
                }
            case "Responses":
                if let list = value.array {
                    items = try list.map { try $0["Item"].map { try ModelItem($0) } }
                } else {
                    responses = try (value.object ?? [:]).mapValues { try Self.counts($0.array ?? []) }
                }
            case "ItemCollectionMetrics":
                if value["ItemCollectionKey"] != nil {
                    metrics = ["": try Self.metrics([value])]
                } else {
                    metrics = try (value.object ?? [:]).mapValues { try Self.metrics($0.array ?? []) }
                }
            case "UnprocessedItems", "UnprocessedKeys":
                guard value == [:] else { throw ModelReadingError(description: "unprocessed: \(value)") }
            default:
                throw ModelReadingError(description: "unexpected member \(name): \(value)")
            }
        }
    }

    private static func counts(_ items: [JSON]) throws -> [ModelItem: Int] {
        var counts: [ModelItem: Int] = [:]
        for item in items { counts[try ModelItem(item), default: 0] += 1 }
        return counts
    }

    private static func metrics(_ list: [JSON]) throws -> [ModelItem: Int] {
        for element in list where element["SizeEstimateRangeGB"] != [0, 1] {
            throw ModelReadingError(description: "metrics: \(element)")
        }
        return try counts(list.compactMap { $0["ItemCollectionKey"] })
    }
}
