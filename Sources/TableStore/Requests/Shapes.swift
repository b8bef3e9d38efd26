/// The requests of the operations that are served, by operation.
///
/// Types and constraints: botocore 1.44's service model. Members stand in the order in which DynamoDB lists broken
/// constraints, and values in the order of its messages (mhart/dynalite, validations/, which was tested against the
/// service); where neither is known, in the model's order.
enum Shapes {
    // MARK: Shared by many operations

    static let tableName = Shape.Member("TableName", .string(.tableName), .required)
    static let managedTableName = Shape.Member("TableName", .string(.managedTableName), tableNameDemanded)
    static let tableNameDemanded = Shape.Presence.demanded(
        "The parameter 'TableName' is required but was not present in the request"
    )
    static let indexName = Shape.string(.name)
    static let returnConsumedCapacity = Shape.values("INDEXES", "TOTAL", "NONE")
    static let returnItemCollectionMetrics = Shape.values("SIZE", "NONE")
    static let returnValues = Shape.values("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
    static let returnValuesOnConditionCheckFailure = Shape.values("ALL_OLD", "NONE")
    static let conditionalOperator = Shape.values("OR", "AND")
    static let attributesToGet = Shape.list(.text(0...65535), count: 1...Int.max)
    static let positive = Shape.integer(1...Int.max)

    static let expected = Shape.map(
        .structure(
            "ExpectedAttributeValue",
            [
                .init("AttributeValueList", .list(.attributeValue)),
                .init("ComparisonOperator", comparisonOperator),
                .init("Exists", .boolean),
                .init("Value", .attributeValue),
            ]
        )
    )
    static let conditions = Shape.map(
        .structure(
            "Condition",
            [
                .init("AttributeValueList", .list(.attributeValue)),
                .init("ComparisonOperator", comparisonOperator, .required),
            ]
        )
    )
    private static let comparisonOperator = Shape.values(
        "IN",
        "NULL",
        "BETWEEN",
        "LT",
        "NOT_CONTAINS",
        "EQ",
        "GT",
        "NOT_NULL",
        "NE",
        "LE",
        "BEGINS_WITH",
        "GE",
        "CONTAINS"
    )

    static let expressionAttributeNames = Shape.Member("ExpressionAttributeNames", .rawStrings)
    static let expressionAttributeValues = Shape.Member("ExpressionAttributeValues", .rawValues)
}
