import DynamoDB

/// BatchGetItem: up to 100 items of several tables.
///
/// What the capacity or the size of the reply does not allow comes back as `UnprocessedKeys`. Items of a table are in the
/// order of its keys; the service promises no order.
struct BatchGetItem: StoreOperation {
    static let shape = Shapes.batchGetItem

    fileprivate static let maximumKeys = 100
    /// Bytes of items in a reply: of items of 300 KiB there are 52 (API reference, BatchGetItem).
    static let maximumBytes = 16_000_000
    /// Bytes of the items' JSON, which may be many times those of the items, as numbers are written out: with so many no
    /// more items are read.
    static let maximumJSONBytes = 64 << 20
    /// What `UnprocessedKeys` repeats of a table's request.
    fileprivate static let options: Set = [
        "AttributesToGet", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames",
    ]

    /// What is asked of one table.
    struct Part {
        /// A name or an ARN.
        var tableName: String
        var keys: [AttributeMap]
        var projection: Projection?
        var consistency: CapacityUnits.ReadConsistency
        /// Members of the request to repeat.
        var options: [(name: String, value: Members.Value)]
    }

    private let parts: [Part]
    private let consumptionShape: Consumption.Shape?

    init(_ members: Members) throws(ErrorReply) {
        let items = members.map("RequestItems") ?? []
        guard !items.isEmpty else { throw .validation("The requestItems parameter is required for BatchGetItem") }
        var parts: [Part] = []
        var count = 0
        for case (let name, .structure(let request)) in items {
            parts.append(try Part(tableName: name, request, count: &count))
        }
        try Self.checkMixture(items)
        self.parts = parts
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
    }

    /// Refuses AttributesToGet of one table beside an expression of another: the rule is the whole request's
    /// (nubo-db/dynamodb-conformance, error-messages/batchGetItem, checked against the service).
    private static func checkMixture(_ items: [(key: String, value: Members.Value)]) throws(ErrorReply) {
        var (hasNames, hasExpression) = (false, false)
        for case (_, .structure(let request)) in items {
            hasNames = hasNames || request.has("AttributesToGet")
            hasExpression = hasExpression || request.has("ProjectionExpression")
        }
        guard hasNames && hasExpression else { return }
        throw .validation(
            "Can not use both expression and non-expression parameters in the same request: "
                + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        )
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var tables: [(table: Table, keys: [StorageKey])] = []
        for part in parts {
            let table = try engine.table(named: part.tableName)
            var keys: [StorageKey] = []
            for key in part.keys { keys.append(StorageKey(try PrimaryKey(checking: key, of: table))) }
            tables.append((table, keys))
        }
        var reading = Reading(consumptionShape)
        for (part, (table, keys)) in zip(parts, tables) {
            try reading.read(part, keys, of: table, on: engine)
        }
        return try reading.finished()
    }
}

extension BatchGetItem.Part {
    /// Checks what needs no table, in the service's order (mhart/dynalite, validations/batchGetItem.js).
    fileprivate init(tableName: String, _ request: Members, count: inout Int) throws(ErrorReply) {
        self.tableName = tableName
        projection = try RequestExpressions(request, for: .batchGetItem).projection
        var seen: Set<AttributeMap> = []
        var keys: [AttributeMap] = []
        for case .attributeMap(let decoded) in request.list("Keys") ?? [] {
            let key = try decoded.checked(for: .batchGetItem)
            guard seen.insert(key).inserted else {
                throw .validation("Provided list of item keys contains duplicates")
            }
            keys.append(key)
            count += 1
            guard count <= BatchGetItem.maximumKeys else {
                throw .validation("Too many items requested for the BatchGetItem call")
            }
        }
        self.keys = keys
        consistency = request.boolean("ConsistentRead") == true ? .strong : .eventual
        options = request.values.filter { BatchGetItem.options.contains($0.name) }
    }
}
