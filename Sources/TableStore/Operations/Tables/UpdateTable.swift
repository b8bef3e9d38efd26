import DynamoDB

/// UpdateTable: changes capacity, indexes, the stream and other settings of a table, at once.
///
/// The reply tells of a change that goes on; from the next operation on it is done.
struct UpdateTable: StoreOperation {
    static let shape = Shapes.updateTable

    private let tableName: String
    private let billingMode: String?
    private let capacity: CapacityRequest
    private let indexes: IndexUpdates?
    private let definitions: [KeySchema.Attribute]
    private let stream: StreamRequest?
    private let encryption: EncryptionRequest?
    private let isDeletionProtected: Bool?
    private let tableClass: String?

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName") ?? ""
        billingMode = members.string("BillingMode")
        capacity = CapacityRequest(members)
        try UpdateTableChecks.check(members, capacity)
        indexes = try members.structures("GlobalSecondaryIndexUpdates").map(IndexUpdates.init)
        try UpdateTableChecks.checkTogether(members, capacity, indexes)
        if billingMode == "PAY_PER_REQUEST", capacity.throughput != nil {
            throw .invalidParameters("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
        }
        definitions = try KeySchemaReader(definitions: members.structures("AttributeDefinitions") ?? []).attributes
        stream = try members.structure("StreamSpecification").map(StreamRequest.init(updating:))
        encryption = try members.structure("SSESpecification").map(EncryptionRequest.init)
        isDeletionProtected = members.boolean("DeletionProtectionEnabled")
        tableClass = try TableClassRequest.checked(members)
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.describedTable(named: tableName)
        var change = TableChange(table.definition, now: engine.now)
        try changeBilling(&change)
        try changeOnDemandCapacity(&change)
        try checkStream(table.definition)
        try changeEncryption(&change, engine.identity)
        if let isDeletionProtected { change.set(\.isDeletionProtected, isDeletionProtected) }
        changeTableClass(&change)
        if let indexes { try indexes.apply(to: &change, definitions) }
        try engine.carryOut(&change, stream, on: table)

        var writer = DescriptionWriter(table, engine)
        writer.definition = change.shown
        if stream != nil { writer.definition.stream = table.definition.stream }
        writer.tableStatus = stream == nil ? change.tableStatus : "UPDATING"
        writer.indexStatus = change.indexStatus
        writer.warmStatus = capacity.warm == nil ? "ACTIVE" : "UPDATING"
        writer.encryptionStatus = encryption == nil ? "ENABLED" : "UPDATING"
        writer.tellsPayPerRequestTime = billingMode != "PAY_PER_REQUEST"
        return writer.reply("TableDescription")
    }

    // MARK: Capacity

