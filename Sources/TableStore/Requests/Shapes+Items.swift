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
        .init("ReturnValues", returnValues),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
        tableName,
        .init("Item", .attributeMap, .required),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        .init("ConditionalOperator", conditionalOperator),
        .init("Expected", expected),
        .init("ConditionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let deleteItem: [Shape.Member] = [
        .init("ReturnValues", returnValues),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
        tableName,
        .init("Key", .attributeMap, .required),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        .init("ConditionalOperator", conditionalOperator),
        .init("Expected", expected),
        .init("ConditionExpression", .string()),
        expressionAttributeValues,
        expressionAttributeNames,
    ]

    static let updateItem: [Shape.Member] = [
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        tableName,
        .init("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
        .init("ReturnValues", returnValues, wording: .alone),
        .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
        .init("Key", .attributeMap, .required),
        .init("ConditionalOperator", conditionalOperator),
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
        .init("ConditionalOperator", conditionalOperator),
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

    private static let select = Shape.values(
        "SPECIFIC_ATTRIBUTES",
        "COUNT",
        "ALL_ATTRIBUTES",
        "ALL_PROJECTED_ATTRIBUTES"
    )
}
