import DynamoDB

/// DynamoDB's checks of key attributes (mhart/dynalite, db/index.js and test/, which ran against the service; of empty
/// values: nubo-db/dynamodb-conformance, which was checked against the service).
extension PrimaryKey {
    /// The key in a `Key` member, checked against a table's schema.
    init(checking key: AttributeMap, of table: Table) throws(ErrorReply) {
        let schema = table.definition.keySchema
        guard key.count == (schema.sortKey == nil ? 1 : 2) else { throw .keyMismatch }
        guard let partition = key[schema.partitionKey.name], partition.isOf(schema.partitionKey.type) else {
            throw .keyMismatch
        }
        try partition.checkKey(schema.partitionKey, isPartition: true)
        self.init(partition: partition)
        guard let attribute = schema.sortKey else { return }
        guard let sort = key[attribute.name], sort.isOf(attribute.type) else { throw .keyMismatch }
        try sort.checkKey(attribute, isPartition: false)
        self.sort = sort
    }

    /// The key of an item to be put into a table.
    init(putting item: Item, into table: Table) throws(ErrorReply) {
        let schema = table.definition.keySchema
        self.init(partition: try Self.value(of: schema.partitionKey, in: item, isPartition: true))
        if let attribute = schema.sortKey { sort = try Self.value(of: attribute, in: item, isPartition: false) }
    }

    private static func value(
        of attribute: KeySchema.Attribute,
        in item: Item,
        isPartition: Bool
    ) throws(ErrorReply) -> AttributeValue {
        guard let value = item[attribute.name] else {
            throw .validation(
                "One or more parameter values were invalid: Missing the key \(attribute.text) in the item"
            )
        }
        guard value.isOf(attribute.type) else {
            throw .validation(
                "One or more parameter values were invalid: Type mismatch for key \(attribute.text) "
                    + "expected: \(attribute.type.name) actual: \(value.type.rawValue)"
            )
        }
        try value.checkKey(attribute, isPartition: isPartition)
        return value
    }
}

extension AttributeValue {
    /// Refuses an empty or too long value of a table's key attribute; the type is right.
    fileprivate func checkKey(_ attribute: KeySchema.Attribute, isPartition: Bool) throws(ErrorReply) {
        if let kind = emptyKind {
            throw .validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                    + "an empty \(kind) value. Key: \(attribute.text)"
            )
        }
        try checkKeySize(isPartition: isPartition)
    }

    /// Refuses a too long value of a key attribute.
    func checkKeySize(isPartition: Bool) throws(ErrorReply) {
        let size: Int
        switch self {
        case .string(let bytes), .binary(let bytes): size = bytes.count
        default: return
        }
        if isPartition, size > PrimaryKey.maximumPartitionSize {
            // Without a space, as the service writes it.
            throw .validation(
                "One or more parameter values were invalid: "
                    + "Size of hashkey has exceeded the maximum size limit of\(PrimaryKey.maximumPartitionSize) bytes"
            )
        }
        if !isPartition, size > PrimaryKey.maximumSortSize {
            throw .validation(
                "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
                    + "the size limit of \(PrimaryKey.maximumSortSize) bytes"
            )
        }
    }

    /// What messages call an empty string or binary; nil for all other values.
    var emptyKind: String? {
        switch self {
        case .string([]): "string"
        case .binary([]): "binary"
        default: nil
        }
    }
}

extension KeySchema.Attribute {
    /// The attribute's name.
    var text: String { String(decoding: name, as: UTF8.self) }
}

extension ErrorReply {
    /// A `Key` without the schema's attributes, or with others.
    static let keyMismatch = validation("The provided key element does not match the schema")
}
