import Dispatch
import DynamoDB
import Glibc

@testable import TableStore

/// What a ``ScriptedRunner`` does and has done, for tests.
final class Script: Sendable {
    struct State {
        /// The writes of transactions that were committed, in order.
        var committed: [String] = []
        var begins = 0
        var commits = 0
        var rollbacks = 0
        var housekeepings = 0
        /// How many of the next commits fail.
        var failingCommits = 0
        var failingBegins = 0
        /// What the next calls of housekeeping return.
        var moreHousekeeping: [Bool] = []
        var model = ServiceModel()
    }

    let state = Monitor(State())
    /// Signalled when a `hold` begins.
    let isHeld = DispatchSemaphore(value: 0)
    /// Ends a `hold`.
    let release = DispatchSemaphore(value: 0)

    var committed: [String] { state.withLock { $0.committed } }
}

/// Does calls as their bodies say, in place of the engine.
///
/// `refuse` throws a ValidationException, `fail` breaks the transaction, `500` throws an InternalServerError, `hold` waits,
/// `count` answers how many writes there are, `big` answers with 1,000 bytes; anything else is a write, answered with its
/// own text.
final class ScriptedRunner: CallRunner {
    private let script: Script
    private var writes: [String] = []
    private(set) var hasFailed = false
    let refusals = 0

    init(_ script: Script) {
        self.script = script
    }

    func adopt(_ model: ServiceModel) {
        script.state.withLock { $0.model = model }
    }

    func begin() throws(ErrorReply) {
        let fails = script.state.withLock { state in
            state.begins += 1
            state.failingBegins -= 1
            return state.failingBegins >= 0
        }
        if fails { throw .internalServerError() }
    }

    func perform(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws(ErrorReply) -> [UInt8] {
        switch String(decoding: body, as: UTF8.self) {
        case "refuse": throw .validation("no")
        case "500":
            writes.append("half of a write")
            throw .internalServerError()
        case "fail":
            hasFailed = true
            throw .internalServerError()
        case "hold":
            script.isHeld.signal()
            script.release.wait()
            return []
        case "big": return Array(repeating: 0, count: 1000)
        case "count": return Array("\(script.committed.count + writes.count)".utf8)
        case let write:
            writes.append(write)
            return body
        }
    }

    func housekeeping() throws(ErrorReply) -> Bool {
        script.state.withLock { state in
            state.housekeepings += 1
            return state.moreHousekeeping.isEmpty ? false : state.moreHousekeeping.removeFirst()
        }
    }

    func commit() throws(ErrorReply) {
        let fails = script.state.withLock { state in
            state.failingCommits -= 1
            if state.failingCommits >= 0 { return true }
            state.commits += 1
            state.committed += writes
            return false
        }
        if fails { throw .internalServerError() }
        writes = []
    }

    func rollback() {
        writes = []
        hasFailed = false
        script.state.withLock { $0.rollbacks += 1 }
    }
}

/// A store with a script in place of the engine.
struct ScriptedStore {
    let script = Script()
    let store: EmbeddedDynamoDB

    init(
        _ service: ServiceModel = ServiceModel(),
        pace: ServiceLoop.Pace = ServiceLoop.Pace(batchCalls: 32, batchTime: .max, housekeepingPeriod: 1 << 60),
        limit: CallQueue.Load = CallQueue.Load(calls: 1000, bytes: 1_000_000)
    ) throws {
        store = try EmbeddedDynamoDB(service: service, pace: pace, queueLimit: limit) { [script] in
            ScriptedRunner(script)
        }
    }

    /// Submits a call; the result tells what became of it.
    func submit(_ body: String, _ operation: DynamoDB.Operation = .putItem) -> Pending {
        store.submit(body, operation)
    }

    /// Submits and waits.
    func call(_ body: String, _ operation: DynamoDB.Operation = .putItem) async -> EmbeddedDynamoDB.Outcome {
        await submit(body, operation).outcome
    }

    /// Keeps the thread busy while `body` submits calls.
    func whileHeld<Value>(_ body: () throws -> Value) rethrows -> (hold: Pending, value: Value) {
        let hold = submit("hold")
        script.isHeld.wait()
        defer { script.release.signal() }
        return (hold, try body())
    }
}

extension EmbeddedDynamoDB {
    func submit(_ body: String, _ operation: DynamoDB.Operation = .putItem) -> Pending {
        let pending = Pending()
        submit(operation, body: Array(body.utf8)) { pending.complete($0) }
        return pending
    }

    func call(_ operation: DynamoDB.Operation, _ body: String) async -> Outcome {
        await submit(body, operation).outcome
    }
}

/// A call under way.
final class Pending: Sendable {
    private struct State {
        var outcomes: [EmbeddedDynamoDB.Outcome] = []
        var waiting: [CheckedContinuation<EmbeddedDynamoDB.Outcome, Never>] = []
        var thread: pthread_t?
        var completedAt: UInt64 = 0
    }

    private let state = Monitor(State())

    func complete(_ outcome: EmbeddedDynamoDB.Outcome) {
        let waiting = state.withLock { state in
            state.outcomes.append(outcome)
            state.thread = pthread_self()
            state.completedAt = Clock.monotonic
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    /// How often it was completed.
    var completions: Int { state.withLock { $0.outcomes.count } }
    var thread: pthread_t? { state.withLock { $0.thread } }
    var completedAt: UInt64 { state.withLock { $0.completedAt } }

    var outcome: EmbeddedDynamoDB.Outcome {
        get async {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state in
                    if state.outcomes.isEmpty { state.waiting.append(continuation) }
                    return state.outcomes.first
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}

extension EmbeddedDynamoDB.Outcome {
    /// A reply's status; nil for other outcomes.
    var status: Int? {
        if case .reply(let status, _) = self { status } else { nil }
    }

    /// A reply's body; empty for other outcomes.
    var text: String {
        if case .reply(_, let body) = self { String(decoding: body, as: UTF8.self) } else { "" }
    }
}
