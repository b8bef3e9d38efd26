import DynamoDB

/// `ItemCollectionMetrics` of an operation on several tables, in the order in which the request names them.
struct ItemCollectionMetricsList {
    /// `ReturnItemCollectionMetrics` is `SIZE`.
    let isWanted: Bool
    /// Each table's metrics, with commas between them.
    private var tables: [(name: String, metrics: [UInt8])] = []
    private var seen: Set<Collection> = []

    private struct Collection: Hashable {
        var table: Int64
        var partition: AttributeValue
    }

    init(isWanted: Bool) {
        self.isWanted = isWanted
    }

    /// Adds the item collection that a change was in, once; tables without local indexes have none.
    mutating func add(
        _ change: ItemChange,
        _ table: Table,
        named name: String,
        _ engine: Engine
    ) throws(ErrorReply) {
        guard isWanted, !table.definition.localIndexes.isEmpty else { return }
        let collection = Collection(table: table.definition.number, partition: change.key.partition)
        guard seen.insert(collection).inserted else { return }
        guard let metrics = try engine.itemCollectionMetrics(change.key, in: table) else { return }
        if let index = tables.firstIndex(where: { $0.name == name }) {
            tables[index].metrics.append(UInt8(ascii: ","))
            tables[index].metrics += metrics
        } else {
            tables.append((name, metrics))
        }
    }

    /// Appends `,"ItemCollectionMetrics":{...}` when there are any.
    func appendMember(to output: inout [UInt8]) {
        guard !tables.isEmpty else { return }
        var members: [UInt8] = []
        for (name, metrics) in tables {
            members.appendMemberName(name)
            members.append(UInt8(ascii: "["))
            members += metrics
            members.append(UInt8(ascii: "]"))
        }
        output += ",\"ItemCollectionMetrics\":{".utf8
        output += members
        output.append(UInt8(ascii: "}"))
    }
}