    private func changeBilling(_ change: inout TableChange) throws(ErrorReply) {
        switch (billingMode, capacity.throughput, change.new.billing) {
        case (nil, nil, _):
            return
        case ("PAY_PER_REQUEST", _, let old):
            change.begin()
            guard old != .payPerRequest else { return }
            change.set(\.billing, .payPerRequest)
            change.set(\.payPerRequestSince, change.now)
            change.setLater(\.warmThroughput, change.new.warmThroughput.raised(to: .payPerRequest))
            for (position, index) in change.new.globalIndexes.enumerated() {
                var index = index
                index.throughput = nil
                index.warmThroughput = index.warmThroughput.raised(to: .payPerRequest)
                change.update(index, shown: index, at: position)
            }
        case (_, nil, _):
            throw .invalidParameters("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        case (nil, _?, .payPerRequest):
            throw .invalidParameters(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                    + "when BillingMode is PAY_PER_REQUEST"
            )
        case (_, let throughput?, .payPerRequest):
            try provision(throughput, &change)
        case (_, let throughput?, .provisioned(let old)):
            guard throughput != old else { throw Self.unchanged(old) }
            let history = try change.new.throughputHistory.changed(from: old, to: throughput, at: change.now)
            change.setHistory(history)
            change.setLater(\.billing, .provisioned(throughput))
            change.setLater(\.warmThroughput, change.new.warmThroughput.raised(to: .provisioned(throughput)))
        }
    }

    /// Makes a pay-per-request table provisioned.
    private func provision(_ throughput: Throughput, _ change: inout TableChange) throws(ErrorReply) {
        let uncovered = change.new.globalIndexes.map(\.name).filter { indexes?.covers($0) != true }
        guard uncovered.isEmpty else {
            throw .invalidParameters(
                "ProvisionedThroughput must be specified for index: \(uncovered.joined(separator: ","))"
            )
        }
        change.set(\.billing, .provisioned(throughput), status: "UPDATING")
        change.set(\.onDemandLimits, nil)
        change.setLater(\.warmThroughput, change.new.warmThroughput.raised(to: .provisioned(throughput)))
        for (position, index) in change.new.globalIndexes.enumerated() {
            var index = index
            index.onDemandLimits = nil
            change.update(index, shown: index, at: position)
        }
    }

    private func changeOnDemandCapacity(_ change: inout TableChange) throws(ErrorReply) {
        change.set(\.onDemandLimits, try capacity.limits(after: change.new.onDemandLimits, change.new.billing))
        if capacity.warm != nil {
            change.set(\.warmThroughput, try capacity.warmThroughput(after: change.new.warmThroughput))
        }
    }

    private static func unchanged(_ units: Throughput) -> ErrorReply {
        .validation(
            "The provisioned throughput for the table will not change. "
                + "The requested value equals the current value. "
                + "Current ReadCapacityUnits provisioned for the table: \(units.read). "
                + "Requested ReadCapacityUnits: \(units.read). "
                + "Current WriteCapacityUnits provisioned for the table: \(units.write). "
                + "Requested WriteCapacityUnits: \(units.write). "
                + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
    }

    // MARK: Other settings

    private func checkStream(_ definition: TableDefinition) throws(ErrorReply) {
        switch stream {
        case .enable where definition.stream != nil:
            throw .validation("Table already has an enabled stream: TableName: \(definition.name)")
        case .disable where definition.stream == nil:
            throw .validation("Table has no stream to disable: TableName: \(definition.name)")
        default: return
        }
    }

    private func changeEncryption(_ change: inout TableChange, _ identity: StoreIdentity) throws(ErrorReply) {
        guard let encryption else { return }
        let current = change.new.encryptionKey
        if encryption.key == nil, current == nil {
            throw .invalidParameters("Table is already encrypted by default")
        }
        if let key = encryption.key, let current, key.hasPrefix("arn:"), key == identity.keyARN(current) {
            throw .invalidParameters(
                "Table is already encrypted with given KMSMasterKeyId. "
                    + "Use KMSMasterKeyId parameter if you want to change Master Key"
            )
        }
        if current == nil {
            change.set(\.encryptionKey, encryption.key)
        } else {
            change.setEncryptionKey(encryption.key)
        }
    }

    private func changeTableClass(_ change: inout TableChange) {
        guard let tableClass else { return }
        change.begin()
        // The class that a table has anyway is not told.
        guard tableClass != change.new.tableClass ?? "STANDARD" else { return }
        change.setLater(\.tableClass, tableClass)
        change.setLater(\.tableClassSince, change.now)
    }
}

extension Engine {
    /// Makes a checked change.
    fileprivate func carryOut(
        _ change: inout TableChange,
        _ stream: StreamRequest?,
        on table: Table
    ) throws(ErrorReply) {
        if let deleted = change.deleted { try storage.removeEntries(of: deleted.number) }
        if change.created != nil, let index = change.number(try storage.nextNumber()) { try fill(index, of: table) }
        table.definition = change.new
        switch stream {
        case .enable(let view): try enableStream(view, on: table)
        case .disable:
            table.definition.latestStreamLabel = table.definition.stream?.label
            try disableStream(of: table)
        case nil: break
        }
        try save(table)
    }
}
