import DynamoDB

extension Index {
    /// Names of the attributes in the index, without repetition; nil for all.
    func projectedNames(of table: KeySchema) -> [[UInt8]]? {
        let others: [[UInt8]]
        switch projection {
        case .all: return nil
        case .keysOnly: others = []
        case .include(let names): others = names.map { Array($0.utf8) }
        }
        var names: [[UInt8]] = []
        for attribute in [table.partitionKey, table.sortKey, keySchema.partitionKey, keySchema.sortKey] {
            if let name = attribute?.name, !names.contains(name) { names.append(name) }
        }
        for name in others where !names.contains(name) { names.append(name) }
        return names
    }

    /// The entry of an item; nil when the item is not in the index.
    func entry(of item: Item, at base: StorageKey, table: KeySchema) -> IndexEntry? {
        guard let key = PrimaryKey(of: item, in: keySchema) else { return nil }
        return IndexEntry(key: StorageKey(key), base: base, size: projectedSize(of: item, table: table))
    }

    /// Bytes of what the index has of an item.
    private func projectedSize(of item: Item, table: KeySchema) -> Int {
        guard let names = projectedNames(of: table) else { return item.size }
        return names.reduce(0) { size, name in size + (item[name].map { name.count + $0.size } ?? 0) }
    }

    /// Whether what the index has of an item is the same in both.
    fileprivate func isUnchanged(_ old: Item, _ new: Item, table: KeySchema) -> Bool {
        guard let names = projectedNames(of: table) else { return old == new }
        return names.allSatisfy { old[$0] == new[$0] }
    }
}

/// What a change does to an index.
private enum EntryChange {
    case none
    case insert(IndexEntry)
    case remove(IndexEntry)
    /// The key stays.
    case update(IndexEntry, IndexEntry)
    case move(IndexEntry, IndexEntry)

    init(_ change: ItemChange, in index: Index, of table: KeySchema) {
        let old = change.old.flatMap { index.entry(of: $0, at: change.storageKey, table: table) }
        let new = change.new.flatMap { index.entry(of: $0, at: change.storageKey, table: table) }
        switch (old, new) {
        case (nil, nil): self = .none
        case (nil, let new?): self = .insert(new)
        case (let old?, nil): self = .remove(old)
        case (let old?, let new?) where old.key != new.key: self = .move(old, new)
        case (let old?, let new?):
            guard let before = change.old, let after = change.new,
                !index.isUnchanged(before, after, table: table)
            else {
                self = .none
                return
            }
            self = .update(old, new)
        }
    }

    /// Write units (Developer Guide, "Using Global Secondary Indexes in DynamoDB", "Provisioned throughput
    /// considerations"): a new key is a deletion and an insertion, what is not projected costs nothing.
    func units(isTransactional: Bool) -> Double {
        let cost = { (size: Int) in CapacityUnits.write(size, isTransactional: isTransactional) }
        return switch self {
        case .none: 0
        case .insert(let entry), .remove(let entry): cost(entry.size)
        case .update(let old, let new): cost(max(old.size, new.size))
        case .move(let old, let new): cost(old.size) + cost(new.size)
        }
    }
}

extension Engine {
    /// Brings an index in line with a change; returns the write units this takes.
    func updateEntry(
        of index: Index,
        _ change: ItemChange,
        in table: Table,
        isTransactional: Bool
    ) throws(ErrorReply) -> Double {
        let entryChange = EntryChange(change, in: index, of: table.definition.keySchema)
        var (items, bytes) = (0, 0)
        switch entryChange {
        case .none:
            break
        case .insert(let new):
            try storage.putEntry(new, in: index.number)
            (items, bytes) = (1, new.size)
        case .remove(let old):
            try storage.removeEntry(at: old.key, base: old.base, in: index.number)
            (items, bytes) = (-1, -old.size)
        case .update(let old, let new):
            if old.size != new.size { try storage.putEntry(new, in: index.number) }
            bytes = new.size - old.size
        case .move(let old, let new):
            try storage.removeEntry(at: old.key, base: old.base, in: index.number)
            try storage.putEntry(new, in: index.number)
            bytes = new.size - old.size
        }
        if items != 0 || bytes != 0 {
            table.indexStatistics[index.number, default: Table.Statistics()].items += items
            table.indexStatistics[index.number, default: Table.Statistics()].bytes += bytes
        }
        return entryChange.units(isTransactional: isTransactional)
    }

    /// Refuses a change of which a global index has no capacity left; that of the table is asked apart.
    func admitIndexWrites(_ change: ItemChange, in table: Table) throws(ErrorReply) {
        guard capacity.isEnforced else { return }
        for index in table.definition.globalIndexes {
            if case .none = EntryChange(change, in: index, of: table.definition.keySchema) { continue }
            try capacity.admit(.write, table, index: index, now: now)
        }
    }
}
