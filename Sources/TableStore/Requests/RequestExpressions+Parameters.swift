import DynamoDB

/// The expressions that an operation has, and the legacy parameters in their place.
///
/// The messages list names in the orders below (mhart/dynalite, validations/, and ExtendDB/extenddb,
/// tests/test_conditional_operator.py; both ran against the service).
struct ExpressionParameters {
    private static let read = ExpressionParameters(["ProjectionExpression"], values: [], legacy: ["AttributesToGet"])
    private static let write = ExpressionParameters(
        values: ["ConditionExpression"],
        legacy: ["Expected", "ConditionalOperator"]
    )
    private static let update = ExpressionParameters(
        values: ["UpdateExpression", "ConditionExpression"],
        legacy: ["AttributeUpdates", "Expected", "ConditionalOperator"]
    )
    private static let query = ExpressionParameters(
        ["ProjectionExpression"],
        values: ["FilterExpression", "KeyConditionExpression"],
        legacy: ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"]
    )
    private static let scan = ExpressionParameters(
        ["ProjectionExpression"],
        values: ["FilterExpression"],
        legacy: ["AttributesToGet", "ScanFilter", "ConditionalOperator"]
    )

    private let expressions: [String]
    /// The expressions that may use `ExpressionAttributeValues`.
    private let valueExpressions: [String]
    private let legacyParameters: [String]

    private init(_ others: [String] = [], values: [String], legacy: [String]) {
        expressions = others + values
        valueExpressions = values
        legacyParameters = legacy
    }

    /// Those of an operation; of a transaction, those of the action that `members` are.
    static func of(_ operation: DynamoDB.Operation, _ members: Members) -> ExpressionParameters {
        switch operation {
        case .updateItem: update
        case .putItem, .deleteItem: write
        case .transactWriteItems: members.has("UpdateExpression") ? update : write
        case .query: query
        case .scan: scan
        default: read
        }
    }

    /// Whether the request has any of them.
    func areUsed(in members: Members) -> Bool {
        expressions.contains(where: members.has) || legacyParameters.contains(where: members.has)
    }

    /// Refuses expressions beside legacy parameters, and substitutes without expressions.
    func check(_ members: Members, for operation: DynamoDB.Operation) throws(ErrorReply) {
        let expressions = expressions.filter(members.has)
        // KeyConditions may stand beside other expressions than the one in its place.
        let legacyParameters = legacyParameters.filter {
            members.has($0) && ($0 != "KeyConditions" || members.has("KeyConditionExpression"))
        }
        if !expressions.isEmpty, !legacyParameters.isEmpty {
            throw .validation(
                "Can not use both expression and non-expression parameters in the same request: "
                    + "Non-expression parameters: {\(legacyParameters.joined(separator: ", "))} "
                    + "Expression parameters: {\(expressions.joined(separator: ", "))}"
            )
        }
        if expressions.isEmpty, members.has("ExpressionAttributeNames") {
            throw .validation("ExpressionAttributeNames can only be specified when using expressions")
        }
        if members.has("ExpressionAttributeValues"), !valueExpressions.contains(where: members.has) {
            let missing =
                switch operation {
                // In their newer words (CountedErrors).
                case .putItem, .updateItem, .deleteItem: ""
                default:
                    ": " + valueExpressions.joined(separator: " and ")
                        + (valueExpressions.count > 1 ? " are null" : " is null")
                }
            throw .validation("ExpressionAttributeValues can only be specified when using expressions" + missing)
        }
    }
}
