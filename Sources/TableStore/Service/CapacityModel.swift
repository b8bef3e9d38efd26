import DynamoDB

/// The provisioned throughput of tables and global indexes, enforced with DynamoDB's burst credit.
///
/// What an operation uses is known when it is done. So an operation is admitted as long as anything is left, and then
/// charged, if need be into debt. Local indexes use their table's capacity. Pay-per-request tables and indexes are limited
/// by their OnDemandThroughput, if they have one.
///
/// By default nothing is enforced.
struct CapacityModel {
    /// Whether provisioned throughput is enforced.
    var isEnforced = false {
        didSet { if !isEnforced { buckets = [:] } }
    }
    /// Names the resources in errors.
    var identity = StoreIdentity()
    /// How often an operation, or one of a batch's, was refused.
    private(set) var refusals = 0

    private var buckets: [Key: TokenBucket] = [:]

    enum Direction { case read, write }

    private struct Key: Hashable {
        /// The table's or the index's.
        var number: Int64
        var direction: Direction
    }

    /// Throws ProvisionedThroughputExceededException when the table, or the global index, has no capacity left.
    ///
    /// To be asked before an operation's first read or write of the table. A pay-per-request table's ThrottlingException
    /// is thrown alike.
    mutating func admit(_ direction: Direction, _ table: Table, index: Index? = nil, now: Int64) throws(ErrorReply) {
        guard isEnforced else { return }
        let globalIndex = index.flatMap { $0.isGlobal ? $0 : nil }
        guard let rate = Self.limit(direction, table.definition, globalIndex) else { return }
        let key = Key(number: globalIndex?.number ?? table.definition.number, direction: direction)
        buckets[key, default: TokenBucket(rate: rate, now: now)].advance(to: now, rate: rate)
        guard buckets[key]?.isEmpty == true else { return }
        refusals &+= 1
        throw refusal(direction, table.definition, globalIndex)
    }

    /// Takes what an operation has used; a table may so get into debt.
    mutating func charge(_ consumption: Consumption, to table: Table, now: Int64) {
        guard isEnforced else { return }
        var own = consumption.table
        for units in consumption.localIndexes.values { own += units }
        charge(own, table, nil, now)
        for index in table.definition.globalIndexes {
            if let units = consumption.globalIndexes[index.name] { charge(units, table, index, now) }
        }
    }

    private mutating func charge(_ used: Consumption.Units, _ table: Table, _ index: Index?, _ now: Int64) {
        let number = index?.number ?? table.definition.number
        for (direction, units) in [(Direction.read, used.read), (.write, used.write)] where units > 0 {
            guard let rate = Self.limit(direction, table.definition, index) else { continue }
            let key = Key(number: number, direction: direction)
            buckets[key, default: TokenBucket(rate: rate, now: now)].advance(to: now, rate: rate)
            buckets[key]?.spend(units)
        }
    }

    /// Takes notice of tables that were made, changed or deleted: what there is earns at its rate from now on.
    mutating func follow(_ tables: some Sequence<Table>, now: Int64) {
        guard isEnforced else { return }
        var followed: [Key: TokenBucket] = [:]
        for table in tables {
            let definition = table.definition
            for index in [nil] + definition.globalIndexes.map(Optional.some) {
                for direction in [Direction.read, .write] {
                    guard let rate = Self.limit(direction, definition, index) else { continue }
                    let key = Key(number: index?.number ?? definition.number, direction: direction)
                    var bucket = buckets[key] ?? TokenBucket(rate: rate, now: now)
                    bucket.advance(to: now, rate: rate)
                    followed[key] = bucket
                }
            }
        }
        buckets = followed
    }

    /// Units a second of a table or a global index; nil without a limit.
    private static func limit(_ direction: Direction, _ table: TableDefinition, _ index: Index?) -> Double? {
        let units: Int?
        switch table.billing {
        case .provisioned(let own):
            let throughput = index == nil ? own : index?.throughput
            units = direction == .read ? throughput?.read : throughput?.write
        case .payPerRequest:
            let limits = index == nil ? table.onDemandLimits : index?.onDemandLimits
            units = direction == .read ? limits?.read : limits?.write
        }
        return units.flatMap { $0 < 0 ? nil : Double($0) }
    }

    /// The error, with its reason (API Reference, "ThrottlingReason"; Developer Guide, "Diagnosing throttling").
    private func refusal(_ direction: Direction, _ table: TableDefinition, _ index: Index?) -> ErrorReply {
        var resource = identity.tableARN(table.name)
        if let index { resource += "/index/" + index.name }
        let subject = (index == nil ? "Table" : "Index") + (direction == .read ? "Read" : "Write")
        guard case .provisioned = table.billing else {
            return ErrorReply(
                type: ErrorReply.throttling().type,
                message: "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
                details: Self.reasons("throttlingReasons", subject + "MaxOnDemandThroughputExceeded", resource)
            )
        }
        let error = ErrorReply.provisionedThroughputExceeded
        return ErrorReply(
            type: error.type,
            message: index == nil ? error.message : Self.indexMessage,
            details: Self.reasons("ThrottlingReasons", subject + "ProvisionedThroughputExceeded", resource)
        )
    }

    private static let indexMessage =
        "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
        + "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
        + "the UpdateTable API"

    private static func reasons(_ member: String, _ reason: String, _ resource: String) -> [UInt8] {
        var output: [UInt8] = []
        JSONText.appendQuoted(member.utf8, to: &output)
        output += ":[{\"reason\":".utf8
        JSONText.appendQuoted(reason.utf8, to: &output)
        output += ",\"resource\":".utf8
        JSONText.appendQuoted(resource.utf8, to: &output)
        output += "}]".utf8
        return output
    }
}
