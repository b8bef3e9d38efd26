private import DynamoDB
internal import Synchronization
internal import Transport

/// What is done to tables before a run.
public struct TableSetup: Sendable {
    /// Make tables that are missing.
    public var creates = false
    /// Their provisioned capacity, RCU and WCU; nil: on demand.
    public var provisioned: (readUnits: Int, writeUnits: Int)?
    /// Items to load, from the first key on; nil: all keys; 0: none.
    public var items: Int? = 0
    /// Connections that load.
    public var connections = 8

    /// Nothing is done.
    public init() {}
}

/// Has a tenant's table looked at or made, and fills it by BatchWriteItem.
final class TableLoader: ClientOwner {
    /// DynamoDB's limit.
    private static let batchItems = 25
    private static let batchBytes = 2 << 20
    private static let shortestBackoff: UInt64 = 20_000_000
    private static let longestBackoff: UInt64 = 2_000_000_000
    /// Without any progress for so long it gives up.
    private static let patience: UInt64 = 60_000_000_000

    private let plan: TenantPlan
    private let setup: TableSetup
    private let stop: StopFlag
    private let reactor: Reactor
    private let maker: RequestMaker
    private var connections: [ClientConnection] = []
    private let context: ClientContext
    private let total: Int

    private var next = 0
    /// Ranges of keys that were not taken and are to be sent again.
    private var again: [Range<Int>] = []
    private var inWork: [ObjectIdentifier: Range<Int>] = [:]
    private var done = 0
    private var progress: UInt64 = 0
    private var backoff = shortestBackoff
    private var problem: String?

    init(
        _ settings: BenchmarkPlan,
        _ server: ServerAddresses,
        _ state: TenantState,
        _ setup: TableSetup,
        stop: StopFlag
    ) throws {
        plan = state.plan
        self.setup = setup
        self.stop = stop
        reactor = try Reactor()
        context = ClientContext(reactor: reactor, server: server, settings: settings)
        maker = RequestMaker(
            plan,
            endpoint: settings.endpoint,
            trace: state.trace,
            settings: settings,
            now: reactor.wallClock
        )
        let keys = state.trace?.keys ?? plan.keys
        total = setup.items.map { min($0, keys) } ?? keys
    }

    func run(_ event: (BenchmarkEvent) -> Void) throws {
        let preparation = TablePreparation(plan, maker, context, stop: stop)
        if setup.creates { try preparation.create(setup) } else { try preparation.check() }
        guard total > 0, !stop.value else { return }
        problem = nil
        progress = MonotonicClock.now
        connections = (0..<max(1, setup.connections)).map { _ in ClientConnection(context, owner: self) }
        for connection in connections { connection.open() }
        // The reactor runs in slices, so that `event` is called on this thread.
        while done < total, problem == nil, !stop.value {
            reactor.schedule(after: 100_000_000) { [unowned self] in
                let now = MonotonicClock.now
                for connection in connections { connection.checkDeadline(now) }
                if now - progress > Self.patience { problem = problem ?? "no item was taken for a minute" }
                reactor.stop()
            }
            reactor.run()
            event(.loading(tenant: plan.name, done: done, total: total))
        }
        for connection in connections { connection.retire() }
        if let problem { throw BenchmarkError("loading table \(plan.table) of \(plan.name): \(problem)") }
    }

    // MARK: Loading

    func opened(_ connection: ClientConnection) {
        sendNext(connection)
    }

    func replied(_ connection: ClientConnection) {
        guard let range = inWork.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        let reply = connection.reply
        let name = reply.status == 200 ? "" : ErrorText.name(reply.body, status: reply.status)
        if reply.status == 200, !ErrorText.isFilled("UnprocessedItems", in: reply.body) {
            done += range.count
            progress = MonotonicClock.now
            backoff = Self.shortestBackoff
            if done >= total { reactor.stop() }
            return sendNext(connection)
        }
        guard reply.status == 200 || reply.status >= 500 || ErrorText.isThrottling(name) else {
            problem = ErrorText.words(reply.body, status: reply.status)
            return reactor.stop()
        }
        // Halved, since one that is always too large would never be taken as a whole.
        if range.count > 1 {
            let middle = (range.lowerBound + range.upperBound) / 2
            again += [range.lowerBound..<middle, middle..<range.upperBound]
        } else {
            again.append(range)
        }
        rest(connection)
    }

    func failed(_ connection: ClientConnection, _ failure: ClientFailure, wasBusy: Bool) {
        if let range = inWork.removeValue(forKey: ObjectIdentifier(connection)) { again.append(range) }
        // One that is there and is lost comes back, or patience ends.
        if !wasBusy, done == 0 {
            problem = failure.name
            reactor.stop()
        }
    }

    private func rest(_ connection: ClientConnection) {
        backoff = min(backoff * 2, Self.longestBackoff)
        reactor.schedule(after: backoff / 2 + UInt64.random(in: 0...backoff / 2)) { [weak self, weak connection] in
            guard let self, let connection else { return }
            sendNext(connection)
        }
    }

    private func sendNext(_ connection: ClientConnection) {
        guard connection.isFree, problem == nil, let range = again.popLast() ?? nextRange() else { return }
        var body = Array(#"{"RequestItems":{"#.utf8)
        maker.items.appendTable(to: &body)
        body += Array(":[".utf8)
        for key in range {
            body += Array((key == range.lowerBound ? "" : ",").utf8)
            body += Array(#"{"PutRequest":{"Item":"#.utf8)
            maker.items.appendItem(key, to: &body)
            body += Array("}}".utf8)
        }
        body += Array("]}}".utf8)
        inWork[ObjectIdentifier(connection)] = range
        maker.write(.batchWrite, body: body, into: &connection.output, now: reactor.wallClock)
        connection.send(keepsBody: true, now: MonotonicClock.now)
    }

    private func nextRange() -> Range<Int>? {
        guard next < total else { return nil }
        let start = next
        var bytes = 0
        while next < total, next - start < Self.batchItems {
            bytes += maker.items.size(of: next)
            if next > start, bytes > Self.batchBytes { break }
            next += 1
        }
        return start..<next
    }
}
