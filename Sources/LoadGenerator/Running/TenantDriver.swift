private import DynamoDB
internal import Synchronization
internal import Transport

/// When things happen in a run, on the monotonic clock.
struct RunTimes: Sendable {
    /// The first operation.
    var start: UInt64
    /// From here on it counts.
    var measure: UInt64
    /// No operation begins from here on.
    var end: UInt64
    /// Of the time series.
    var interval: UInt64

    /// The point of the time series that a time belongs to; negative before `measure`.
    func interval(at time: UInt64) -> Int {
        time >= measure ? Int((time - measure) / interval) : -1 - Int((measure - 1 - time) / interval)
    }
}

/// Does a tenant's operations on one thread.
final class TenantDriver: ClientOwner {
    private static let shortestBackoff: UInt64 = 25_000_000
    private static let longestBackoff: UInt64 = 5_000_000_000
    /// Open loop: operations that are due and wait; further ones are never sent.
    private static let longestQueue = 1_000_000

    private(set) var tally = Tally()
    let maker: RequestMaker

    private let index: Int
    private let state: TenantState
    private let plan: TenantPlan
    private let retries: Int
    private let isBudgeted: Bool
    private var times = RunTimes(start: 0, measure: 0, end: 0, interval: 1)
    private let reactor: Reactor
    private let collector: Collector
    private var connections: [ClientConnection] = []
    private var free: [ClientConnection] = []
    private var random: RandomSource
    private var chooser: KeyChooser
    private var schedule: Schedule?
    private let part: Int
    private let parts: Int
    /// Times of operations that are due, from `queueStart` on.
    private var queue: [UInt64] = []
    private var queueStart = 0
    /// Operations that were due and found no place in the queue.
    private var dropped = 0
    /// Operations that may still begin once it counts.
    private var budget: Int
    private var running = 0
    private var contentNumber = 0
    private var isEnding = false
    private var current = IntervalTally()
    private var currentNumber = 0
    private var currentEnd = UInt64.max
    /// When the last operation that counts was done.
    private(set) var lastCompletion: UInt64 = 0

    init(
        _ index: Int,
        _ state: TenantState,
        settings: BenchmarkPlan,
        part: Int,
        parts: Int,
        context: ClientContext,
        collector: Collector
    ) {
        self.index = index
        self.state = state
        plan = state.plan
        retries = settings.retries
        isBudgeted = settings.operations != nil
        self.part = part
        self.parts = parts
        reactor = context.reactor
        self.collector = collector
        random = RandomSource(seed: settings.seed &+ RandomSource.mix(UInt64(index) << 32 | UInt64(part)))
        let keys = state.trace?.keys ?? plan.keys
        // The same keys are popular in all threads.
        chooser = KeyChooser(
            plan.distribution,
            keys: keys,
            part: part,
            parts: parts,
            seed: settings.seed &+ UInt64(index)
        )
        maker = RequestMaker(
            plan,
            endpoint: context.server.endpoint,
            trace: state.trace,
            settings: settings,
            now: context.reactor.wallClock
        )
        func share(_ total: Int) -> Int { total / parts + (part < total % parts ? 1 : 0) }
        budget = settings.operations.map(share) ?? .max
        maker.draw = { [unowned self] in chooser.next(&random, count: self.state.keys.load(ordering: .relaxed)) }
        maker.drawLimit = { [unowned self] in 1 + random.below(plan.mix.queryLength) }
        connections = (0..<share(plan.connections)).map { _ in ClientConnection(context, owner: self) }
    }

    /// Signs the requests that are most likely to be sent first, until `deadline`.
    func prepare(until deadline: UInt64) {
        let kind: WireKind = plan.mix[.put] > plan.mix[.get] ? .put : .get
        let count = state.trace?.keys ?? plan.keys
        var copy = random
        for number in 0..<count * 2 {
            if number & 63 == 0 {
                reactor.refreshClocks()
                guard MonotonicClock.now < deadline else { return }
            }
            guard maker.signatures < min(count, 1 << 18) else { return }
            let key = number < count / 2 ? chooser.next(&copy, count: count) : number - count / 2
            maker.prepare(kind, number: min(key, count - 1), now: reactor.wallClock)
        }
    }

