import DynamoDB

extension Engine {
    private static let bytesPerGigabyte = 1 << 30

    /// An `ItemCollectionMetrics` structure for the item collection of a key; nil when the table has no local index.
    ///
    ///     {"ItemCollectionKey":{"id":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}
    func itemCollectionMetrics(_ key: PrimaryKey, in table: Table) throws(ErrorReply) -> [UInt8]? {
        guard !table.definition.localIndexes.isEmpty else { return nil }
        let place = StorageKey(key)
        var bytes = try storage.itemBytes(
            of: table.definition.number,
            slot: place.slot,
            partition: place.partition
        )
        for index in table.definition.localIndexes {
            bytes += try storage.entryBytes(of: index.number, slot: place.slot, partition: place.partition)
        }
        var collection = AttributeMap()
        collection[table.definition.keySchema.partitionKey.name] = key.partition
        var output = Array("{\"ItemCollectionKey\":".utf8)
        collection.append(to: &output)
        let lower = Double(bytes / Self.bytesPerGigabyte)
        output += ",\"SizeEstimateRangeGB\":[\(lower),\(lower + 1)]}".utf8
        return output
    }
}
