import DynamoDB

extension TableDefinition {
    /// The shape of what ``saved()`` writes.
    ///
    /// Later versions may add members; what is not known is ignored.
    private static let shape: [Shape.Member] = [
        .init("tableID", .string(), .required),
        .init("name", .string(), .required),
        .init("createdAt", .long(), .required),
        .init(
            "attributes",
            .list(.structure("Attribute", [.init("name", .string(), .required), .init("type", .string(), .required)])),
            .required
        ),
        .init("keySchema", keySchemaShape, .required),
        .init("throughput", throughputShape),
        .init("localIndexes", .list(.structure("Index", indexShape))),
        .init("globalIndexes", .list(.structure("Index", indexShape))),
        .init(
            "stream",
            .structure(
                "Stream",
                [
                    .init("number", .long(), .required),
                    .init("label", .string(), .required),
                    .init("view", .string(), .required),
                ]
            )
        ),
        .init("timeToLiveAttribute", .string()),
        .init("isDeletionProtected", .boolean),
        .init("tableClass", .string()),
        .init("encryptionKey", .string()),
        .init("onDemandLimits", limitsShape),
        .init(
            "tags",
            .list(.structure("Tag", [.init("key", .string(), .required), .init("value", .string(), .required)]))
        ),
        .init("lastIncrease", .long()),
        .init("lastDecrease", .long()),
        .init("decreasesToday", .long()),
        .init("payPerRequestSince", .long()),
        .init("tableClassSince", .long()),
        .init("warmThroughput", throughputShape),
        .init("latestStreamLabel", .string()),
    ]

    private static let indexShape: [Shape.Member] = [
        .init("number", .long(), .required),
        .init("name", .string(), .required),
        .init("keySchema", keySchemaShape, .required),
        .init("projection", .string(), .required),
        .init("included", .list(.string())),
        .init("throughput", throughputShape),
        .init("onDemandLimits", limitsShape),
        .init("lastIncrease", .long()),
        .init("lastDecrease", .long()),
        .init("decreasesToday", .long()),
        .init("warmThroughput", throughputShape),
    ]

    private static let keySchemaShape = Shape.structure(
        "KeySchema",
        [.init("partition", .string(), .required), .init("sort", .string())]
    )

    private static let throughputShape = Shape.structure(
        "Throughput",
        [.init("read", .long(), .required), .init("write", .long(), .required)]
    )

    private static let limitsShape = Shape.structure("Limits", [.init("read", .long()), .init("write", .long())])

    /// Reads a definition from the catalog.
    ///
    /// Nil when it is none: the database was changed by another program, or a later version wrote it.
    init?(saved: [UInt8], number: Int64) {
        guard let members = try? Members(saved, as: Self.shape) else { return nil }
        self.init(members, number: number)
    }

    private init?(_ members: Members, number: Int64) {
        let attributes = members.structures("attributes")?.compactMap(KeySchema.Attribute.init(saved:)) ?? []
        guard let tableID = members.string("tableID"), let name = members.string("name"),
            let createdAt = members.time("createdAt"),
            let keySchema = members.structure("keySchema").flatMap({ KeySchema(saved: $0, attributes) }),
            let localIndexes = Index.list(members.structures("localIndexes"), isGlobal: false, attributes),
            let globalIndexes = Index.list(members.structures("globalIndexes"), isGlobal: true, attributes)
        else { return nil }
        self.init(
            number: number,
            tableID: tableID,
            name: name,
            createdAt: createdAt,
            keySchema: keySchema,
            attributes: attributes,
            billing: members.throughput("throughput").map(Billing.provisioned) ?? .payPerRequest,
            localIndexes: localIndexes,
            globalIndexes: globalIndexes
        )
        if let stream = members.structure("stream") {
            guard let stream = StreamDefinition(saved: stream) else { return nil }
            self.stream = stream
        }
        timeToLiveAttribute = members.string("timeToLiveAttribute")
        isDeletionProtected = members.boolean("isDeletionProtected") ?? false
        tableClass = members.string("tableClass")
        encryptionKey = members.string("encryptionKey")
        onDemandLimits = members.limits("onDemandLimits")
        tags = (members.structures("tags") ?? []).compactMap(Tag.init(saved:))
        lastIncrease = members.time("lastIncrease")
        lastDecrease = members.time("lastDecrease")
        decreasesToday = members.integer("decreasesToday") ?? 0
        payPerRequestSince = members.time("payPerRequestSince")
        tableClassSince = members.time("tableClassSince")
        warmThroughput = members.throughput("warmThroughput") ?? warmThroughput
        latestStreamLabel = members.string("latestStreamLabel")
    }
}

