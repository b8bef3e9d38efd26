import DynamoDB

/// An `ExclusiveStartKey`, checked step by step, as the service does between other checks (mhart/dynalite,
/// actions/query.js and scan.js; the messages stand in its tests, which ran against the service).
struct StartKey {
    private static let invalid = "The provided starting key is invalid"
    private static let mismatch = "The provided key element does not match the schema"

    private let key: AttributeMap
    private let target: ReadTarget

    /// Checks that the key has as many attributes as it needs.
    init(_ key: AttributeMap, of target: ReadTarget, for operation: DynamoDB.Operation) throws(ErrorReply) {
        self.key = key
        self.target = target
        guard key.count == target.keyAttributes.count else {
            let isShort = operation == .query || target.index != nil
            throw .validation(Self.invalid + (isShort ? "" : ": " + Self.mismatch))
        }
    }

    /// Checks the partition key of what is read.
    func checkPartition() throws(ErrorReply) { try check(target.schema.partitionKey, isPartition: true) }

    /// Checks the sort key of what is read.
    func checkSort() throws(ErrorReply) {
        if let attribute = target.schema.sortKey { try check(attribute, isPartition: false) }
    }

    /// Where to go on, when the rest of the key is right too.
    func start() throws(ErrorReply) -> StorageRange.Start {
        var tableKey = AttributeMap()
        for attribute in target.tableSchema.attributes { tableKey[attribute.name] = key[attribute.name] }
        let base: StorageKey
        do throws(ErrorReply) {
            base = StorageKey(try PrimaryKey(checking: tableKey, of: target.table))
        } catch {
            throw .validation("\(Self.invalid): \(error.message ?? "")")
        }
        guard target.index != nil else { return StorageRange.Start(key: base) }
        guard let key = PrimaryKey(of: key, in: target.schema) else { throw .validation(Self.invalid) }
        return StorageRange.Start(key: StorageKey(key), base: base)
    }

    private func check(_ attribute: KeySchema.Attribute, isPartition: Bool) throws(ErrorReply) {
        guard let value = key[attribute.name] else { throw .validation(Self.invalid) }
        guard value.type.rawValue == attribute.type.name else { throw .validation(Self.mismatch) }
        try target.check(value.sortKey ?? [], of: attribute, isPartition: isPartition)
    }
}

extension StorageRange.Start {
    /// Refuses a start outside a query's keys.
    func check(_ range: KeyRange) throws(ErrorReply) {
        let isSamePartition = key.partition == range.partitionKey.sortKey
        guard range.sortKeys != SortKeyRange() else {
            if isSamePartition { return }
            throw .validation(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        }
        guard range.sortKeys.contains(key.sort) else {
            throw .validation("The provided starting key does not match the range key predicate")
        }
        guard isSamePartition else {
            throw .validation("The query can return at most one row and cannot be restarted")
        }
    }
}

extension ReadTarget {
    /// Refuses a value, given as ``AttributeValue/sortKey``, that no key has.
    func check(_ value: [UInt8], of attribute: KeySchema.Attribute, isPartition: Bool) throws(ErrorReply) {
        let name = String(decoding: attribute.name, as: UTF8.self)
        if value.isEmpty {
            let kind = attribute.type == .binary ? "binary" : "string"
            let empty = "The AttributeValue for a key attribute cannot contain an empty \(kind) value."
            guard let index else {
                throw .validation("One or more parameter values are not valid. \(empty) Key: \(name)")
            }
            throw .validation(
                "One or more parameter values are not valid. A value specified for a secondary index key "
                    + "is not supported. \(empty) IndexName: \(index.name), IndexKey: \(name)"
            )
        }
        guard value.count > (isPartition ? ItemKey.maximumPartitionKeyLength : ItemKey.maximumSortKeyLength) else {
            return
        }
        throw .validation(
            "One or more parameter values were invalid: "
                + (isPartition
                    ? "Size of hashkey has exceeded the maximum size limit of2048 bytes"
                    : "Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
        )
    }
}
