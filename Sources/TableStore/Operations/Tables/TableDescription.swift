import DynamoDB

/// Writes `TableDescription` structures.
struct DescriptionWriter {
    /// What is told; the table's definition unless a reply tells what was before.
    var definition: TableDefinition
    /// `TableStatus`.
    var tableStatus = "ACTIVE"
    /// `IndexStatus` of global indexes by name; the others are `ACTIVE`.
    var indexStatus: [String: String] = [:]
    /// `WarmThroughput`'s status; nil leaves it out.
    var warmStatus: String? = "ACTIVE"
    var encryptionStatus = "ENABLED"
    /// Whether it is told when the table became pay-per-request.
    var tellsPayPerRequestTime = true
    /// Whether keys, indexes and the time of creation are told (not by DeleteTable: scylladb/scylladb,
    /// test/alternator/test_table.py, which also runs against the service).
    var tellsSchema = true

    private let table: Table
    private let identity: StoreIdentity
    private let now: Int64

    private var arn: String { identity.tableARN(definition.name) }

    init(_ table: Table, _ engine: Engine) {
        self.table = table
        definition = table.definition
        identity = engine.identity
        now = engine.now
    }

    /// A reply whose one member is the description.
    func reply(_ member: String) -> [UInt8] {
        var reply = JSONObject()
        reply.append(member, description)
        return reply.bytes
    }

    private var description: JSONObject {
        var object = JSONObject()
        if tellsSchema { appendSchema(to: &object) }
        object.append("TableName", definition.name)
        object.append("TableStatus", tableStatus)
        object.append("ProvisionedThroughput", tableThroughput)
        object.append("TableSizeBytes", table.statistics.bytes)
        object.append("ItemCount", table.statistics.items)
        object.append("TableArn", arn)
        object.append("TableId", definition.tableID)
        object.append("BillingModeSummary", billingModeSummary)
        object.append("StreamSpecification", streamSpecification)
        let label = definition.stream?.label ?? definition.latestStreamLabel
        object.append("LatestStreamLabel", label)
        object.append("LatestStreamArn", label.map { "\(arn)/stream/\($0)" })
        object.append("SSEDescription", encryption)
        object.append("TableClassSummary", tableClass)
        object.append("OnDemandThroughput", definition.onDemandLimits.map(Self.limits))
        object.append("WarmThroughput", Self.warm(definition.warmThroughput, warmStatus))
        object.append("DeletionProtectionEnabled", definition.isDeletionProtected)
        return object
    }

    private func appendSchema(to object: inout JSONObject) {
        let attributes = definition.attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        object.append("AttributeDefinitions", attributes.map(Self.attributeDefinition))
        object.append("KeySchema", Self.keySchema(definition.keySchema))
        object.append("CreationDateTime", time: definition.createdAt)
        if !definition.localIndexes.isEmpty {
            object.append("LocalSecondaryIndexes", definition.localIndexes.map(index))
        }
        if !definition.globalIndexes.isEmpty {
            object.append("GlobalSecondaryIndexes", definition.globalIndexes.map(index))
        }
    }

    private static func attributeDefinition(_ attribute: KeySchema.Attribute) -> JSONObject {
        var object = JSONObject()
        object.append("AttributeName", attribute.text)
        object.append("AttributeType", attribute.type.name)
        return object
    }

    private static func keySchema(_ schema: KeySchema) -> [JSONObject] {
        zip(schema.attributes, ["HASH", "RANGE"]).map { attribute, type in
            var object = JSONObject()
            object.append("AttributeName", attribute.text)
            object.append("KeyType", type)
            return object
        }
    }

    private var streamSpecification: JSONObject? {
        guard let stream = definition.stream else { return nil }
        var object = JSONObject()
        object.append("StreamEnabled", true)
        object.append("StreamViewType", stream.view.rawValue)
        return object
    }

    private var billingModeSummary: JSONObject? {
        guard let since = definition.payPerRequestSince else { return nil }
        var object = JSONObject()
        object.append("BillingMode", definition.billing == .payPerRequest ? "PAY_PER_REQUEST" : "PROVISIONED")
        if tellsPayPerRequestTime { object.append("LastUpdateToPayPerRequestDateTime", time: since) }
        return object
    }

