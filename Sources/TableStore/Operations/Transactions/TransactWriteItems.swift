import DynamoDB

/// TransactWriteItems: up to 100 writes and condition checks, all or nothing.
///
/// All is checked against the tables as they were before, then all is written.
struct TransactWriteItems: StoreOperation {
    static let shape = Shapes.transactWriteItems

    /// Milliseconds that a ClientRequestToken is remembered for.
    private static let tokenLifetime: Int64 = 10 * 60 * 1000

    private let actions: [TransactAction]
    private let token: [UInt8]?
    private let items: Members.Value?
    private let consumptionShape: Consumption.Shape?
    private let wantsMetrics: Bool

    init(_ members: Members) throws(ErrorReply) {
        var actions: [TransactAction] = []
        for element in members.list("TransactItems") ?? [] {
            if case .structure(let members) = element {
                actions.append(try TransactAction(members))
            } else {
                actions.append(try TransactAction(Members()))
            }
        }
        guard actions.reduce(0, { $0 + $1.size }) <= Transactions.maximumBytes else { throw .transactionTooLarge }
        self.actions = actions
        token = members.string("ClientRequestToken").map { Array($0.utf8) }
        items = members["TransactItems"]
        consumptionShape = members.string("ReturnConsumedCapacity").flatMap(Consumption.Shape.init)
        wantsMetrics = members.string("ReturnItemCollectionMetrics") == "SIZE"
    }

    func run(on engine: Engine) throws(ErrorReply) -> [UInt8] {
        let steps = try steps(on: engine)
        guard let token else { return try write(steps, on: engine) }
        let request = try RequestDigest.of(items)
        if let saved = try engine.storage.token(token, after: engine.now - Self.tokenLifetime) {
            guard saved.request == request else { throw .idempotentParameterMismatch }
            return repetition(steps, on: engine)
        }
        let reply = try write(steps, on: engine)
        try engine.storage.trimTokens(before: engine.now - Self.tokenLifetime)
        try engine.storage.saveToken(token, SavedToken(request: request, outcome: []), at: engine.now)
        return reply
    }

    /// An action with the item it is about.
    private struct Step {
        var action: TransactAction
        var table: Table
        /// `new` is yet to be found out.
        var change: ItemChange
    }

    // MARK: Checking

    /// The actions with their items as they are now.
    ///
    /// Finds the faults that don't depend on those. Of these only the first is reported, and no condition is looked at
    /// (scylladb/scylladb, test/alternator/test_transact.py, which ran against the service).
    private func steps(on engine: Engine) throws(ErrorReply) -> [Step] {
        var tables: [Table] = []
        for action in actions { tables.append(try engine.table(named: action.tableName)) }
        var steps: [Step] = []
        var seen: Set<Transactions.Target> = []
        var fault: (action: Int, reason: CancellationReasons.Reason)?
        for (index, (action, table)) in zip(actions, tables).enumerated() {
            let step: Step
            do {
                step = try self.step(action, table, on: engine)
            } catch {
                guard let reason = CancellationReasons.Reason(error) else { throw error }
                fault = fault ?? (index, reason)
                continue
            }
            steps.append(step)
            let target = Transactions.Target(table: table.definition.number, key: step.change.storageKey)
            guard seen.insert(target).inserted else { throw .sameItemTwice }
        }
        var reasons = CancellationReasons(actions: actions.count)
        if let fault { reasons[fault.action] = fault.reason }
        try reasons.check()
        return steps
    }

    private func step(_ action: TransactAction, _ table: Table, on engine: Engine) throws(ErrorReply) -> Step {
        let key = try action.key(in: table)
        try action.check(in: table)
        let storageKey = StorageKey(key)
        let old = try engine.item(storageKey, in: table)
        var change = ItemChange(
            key: key,
            storageKey: storageKey,
            old: old?.item,
            oldSize: old?.size ?? 0,
            new: nil
        )
        if case .put(let item) = action.kind {
            change.new = item
            try engine.check(change, in: table)
        }
        return Step(action: action, table: table, change: change)
    }

    /// Checks the conditions, and what becomes of the items.
    private func checked(_ steps: [Step], on engine: Engine) throws(ErrorReply) -> [Step] {
        var steps = steps
        var reasons = CancellationReasons(actions: steps.count)
        for (index, step) in steps.enumerated() {
            if let condition = step.action.condition, !condition.evaluate(step.change.old ?? Item()) {
                reasons[index] = .conditionalCheckFailed(step.action.returnsOldItem ? step.change.old : nil)
                continue
            }
            do {
                try engine.capacity.admit(.write, step.table, now: engine.now)
                steps[index].change.new = try step.action.outcome(step.change.old)
                if case .update = step.action.kind {
                    try engine.check(steps[index].change, in: step.table, isUpdate: true)
                }
            } catch {
                guard let reason = CancellationReasons.Reason(error) else { throw error }
                reasons[index] = reason
            }
        }
        do {
            try reasons.check()
        } catch {
            for step in steps { chargeFailure(step, on: engine) }
            throw error
        }
        return steps
    }

    /// A cancelled transaction has used what it would have used.
    private func chargeFailure(_ step: Step, on engine: Engine) {
        let used = engine.unchangedWriteUnits(step.change, in: step.table, isTransactional: true)
        engine.capacity.charge(used, to: step.table, now: engine.now)
    }

    // MARK: Writing

    private func write(_ steps: [Step], on engine: Engine) throws(ErrorReply) -> [UInt8] {
        var consumptions = ConsumptionList()
        var metrics = ItemCollectionMetricsList(isWanted: wantsMetrics)
        for step in try checked(steps, on: engine) {
            var used: Consumption
            if case .check = step.action.kind {
                // Billed as a write (nubo-db/dynamodb-conformance, transactions/transactWrite, checked against the
                // service).
                used = engine.unchangedWriteUnits(step.change, in: step.table, isTransactional: true)
            } else {
                used = try engine.apply(step.change, to: step.table, isTransactional: true)
                try metrics.add(step.change, step.table, named: step.action.tableName, engine)
            }
            engine.capacity.charge(used, to: step.table, now: engine.now)
            used.tableName = step.action.tableName
            consumptions.add(used)
        }
        return reply(consumptions, metrics)
    }

    /// The reply to a request whose token was used already: nothing is written, and what it consumes is a read of the
    /// items.
    private func repetition(_ steps: [Step], on engine: Engine) -> [UInt8] {
        var consumptions = ConsumptionList()
        for step in steps {
            var used = Consumption(tableName: step.action.tableName)
            used.table.read = CapacityUnits.read(step.change.oldSize, .transactional)
            engine.capacity.charge(used, to: step.table, now: engine.now)
            consumptions.add(used)
        }
        return reply(consumptions, ItemCollectionMetricsList(isWanted: false))
    }

    private func reply(_ consumptions: ConsumptionList, _ metrics: ItemCollectionMetricsList) -> [UInt8] {
        var members: [UInt8] = []
        metrics.appendMember(to: &members)
        consumptions.appendMember(consumptionShape, separatesDirections: true, to: &members)
        return [UInt8].object(members)
    }
}
