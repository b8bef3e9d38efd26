import DynamoDB

/// The expressions of a request, of an action of a transaction or of a table of a batch, or the legacy parameters in
/// their place, checked as far as that needs no table.
///
/// Checks come in the service's order (mhart/dynalite, validations/, whose tests ran against the service): which
/// parameters go together, other values of the request, legacy parameters, expressions, unused substitutes, conditions
/// on keys.
struct RequestExpressions {
    /// `ConditionExpression` or `Expected`.
    private(set) var condition: Condition?
    /// `FilterExpression`, `QueryFilter` or `ScanFilter`.
    private(set) var filter: Condition?
    /// `KeyConditionExpression` or `KeyConditions`.
    private(set) var keyCondition: KeyCondition?
    /// `UpdateExpression` or `AttributeUpdates`.
    private(set) var update: Update?
    /// `ProjectionExpression` or `AttributesToGet`.
    private(set) var projection: Projection?

    init(_ members: Members, for operation: DynamoDB.Operation) throws(ErrorReply) {
        let parameters = ExpressionParameters.of(operation, members)
        try parameters.check(members, for: operation)
        guard parameters.areUsed(in: members) || operation == .query || operation == .scan else { return }
        try Self.checkValues(members, for: operation)
        try readLegacyParameters(members, for: operation)
        if operation == .query || operation == .scan { try PagingChecks.check(members, for: operation) }
        let keyCondition = try parseExpressions(members, for: operation)
        try readKeyCondition(members, keyCondition)
    }

    /// Checks values that the service looks at before legacy parameters and expressions.
    private static func checkValues(_ members: Members, for operation: DynamoDB.Operation) throws(ErrorReply) {
        switch operation {
        case .getItem, .updateItem:
            _ = try members.attributeMap("Key")?.checked(for: operation)
        case .deleteItem:
            _ = try members.attributeMap("Key")?.checked(for: operation)
            try ItemWrite.checkReturnValues(members)
        case .putItem:
            let item = try members.attributeMap("Item")?.checked(for: operation)
            try ItemWrite.checkReturnValues(members)
            guard (item?.size ?? 0) <= ItemChange.maximumSize else { throw .itemTooLarge }
        default:
            return
        }
    }

    private mutating func readLegacyParameters(
        _ members: Members,
        for operation: DynamoDB.Operation
    ) throws(ErrorReply) {
        update = try members.attributeUpdates()
        if operation == .scan { projection = try members.attributesToGet() }
        let expected = try members.expectations(for: operation)
        let filters = try members.conditions("QueryFilter", for: .query) + members.conditions("ScanFilter", for: .scan)
        try members.checkConditionalOperator(expected.count + filters.count)
        let isAnyEnough = members.string("ConditionalOperator") == "OR"
        condition = Condition(expected, isAnyEnough: isAnyEnough)
        filter = Condition(filters, isAnyEnough: isAnyEnough)
        if operation != .scan { projection = try members.attributesToGet() }
    }

    /// Parses what the request has of expressions; returns the KeyConditionExpression.
    private mutating func parseExpressions(
        _ members: Members,
        for operation: DynamoDB.Operation
    ) throws(ErrorReply) -> Condition? {
        let texts = (
            update: members.string("UpdateExpression"), condition: members.string("ConditionExpression"),
            key: members.string("KeyConditionExpression"), filter: members.string("FilterExpression"),
            projection: members.string("ProjectionExpression")
        )
        var attributes = try members.expressionAttributes(operation.attributeValueWording)
        do throws(ExpressionError) {
            if let text = texts.update { update = try Update(parsing: Array(text.utf8), attributes: &attributes) }
            if let text = texts.condition {
                condition = try Condition(parsing: Array(text.utf8), attributes: &attributes)
            }
            var keyCondition: Condition?
            if let text = texts.key {
                keyCondition = try Condition(parsing: Array(text.utf8), as: .keyCondition, attributes: &attributes)
            }
            if let text = texts.filter {
                filter = try Condition(parsing: Array(text.utf8), as: .filter, attributes: &attributes)
            }
            if let text = texts.projection {
                projection = try Projection(parsing: Array(text.utf8), attributes: &attributes)
            }
            try attributes.checkAllUsed()
            return keyCondition
        } catch {
            throw ErrorReply(error)
        }
    }

    private mutating func readKeyCondition(_ members: Members, _ expression: Condition?) throws(ErrorReply) {
        guard expression != nil || members.has("KeyConditions") else { return }
        let conditions = try members.conditions("KeyConditions", for: .query)
        do throws(ExpressionError) {
            keyCondition = try expression.map { (condition) throws(ExpressionError) in try KeyCondition(condition) }
            if expression == nil { keyCondition = try KeyCondition(conditions) }
        } catch {
            throw ErrorReply(error)
        }
    }
}

extension Members {
    /// `ExpressionAttributeNames` and `ExpressionAttributeValues`.
    fileprivate func expressionAttributes(
        _ wording: AttributeValueFailure.Wording
    ) throws(ErrorReply) -> ExpressionAttributes {
        do throws(AttributeValueError) {
            return try unsafe withBytes(raw("ExpressionAttributeNames")) { (names) throws(AttributeValueError) in
                try unsafe withBytes(raw("ExpressionAttributeValues")) { (values) throws(AttributeValueError) in
                    try unsafe ExpressionAttributes(names: names, values: values, wording: wording)
                }
            }
        } catch {
            switch error {
            case .serialization(let error): throw ErrorReply(error)
            case .validation(let message): throw .validation(message)
            }
        }
    }

    private func withBytes(
        _ bytes: [UInt8]?,
        _ body: (UnsafeRawBufferPointer?) throws(AttributeValueError) -> ExpressionAttributes
    ) throws(AttributeValueError) -> ExpressionAttributes {
        guard let bytes else { return try body(nil) }
        return try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(AttributeValueError) in
            try unsafe body(bytes)
        }
    }
}

extension ErrorReply {
    /// An expression, or a legacy parameter in its place, that is refused.
    init(_ error: ExpressionError) {
        self = .validation(error.message)
    }
}