    /// Opens the connections; operations begin as they open.
    func start(_ times: RunTimes) {
        self.times = times
        currentNumber = times.interval(at: times.start)
        currentEnd = Self.end(of: currentNumber, times)
        if let trace = state.trace, let speed = plan.traceSpeed {
            schedule = .trace(TraceSchedule(trace, speed: speed, start: times.start, part: part, parts: parts))
        } else if let rate = plan.rate {
            schedule = .rate(
                ArrivalSchedule(
                    rate: rate / Double(parts),
                    arrivals: plan.arrivals,
                    start: times.start,
                    phase: Double(part) / Double(parts)
                )
            )
        }
        for connection in connections { connection.open() }
    }

    /// No further operation begins.
    private var isExhausted: Bool { isEnding || budget == 0 || schedule?.next == .max }

    var isFinished: Bool { running == 0 && isExhausted }

    /// When the next open-loop operation is due.
    var nextArrival: UInt64? { isExhausted ? nil : schedule?.next }

    // MARK: Open loop

    /// Begins what is due.
    func arrive() {
        guard var schedule else { return }
        let now = MonotonicClock.now
        while schedule.next <= now, !isEnding, budget > 0, schedule.next < times.end {
            let due = schedule.next
            if due >= times.measure { budget -= 1 }
            schedule.advance(&random)
            if queue.count - queueStart < Self.longestQueue {
                running += 1
                queue.append(due)
            } else {
                dropped += 1
            }
        }
        self.schedule = schedule
        serveQueue()
    }

    private func serveQueue() {
        while queueStart < queue.count, let connection = free.popLast() {
            connection.task.isListed = false
            guard connection.isFree, connection.task.phase == .idle else { continue }
            let due = queue[queueStart]
            queueStart += 1
            begin(connection, intended: due, now: MonotonicClock.now)
        }
        if queueStart == queue.count {
            queue.removeAll(keepingCapacity: true)
            queueStart = 0
        } else if queueStart > 65_536 {
            queue.removeFirst(queueStart)
            queueStart = 0
        }
    }

    // MARK: Operations

    /// The connection's next operation, if there is one.
    private func goOn(_ connection: ClientConnection, now: UInt64) {
        connection.task.phase = .idle
        guard connection.isFree else { return }
        if schedule != nil {
            if !connection.task.isListed {
                connection.task.isListed = true
                free.append(connection)
            }
            return serveQueue()
        }
        guard !isEnding, budget > 0, now < times.end else { return }
        if now >= times.measure { budget -= 1 }
        running += 1
        begin(connection, intended: now, now: now)
    }

    private func begin(_ connection: ClientConnection, intended: UInt64, now: UInt64) {
        var kind: OperationKind
        var key = 0
        if let trace = state.trace {
            (kind, key) = trace.request(at: state.position.wrappingAdd(1, ordering: .relaxed).oldValue)
        } else {
            kind = plan.mix.next(&random)
            switch kind {
            case .insert: key = state.nextKey()
            case .batchGet, .query:
                key = contentNumber
                contentNumber = (contentNumber + 1) % RequestMaker.contents
            default: key = chooser.next(&random, count: state.keys.load(ordering: .relaxed))
            }
        }
        connection.task.kind = kind
        connection.task.key = key
        connection.task.intended = intended
        connection.task.attempt = 0
        connection.task.secondStage = 0
        connection.task.wire =
            switch kind {
            case .get, .readModifyWrite: plan.consistent > 0 && random.unit() < plan.consistent ? .consistentGet : .get
            case .put, .insert: .put
            case .update: .update
            case .delete: .delete
            case .batchGet: .batchGet
            case .query: .query
            }
        send(connection, now: now)
    }

