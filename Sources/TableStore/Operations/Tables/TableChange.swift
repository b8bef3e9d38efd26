import DynamoDB

/// A definition as UpdateTable changes it, and what the reply tells: that the change goes on.
struct TableChange {
    let now: Int64
    /// The definition afterwards.
    private(set) var new: TableDefinition
    /// The definition that the reply tells: throughput as it was, indexes that come and indexes that go.
    private(set) var shown: TableDefinition
    private(set) var tableStatus = "ACTIVE"
    private(set) var indexStatus: [String: String] = [:]
    /// The index to be filled.
    private(set) var created: String?
    /// The index to be removed.
    private(set) var deleted: Index?

    init(_ definition: TableDefinition, now: Int64) {
        new = definition
        shown = definition
        self.now = now
    }

    /// Changes what is told as it will be.
    mutating func set<Value>(
        _ member: WritableKeyPath<TableDefinition, Value>,
        _ value: Value,
        status: String = "ACTIVE"
    ) {
        new[keyPath: member] = value
        shown[keyPath: member] = value
        if status != "ACTIVE" { tableStatus = status }
    }

    /// Changes what is told as it was.
    mutating func setLater<Value>(_ member: WritableKeyPath<TableDefinition, Value>, _ value: Value) {
        new[keyPath: member] = value
        tableStatus = "UPDATING"
    }

    /// Notes when throughput was changed.
    mutating func setHistory(_ history: ThroughputHistory) {
        shown.throughputHistory = history.shown(over: new.throughputHistory, now: now)
        new.throughputHistory = history
    }

    /// Changes the key while the table stays active.
    mutating func setEncryptionKey(_ key: String?) { new.encryptionKey = key }

    mutating func begin() { tableStatus = "UPDATING" }

    // MARK: Indexes

    mutating func create(_ index: Index) {
        for attribute in index.keySchema.attributes where !new.attributes.contains(where: { $0.name == attribute.name })
        {
            set(\.attributes, new.attributes + [attribute])
        }
        new.globalIndexes.append(index)
        shown.globalIndexes.append(index)
        created = index.name
        begin(index.name, "CREATING")
        begin()
    }

    mutating func update(_ index: Index, shown old: Index, at position: Int) {
        new.globalIndexes[position] = index
        if let position = shown.globalIndexes.firstIndex(where: { $0.name == index.name }) {
            shown.globalIndexes[position] = old
        }
        begin(index.name, "UPDATING")
    }

    /// Deletes an index, with the definitions of attributes that no key uses any more.
    mutating func delete(at position: Int) {
        let index = new.globalIndexes.remove(at: position)
        deleted = index
        let used = ([new.keySchema] + new.indexes.map(\.keySchema)).flatMap(\.attributes).map(\.name)
        new.attributes.removeAll { !used.contains($0.name) }
        begin(index.name, "DELETING")
        begin()
    }

    private mutating func begin(_ index: String, _ status: String) { indexStatus[index] = status }

    /// Gives the created index its number; returns it.
    mutating func number(_ number: Int64) -> Index? {
        guard let position = new.globalIndexes.firstIndex(where: { $0.name == created }) else { return nil }
        new.globalIndexes[position].number = number
        return new.globalIndexes[position]
    }
}
