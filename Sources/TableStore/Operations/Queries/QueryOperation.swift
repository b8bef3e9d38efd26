import DynamoDB

/// Query: items of one partition of a table or an index, in the order of the sort key.
struct QueryOperation: StoreOperation {
    static let shape = Shapes.query

    private let request: ReadRequest
    private let isForward: Bool
    /// What messages call the filter.
    private let filterName: String

    init(_ members: Members) throws(ErrorReply) {
        request = try ReadRequest(members, for: .query)
        isForward = members.boolean("ScanIndexForward") ?? true
        filterName = members.has("QueryFilter") ? "QueryFilter" : "Filter Expression"
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let target = try request.target(on: engine)
        let startKey = try request.start(of: target)
        try startKey?.checkPartition()
        let keys = try self.keys(of: target)
        try startKey?.checkSort()
        let start = try startKey?.start()
        try start?.check(keys)
        try checkExpressions(target)

        let partition = keys.partitionKey.sortKey ?? []
        let extent = StorageRange.Extent.partition(
            slot: StorageKey.slot(partition),
            partition,
            keys.sortKeys
        )
        return try request.reply(target, StorageRange(extent: extent, start: start, isForward: isForward), on: engine)
    }

    /// The keys that the key condition selects.
    private func keys(of target: ReadTarget) throws(ErrorReply) -> KeyRange {
        let keys: KeyRange
        do throws(ExpressionError) {
            guard let condition = request.expressions.keyCondition else {
                throw ExpressionError(
                    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
                )
            }
            keys = try condition.range(in: target.schema)
        } catch {
            throw .validation(error.message)
        }
        let schema = target.schema
        try target.check(keys.partitionKey.sortKey ?? [], of: schema.partitionKey, isPartition: true)
        if let attribute = schema.sortKey {
            for bound in [keys.sortKeys.lower, keys.sortKeys.upper].compactMap(\.self) {
                try target.check(bound.bytes, of: attribute, isPartition: false)
            }
        }
        return keys
    }

    /// Checks what the expressions use against the target, in the service's order (mhart/dynalite, actions/query.js).
    private func checkExpressions(_ target: ReadTarget) throws(ErrorReply) {
        let projected = request.expressions.projection?.attributes ?? []
        let filtered = request.expressions.filter?.attributes ?? []
        try AttributeUse.check(projected, in: target.table.definition)
        for attribute in target.schema.attributes where filtered.contains(where: { $0.name == attribute.name }) {
            throw .validation(
                "\(filterName) can only contain non-primary key attributes: "
                    + "Primary key attribute: \(String(decoding: attribute.name, as: UTF8.self))"
            )
        }
        try request.selection.check(target)
        try AttributeUse.check(filtered, in: target.table.definition)
        try target.checkFilter(filtered)
        try target.checkProjection(projected)
    }
}

extension ReadTarget {
    /// Refuses attributes that a global index does not hold, which a local one fetches from the table.
    func checkProjection(_ uses: [AttributeUse]) throws(ErrorReply) {
        let missing = missing(uses)
        guard let index, index.isGlobal, !missing.isEmpty else { return }
        throw .validation(
            "One or more parameter values were invalid: "
                + "Global secondary index \(index.name) does not project \(Self.list(missing))"
        )
    }

    /// Refuses filters on attributes that the index does not hold.
    func checkFilter(_ uses: [AttributeUse]) throws(ErrorReply) {
        let missing = missing(uses).sorted { $0.lexicographicallyPrecedes($1) }
        guard let index, !missing.isEmpty else { return }
        throw .validation(
            "One or more parameter values were invalid: "
                + "Secondary index \(index.name) does not project one or more filter attributes: \(Self.list(missing))"
        )
    }

    private static func list(_ names: [[UInt8]]) -> String {
        "[" + names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ") + "]"
    }
}
