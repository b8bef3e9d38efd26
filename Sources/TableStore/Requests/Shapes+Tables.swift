extension Shapes {
    static let createTable: [Shape.Member] = [
        .init("AttributeDefinitions", attributeDefinitions, .required),
        .init("TableName", .string(.tableName), tableNameDemanded),
        .init("BillingMode", billingMode),
        .init("ProvisionedThroughput", provisionedThroughput),
        .init("KeySchema", keySchema, .required),
        // Global indexes first: paritysuite/dynamodb-conformance, tests/tier3/validation-ordering/createTable.test.ts.
        .init(
            "GlobalSecondaryIndexes",
            .list(
                .structure(
                    "GlobalSecondaryIndex",
                    [
                        .init("IndexName", indexName, .required),
                        .init("ProvisionedThroughput", provisionedThroughput),
                        .init("KeySchema", keySchema, .required),
                        .init("Projection", projection, .required),
                        .init("OnDemandThroughput", onDemandThroughput),
                        .init("WarmThroughput", warmThroughput),
                    ]
                )
            )
        ),
        .init(
            "LocalSecondaryIndexes",
            .list(
                .structure(
                    "LocalSecondaryIndex",
                    [
                        .init("IndexName", indexName, .required),
                        .init("KeySchema", keySchema, .required),
                        .init("Projection", projection, .required),
                    ]
                )
            )
        ),
        .init("StreamSpecification", streamSpecification),
        .init("SSESpecification", encryption),
        .init("Tags", tags),
        .init("TableClass", .string()),
        .init("DeletionProtectionEnabled", .boolean),
        .init("WarmThroughput", warmThroughput),
        .init("ResourcePolicy", .string()),
        .init("OnDemandThroughput", onDemandThroughput),
        .init("GlobalTableSourceArn", .text(1...1024)),
        .init("GlobalTableSettingsReplicationMode", replicationMode),
        .init("VectorIndexes", .list(.structure("VectorIndex", vectorIndex))),
    ]

    static let updateTable: [Shape.Member] = [
        .init("AttributeDefinitions", attributeDefinitions),
        managedTableName,
        .init("BillingMode", billingMode),
        .init("ProvisionedThroughput", provisionedThroughput),
        .init(
            "GlobalSecondaryIndexUpdates",
            .list(
                .structure(
                    "GlobalSecondaryIndexUpdate",
                    [
                        .init("Update", .structure("UpdateGlobalSecondaryIndexAction", globalIndexUpdate)),
                        .init("Create", .structure("CreateGlobalSecondaryIndexAction", globalIndexCreation)),
                        .init(
                            "Delete",
                            .structure(
                                "DeleteGlobalSecondaryIndexAction",
                                [.init("IndexName", indexName, .required)]
                            )
                        ),
                    ]
                )
            )
        ),
        .init("StreamSpecification", streamSpecification),
        .init("SSESpecification", encryption),
        .init("ReplicaUpdates", .list(.structure("ReplicationGroupUpdate", replicaUpdate), count: 1...Int.max)),
        .init("TableClass", .string()),
        .init("DeletionProtectionEnabled", .boolean),
        .init("MultiRegionConsistency", .values("EVENTUAL", "STRONG")),
        .init(
            "GlobalTableWitnessUpdates",
            .list(.structure("GlobalTableWitnessGroupUpdate", witnessUpdate), count: 1...1)
        ),
        .init("OnDemandThroughput", onDemandThroughput),
        .init("WarmThroughput", warmThroughput),
        .init("GlobalTableSettingsReplicationMode", replicationMode),
        .init("DisassociationProtectionEnabled", .boolean),
        .init(
            "VectorIndexUpdates",
            .list(
                .structure(
                    "VectorIndexUpdate",
                    [
                        .init("Create", .structure("CreateVectorIndexAction", vectorIndex)),
                        .init(
                            "Delete",
                            .structure("DeleteVectorIndexAction", [.init("IndexName", indexName, .required)])
                        ),
                    ]
                )
            )
        ),
    ]

    static let describeTable: [Shape.Member] = [managedTableName]
    static let deleteTable: [Shape.Member] = [managedTableName]

    static let listTables: [Shape.Member] = [
        .init("ExclusiveStartTableName", .string(.name)),
        .init("Limit", .integer(1...100)),
    ]

    static let updateTimeToLive: [Shape.Member] = [
        managedTableName,
        .init(
            "TimeToLiveSpecification",
            .structure(
                "TimeToLiveSpecification",
                [
                    .init("Enabled", .boolean, .required),
                    .init("AttributeName", .text(1...255), .required),
                ]
            ),
            .required
        ),
    ]

    static let describeTimeToLive: [Shape.Member] = [managedTableName]
    static let describeContinuousBackups: [Shape.Member] = [managedTableName]

    static let tagResource: [Shape.Member] = [
        .init("ResourceArn", .string(), .demanded("Invalid TableArn")),
        .init("Tags", tags, .required),
    ]

    static let untagResource: [Shape.Member] = [
        .init("ResourceArn", .string(), .demanded("Invalid TableArn")),
        .init("TagKeys", .list(.string()), .required),
    ]

    static let listTagsOfResource: [Shape.Member] = [
        .init("ResourceArn", .string(), .demanded("Invalid TableArn")),
        .init("NextToken", .string()),
    ]

    static let describeLimits: [Shape.Member] = []
    static let describeEndpoints: [Shape.Member] = []
}
