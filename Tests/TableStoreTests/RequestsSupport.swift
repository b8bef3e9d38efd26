import DynamoDB
import Testing

@testable import TableStore

/// Decoding of requests by the operation's name.
enum RequestsSupport {
    static let shapes: [String: [Shape.Member]] = [
        "CreateTable": Shapes.createTable, "DescribeTable": Shapes.describeTable, "UpdateTable": Shapes.updateTable,
        "DeleteTable": Shapes.deleteTable, "ListTables": Shapes.listTables,
        "UpdateTimeToLive": Shapes.updateTimeToLive, "DescribeTimeToLive": Shapes.describeTimeToLive,
        "TagResource": Shapes.tagResource, "UntagResource": Shapes.untagResource,
        "ListTagsOfResource": Shapes.listTagsOfResource, "DescribeLimits": Shapes.describeLimits,
        "DescribeEndpoints": Shapes.describeEndpoints,
        "DescribeContinuousBackups": Shapes.describeContinuousBackups, "PutItem": Shapes.putItem,
        "GetItem": Shapes.getItem, "UpdateItem": Shapes.updateItem, "DeleteItem": Shapes.deleteItem,
        "Query": Shapes.query, "Scan": Shapes.scan, "BatchGetItem": Shapes.batchGetItem,
        "BatchWriteItem": Shapes.batchWriteItem, "TransactGetItems": Shapes.transactGetItems,
        "TransactWriteItems": Shapes.transactWriteItems, "ListStreams": Shapes.listStreams,
        "DescribeStream": Shapes.describeStream, "GetShardIterator": Shapes.getShardIterator,
        "GetRecords": Shapes.getRecords,
    ]

    static func decode(_ operation: String, _ body: String) throws -> Members {
        try Members(Array(body.utf8), as: #require(shapes[operation]))
    }

    /// The error that refuses a body; nil when it is taken.
    static func refusal(_ operation: String, _ body: String) throws -> ErrorReply? {
        do {
            _ = try decode(operation, body)
            return nil
        } catch let error as ErrorReply {
            return error
        }
    }

    /// What DynamoDB says of these broken constraints.
    static func listing(_ failures: [String]) -> String {
        "\(failures.count) validation error\(failures.count == 1 ? "" : "s") detected: "
            + failures.joined(separator: "; ")
    }
}
