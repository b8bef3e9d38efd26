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
