import DynamoDB

/// The parameters that expressions have superseded.
extension Members {
    /// The conditions of `QueryFilter`, `ScanFilter` or `KeyConditions`, in the request's order.
    func conditions(_ name: String, for operation: DynamoDB.Operation) throws(ErrorReply) -> [LegacyCondition] {
        var conditions: [LegacyCondition] = []
        for (attribute, condition) in attributeStructures(name) {
            conditions.append(try condition.condition(on: attribute, try condition.attributeValues(for: operation)))
        }
        return conditions
    }

    /// The conditions of `Expected`, in the request's order.
    ///
    /// Messages: mhart/dynalite, test/putItem.js, which ran against the service.
    func expectations(for operation: DynamoDB.Operation) throws(ErrorReply) -> [LegacyCondition] {
        var conditions: [LegacyCondition] = []
        for (attribute, expectation) in attributeStructures("Expected") {
            try expectation.checkExpectation(of: attribute)
            let values: [AttributeValue]
            if let value = try expectation.attributeValue("Value")?.checked(for: operation) {
                values = [value]
            } else {
                values = try expectation.attributeValues(for: operation)
            }
            if expectation.has("ComparisonOperator") {
                conditions.append(try expectation.condition(on: attribute, values))
            } else {
                let comparison: LegacyComparison = values.isEmpty ? .notExists : .equal
                conditions.append(try LegacyCondition(checking: attribute, comparison, values))
            }
        }
        return conditions
    }

    /// Refuses a `ConditionalOperator` with fewer than two conditions to join.
    func checkConditionalOperator(_ count: Int) throws(ErrorReply) {
        guard has("ConditionalOperator"), count < 2 else { return }
        throw .validation(
            count == 0
                ? "ConditionalOperator cannot be used without Filter or Expected"
                : "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )
    }

    /// `AttributesToGet`.
    func attributesToGet() throws(ErrorReply) -> Projection? {
        guard let names = strings("AttributesToGet") else { return nil }
        do throws(ExpressionError) {
            return try Projection(attributesToGet: names)
        } catch {
            throw ErrorReply(error)
        }
    }

    /// `AttributeUpdates`; nil when it changes nothing.
    func attributeUpdates() throws(ErrorReply) -> Update? {
        var updates: [LegacyUpdate] = []
        for (attribute, update) in attributeStructures("AttributeUpdates") {
            let action = update.string("Action").flatMap(LegacyUpdate.Action.init) ?? .put
            let value = try update.attributeValue("Value")?.checked(for: .updateItem)
            do throws(ExpressionError) {
                updates.append(try LegacyUpdate(attribute, action, value))
            } catch {
                throw ErrorReply(error)
            }
        }
        do throws(ExpressionError) {
            return updates.isEmpty ? nil : try Update(updates)
        } catch {
            throw ErrorReply(error)
        }
    }

    /// The structures of a map by attribute.
    private func attributeStructures(_ name: String) -> [(attribute: String, structure: Members)] {
        var structures: [(attribute: String, structure: Members)] = []
        for (attribute, value) in map(name) ?? [] {
            guard case .structure(let structure) = value else { continue }
            structures.append((attribute, structure))
        }
        return structures
    }

    /// The values of an `AttributeValueList`.
    private func attributeValues(for operation: DynamoDB.Operation) throws(ErrorReply) -> [AttributeValue] {
        var values: [AttributeValue] = []
        for case .attributeValue(let value) in list("AttributeValueList") ?? [] {
            values.append(try value.checked(for: operation))
        }
        return values
    }

    /// The condition of a structure with a `ComparisonOperator`.
    private func condition(
        on attribute: String,
        _ values: [AttributeValue]
    ) throws(ErrorReply) -> LegacyCondition {
        // The request's shape has no other values.
        guard let comparison = string("ComparisonOperator").flatMap(LegacyComparison.init) else {
            throw .internalServerError()
        }
        return try LegacyCondition(checking: attribute, comparison, values)
    }

    /// Refuses members of an expectation that do not go together.
    private func checkExpectation(of attribute: String) throws(ErrorReply) {
        let comparison = string("ComparisonOperator")
        let exists = boolean("Exists")
        let failure: String
        switch (has("Value"), has("AttributeValueList")) {
        case _ where exists != nil && comparison != nil:
            failure = "Exists and ComparisonOperator cannot be used together"
        case (true, true):
            failure = "Value and AttributeValueList cannot be used together"
        case (_, true) where comparison == nil:
            failure = "AttributeValueList can only be used with a ComparisonOperator"
        case (true, _) where exists == false:
            failure = "Value cannot be used when Exists is false"
        case (false, false) where comparison == nil && exists != false:
            failure = "Value must be provided when Exists is \(exists == nil ? "null" : "true")"
        case (false, false) where comparison != nil && comparison != "NULL" && comparison != "NOT_NULL":
            failure = "Value or AttributeValueList must be used with ComparisonOperator: \(comparison ?? "")"
        default:
            return
        }
        throw .validation("One or more parameter values were invalid: \(failure) for Attribute: \(attribute)")
    }
}

extension LegacyCondition {
    /// A condition whose values have the right count and types.
    fileprivate init(
        checking attribute: String,
        _ comparison: LegacyComparison,
        _ values: [AttributeValue]
    ) throws(ErrorReply) {
        do throws(ExpressionError) {
            try self.init(attribute, comparison, values)
        } catch {
            throw ErrorReply(error)
        }
    }
}
