extension Shapes {
    static let getItem: [Shape.Member] = [
        .init("AttributesToGet", attributesToGet),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("Key", .attributeMap, .required),
        tableName,
        .init("ConsistentRead", .boolean),
        .init("ProjectionExpression", .string()),
        expressionAttributeNames,
    ]

    static let putItem: [Shape.Member] = [
        .init("ReturnValues", returnValues, wording: .enumeration(returnValuesMessage)),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        writtenMetrics,
        writtenTableName,
        .init("Item", .attributeMap, .required),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        writtenOperator,
        .init("Expected", expected),
        .init("ConditionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let deleteItem: [Shape.Member] = [
        .init("ReturnValues", returnValues, wording: .enumeration(returnValuesMessage)),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        writtenMetrics,
        writtenTableName,
        .init("Key", .attributeMap, .required),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        writtenOperator,
        .init("Expected", expected),
        .init("ConditionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let updateItem: [Shape.Member] = [
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        writtenTableName,
        writtenMetrics,
        .init("ReturnValues", returnValues, wording: .enumerationAlone(returnValuesMessage)),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        writtenOperator,
        .init("Key", .attributeMap, .required),
        .init("Expected", expected),
        .init(
            "AttributeUpdates",
            .map(
                .structure(
                    "AttributeValueUpdate",
                    [
                        .init("Action", .values("PUT", "DELETE", "ADD")),
                        .init("Value", .attributeValue),
                    ]
                )
            )
        ),
        .init("ConditionExpression", .string()),
        .init("UpdateExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let query: [Shape.Member] = [
        .init("Select", select),
        .init("IndexName", indexName),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("QueryFilter", conditions),
        tableName,
        .init(
            "ConditionalOperator",
            conditionalOperator,
            wording: .sentence("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")
        ),
        .init("AttributesToGet", attributesToGet),
        .init("Limit", positive, wording: .bare),
        .init("KeyConditions", conditions),
        .init("ExclusiveStartKey", .attributeMap),
        .init("ConsistentRead", .boolean),
        .init("ScanIndexForward", .boolean),
        .init("FilterExpression", .string()),
        .init("KeyConditionExpression", .string()),
        .init("ProjectionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let scan: [Shape.Member] = [
        .init("Select", select),
        .init("IndexName", indexName),
        .init("TotalSegments", .integer(1...1_000_000)),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        tableName,
        .init("ConditionalOperator", conditionalOperator),
        .init("ScanFilter", conditions),
        .init("Segment", .integer(0...999_999)),
        .init("Limit", positive),
        .init("AttributesToGet", attributesToGet),
        .init("ExclusiveStartKey", .attributeMap),
        .init("ConsistentRead", .boolean),
        .init("FilterExpression", .string()),
        .init("ProjectionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    private static let writtenTableName = Shape.Member(
        "TableName",
        .string(.tableName),
        .required,
        wording: .bareWhenEmpty
    )
    /// The service's words, `UPDATE_NEW` as well.
    private static let returnValuesMessage =
        "Failed to satisfy constraint: "
        + "Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    private static let writtenMetrics = Shape.Member(
        "ReturnItemCollectionMetrics",
        returnItemCollectionMetrics,
        wording: .enumeration("ReturnItemCollectionMetrics can only be SIZE or NONE")
    )
    private static let writtenOperator = Shape.Member(
        "ConditionalOperator",
        conditionalOperator,
        wording: .enumeration("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")
    )

    private static let select = Shape.values(
        "SPECIFIC_ATTRIBUTES",
        "COUNT",
        "ALL_ATTRIBUTES",
        "ALL_PROJECTED_ATTRIBUTES"
    )
}
