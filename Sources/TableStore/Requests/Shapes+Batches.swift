extension Shapes {
    /// RequestItems stand first: paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/batchOperations.test.ts,
    /// which ran against the service in October 2026, as the words about their names did.
    static let batchGetItem: [Shape.Member] = [
        .init(
            "RequestItems",
            .map(
                .structure(
                    "KeysAndAttributes",
                    [
                        .init("Keys", .list(.attributeMap, count: 1...100), .required, wording: .bare),
                        .init("AttributesToGet", attributesToGet),
                        .init("ConsistentRead", .boolean),
                        .init("ProjectionExpression", .string()),
                        expressionAttributeNames,
                    ]
                ),
                MapConstraint(
                    count: 1...100,
                    hasTableNames: true,
                    showsJSON: true,
                    emptyMessage: "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
                        + "Member must have length greater than or equal to 1"
                )
            ),
            .required
        ),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
    ]

    static let batchWriteItem: [Shape.Member] = [
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
        .init(
            "RequestItems",
            .map(
                .list(
                    .structure(
                        "WriteRequest",
                        [
                            .init("PutRequest", .structure("PutRequest", [item])),
                            .init("DeleteRequest", .structure("DeleteRequest", [key])),
                        ]
                    )
                ),
                MapConstraint(
                    count: 1...25,
                    valueCount: 1...25,
                    hasTableNames: true,
                    givesWay: true,
                    emptyMessage: "The requestItems parameter is required for BatchWriteItem"
                )
            ),
            .required
        ),
    ]

    static let transactGetItems: [Shape.Member] = [
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init(
            "TransactItems",
            .list(
                .structure(
                    "TransactGetItem",
                    [
                        .init(
                            "Get",
                            .structure(
                                "Get",
                                [
                                    key,
                                    tableName,
                                    .init("ProjectionExpression", .string()),
                                    expressionAttributeNames,
                                ]
                            ),
                            .required
                        )
                    ]
                ),
                count: 1...100
            ),
            .required
        ),
    ]

    static let transactWriteItems: [Shape.Member] = [
        .init("ClientRequestToken", .text(1...36)),
        .init("ReturnConsumedCapacity", returnConsumedCapacity),
        .init("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
        .init(
            "TransactItems",
            .list(
                .structure(
                    "TransactWriteItem",
                    [
                        .init(
                            "ConditionCheck",
                            action("ConditionCheck", key, condition: .required)
                        ),
                        .init("Put", action("Put", item)),
                        .init("Delete", action("Delete", key)),
                        .init(
                            "Update",
                            action(
                                "Update",
                                key,
                                .init("UpdateExpression", .string(), .required)
                            )
                        ),
                    ]
                ),
                count: 1...100
            ),
            .required
        ),
    ]

    private static let key = Shape.Member("Key", .attributeMap, .required)
    private static let item = Shape.Member("Item", .attributeMap, .required)

    private static func action(
        _ name: String,
        _ members: Shape.Member...,
        condition: Shape.Presence = .optional
    ) -> Shape {
        .structure(
            name,
            members + [
                tableName,
                .init("ConditionExpression", .string(), condition),
                .init("ReturnValuesOnConditionCheckFailure", returnValuesOnConditionCheckFailure),
                expressionAttributeValues,
                expressionAttributeNames,
            ]
        )
    }
}
