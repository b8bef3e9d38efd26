extension Operation {
    /// Which of the two services has it.
    public var api: API { category == .streams ? .streams : .dynamoDB }

    /// What it does to the data.
    public var category: Category {
        switch self {
        case .getItem, .batchGetItem, .query, .scan, .transactGetItems, .searchVectors:
            .read
        case .putItem, .updateItem, .deleteItem, .batchWriteItem, .transactWriteItems:
            .write
        case .executeStatement, .batchExecuteStatement, .executeTransaction:
            .partiQL
        case .describeTable, .describeTimeToLive, .describeContinuousBackups, .describeContributorInsights,
            .describeKinesisStreamingDestination, .describeTableReplicaAutoScaling, .describeGlobalTable,
            .describeGlobalTableSettings, .describeBackup, .describeExport, .describeImport, .describeBulkOperation:
            .controlRead
        case .createTable, .deleteTable, .updateTable, .updateTimeToLive, .createGlobalTable, .updateGlobalTable,
            .updateGlobalTableSettings, .updateTableReplicaAutoScaling, .restoreTableFromBackup,
            .restoreTableToPointInTime, .importTable, .createBackup, .deleteBackup, .exportTableToPointInTime,
            .updateContinuousBackups, .updateContributorInsights, .enableKinesisStreamingDestination,
            .disableKinesisStreamingDestination, .updateKinesisStreamingDestination, .putResourcePolicy,
            .deleteResourcePolicy, .getResourcePolicy, .tagResource, .untagResource, .listTagsOfResource:
            .controlWrite
        case .startBulkPutItems, .cancelBulkOperation:
            .bulkWrite
        case .listTables, .listBackups, .listExports, .listImports, .listGlobalTables, .listContributorInsights,
            .listBulkOperations, .describeLimits, .describeEndpoints:
            .list
        case .listStreams, .describeStream, .getShardIterator, .getRecords:
            .streams
        }
    }

    /// What is done with it for a tenant whose configuration does not say.
    public var defaultPolicy: Policy {
        switch self {
        case .getItem, .batchGetItem:
            .serve
        case .listTables:
            .filter
        case .describeLimits, .describeEndpoints:
            .synthesise
        case .query, .scan, .transactGetItems, .searchVectors, .putItem, .updateItem, .deleteItem, .batchWriteItem,
            .transactWriteItems, .executeStatement, .batchExecuteStatement, .executeTransaction, .describeTable,
            .describeTimeToLive, .describeContinuousBackups, .describeContributorInsights,
            .describeKinesisStreamingDestination, .describeTableReplicaAutoScaling, .createTable, .deleteTable,
            .updateTable, .updateTimeToLive, .tagResource, .untagResource, .listTagsOfResource, .listStreams,
            .describeStream, .getShardIterator, .getRecords:
            .forward
        // These run with the operator's credentials on things outside the table (S3, Kinesis, KMS, replicas, policies),
        // or tell about other tenants' tables.
        case .describeGlobalTable, .describeGlobalTableSettings, .describeBackup, .describeExport, .describeImport,
            .describeBulkOperation, .createGlobalTable, .updateGlobalTable, .updateGlobalTableSettings,
            .updateTableReplicaAutoScaling, .restoreTableFromBackup, .restoreTableToPointInTime, .importTable,
            .createBackup, .deleteBackup, .exportTableToPointInTime, .updateContinuousBackups,
            .updateContributorInsights, .enableKinesisStreamingDestination, .disableKinesisStreamingDestination,
            .updateKinesisStreamingDestination, .putResourcePolicy, .deleteResourcePolicy, .getResourcePolicy,
            .startBulkPutItems, .cancelBulkOperation, .listBackups, .listExports, .listImports, .listGlobalTables,
            .listContributorInsights, .listBulkOperations:
            .deny
        }
    }
}
