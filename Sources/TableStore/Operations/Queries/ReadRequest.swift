import DynamoDB

/// What a Query and a Scan have in common.
struct ReadRequest {
    let operation: DynamoDB.Operation
    /// A name or an ARN.
    let tableName: String
    let indexName: String?
    let expressions: RequestExpressions
    let selection: Selection
    /// Items to look at, at most.
    let limit: Int?
    let startKey: AttributeMap?
    let isConsistent: Bool
    let consumptionShape: Consumption.Shape?

    init(_ members: Members, for operation: DynamoDB.Operation) throws(ErrorReply) {
        self.operation = operation
        tableName = members.string("TableName") ?? ""
        indexName = members.string("IndexName")
        expressions = try RequestExpressions(members, for: operation)
        selection = try Selection(members)
        limit = members.integer("Limit")
        startKey = try members.attributeMap("ExclusiveStartKey")?.checked(for: operation)
        isConsistent = members.boolean("ConsistentRead") ?? false
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
    }

    /// What the request reads.
    func target(on engine: Engine) throws(ErrorReply) -> ReadTarget {
        try ReadTarget(try engine.table(named: tableName), indexName: indexName, isConsistent: isConsistent)
    }

    /// Where the request goes on.
    func start(of target: ReadTarget) throws(ErrorReply) -> StartKey? {
        guard let startKey else { return nil }
        return try StartKey(startKey, of: target, for: operation)
    }

    /// Reads a page and answers with it; without a range there is nothing to read.
    func reply(_ target: ReadTarget, _ range: StorageRange?, on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let global = target.index.flatMap { $0.isGlobal ? $0 : nil }
        try engine.capacity.admit(.read, target.table, index: global, now: engine.now)
        var page = Page(self, target)
        if let range { try page.read(range, from: engine.storage) }
        let used = page.consumption
        engine.capacity.charge(used, to: target.table, now: engine.now)
        return try page.reply(used)
    }
}
