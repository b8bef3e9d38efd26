import DynamoDB

extension Update {
    /// Refuses what the table can't take, whatever the item is: to be asked before the condition is.
    ///
    /// In the service's order (mhart/dynalite, db/index.js and test/updateItem.js, which ran against the service).
    func check(in table: Table) throws(ErrorReply) {
        let names = attributeNames
        for attribute in table.definition.keySchema.attributes where names.contains(attribute.name) {
            throw .validation(
                "One or more parameter values were invalid: "
                    + "Cannot update attribute \(attribute.text). This attribute is part of the key"
            )
        }
        try table.checkIndexKeys(written: writes)
        try AttributeUse.check(attributes, in: table.definition)
    }

    /// The item after the update; nil when there was none and the update only removes.
    ///
    /// What it removes from an item that is not there may have any path (scylladb/scylladb,
    /// test/alternator/test_update_expression.py, which runs against the service). `key` is the request's `Key`, of which
    /// an item that is not there yet consists.
    func outcome(_ old: Item?, key: AttributeMap) throws(ErrorReply) -> Item? {
        if old == nil, onlyRemoves { return nil }
        do throws(ExpressionError) {
            return try apply(to: old ?? key)
        } catch {
            throw .validation(error.message)
        }
    }
}
