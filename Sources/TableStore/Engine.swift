import DynamoDB

/// The embedded DynamoDB: what every operation works on.
///
/// Confined to the store's thread. Every operation runs in a transaction that the thread has begun; one that throws has
/// changed nothing (all checks come before the first write), unless `storage.failure` is set.
final class Engine {
    let storage: Storage
    let identity: StoreIdentity
    /// Tables by name.
    var tables: [String: Table] = [:]
    /// Enforced throughput.
    var capacity = CapacityModel()
    /// What the statistics of tables were before the transaction changed them, by the tables' numbers.
    var statisticsBefore: [Int64: (own: Table.Statistics, indexes: [Int64: Table.Statistics])] = [:]
    /// Milliseconds since 1970; set by the thread before each operation.
    var now: Int64 = 0

    init(storage: Storage, identity: StoreIdentity) throws(ErrorReply) {
        self.storage = storage
        self.identity = identity
        capacity.identity = identity
        try reload()
    }

    /// Makes the statistics what they were before a transaction that is undone.
    func restoreStatistics() {
        for table in tables.values {
            guard let before = statisticsBefore[table.definition.number] else { continue }
            (table.statistics, table.indexStatistics) = before
        }
        statisticsBefore = [:]
    }

    /// Reads the catalog from the storage again.
    ///
    /// Statistics that are known need not be counted anew. Throws an InternalServerError that names the table when a
    /// definition can't be read.
    func reload(keepingStatistics: Bool = false) throws(ErrorReply) {
        var known: [Int64: Table] = [:]
        if keepingStatistics { for table in tables.values { known[table.definition.number] = table } }
        var tables: [String: Table] = [:]
        for (number, saved) in try storage.definitions() {
            guard let definition = TableDefinition(saved: saved, number: number) else {
                throw .internalServerError("The definition of table number \(number) in the database can't be read.")
            }
            let table = Table(definition)
            if let old = known[number] {
                table.statistics = old.statistics
            } else {
                table.statistics = try storage.itemStatistics(of: number)
            }
            for index in definition.indexes {
                if let statistics = known[number]?.indexStatistics[index.number] {
                    table.indexStatistics[index.number] = statistics
                } else {
                    table.indexStatistics[index.number] = try storage.entryStatistics(of: index.number)
                }
            }
            tables[definition.name] = table
        }
        self.tables = tables
    }

    /// The table of a name or ARN; what does not exist is a ResourceNotFoundException.
    func table(named name: String) throws(ErrorReply) -> Table {
        if let table = tables[name] { return table }
        if let arn = TableARN(name), let table = tables[arn.table] { return table }
        throw .resourceNotFound()
    }

    /// Runs one operation; returns the body of its reply, empty for TagResource and UntagResource.
    func perform(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws(ErrorReply) -> [UInt8] {
        switch operation {
        case .getItem: try run(GetItem.self, body)
        case .putItem: try run(PutItem.self, body)
        case .updateItem: try run(UpdateItem.self, body)
        case .deleteItem: try run(DeleteItem.self, body)
        case .query: try run(QueryOperation.self, body)
        case .scan: try run(ScanOperation.self, body)
        case .batchGetItem: try run(BatchGetItem.self, body)
        case .batchWriteItem: try run(BatchWriteItem.self, body)
        case .transactGetItems: try run(TransactGetItems.self, body)
        case .transactWriteItems: try run(TransactWriteItems.self, body)
        case .createTable: try run(CreateTable.self, body)
        case .describeTable: try run(DescribeTable.self, body)
        case .deleteTable: try run(DeleteTable.self, body)
        case .listTables: try run(ListTables.self, body)
        case .updateTable: try run(UpdateTable.self, body)
        case .updateTimeToLive: try run(UpdateTimeToLive.self, body)
        case .describeTimeToLive: try run(DescribeTimeToLive.self, body)
        case .tagResource: try run(TagResource.self, body)
        case .untagResource: try run(UntagResource.self, body)
        case .listTagsOfResource: try run(ListTagsOfResource.self, body)
        case .describeLimits: try run(DescribeLimits.self, body)
        case .describeEndpoints: try run(DescribeEndpoints.self, body)
        case .describeContinuousBackups: try run(DescribeContinuousBackups.self, body)
        case .listStreams: try run(ListStreams.self, body)
        case .describeStream: try run(DescribeStream.self, body)
        case .getShardIterator: try run(GetShardIterator.self, body)
        case .getRecords: try run(GetRecords.self, body)
        default: throw .unknownOperation
        }
    }

    private func run<Operation: StoreOperation>(_: Operation.Type, _ body: [UInt8]) throws(ErrorReply) -> [UInt8] {
        let members = try Members(body, as: Operation.shape)
        let request: Operation
        do throws(ErrorReply) {
            request = try Operation(members)
        } catch {
            throw Operation.countsErrors && !members.isDeep ? error.counted : error
        }
        return try request.run(on: self)
    }
}

/// What the store calls itself in ARNs.
struct StoreIdentity: Sendable, Equatable {
    var region = "us-east-1"
    var account = "123456789012"

    func tableARN(_ name: String) -> String { "arn:aws:dynamodb:\(region):\(account):table/\(name)" }
}

/// An operation, its request decoded and checked as far as that needs no table.
protocol StoreOperation {
    /// The request's shape.
    static var shape: [Shape.Member] { get }
    /// Whether errors of the request itself are told as ``ErrorReply/counted``.
    static var countsErrors: Bool { get }

    /// Checks what needs no table.
    init(_ members: Members) throws(ErrorReply)

    /// Runs it; returns the reply's body.
    func run(on engine: Engine) throws(ErrorReply) -> [UInt8]
}

extension StoreOperation {
    static var countsErrors: Bool { false }
}
