extension Shapes {
    static let listStreams: [Shape.Member] = [
        .init("TableName", .string(.name)),
        .init("Limit", .integer(1...100)),
        .init("ExclusiveStartStreamArn", .text(37...1024)),
    ]

    static let describeStream: [Shape.Member] = [
        .init("StreamArn", .text(37...1024), .required),
        .init("Limit", .integer(1...100)),
        .init("ExclusiveStartShardId", .text(28...65)),
        .init(
            "ShardFilter",
            .structure(
                "ShardFilter",
                [
                    .init("Type", .values("CHILD_SHARDS")),
                    .init("ShardId", .text(28...65)),
                ]
            )
        ),
    ]

    static let getShardIterator: [Shape.Member] = [
        .init("StreamArn", .text(37...1024), .required),
        .init("ShardId", .text(28...65), .required),
        .init(
            "ShardIteratorType",
            .values("TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"),
            .required
        ),
        .init("SequenceNumber", .text(21...40)),
        .init("Timestamp", .timestamp),
    ]

    static let getRecords: [Shape.Member] = [
        .init("ShardIterator", .text(1...2048), .required),
        .init("Limit", .integer(1...1000)),
    ]
}