    private func send(_ connection: ClientConnection, now: UInt64) {
        guard connection.isFree else {
            connection.task.phase = .awaitingConnection
            return
        }
        let task = connection.task
        connection.task.phase = .sending
        maker.write(task.wire, number: task.key, into: &connection.output, now: reactor.wallClock)
        if now >= times.measure { tally.bytesSent += connection.output.count }
        connection.send(keepsBody: task.wire == .batchGet, now: now)
    }

    // MARK: ClientOwner

    func opened(_ connection: ClientConnection) {
        let now = MonotonicClock.now
        switch connection.task.phase {
        case .idle: goOn(connection, now: now)
        case .awaitingConnection: send(connection, now: now)
        case .backoff, .thinking, .sending: break
        }
    }

    func replied(_ connection: ClientConnection) {
        let now = MonotonicClock.now
        let reply = connection.reply
        let counts = counts(connection, now)
        roll(to: now)
        if counts { tally.bytesReceived += connection.received }
        if !reply.cacheStatus.isEmpty {
            if counts { tally.cache.add(reply.cacheStatus) }
            if reply.cacheStatus == Self.hit { current.hits += 1 } else { current.others += 1 }
        }
        guard reply.status == 200 else {
            let name = ErrorText.name(reply.body, status: reply.status)
            if counts { tally.note(ErrorText.message(reply.body), of: name) }
            return fail(
                connection,
                name,
                isThrottling: ErrorText.isThrottling(name),
                mayRetry: reply.status >= 500,
                now
            )
        }
        if connection.task.wire == .batchGet, counts, ErrorText.isFilled("UnprocessedKeys", in: reply.body) {
            tally.incompleteBatches += 1
        }
        let isGet = connection.task.wire == .get || connection.task.wire == .consistentGet
        if isGet, counts, reply.bodyCount <= Self.emptyReply { tally.absent += 1 }
        if connection.task.kind == .readModifyWrite, connection.task.secondStage == 0 {
            if counts { record(.get, now - connection.task.intended, operation: false) }
            connection.task.secondStage = now
            connection.task.attempt = 0
            connection.task.wire = .update
            return send(connection, now: now)
        }
        let latency = now > connection.task.intended ? now - connection.task.intended : 0
        if counts {
            if connection.task.kind == .readModifyWrite {
                record(.update, now - connection.task.secondStage, operation: false)
            }
            if now > times.end { tally.late += 1 }
            record(connection.task.kind, latency, operation: now <= times.end)
        }
        if now <= times.end {
            current.succeeded += 1
            current.latency.record(latency)
        }
        finish(connection, now)
    }

    private static let hit = Array("hit".utf8)
    /// Bytes of `{}`.
    private static let emptyReply = 2

    func failed(_ connection: ClientConnection, _ failure: ClientFailure, wasBusy: Bool) {
        let now = MonotonicClock.now
        roll(to: now)
        if now >= times.measure, !isEnding { tally.reconnects += 1 }
        if now <= times.end { current.problem = failure.name }
        guard wasBusy else {
            // A server may close a connection that is not used.
            if failure != .closed, now >= times.measure, !isEnding { tally.errors.add(failure.name) }
            return
        }
        fail(connection, failure.name, isThrottling: false, mayRetry: true, now)
    }

    // MARK: Ends of operations

    /// Whether what comes of the connection's operation counts.
    ///
    /// By when it comes, so that throughput is that of the time; of so many operations, by when they began. Open loop
    /// waits after the end for what was due.
    private func counts(_ connection: ClientConnection, _ now: UInt64) -> Bool {
        now >= times.measure && (now <= times.end || schedule != nil)
            && (!isBudgeted || connection.task.intended >= times.measure)
    }

