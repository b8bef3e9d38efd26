import DynamoDB

/// The operations that use read or write capacity.
enum DataOperation: Int, CaseIterable, Sendable {
    case getItem
    case batchGetItem
    case query
    case scan
    case transactGetItems
    case searchVectors
    case putItem
    case updateItem
    case deleteItem
    case batchWriteItem
    case transactWriteItems
    case executeStatement
    case batchExecuteStatement
    case executeTransaction

    /// Nil for the control plane, streams and bulk operations, which are not charged to the tenant.
    init?(_ operation: Operation) {
        switch operation {
        case .getItem: self = .getItem
        case .batchGetItem: self = .batchGetItem
        case .query: self = .query
        case .scan: self = .scan
        case .transactGetItems: self = .transactGetItems
        case .searchVectors: self = .searchVectors
        case .putItem: self = .putItem
        case .updateItem: self = .updateItem
        case .deleteItem: self = .deleteItem
        case .batchWriteItem: self = .batchWriteItem
        case .transactWriteItems: self = .transactWriteItems
        case .executeStatement: self = .executeStatement
        case .batchExecuteStatement: self = .batchExecuteStatement
        case .executeTransaction: self = .executeTransaction
        default: return nil
        }
    }

    /// Its value of X-Amz-Target; a literal, so that no request makes a text of its own.
    var target: String {
        switch self {
        case .getItem: "DynamoDB_20120810.GetItem"
        case .batchGetItem: "DynamoDB_20120810.BatchGetItem"
        case .query: "DynamoDB_20120810.Query"
        case .scan: "DynamoDB_20120810.Scan"
        case .transactGetItems: "DynamoDB_20120810.TransactGetItems"
        case .searchVectors: "DynamoDB_20120810.SearchVectors"
        case .putItem: "DynamoDB_20120810.PutItem"
        case .updateItem: "DynamoDB_20120810.UpdateItem"
        case .deleteItem: "DynamoDB_20120810.DeleteItem"
        case .batchWriteItem: "DynamoDB_20120810.BatchWriteItem"
        case .transactWriteItems: "DynamoDB_20120810.TransactWriteItems"
        case .executeStatement: "DynamoDB_20120810.ExecuteStatement"
        case .batchExecuteStatement: "DynamoDB_20120810.BatchExecuteStatement"
        case .executeTransaction: "DynamoDB_20120810.ExecuteTransaction"
        }
    }

    /// Whether it takes `ReturnConsumedCapacity`.
    var reportsCapacity: Bool { self != .searchVectors }

    /// Units for one of its items before anything is known of the tenant's.
    var firstEstimate: Double {
        switch self {
        case .getItem, .batchGetItem: 0.5
        case .query, .searchVectors: 2
        case .scan: 16
        case .transactGetItems, .executeTransaction: 2
        default: 1
        }
    }
}
