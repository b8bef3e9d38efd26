import DynamoDB

extension AttributeUse {
    /// Refuses paths that lead into key attributes of the table or one of its indexes (mhart/dynalite, db/index.js).
    static func check(_ uses: [AttributeUse], in definition: TableDefinition) throws(ErrorReply) {
        guard uses.contains(where: \.isNested) else { return }
        try check(uses, in: definition.keySchema, as: "Key")
        for index in definition.globalIndexes.reversed() { try check(uses, in: index.keySchema, as: "IndexKey") }
        for index in definition.localIndexes.reversed() { try check(uses, in: index.keySchema, as: "IndexKey") }
    }

    private static func check(_ uses: [AttributeUse], in schema: KeySchema, as role: String) throws(ErrorReply) {
        for attribute in schema.attributes where uses.contains(where: { $0.isNested && $0.name == attribute.name }) {
            throw .validation(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                    + "\(role): \(String(decoding: attribute.name, as: UTF8.self))"
            )
        }
    }
}

extension KeySchema {
    /// The partition key, then the sort key.
    var attributes: [Attribute] { [partitionKey] + (sortKey.map { [$0] } ?? []) }

    /// Whether an attribute is part of the key.
    func contains(_ name: [UInt8]) -> Bool { attributes.contains { $0.name == name } }
}