    private func fail(_ connection: ClientConnection, _ name: String, isThrottling: Bool, mayRetry: Bool, _ now: UInt64)
    {
        let counts = counts(connection, now)
        if isThrottling || mayRetry, connection.task.attempt < retries, !isEnding {
            connection.task.attempt += 1
            connection.task.phase = .backoff
            if counts { tally.retries += 1 }
            // "Full jitter": anything up to an exponentially growing pause.
            let most = min(Self.longestBackoff, Self.shortestBackoff << UInt64(min(connection.task.attempt - 1, 16)))
            reactor.schedule(after: UInt64.random(in: 0...most, using: &random)) { [weak self, weak connection] in
                guard let self, let connection, connection.task.phase == .backoff else { return }
                send(connection, now: MonotonicClock.now)
            }
            return
        }
        if counts {
            tally.operations[connection.task.kind.rawValue].failed += 1
            if isThrottling { tally.throttled.add(name) } else { tally.errors.add(name) }
        }
        if now <= times.end {
            current.failed += 1
            current.problem = name
            if isThrottling { current.throttled += 1 }
        }
        finish(connection, now)
    }

    private func finish(_ connection: ClientConnection, _ now: UInt64) {
        running -= 1
        if connection.task.kind == .insert { state.acknowledge(connection.task.key) }
        guard plan.thinkTime > 0, schedule == nil else { return goOn(connection, now: now) }
        connection.task.phase = .thinking
        reactor.schedule(after: plan.thinkTime) { [weak self, weak connection] in
            guard let self, let connection, connection.task.phase == .thinking else { return }
            goOn(connection, now: MonotonicClock.now)
        }
    }

    /// `operation`: it is an operation of its own, within the time that counts.
    private func record(_ kind: OperationKind, _ latency: UInt64, operation: Bool) {
        let index = kind.rawValue
        if operation {
            tally.operations[index].succeeded += 1
            lastCompletion = MonotonicClock.now
        }
        tally.operations[index].latency.record(latency)
        if let expected = plan.expectedInterval, schedule == nil {
            tally.operations[index].corrected.record(latency, expectedInterval: expected)
        }
    }

    // MARK: Time

    /// Hands in the intervals that have ended.
    func roll(to now: UInt64) {
        guard now >= currentEnd else { return }
        collector.add(current, tenant: index, interval: currentNumber)
        current = IntervalTally()
        currentNumber = times.interval(at: now)
        currentEnd = Self.end(of: currentNumber, times)
    }

    private static func end(of interval: Int, _ times: RunTimes) -> UInt64 {
        interval >= 0
            ? times.measure &+ UInt64(interval + 1) &* times.interval
            : times.measure &- UInt64(-1 - interval) &* times.interval
    }

    /// Fails requests that have taken too long.
    func checkDeadlines(_ now: UInt64) {
        roll(to: now)
        for connection in connections { connection.checkDeadline(now) }
    }

    /// Lets no operation begin.
    func end() {
        isEnding = true
    }

    /// Closes all; what is not answered is counted, in open loop with its age.
    func close(_ now: UInt64) {
        let end = min(now, times.end)
        if currentNumber < times.interval(at: end &- 1) || current.succeeded + current.failed > 0 {
            collector.add(current, tenant: index, interval: currentNumber)
        }
        for connection in connections where ![.idle, .thinking].contains(connection.task.phase) {
            leave(connection.task.kind, connection.task.intended, now)
        }
        for due in queue[queueStart...] {
            leave(state.trace == nil ? plan.mix.next(&random) : .get, due, now)
        }
        tally.unfinished += dropped
        for connection in connections { connection.retire() }
    }

    /// Counts an operation that got no answer.
    private func leave(_ kind: OperationKind, _ intended: UInt64, _ now: UInt64) {
        let age = now > intended ? now - intended : 0
        tally.unfinished += 1
        tally.oldest = max(tally.oldest, age)
        if schedule != nil {
            tally.operations[kind.rawValue].latency.record(age)
        } else if let expected = plan.expectedInterval, age > expected {
            // What it has kept from being sent has waited, too.
            tally.operations[kind.rawValue].corrected.record(age, expectedInterval: expected)
        }
    }
}
