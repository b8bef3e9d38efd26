import DynamoDB

/// DynamoDB's checks of attributes that are keys of indexes.
///
/// Of several indexes with the attribute in their key messages name the first by name (nubo-db/dynamodb-conformance,
/// error-messages/, checked against the service).
extension Table {
    /// A key attribute of an index.
    fileprivate struct IndexKey {
        var index: Index
        var attribute: KeySchema.Attribute
        var isPartition: Bool
    }

    fileprivate var indexKeys: [IndexKey] {
        definition.indexes.sorted { $0.name < $1.name }.flatMap { index in
            let partition = IndexKey(index: index, attribute: index.keySchema.partitionKey, isPartition: true)
            guard let sort = index.keySchema.sortKey else { return [partition] }
            return [partition, IndexKey(index: index, attribute: sort, isPartition: false)]
        }
    }

    /// Refuses an item to be put whose attributes can't be keys of an index.
    func checkIndexKeys(putting item: Item) throws(ErrorReply) {
        if definition.localIndexes.isEmpty, definition.globalIndexes.isEmpty { return }
        let keys = indexKeys
        for key in keys {
            guard let value = item[key.attribute.name], !value.isOf(key.attribute.type) else { continue }
            throw key.mismatch(value.type)
        }
        for key in keys {
            guard let value = item[key.attribute.name] else { continue }
            if let kind = value.emptyKind {
                throw .validation(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not "
                        + "supported. The AttributeValue for a key attribute cannot contain an empty \(kind) value. "
                        + "IndexName: \(key.index.name), IndexKey: \(key.attribute.text)"
                )
            }
            try value.checkKeySize(isPartition: key.isPartition)
        }
    }

    /// Refuses an update that is known from the request to give attributes types or values that keys of an index can't
    /// have.
    func checkIndexKeys(written writes: [Update.Write]) throws(ErrorReply) {
        if definition.localIndexes.isEmpty, definition.globalIndexes.isEmpty { return }
        let keys = indexKeys
        for key in keys {
            for write in writes where write.name == key.attribute.name {
                if let type = write.type, type.rawValue != key.attribute.type.name { throw key.mismatch(type) }
            }
        }
        for key in keys {
            for write in writes where write.name == key.attribute.name {
                if let kind = write.value?.emptyKind { throw .emptyIndexKeyUpdate(kind) }
            }
        }
    }

    /// Refuses an update whose outcome has attributes that can't be keys of an index.
    ///
    /// What the update leaves as it was is not looked at.
    func checkIndexKeys(updating old: Item?, to new: Item) throws(ErrorReply) {
        if definition.localIndexes.isEmpty, definition.globalIndexes.isEmpty { return }
        for key in indexKeys {
            guard let value = new[key.attribute.name], value != old?[key.attribute.name] else { continue }
            guard value.isOf(key.attribute.type) else {
                throw .validation(
                    "The update expression attempted to update the secondary index key to unsupported type"
                )
            }
            if let kind = value.emptyKind { throw .emptyIndexKeyUpdate(kind) }
            try value.checkKeySize(isPartition: key.isPartition)
        }
    }
}

extension ErrorReply {
    fileprivate static func emptyIndexKeyUpdate(_ kind: String) -> ErrorReply {
        .validation(
            "One or more parameter values are not valid. The update expression attempted to update a secondary index "
                + "key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty "
                + "\(kind) value."
        )
    }
}

extension Table.IndexKey {
    fileprivate func mismatch(_ actual: AttributeType) -> ErrorReply {
        .validation(
            "One or more parameter values were invalid: Type mismatch for Index Key \(attribute.text) "
                + "Expected: \(attribute.type.name) Actual: \(actual.rawValue) IndexName: \(index.name)"
        )
    }
}