extension Members {
    fileprivate func time(_ name: String) -> Int64? { integer(name).map(Int64.init) }

    fileprivate func throughput(_ name: String) -> Throughput? {
        guard let members = structure(name), let read = members.integer("read"), let write = members.integer("write")
        else { return nil }
        return Throughput(read: read, write: write)
    }

    fileprivate func limits(_ name: String) -> OnDemandLimits? {
        structure(name).map { OnDemandLimits(read: $0.integer("read"), write: $0.integer("write")) }
    }
}

extension ScalarAttributeType {
    /// The type of an AttributeDefinition's `AttributeType`.
    init?(name: String) {
        guard name.utf8.count == 1, let letter = name.utf8.first else { return nil }
        self.init(rawValue: letter)
    }
}

extension KeySchema.Attribute {
    fileprivate init?(saved members: Members) {
        guard let name = members.string("name"), let type = members.string("type").flatMap(ScalarAttributeType.init)
        else { return nil }
        self.init(name: name, type: type)
    }
}

extension KeySchema {
    fileprivate init?(saved members: Members, _ attributes: [Attribute]) {
        let attribute = { (member: String) in
            members.string(member).flatMap { name in attributes.first { $0.text == name } }
        }
        guard let partition = attribute("partition") else { return nil }
        let sort = attribute("sort")
        guard members.has("sort") == (sort != nil) else { return nil }
        self.init(partitionKey: partition, sortKey: sort)
    }
}

extension Index {
    /// Nil when one of them can't be read.
    fileprivate static func list(
        _ members: [Members]?,
        isGlobal: Bool,
        _ attributes: [KeySchema.Attribute]
    ) -> [Index]? {
        let members = members ?? []
        let indexes = members.compactMap { Index(saved: $0, isGlobal: isGlobal, attributes) }
        return indexes.count == members.count ? indexes : nil
    }

    private init?(saved members: Members, isGlobal: Bool, _ attributes: [KeySchema.Attribute]) {
        guard let number = members.time("number"), let name = members.string("name"),
            let keySchema = members.structure("keySchema").flatMap({ KeySchema(saved: $0, attributes) }),
            let projection = Projection(saved: members)
        else { return nil }
        self.init(number: number, name: name, isGlobal: isGlobal, keySchema: keySchema, projection: projection)
        throughput = members.throughput("throughput")
        onDemandLimits = members.limits("onDemandLimits")
        lastIncrease = members.time("lastIncrease")
        lastDecrease = members.time("lastDecrease")
        decreasesToday = members.integer("decreasesToday") ?? 0
        warmThroughput = members.throughput("warmThroughput") ?? warmThroughput
    }
}

extension Index.Projection {
    fileprivate init?(saved members: Members) {
        switch members.string("projection") {
        case "ALL": self = .all
        case "KEYS_ONLY": self = .keysOnly
        case "INCLUDE": self = .include(members.strings("included") ?? [])
        default: return nil
        }
    }
}

extension StreamDefinition {
    fileprivate init?(saved members: Members) {
        guard let number = members.time("number"), let label = members.string("label"),
            let view = members.string("view").flatMap(View.init)
        else { return nil }
        self.init(number: number, label: label, view: view)
    }
}

extension TableDefinition.Tag {
    fileprivate init?(saved members: Members) {
        guard let key = members.string("key"), let value = members.string("value") else { return nil }
        self.init(key: key, value: value)
    }
}
