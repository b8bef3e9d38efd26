import DynamoDB

extension Engine {
    /// All places that items can be in.
    private static let allSlots = StorageRange.Extent.slots(0...Int64(UInt32.max))
    private static let batchCount = 256
    private static let batchBytes = 1 << 20

    /// Calls `body`, which may write, for all items of a table, a batch read at a time.
    func forEachItem(
        of table: Table,
        _ body: (StorageKey, StoredItem) throws(ErrorReply) -> Void
    ) throws(ErrorReply) {
        var range = StorageRange(extent: Self.allSlots)
        while true {
            var batch: [(key: StorageKey, item: StoredItem)] = []
            var bytes = 0
            try storage.items(in: table.definition.number, range) { (key, item) throws(ErrorReply) in
                batch.append((key, item))
                bytes += item.json.count
                return batch.count < Self.batchCount && bytes < Self.batchBytes
            }
            guard let last = batch.last else { return }
            for (key, item) in batch { try body(key, item) }
            range.start = StorageRange.Start(key: last.key)
        }
    }

    /// Enters all items of a table in a new index; items without its key attributes, or with others types of them, are left
    /// out.
    func fill(_ index: Index, of table: Table) throws(ErrorReply) {
        var statistics = Table.Statistics()
        let schema = table.definition.keySchema
        try forEachItem(of: table) { (key, item) throws(ErrorReply) in
            guard let entry = index.entry(of: try item.item(), at: key, table: schema) else { return }
            try storage.putEntry(entry, in: index.number)
            statistics.items += 1
            statistics.bytes += entry.size
        }
        table.indexStatistics[index.number] = statistics
    }
}
