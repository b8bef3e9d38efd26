import DynamoDB

/// Reads definitions of indexes, with DynamoDB's checks (mhart/dynalite, test/createTable.js, which ran against the
/// service).
///
/// Key schemas are read first, of all indexes; then definitions that no key uses are refused; then comes the rest.
struct IndexReader {
    static let maximumLocal = 5
    static let maximumGlobal = 20
    /// Attributes named in the projections of all indexes.
    private static let maximumProjected = 100

    let keys: KeySchemaReader
    let billing: Billing
    private var names: Set<String> = []

    init(_ keys: KeySchemaReader, _ billing: Billing) {
        self.keys = keys
        self.billing = billing
    }

    // MARK: Key schemas

    /// The key schemas of `LocalSecondaryIndexes`.
    func localSchemas(_ list: [Members], of table: KeySchema) throws(ErrorReply) -> [KeySchema] {
        if list.isEmpty { throw .invalidParameters("List of LocalSecondaryIndexes is empty") }
        if table.sortKey == nil {
            throw .invalidParameters(
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
            )
        }
        var schemas: [KeySchema] = []
        for members in list {
            let name = members.string("IndexName") ?? ""
            let schema = try keys.schema(members.structures("KeySchema") ?? [])
            if schema.sortKey == nil {
                throw .invalidParameters("Index KeySchema does not have a range key for index: \(name)")
            }
            if schema.partitionKey.name != table.partitionKey.name {
                throw .invalidParameters(
                    "Index KeySchema does not have the same leading hash key as table KeySchema for index: \(name). "
                        + "index hash key: \(schema.partitionKey.text), table hash key: \(table.partitionKey.text)"
                )
            }
            schemas.append(schema)
        }
        return schemas
    }

    /// The key schemas of `GlobalSecondaryIndexes`.
    func globalSchemas(_ list: [Members]) throws(ErrorReply) -> [KeySchema] {
        if list.isEmpty { throw .invalidParameters("List of GlobalSecondaryIndexes is empty") }
        var schemas: [KeySchema] = []
        for members in list { schemas.append(try keys.schema(members.structures("KeySchema") ?? [])) }
        return schemas
    }

    // MARK: Indexes

    /// `LocalSecondaryIndexes` of CreateTable.
    mutating func localIndexes(_ list: [Members], _ schemas: [KeySchema]) throws(ErrorReply) -> [Index] {
        var indexes: [Index] = []
        for (members, schema) in zip(list, schemas) {
            let name = members.string("IndexName") ?? ""
            let projection = try Self.projection(members.structure("Projection") ?? Members())
            try addName(name)
            indexes.append(
                Index(number: 0, name: name, isGlobal: false, keySchema: schema, projection: projection)
            )
        }
        if list.count > Self.maximumLocal {
            throw .invalidParameters("Number of LocalSecondaryIndexes exceeds per-table limit of \(Self.maximumLocal)")
        }
        return indexes
    }

    /// `GlobalSecondaryIndexes` of CreateTable.
    mutating func globalIndexes(_ list: [Members], _ schemas: [KeySchema]) throws(ErrorReply) -> [Index] {
        var indexes: [Index] = []
        for (members, schema) in zip(list, schemas) {
            let name = members.string("IndexName") ?? ""
            let projection = try Self.projection(members.structure("Projection") ?? Members())
            let capacity = CapacityRequest(members, index: name)
            try checkThroughput(capacity, name)
            try addName(name)
            indexes.append(try globalIndex(name, schema, projection, capacity))
        }
        if list.count > Self.maximumGlobal {
            throw .invalidParameters(
                "GlobalSecondaryIndex count exceeds the per-table limit of \(Self.maximumGlobal)"
            )
        }
        return indexes
    }

    /// A global index of UpdateTable.
    func createdIndex(_ members: Members) throws(ErrorReply) -> Index {
        let name = members.string("IndexName") ?? ""
        let schema = try keys.schema(members.structures("KeySchema") ?? [])
        let projection = try Self.projection(members.structure("Projection") ?? Members())
        let capacity = CapacityRequest(members, index: name)
        switch (billing, capacity.throughput) {
        case (.provisioned, nil):
            throw .invalidParameters(
                "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: \(name)"
            )
        case (.payPerRequest, _?):
            throw .invalidParameters(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \(name) "
                    + "when BillingMode is PAY_PER_REQUEST"
            )
        default: try capacity.checkBounds()
        }
        return try globalIndex(name, schema, projection, capacity)
    }

    private func globalIndex(
        _ name: String,
        _ schema: KeySchema,
        _ projection: Index.Projection,
        _ capacity: CapacityRequest
    ) throws(ErrorReply) -> Index {
        try capacity.checkNewLimits(billing)
        var index = Index(number: 0, name: name, isGlobal: true, keySchema: schema, projection: projection)
        index.throughput = capacity.throughput
        index.onDemandLimits = capacity.limits
        index.warmThroughput = try capacity.newWarmThroughput(billing, capacity.throughput)
        return index
    }

    private func checkThroughput(_ capacity: CapacityRequest, _ name: String) throws(ErrorReply) {
        switch (billing, capacity.throughput) {
        case (.provisioned, nil):
            throw .invalidParameters("ProvisionedThroughput is not specified for index: \(name)")
        case (.payPerRequest, _?):
            throw .invalidParameters(
                "ProvisionedThroughput should not be specified for index: \(name) "
                    + "when BillingMode is PAY_PER_REQUEST"
            )
        default: try capacity.checkBounds()
        }
    }

    private mutating func addName(_ name: String) throws(ErrorReply) {
        guard names.insert(name).inserted else { throw .invalidParameters("Duplicate index name: \(name)") }
    }

    private static func projection(_ members: Members) throws(ErrorReply) -> Index.Projection {
        let names = members.strings("NonKeyAttributes")
        let type = members.string("ProjectionType")
        if let type, type != "INCLUDE", names != nil {
            throw .invalidParameters("ProjectionType is \(type), but NonKeyAttributes is specified")
        }
        switch type {
        case "ALL": return .all
        case "KEYS_ONLY": return .keysOnly
        case "INCLUDE":
            guard let names else {
                throw .invalidParameters("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
            }
            var seen: Set<String> = []
            for name in names where !seen.insert(name).inserted {
                throw .invalidParameters("Duplicate element in NonKeyAttributes: \(name)")
            }
            return .include(names)
        default: throw .invalidParameters("Unknown ProjectionType: null")
        }
    }

    /// Refuses too many attributes in the projections of a table's indexes.
    static func checkProjected(_ indexes: [Index]) throws(ErrorReply) {
        var count = 0
        for index in indexes {
            if case .include(let names) = index.projection { count += names.count }
        }
        guard count <= maximumProjected else {
            throw .invalidParameters(
                "The total number of NonKeyAttributes in the projections of all indexes "
                    + "exceeds the per-table limit of \(maximumProjected)"
            )
        }
    }
}
