import DynamoDB

/// DescribeLimits: the quotas of a fresh account.
struct DescribeLimits: StoreOperation {
    static let shape = Shapes.describeLimits

    init(_ members: Members) throws(ErrorReply) {}

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var reply = JSONObject()
        reply.append("AccountMaxReadCapacityUnits", 80_000)
        reply.append("AccountMaxWriteCapacityUnits", 80_000)
        reply.append("TableMaxReadCapacityUnits", 40_000)
        reply.append("TableMaxWriteCapacityUnits", 40_000)
        return reply.bytes
    }
}

/// DescribeEndpoints, which the server in front of the store answers with its own address.
struct DescribeEndpoints: StoreOperation {
    static let shape = Shapes.describeEndpoints

    init(_ members: Members) throws(ErrorReply) {}

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var endpoint = JSONObject()
        endpoint.append("Address", "localhost")
        endpoint.append("CachePeriodInMinutes", 1440)
        var reply = JSONObject()
        reply.append("Endpoints", [endpoint])
        return reply.bytes
    }
}

/// DescribeContinuousBackups: no recovery to points in time; the status of the rest is that of all tables
/// (API Reference, ContinuousBackupsDescription).
struct DescribeContinuousBackups: StoreOperation {
    static let shape = Shapes.describeContinuousBackups

    private let tableName: String

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName") ?? ""
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        guard (try? engine.table(named: tableName)) != nil else {
            throw ErrorReply(
                type: "com.amazonaws.dynamodb.v20120810#TableNotFoundException",
                message: "Table not found: \(TableARN(tableName)?.table ?? tableName)"
            )
        }
        var recovery = JSONObject()
        recovery.append("PointInTimeRecoveryStatus", "DISABLED")
        var description = JSONObject()
        description.append("ContinuousBackupsStatus", "ENABLED")
        description.append("PointInTimeRecoveryDescription", recovery)
        var reply = JSONObject()
        reply.append("ContinuousBackupsDescription", description)
        return reply.bytes
    }
}
