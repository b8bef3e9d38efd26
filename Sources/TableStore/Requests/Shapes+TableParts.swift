/// Parts of the requests that make and change tables.
extension Shapes {
    static let attributeDefinitions = Shape.list(
        .structure(
            "AttributeDefinition",
            [
                .init("AttributeName", .text(1...255), .required),
                .init("AttributeType", .values("B", "N", "S"), .required),
            ]
        )
    )

    static let keySchema = Shape.list(
        .structure(
            "KeySchemaElement",
            [
                .init("AttributeName", .text(1...255), .required),
                .init("KeyType", .values("HASH", "RANGE"), .required),
            ]
        ),
        count: 1...2
    )

    static let billingMode = Shape.values("PROVISIONED", "PAY_PER_REQUEST")

    static let provisionedThroughput = Shape.structure(
        "ProvisionedThroughput",
        [
            .init("WriteCapacityUnits", .long(1...Int.max), .required),
            .init("ReadCapacityUnits", .long(1...Int.max), .required),
        ]
    )

    static let onDemandThroughput = Shape.structure(
        "OnDemandThroughput",
        [
            .init("MaxReadRequestUnits", .long()),
            .init("MaxWriteRequestUnits", .long()),
        ]
    )

    static let warmThroughput = Shape.structure(
        "WarmThroughput",
        [
            .init("ReadUnitsPerSecond", .long()),
            .init("WriteUnitsPerSecond", .long()),
        ]
    )

    static let projection = Shape.structure(
        "Projection",
        [
            .init("ProjectionType", .values("ALL", "INCLUDE", "KEYS_ONLY")),
            .init("NonKeyAttributes", .list(.text(1...255), count: 1...20)),
        ]
    )

    static let streamSpecification = Shape.structure(
        "StreamSpecification",
        [
            .init("StreamEnabled", .boolean, .required),
            .init("StreamViewType", .values("OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE")),
        ]
    )

    static let encryption = Shape.structure(
        "SSESpecification",
        [
            .init("Enabled", .boolean),
            .init("SSEType", .values("AES256", "KMS")),
            .init("KMSMasterKeyId", .text(1...Int.max)),
        ]
    )

    static let tags = Shape.list(
        .structure(
            "Tag",
            [
                .init("Key", .string()),
                .init("Value", .string()),
            ]
        )
    )

    static let tableClass = Shape.values("STANDARD", "STANDARD_INFREQUENT_ACCESS")
    static let replicationMode = Shape.values("ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES")

    static let globalIndexUpdate: [Shape.Member] = [
        .init("IndexName", indexName, .required),
        .init("ProvisionedThroughput", provisionedThroughput),
        .init("OnDemandThroughput", onDemandThroughput),
        .init("WarmThroughput", warmThroughput),
    ]

    static let globalIndexCreation: [Shape.Member] = [
        .init("IndexName", indexName, .required),
        .init("ProvisionedThroughput", provisionedThroughput),
        .init("KeySchema", keySchema, .required),
        .init("Projection", projection, .required),
        .init("OnDemandThroughput", onDemandThroughput),
        .init("WarmThroughput", warmThroughput),
    ]

    static let vectorIndex: [Shape.Member] = [
        .init("IndexName", indexName, .required),
        .init(
            "VectorAttribute",
            .structure("VectorAttributeDefinition", [.init("AttributeName", .text(1...255), .required)]),
            .required
        ),
        .init(
            "SearchSchema",
            .list(
                .structure(
                    "SearchSchemaElement",
                    [
                        .init("AttributeName", .text(0...65535), .required),
                        .init("SearchSchemaElementType", .values("HASH", "INLINE_FILTER"), .required),
                    ]
                ),
                count: 1...Int.max
            )
        ),
        .init("Projection", projection, .required),
        .init("Dimensions", .long(1...Int.max), .required),
        .init("DistanceFunction", .values("COSINE", "DOT_PRODUCT", "EUCLIDEAN"), .required),
    ]

    static let witnessUpdate: [Shape.Member] = [
        .init("Create", .structure("CreateGlobalTableWitnessGroupMemberAction", region)),
        .init("Delete", .structure("DeleteGlobalTableWitnessGroupMemberAction", region)),
    ]

    static let replicaUpdate: [Shape.Member] = [
        .init("Create", .structure("CreateReplicationGroupMemberAction", replica)),
        .init("Update", .structure("UpdateReplicationGroupMemberAction", replica)),
        .init("Delete", .structure("DeleteReplicationGroupMemberAction", region)),
        .init(
            "Disassociate",
            .structure(
                "DisassociateReplicationGroupMemberAction",
                region + [.init("DisassociationMode", .values("WAIT_FOR_REPLICATION"), .required)]
            )
        ),
    ]

    static let region: [Shape.Member] = [.init("RegionName", .string(), .required)]

    static let replica: [Shape.Member] =
        region + [
            .init("KMSMasterKeyId", .text(1...Int.max)),
            .init("ProvisionedThroughputOverride", provisionedOverride),
            .init("OnDemandThroughputOverride", onDemandOverride),
            .init(
                "GlobalSecondaryIndexes",
                .list(
                    .structure(
                        "ReplicaGlobalSecondaryIndex",
                        [
                            .init("IndexName", indexName, .required),
                            .init("ProvisionedThroughputOverride", provisionedOverride),
                            .init("OnDemandThroughputOverride", onDemandOverride),
                        ]
                    ),
                    count: 1...Int.max
                )
            ),
            .init("TableClassOverride", tableClass),
        ]

    static let provisionedOverride = Shape.structure(
        "ProvisionedThroughputOverride",
        [.init("ReadCapacityUnits", .long(1...Int.max))]
    )

    static let onDemandOverride = Shape.structure(
        "OnDemandThroughputOverride",
        [.init("MaxReadRequestUnits", .long())]
    )
}
