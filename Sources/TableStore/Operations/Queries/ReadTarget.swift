import DynamoDB

/// What a Query or Scan reads: a table, or an index and, behind it, its table.
struct ReadTarget {
    let table: Table
    let index: Index?

    /// The table, or the index of it that a request names.
    init(_ table: Table, indexName: String?, isConsistent: Bool) throws(ErrorReply) {
        self.table = table
        guard let indexName else {
            index = nil
            return
        }
        guard let index = table.definition.indexes.first(where: { $0.name == indexName }) else {
            throw .validation("The table does not have the specified index: \(indexName)")
        }
        if index.isGlobal && isConsistent {
            throw .validation("Consistent reads are not supported on global secondary indexes")
        }
        self.index = index
    }

    /// The key of what is read.
    var schema: KeySchema { index?.keySchema ?? tableSchema }

    var tableSchema: KeySchema { table.definition.keySchema }

    /// What a `LastEvaluatedKey` has: the table's key and, of an index, that of the index.
    var keyAttributes: [KeySchema.Attribute] {
        tableSchema.attributes + schema.attributes.filter { !tableSchema.contains($0.name) }
    }

    /// The attributes the target holds; nil for all of an item.
    var projectedAttributes: Set<[UInt8]>? {
        let included: [String]
        switch index?.projection {
        case nil, .all: return nil
        case .keysOnly: included = []
        case .include(let names): included = names
        }
        return Set(keyAttributes.map(\.name) + included.map { Array($0.utf8) })
    }

    /// The attributes of a list that the target does not hold, each once.
    func missing(_ uses: [AttributeUse]) -> [[UInt8]] {
        guard let projected = projectedAttributes else { return [] }
        var missing: [[UInt8]] = []
        for use in uses where !projected.contains(use.name) && !missing.contains(use.name) { missing.append(use.name) }
        return missing
    }
}
