/// Kinds of requests as they are sent.
enum WireKind: Int, CaseIterable {
    case get
    case consistentGet
    case put
    case update
    case delete
    case batchGet
    case query
    case batchWrite
    case createTable
    case describeTable

    var operation: String {
        switch self {
        case .get, .consistentGet: "GetItem"
        case .put: "PutItem"
        case .update: "UpdateItem"
        case .delete: "DeleteItem"
        case .batchGet: "BatchGetItem"
        case .query: "Query"
        case .batchWrite: "BatchWriteItem"
        case .createTable: "CreateTable"
        case .describeTable: "DescribeTable"
        }
    }

    /// Whether its contents are drawn, and its number is only theirs.
    var isDrawn: Bool { self == .batchGet || self == .query }

    /// Whether the same number always means the same body, so that its signature can be used again.
    var isRepeatable: Bool { rawValue <= WireKind.query.rawValue }
}
