import DynamoDB

/// What transactions have in common.
enum Transactions {
    /// Bytes of all items of one.
    static let maximumBytes = 4 << 20

    /// Which item an action is about.
    struct Target: Hashable {
        var table: Int64
        var key: StorageKey
    }

    /// The expressions of an action.
    ///
    /// Nil when it has none; its substitutes are not looked at then, unlike those of other operations (ExtendDB/extenddb,
    /// pull request 169, compared with the service).
    static func expressions(
        _ action: Members,
        for operation: DynamoDB.Operation
    ) throws(ErrorReply) -> RequestExpressions? {
        guard ["ConditionExpression", "UpdateExpression", "ProjectionExpression"].contains(where: action.has) else {
            return nil
        }
        return try RequestExpressions(action, for: operation)
    }
}

extension ErrorReply {
    static let sameItemTwice = validation("Transaction request cannot include multiple operations on one item")
    static let transactionTooLarge = validation("Transaction payload size cannot exceed 4 MB")
}
