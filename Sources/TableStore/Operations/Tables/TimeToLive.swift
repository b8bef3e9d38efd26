import DynamoDB

/// UpdateTimeToLive: chooses the attribute that tells when an item expires, or none; at once.
struct UpdateTimeToLive: StoreOperation {
    static let shape = Shapes.updateTimeToLive

    private let tableName: String
    private let attributeName: String
    private let isEnabled: Bool

    init(_ members: Members) throws(ErrorReply) {
        let specification = members.structure("TimeToLiveSpecification")
        tableName = members.string("TableName") ?? ""
        attributeName = specification?.string("AttributeName") ?? ""
        isEnabled = specification?.boolean("Enabled") ?? false
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let table = try engine.describedTable(named: tableName)
        if let current = table.definition.timeToLiveAttribute {
            guard current == attributeName else {
                throw .validation(
                    "TimeToLive is active on a different AttributeName: current AttributeName is \(current)"
                )
            }
            if isEnabled { throw .validation("TimeToLive is already enabled") }
        } else if !isEnabled {
            throw .validation("TimeToLive is already disabled")
        }
        var definition = table.definition
        definition.timeToLiveAttribute = isEnabled ? attributeName : nil
        try engine.setExpiries(of: table, by: definition)
        try engine.replace(table, definition)

        var specification = JSONObject()
        specification.append("Enabled", isEnabled)
        specification.append("AttributeName", attributeName)
        var reply = JSONObject()
        reply.append("TimeToLiveSpecification", specification)
        return reply.bytes
    }
}

/// DescribeTimeToLive: which attribute tells when an item expires.
struct DescribeTimeToLive: StoreOperation {
    static let shape = Shapes.describeTimeToLive

    private let tableName: String

    init(_ members: Members) throws(ErrorReply) {
        tableName = members.string("TableName") ?? ""
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let attribute = try engine.describedTable(named: tableName).definition.timeToLiveAttribute
        var description = JSONObject()
        description.append("TimeToLiveStatus", attribute == nil ? "DISABLED" : "ENABLED")
        description.append("AttributeName", attribute)
        var reply = JSONObject()
        reply.append("TimeToLiveDescription", description)
        return reply.bytes
    }
}

extension Engine {
    /// Sets when the items of a table expire by a new definition.
    fileprivate func setExpiries(of table: Table, by definition: TableDefinition) throws(ErrorReply) {
        guard definition.timeToLiveAttribute != nil else { return try storage.clearExpiries(of: definition.number) }
        try forEachItem(of: table) { (key, item) throws(ErrorReply) in
            guard let expiry = definition.expiry(of: try item.item()) else { return }
            try storage.setExpiry(expiry, at: key, in: definition.number)
        }
    }
}
