/// The operations of DynamoDB (botocore 1.44.5's model) and of DynamoDB Streams.
///
/// The raw value is the name in `X-Amz-Target`.
public enum Operation: String, CaseIterable, Sendable {
    case getItem = "GetItem"
    case batchGetItem = "BatchGetItem"
    case query = "Query"
    case scan = "Scan"
    case transactGetItems = "TransactGetItems"
    case searchVectors = "SearchVectors"

    case putItem = "PutItem"
    case updateItem = "UpdateItem"
    case deleteItem = "DeleteItem"
    case batchWriteItem = "BatchWriteItem"
    case transactWriteItems = "TransactWriteItems"

    case executeStatement = "ExecuteStatement"
    case batchExecuteStatement = "BatchExecuteStatement"
    case executeTransaction = "ExecuteTransaction"

    case describeTable = "DescribeTable"
    case describeTimeToLive = "DescribeTimeToLive"
    case describeContinuousBackups = "DescribeContinuousBackups"
    case describeContributorInsights = "DescribeContributorInsights"
    case describeKinesisStreamingDestination = "DescribeKinesisStreamingDestination"
    case describeTableReplicaAutoScaling = "DescribeTableReplicaAutoScaling"
    case describeGlobalTable = "DescribeGlobalTable"
    case describeGlobalTableSettings = "DescribeGlobalTableSettings"
    case describeBackup = "DescribeBackup"
    case describeExport = "DescribeExport"
    case describeImport = "DescribeImport"
    case describeBulkOperation = "DescribeBulkOperation"

    case createTable = "CreateTable"
    case deleteTable = "DeleteTable"
    case updateTable = "UpdateTable"
    case updateTimeToLive = "UpdateTimeToLive"
    case createGlobalTable = "CreateGlobalTable"
    case updateGlobalTable = "UpdateGlobalTable"
    case updateGlobalTableSettings = "UpdateGlobalTableSettings"
    case updateTableReplicaAutoScaling = "UpdateTableReplicaAutoScaling"
    case restoreTableFromBackup = "RestoreTableFromBackup"
    case restoreTableToPointInTime = "RestoreTableToPointInTime"
    case importTable = "ImportTable"
    case createBackup = "CreateBackup"
    case deleteBackup = "DeleteBackup"
    case exportTableToPointInTime = "ExportTableToPointInTime"
    case updateContinuousBackups = "UpdateContinuousBackups"
    case updateContributorInsights = "UpdateContributorInsights"
    case enableKinesisStreamingDestination = "EnableKinesisStreamingDestination"
    case disableKinesisStreamingDestination = "DisableKinesisStreamingDestination"
    case updateKinesisStreamingDestination = "UpdateKinesisStreamingDestination"
    case putResourcePolicy = "PutResourcePolicy"
    case deleteResourcePolicy = "DeleteResourcePolicy"
    case getResourcePolicy = "GetResourcePolicy"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case listTagsOfResource = "ListTagsOfResource"

    case startBulkPutItems = "StartBulkPutItems"
    case cancelBulkOperation = "CancelBulkOperation"

    case listTables = "ListTables"
    case listBackups = "ListBackups"
    case listExports = "ListExports"
    case listImports = "ListImports"
    case listGlobalTables = "ListGlobalTables"
    case listContributorInsights = "ListContributorInsights"
    case listBulkOperations = "ListBulkOperations"
    case describeLimits = "DescribeLimits"
    case describeEndpoints = "DescribeEndpoints"

    case listStreams = "ListStreams"
    case describeStream = "DescribeStream"
    case getShardIterator = "GetShardIterator"
    case getRecords = "GetRecords"

    /// The name in `X-Amz-Target`, after the dot.
    public var name: String { rawValue }

    /// The operation of this API with that name; nil when there is none.
    ///
    /// Does not allocate.
    public static func named(_ name: UnsafeRawBufferPointer, api: API) -> Self? {
        guard name.count < byLength.count else { return nil }
        // An iterator would be allocated in a build without optimisation.
        for index in byLength[name.count].indices {
            let entry = byLength[name.count][index]
            guard entry.operation.api == api else { continue }
            if unsafe entry.name.withUnsafeBytes({ unsafe rawEqual($0, name) }) { return entry.operation }
        }
        return nil
    }

    /// The operations by the length of their names.
    private static let byLength: [[(name: [UInt8], operation: Self)]] = {
        var result: [[(name: [UInt8], operation: Self)]] = []
        for operation in allCases {
            let name = Array(operation.rawValue.utf8)
            while result.count <= name.count { result.append([]) }
            result[name.count].append((name, operation))
        }
        return result
    }()
}

extension Operation {
    /// The two services behind one endpoint.
    public enum API: String, Sendable {
        case dynamoDB = "DynamoDB_20120810"
        case streams = "DynamoDBStreams_20120810"
    }

    /// What an operation does to the data.
    public enum Category: Sendable {
        /// Reads items.
        case read
        /// Writes items whose keys stand in the request.
        case write
        /// Reads or writes items as its statements say.
        case partiQL
        /// Describes one table.
        case controlRead
        /// Changes one table, or what belongs to it, but not single items.
        case controlWrite
        /// Writes unnamed items behind the proxy's back.
        case bulkWrite
        /// Tells about the whole account.
        case list
        /// Reads a table's change feed.
        case streams
    }

    /// What the proxy does with an operation for a tenant that shares its upstream.
    public enum Policy: Sendable {
        /// Answers it from the cache when it can.
        case serve
        /// Sends it upstream.
        case forward
        /// Sends it upstream and takes out of the reply what is not the tenant's.
        case filter
        /// Answers it without asking upstream.
        case synthesise
        /// Refuses it.
        case deny
    }
}
