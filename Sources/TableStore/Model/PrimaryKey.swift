import DynamoDB

/// The values of a key schema's attributes in one item.
struct PrimaryKey: Sendable, Hashable {
    /// A string, number or binary.
    var partition: AttributeValue
    /// A string, number or binary; nil when the schema has no sort key.
    var sort: AttributeValue?
}

extension PrimaryKey {
    /// The key that an item has by the schema of a table or an index.
    ///
    /// Nil when the item lacks one of its attributes, or has one of another type or with a value no key may have: such an
    /// item is not in the index.
    init?(of item: Item, in schema: KeySchema) {
        guard let partition = item[schema.partitionKey.name],
            partition.isKey(of: schema.partitionKey.type, maximumSize: Self.maximumPartitionSize)
        else { return nil }
        self.init(partition: partition)
        guard let attribute = schema.sortKey else { return }
        guard let sort = item[attribute.name], sort.isKey(of: attribute.type, maximumSize: Self.maximumSortSize)
        else { return nil }
        self.sort = sort
    }

    /// The key's attributes, as a `Key` or a `LastEvaluatedKey` has them.
    func attributes(in schema: KeySchema) -> AttributeMap {
        var attributes = AttributeMap()
        attributes[schema.partitionKey.name] = partition
        if let attribute = schema.sortKey, let sort { attributes[attribute.name] = sort }
        return attributes
    }

    /// Bytes of a partition key (Developer Guide, "Service, account, and table quotas").
    static let maximumPartitionSize = 2048
    /// Bytes of a sort key.
    static let maximumSortSize = 1024
}

extension AttributeValue {
    /// Whether the value may be that of a key attribute of a type.
    func isKey(of type: ScalarAttributeType, maximumSize: Int) -> Bool {
        switch (self, type) {
        case (.number, .number): true
        case (.string(let bytes), .string), (.binary(let bytes), .binary): 1...maximumSize ~= bytes.count
        default: false
        }
    }

    /// Whether the value is of a key attribute's type.
    func isOf(_ type: ScalarAttributeType) -> Bool {
        switch (self, type) {
        case (.number, .number), (.string, .string), (.binary, .binary): true
        default: false
        }
    }
}

extension ScalarAttributeType {
    /// The type's name, as in an AttributeDefinition.
    var name: String {
        switch self {
        case .string: "S"
        case .number: "N"
        case .binary: "B"
        }
    }
}

/// Where an item is among a table's items, or an entry among an index's.
///
/// Scans go by slot, then partition, then sort; a query stays in one slot and partition.
struct StorageKey: Sendable, Hashable {
    /// A hash of the partition key: 0 to 2^32 - 1.
    var slot: Int64
    /// ``AttributeValue/sortKey`` of the partition key.
    var partition: [UInt8]
    /// ``AttributeValue/sortKey`` of the sort key; empty without one.
    var sort: [UInt8]
}

extension StorageKey {
    /// Where the item with this key is.
    init(_ key: PrimaryKey) {
        let partition = key.partition.sortKey ?? []
        self.init(slot: Self.slot(partition), partition: partition, sort: key.sort?.sortKey ?? [])
    }

    /// The slot of a partition key given as its ``AttributeValue/sortKey``.
    static func slot(_ partition: [UInt8]) -> Int64 { KeyHash.prefix(partition) }
}

/// An item as it is stored.
struct StoredItem: Sendable, Equatable {
    /// DynamoDB's JSON, `{"<name>":{"<type>":...},...}`, as ``AttributeMap/append(to:)`` writes it.
    var json: [UInt8]
    /// Bytes of the item (``ItemSize``).
    var size: Int
}

extension StoredItem {
    /// The item, parsed.
    func item() throws(ErrorReply) -> Item {
        do throws(AttributeValueError) {
            return try unsafe json.span.bytes.withUnsafeBytes { (json) throws(AttributeValueError) in
                try unsafe AttributeMap(json: json)
            }
        } catch {
            // Only what the store has written itself is read here.
            throw .internalServerError()
        }
    }
}

extension Engine {
    /// The item at a key, parsed, and its bytes.
    func item(_ key: StorageKey, in table: Table) throws(ErrorReply) -> (item: Item, size: Int)? {
        guard let stored = try storage.item(key, in: table.definition.number) else { return nil }
        return (try stored.item(), stored.size)
    }
}
