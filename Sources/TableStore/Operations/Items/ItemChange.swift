import DynamoDB

extension ItemChange {
    /// Bytes of an item (Developer Guide, "Service, account, and table quotas").
    static let maximumSize = 409_600

    /// Whether there was an item: every item has a key, so its size is not 0.
    ///
    /// ``old`` may be missing when nothing needs it.
    var replacesItem: Bool { oldSize > 0 }
}

extension Table {
    /// Whether a write has to know the item it replaces: for index entries, or for the stream.
    var needsOldItems: Bool {
        !definition.localIndexes.isEmpty || !definition.globalIndexes.isEmpty || definition.stream != nil
    }
}

extension Engine {
    /// Refuses a change that the table can't take; to be called before the first write.
    ///
    /// The key has been checked. `isUpdate` is for the outcome of an update, of which messages differ.
    func check(_ change: ItemChange, in table: Table, isUpdate: Bool = false) throws(ErrorReply) {
        guard let new = change.new else { return }
        if isUpdate {
            try table.checkIndexKeys(updating: change.old, to: new)
        } else {
            try table.checkIndexKeys(putting: new)
        }
        guard new.size <= ItemChange.maximumSize else {
            throw isUpdate ? .updatedItemTooLarge : .itemTooLarge
        }
    }

    /// Writes a change that ``check(_:in:isUpdate:)`` has passed: the item, its index entries, the statistics, its expiry
    /// and the stream's record.
    ///
    /// Returns the write units it used, twice as many in a transaction.
    @discardableResult
    func apply(
        _ change: ItemChange,
        to table: Table,
        isTransactional: Bool = false
    ) throws(ErrorReply) -> Consumption {
        var consumption = Consumption(tableName: table.definition.name)
        if statisticsBefore[table.definition.number] == nil {
            statisticsBefore[table.definition.number] = (table.statistics, table.indexStatistics)
        }
        let newSize = try write(change, to: table)
        consumption.table.write = CapacityUnits.write(
            max(change.oldSize, newSize),
            isTransactional: isTransactional
        )
        table.statistics.items += (change.new == nil ? 0 : 1) - (change.replacesItem ? 1 : 0)
        table.statistics.bytes += newSize - change.oldSize
        for index in table.definition.localIndexes {
            let units = try updateEntry(of: index, change, in: table, isTransactional: isTransactional)
            if units > 0 { consumption.localIndexes[index.name] = Consumption.Units(write: units) }
        }
        for index in table.definition.globalIndexes {
            let units = try updateEntry(of: index, change, in: table, isTransactional: isTransactional)
            if units > 0 { consumption.globalIndexes[index.name] = Consumption.Units(write: units) }
        }
        try record(change, in: table)
        return consumption
    }

    /// The write units of a change that was not made because its condition failed, or of a condition check.
    func unchangedWriteUnits(_ change: ItemChange, in table: Table, isTransactional: Bool = false) -> Consumption {
        var consumption = Consumption(tableName: table.definition.name)
        consumption.table.write = CapacityUnits.write(change.oldSize, isTransactional: isTransactional)
        return consumption
    }

    /// Writes or removes the item itself; returns the new item's bytes.
    private func write(_ change: ItemChange, to table: Table) throws(ErrorReply) -> Int {
        let number = table.definition.number
        guard let new = change.new else {
            if change.replacesItem { try storage.removeItem(change.storageKey, in: number) }
            return 0
        }
        let size = new.size
        var json: [UInt8] = []
        json.reserveCapacity(size + 16 * new.count + 16)
        new.append(to: &json)
        try storage.put(
            StoredItem(json: json, size: size),
            expiry: table.definition.expiry(of: new),
            at: change.storageKey,
            in: number
        )
        return size
    }
}

extension ErrorReply {
    /// An item to be put that has too many bytes.
    static let itemTooLarge = validation("Item size has exceeded the maximum allowed size")
    /// An update that writes or leaves too many bytes.
    static let updatedItemTooLarge = validation("Item size to update has exceeded the maximum allowed size")
}

extension TableDefinition {
    /// The Unix second at which an item expires: its TTL attribute, when that is a number.
    ///
    /// A fraction does not matter (scylladb/scylladb, test/alternator/test_ttl.py, which runs against the service).
    func expiry(of item: Item) -> Int64? {
        guard let name = timeToLiveAttribute, case .number(let number)? = item[name] else { return nil }
        return Int64(number.description.prefix { $0 != "." })
    }
}
