import DynamoDB

/// CreateTable: adds a table, which is active at once.
struct CreateTable: StoreOperation {
    static let shape = Shapes.createTable

    private static let maximumTables = 2500

    /// As requested; numbers, ID and time are given when it is created.
    private let definition: TableDefinition
    private let stream: StreamRequest
    private let namesWarmThroughput: Bool

    init(_ members: Members) throws(ErrorReply) {
        let capacity = CapacityRequest(members)
        let billing = try Self.billing(members.string("BillingMode"), capacity)
        let keys = try KeySchemaReader(definitions: members.structures("AttributeDefinitions") ?? [])
        let name = members.string("TableName") ?? ""
        var definition = TableDefinition(
            number: 0,
            tableID: "",
            name: TableARN(name)?.table ?? name,
            createdAt: 0,
            keySchema: try keys.tableSchema(members.structures("KeySchema") ?? []),
            attributes: keys.attributes,
            billing: billing
        )
        try Self.readIndexes(members, keys, into: &definition)
        try capacity.checkNewLimits(billing)
        definition.onDemandLimits = capacity.limits
        definition.warmThroughput = try capacity.newWarmThroughput(billing, capacity.throughput)
        stream = try members.structure("StreamSpecification").map(StreamRequest.init(creating:)) ?? .disable
        definition.encryptionKey = try members.structure("SSESpecification").map(EncryptionRequest.init)?.key
        definition.isDeletionProtected = members.boolean("DeletionProtectionEnabled") ?? false
        definition.tableClass = try TableClassRequest.checked(members)
        definition.tags = try TagRequest.tags(members.structures("Tags") ?? [], addedTo: [])
        try Self.refuseUnsupported(members)
        namesWarmThroughput = capacity.warm != nil
        self.definition = definition
    }

    private static func billing(_ mode: String?, _ capacity: CapacityRequest) throws(ErrorReply) -> Billing {
        if mode == "PAY_PER_REQUEST" {
            guard capacity.throughput == nil else {
                throw .invalidParameters(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                        + "when BillingMode is PAY_PER_REQUEST"
                )
            }
            return .payPerRequest
        }
        guard let throughput = capacity.throughput else {
            throw .invalidParameters(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        }
        try capacity.checkBounds()
        return .provisioned(throughput)
    }

    private static func readIndexes(
        _ members: Members,
        _ keys: KeySchemaReader,
        into definition: inout TableDefinition
    ) throws(ErrorReply) {
        var reader = IndexReader(keys, definition.billing)
        let (local, global) = (
            members.structures("LocalSecondaryIndexes"), members.structures("GlobalSecondaryIndexes")
        )
        var (localSchemas, globalSchemas): ([KeySchema], [KeySchema]) = ([], [])
        if let local { localSchemas = try reader.localSchemas(local, of: definition.keySchema) }
        if let global { globalSchemas = try reader.globalSchemas(global) }
        try keys.checkAllUsed(
            by: definition.keySchema,
            localSchemas + globalSchemas,
            hasIndexLists: local != nil || global != nil
        )
        definition.localIndexes = try reader.localIndexes(local ?? [], localSchemas)
        definition.globalIndexes = try reader.globalIndexes(global ?? [], globalSchemas)
        try IndexReader.checkProjected(definition.indexes)
    }

    private static func refuseUnsupported(_ members: Members) throws(ErrorReply) {
        for name in ["VectorIndexes", "ResourcePolicy", "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"]
        where members.has(name) {
            throw .invalidParameters("\(name) is not supported by this store")
        }
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        guard engine.tables[definition.name] == nil else {
            throw .resourceInUse("Table already exists: \(definition.name)")
        }
        guard engine.tables.count < Self.maximumTables else {
            throw .limitExceeded(
                "Subscriber limit exceeded: There is a limit of \(Self.maximumTables) tables per subscriber"
            )
        }
        let table = Table(try numbered(on: engine))
        if case .enable(let view) = stream { try engine.enableStream(view, on: table) }
        try engine.save(table)
        engine.tables[definition.name] = table

        var writer = DescriptionWriter(table, engine)
        writer.tableStatus = "CREATING"
        writer.warmStatus = namesWarmThroughput ? "UPDATING" : nil
        writer.tellsPayPerRequestTime = false
        for index in table.definition.globalIndexes { writer.indexStatus[index.name] = "CREATING" }
        return writer.reply("TableDescription")
    }

    private func numbered(on engine: Engine) throws(ErrorReply) -> TableDefinition {
        var definition = definition
        definition.number = try engine.storage.nextNumber()
        definition.tableID = UniqueID.random()
        definition.createdAt = engine.now
        if definition.billing == .payPerRequest { definition.payPerRequestSince = engine.now }
        for index in definition.localIndexes.indices {
            definition.localIndexes[index].number = try engine.storage.nextNumber()
        }
        for index in definition.globalIndexes.indices {
            definition.globalIndexes[index].number = try engine.storage.nextNumber()
        }
        return definition
    }
}

extension Engine {
    /// Saves a table's definition.
    func save(_ table: Table) throws(ErrorReply) {
        try storage.save(table.definition.saved(), of: table.definition.number)
    }

    /// Gives a table another definition and saves it.
    func replace(_ table: Table, _ definition: TableDefinition) throws(ErrorReply) {
        try storage.save(definition.saved(), of: definition.number)
        table.definition = definition
    }
}