    private var encryption: JSONObject? {
        guard let key = definition.encryptionKey else { return nil }
        var object = JSONObject()
        object.append("Status", encryptionStatus)
        object.append("SSEType", "KMS")
        object.append("KMSMasterKeyArn", identity.keyARN(key))
        return object
    }

    private var tableClass: JSONObject? {
        guard let tableClass = definition.tableClass else { return nil }
        var object = JSONObject()
        object.append("TableClass", tableClass)
        object.append("LastUpdateDateTime", time: definition.tableClassSince)
        return object
    }
}

// MARK: - Capacity and indexes

extension DescriptionWriter {
    private var tableThroughput: JSONObject {
        var throughput = Throughput(read: 0, write: 0)
        if case .provisioned(let provisioned) = definition.billing { throughput = provisioned }
        return self.throughput(throughput, definition.throughputHistory)
    }

    private func throughput(_ throughput: Throughput, _ history: ThroughputHistory) -> JSONObject {
        var object = JSONObject()
        object.append("LastIncreaseDateTime", time: history.lastIncrease)
        object.append("LastDecreaseDateTime", time: history.lastDecrease)
        object.append("NumberOfDecreasesToday", history.decreases(onDayOf: now))
        object.append("ReadCapacityUnits", throughput.read)
        object.append("WriteCapacityUnits", throughput.write)
        return object
    }

    private func index(_ index: Index) -> JSONObject {
        let statistics = table.indexStatistics[index.number] ?? Table.Statistics()
        var object = JSONObject()
        object.append("IndexName", index.name)
        object.append("KeySchema", Self.keySchema(index.keySchema))
        object.append("Projection", Self.projection(index.projection))
        if index.isGlobal {
            let status = indexStatus[index.name] ?? "ACTIVE"
            object.append("IndexStatus", status)
            if status == "CREATING", tableStatus != "CREATING" { object.append("Backfilling", false) }
            object.append(
                "ProvisionedThroughput",
                throughput(index.throughput ?? Throughput(read: 0, write: 0), index.throughputHistory)
            )
        }
        object.append("IndexSizeBytes", statistics.bytes)
        object.append("ItemCount", statistics.items)
        object.append("IndexArn", "\(arn)/index/\(index.name)")
        if index.isGlobal {
            object.append("OnDemandThroughput", index.onDemandLimits.map(Self.limits))
            object.append("WarmThroughput", Self.warm(index.warmThroughput, warmStatus))
        }
        return object
    }

    private static func projection(_ projection: Index.Projection) -> JSONObject {
        var object = JSONObject()
        switch projection {
        case .all: object.append("ProjectionType", "ALL")
        case .keysOnly: object.append("ProjectionType", "KEYS_ONLY")
        case .include(let names):
            object.append("ProjectionType", "INCLUDE")
            object.append("NonKeyAttributes", names.sorted())
        }
        return object
    }

    private static func limits(_ limits: OnDemandLimits) -> JSONObject {
        var object = JSONObject()
        object.append("MaxReadRequestUnits", limits.read)
        object.append("MaxWriteRequestUnits", limits.write)
        return object
    }

    private static func warm(_ throughput: Throughput, _ status: String?) -> JSONObject? {
        guard let status else { return nil }
        var object = JSONObject()
        object.append("ReadUnitsPerSecond", throughput.read)
        object.append("WriteUnitsPerSecond", throughput.write)
        object.append("Status", status)
        return object
    }
}

extension StoreIdentity {
    /// The ARN of an encryption key: of one given by its ID, alias or ARN, or of the account's own.
    func keyARN(_ key: String) -> String {
        if key.hasPrefix("arn:") { return key }
        let resource = key.isEmpty ? "alias/aws/dynamodb" : key.hasPrefix("alias/") ? key : "key/\(key)"
        return "arn:aws:kms:\(region):\(account):\(resource)"
    }
}
