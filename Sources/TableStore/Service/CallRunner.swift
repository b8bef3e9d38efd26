import DynamoDB

/// What the store's thread has calls done by: the engine and its database.
///
/// Confined to the store's thread.
protocol CallRunner {
    /// Whether an operation has left the transaction unusable; ``rollback()`` is due.
    var hasFailed: Bool { get }
    /// How often an operation was refused for want of capacity.
    var refusals: Int { get }

    /// Behaves so from now on.
    func adopt(_ model: ServiceModel)

    /// Begins a transaction.
    func begin() throws(ErrorReply)

    /// Does an operation in the transaction; returns the reply's body.
    func perform(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws(ErrorReply) -> [UInt8]

    /// Does some of the work that no request asks for; returns whether there is more.
    func housekeeping() throws(ErrorReply) -> Bool

    /// Makes the transaction durable.
    func commit() throws(ErrorReply)

    /// Undoes the transaction, and whatever it changed in memory.
    func rollback()
}

/// The engine on its database.
final class EngineRunner: CallRunner {
    private let engine: Engine
    private let onFailure: (@Sendable (String) -> Void)?
    private var capacityBefore = CapacityModel()
    /// The engine's memory is not the database's.
    private var needsReload = false

    init(_ engine: Engine, onFailure: (@Sendable (String) -> Void)? = nil) {
        self.engine = engine
        self.onFailure = onFailure
    }

    var hasFailed: Bool { engine.storage.failure != nil }

    var refusals: Int { engine.capacity.refusals }

    func adopt(_ model: ServiceModel) {
        guard engine.capacity.isEnforced != model.enforcesThroughput else { return }
        engine.capacity.isEnforced = model.enforcesThroughput
        engine.capacity.follow(engine.tables.values, now: Clock.milliseconds)
    }

    func begin() throws(ErrorReply) {
        capacityBefore = engine.capacity
        try engine.storage.begin()
        if needsReload {
            try engine.reload(keepingStatistics: true)
            needsReload = false
        }
    }

    func perform(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws(ErrorReply) -> [UInt8] {
        engine.now = Clock.milliseconds
        let reply = try engine.perform(operation, body)
        if operation.category == .controlWrite { engine.capacity.follow(engine.tables.values, now: engine.now) }
        return reply
    }

    func housekeeping() throws(ErrorReply) -> Bool {
        engine.now = Clock.milliseconds
        return try engine.housekeeping()
    }

    func commit() throws(ErrorReply) {
        try engine.storage.commit()
        engine.statisticsBefore.removeAll(keepingCapacity: true)
    }

    func rollback() {
        if let failure = engine.storage.failure { onFailure?(failure) }
        engine.storage.rollback()
        engine.capacity = capacityBefore
        engine.restoreStatistics()
        needsReload = true
    }
}
