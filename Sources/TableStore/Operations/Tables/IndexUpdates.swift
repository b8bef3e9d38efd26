import DynamoDB

/// `GlobalSecondaryIndexUpdates`.
struct IndexUpdates: Sendable {
    enum Action: Sendable {
        case create(Members)
        case update(CapacityRequest)
        case delete
    }

    let entries: [(name: String, action: Action)]

    init(_ list: [Members]) throws(ErrorReply) {
        var entries: [(name: String, action: Action)] = []
        var names: Set<String> = []
        for members in list {
            let entry = try Self.entry(members)
            guard names.insert(entry.name).inserted else {
                throw .invalidParameters(
                    "Only one global secondary index update per index is allowed simultaneously. Index: \(entry.name)"
                )
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func entry(_ members: Members) throws(ErrorReply) -> (name: String, action: Action) {
        let actions = ["Update", "Create", "Delete"].compactMap { name in
            members.structure(name).map { (name: name, members: $0) }
        }
        guard let (action, members) = actions.first else {
            throw .invalidParameters(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                    + "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        }
        guard actions.count == 1 else {
            throw .invalidParameters(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
            )
        }
        let name = members.string("IndexName") ?? ""
        switch action {
        case "Create": return (name, .create(members))
        case "Delete": return (name, .delete)
        default: return (name, .update(CapacityRequest(members, index: name)))
        }
    }

    /// Whether indexes are created or deleted.
    var changesIndexes: Bool { creationsAndDeletions > 0 }

    private var creationsAndDeletions: Int {
        entries.count { if case .update = $0.action { false } else { true } }
    }

    /// Whether the index is given provisioned throughput, or deleted.
    func covers(_ index: String) -> Bool {
        entries.contains { entry in
            guard entry.name == index else { return false }
            if case .update(let capacity) = entry.action { return capacity.throughput != nil }
            return true
        }
    }

    // MARK: In a table

    /// Makes the changes; `definitions` are the request's `AttributeDefinitions`.
    ///
    /// The billing mode has been changed already.
    func apply(to change: inout TableChange, _ definitions: [KeySchema.Attribute]) throws(ErrorReply) {
        guard creationsAndDeletions <= 1 else {
            throw .limitExceeded(
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            )
        }
        for (name, action) in entries {
            switch action {
            case .create(let members): try create(name, members, definitions, &change)
            case .update(let capacity): try update(name, capacity, &change)
            case .delete: try delete(name, &change)
            }
        }
    }

    private func create(
        _ name: String,
        _ members: Members,
        _ definitions: [KeySchema.Attribute],
        _ change: inout TableChange
    ) throws(ErrorReply) {
        guard !change.new.indexes.contains(where: { $0.name == name }) else {
            throw .validation("Attempting to create an index which already exists")
        }
        guard !definitions.isEmpty else {
            throw .invalidParameters("AttributeDefinitions is not specified for index: \(name)")
        }
        let known = change.new.attributes.filter { old in !definitions.contains { $0.name == old.name } }
        let keys = KeySchemaReader(known + definitions)
        let index = try IndexReader(keys, change.new.billing).createdIndex(members)
        try Self.checkTypes(of: index.keySchema, in: change.new)
        guard change.new.globalIndexes.count < IndexReader.maximumGlobal else {
            throw .limitExceeded(
                "Subscriber limit exceeded: "
                    + "Number of global secondary indexes exceeds per-table limit of \(IndexReader.maximumGlobal)"
            )
        }
        try IndexReader.checkProjected(change.new.indexes + [index])
        change.create(index)
    }

    /// Refuses a key attribute of another type than it has in the table or in another index.
    private static func checkTypes(of schema: KeySchema, in table: TableDefinition) throws(ErrorReply) {
        for attribute in schema.attributes {
            guard let known = table.attributes.first(where: { $0.name == attribute.name }), known != attribute,
                let old = ([table.keySchema] + table.indexes.map(\.keySchema)).first(where: {
                    $0.attributes.contains(known)
                })
            else { continue }
            throw .invalidParameters(
                "Attributes cannot be redefined. "
                    + "Please check that your attribute has the same type as previously defined. "
                    + "Existing schema: \(old.text) New schema: \(schema.text)"
            )
        }
    }

    private func update(
        _ name: String,
        _ capacity: CapacityRequest,
        _ change: inout TableChange
    ) throws(ErrorReply) {
        let position = try position(of: name, "update", in: change.new)
        let old = change.new.globalIndexes[position]
        var new = old
        var shown = old
        try capacity.checkBounds()
        switch (change.new.billing, capacity.throughput) {
        case (.payPerRequest, let throughput):
            guard throughput == nil, capacity.limits != nil || capacity.warm != nil else {
                throw .invalidParameters(
                    "The only Updates for index: \(name) when TableThroughputMode is PAY_PER_REQUEST can be to "
                        + "OnDemandThroughput, WarmThroughput"
                )
            }
        case (.provisioned, let throughput?):
            new.throughput = throughput
            new.warmThroughput = old.warmThroughput.raised(to: .provisioned(throughput))
            if let current = old.throughput {
                guard current != throughput else { throw Self.unchanged(name, throughput) }
                new.throughputHistory = try old.throughputHistory.changed(from: current, to: throughput, at: change.now)
                shown.throughputHistory = new.throughputHistory.shown(over: old.throughputHistory, now: change.now)
            } else {
                shown = new
            }
        case (.provisioned, nil):
            guard capacity.warm != nil || capacity.limits != nil else {
                throw .invalidParameters("ProvisionedThroughput must be specified for index: \(name)")
            }
        }
        new.onDemandLimits = try capacity.limits(after: new.onDemandLimits, change.new.billing)
        new.warmThroughput = try capacity.warmThroughput(after: new.warmThroughput)
        shown.onDemandLimits = new.onDemandLimits
        change.update(new, shown: shown, at: position)
    }

    private func delete(_ name: String, _ change: inout TableChange) throws(ErrorReply) {
        change.delete(at: try position(of: name, "delete", in: change.new))
    }

    private func position(
        of name: String,
        _ verb: String,
        in table: TableDefinition
    ) throws(ErrorReply) -> Int {
        if let position = table.globalIndexes.firstIndex(where: { $0.name == name }) { return position }
        if table.localIndexes.contains(where: { $0.name == name }) {
            throw .validation("Cannot \(verb) an index that is not a GlobalSecondaryIndex: \(name)")
        }
        throw .resourceNotFound("Requested resource not found: Index \(name) for table \(table.name)")
    }

    private static func unchanged(_ name: String, _ units: Throughput) -> ErrorReply {
        .validation(
            "The provisioned throughput for the index \(name) will not change. "
                + "The requested value equals the current value. "
                + "Current ReadCapacityUnits provisioned for index \(name): \(units.read). "
                + "Requested ReadCapacityUnits: \(units.read). "
                + "Current WriteCapacityUnits provisioned for index \(name): \(units.write). "
                + "Requested WriteCapacityUnits: \(units.write). "
                + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
    }
}

extension KeySchema {
    /// The schema as messages show it.
    fileprivate var text: String {
        let elements = zip(attributes, ["HASH", "RANGE"]).map { attribute, type in
            "SchemaElement: key{\(attribute.text):\(attribute.type.name):\(type)}"
        }
        return "Schema:[\(elements.joined(separator: ", "))]"
    }
}
