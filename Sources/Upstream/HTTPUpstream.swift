internal import CCurl
internal import SigV4
public import Transport

/// Bounds of one `HTTPUpstream`.
public struct UpstreamLimits: Sendable {
    /// Most calls that wait for a free connection, to all endpoints together.
    public var waitingCalls = 4_096
    /// Most bytes of request and reply bodies held at one time.
    public var heldBytes = 512 << 20
    /// Largest body of one reply, in bytes.
    public var replyBytes = 64 << 20
    /// Most connections kept open, to all endpoints together.
    public var idleConnections = 1_024
    /// Longest time a connection is kept for reuse, in nanoseconds (whole seconds are observed).
    public var idleTime: UInt64 = 55_000_000_000

    /// The defaults.
    public init() {}
}

/// Calls DynamoDB-compatible endpoints over HTTP/1.1 with libcurl, on a reactor.
///
/// Guarantees, for each call:
/// - The bytes of a request go to one connection at most; a write is thus never sent twice. A read is tried a second
///   time when the connection failed before any byte of it was sent.
/// - The completion is called once, by the end of the endpoint's total timeout, waiting included.
/// - A reply is complete: one that was cut, or whose end cannot be told from a cut, is a failure.
public final class HTTPUpstream: Upstream {
    private let reactor: Reactor
    private let limits: UpstreamLimits
    private let loop: CurlLoop
    private let signer = RequestSigner()
    private let budget: ByteBudget
    private var routes: [Route: RouteState] = [:]
    /// The route of the latest call.
    private var latest: (endpoint: UpstreamEndpoint, host: String, state: RouteState)?
    /// By libcurl's name for the handle.
    private var running: [UInt: Transfer] = [:]
    private var waitingCount = 0
    /// Results known inside `send`, to be told after it has returned.
    private var untold: [(completion: (UpstreamResult) -> Void, result: UpstreamResult)] = []
    private var isShutDown = false

    /// Routes kept though nothing uses them.
    private static let idleRoutes = 64

    /// Makes an upstream for the reactor's thread.
    ///
    /// - Throws: `UpstreamFailure` when libcurl cannot be started.
    public init(reactor: Reactor, limits: UpstreamLimits = UpstreamLimits()) throws(UpstreamFailure) {
        self.reactor = reactor
        self.limits = limits
        budget = ByteBudget(limit: limits.heldBytes)
        loop = try CurlLoop(reactor: reactor, idleConnections: limits.idleConnections)
        loop.finished = { [weak self] identity, code in self?.finish(identity, code) }
    }

    deinit {
        shutdown()
    }

    /// Number of calls under way, not counting those that wait.
    public var callsUnderWay: Int { running.count }

    /// Number of calls that wait for a free connection.
    public var callsWaiting: Int { waitingCount }

    // MARK: Upstream

    /// Sends a call, or lets it wait for a free connection.
    public func send(_ call: UpstreamCall, completion: @escaping (UpstreamResult) -> Void) {
        guard !isShutDown else {
            return tellLater(completion, .failure(.beforeSending(.shutdown, "shut down")))
        }
        guard budget.take(call.body.count) else {
            return tellLater(completion, .failure(.beforeSending(.overloaded, "too many bytes are held")))
        }
        let (deadline, isOver) = reactor.now.addingReportingOverflow(call.endpoint.totalTimeout)
        let pending = PendingCall(call: call, completion: completion, deadline: isOver ? .max : deadline)
        let state = state(for: call)
        if state.underWay < state.route.maxConnections {
            start(pending, state)
        } else if waitingCount < limits.waitingCalls {
            waitingCount += 1
            state.waiting.append(pending)
            scheduleExpiry(state)
        } else {
            budget.give(call.body.count)
            tellLater(completion, .failure(.beforeSending(.overloaded, "too many calls are waiting")))
        }
    }

    /// Fails all calls with kind `shutdown`; their completions are called before it returns.
    public func shutdown() {
        guard !isShutDown else { return }
        isShutDown = true
        var told = untold
        untold = []
        for transfer in running.values {
            let wasSent = transfer.mayHaveBeenSent
            loop.remove(transfer.easy)
            if let pending = transfer.pending {
                let failure = UpstreamFailure(kind: .shutdown, mayHaveBeenSent: wasSent, description: "shut down")
                told.append((pending.completion, .failure(failure)))
            }
        }
        running = [:]
        for state in routes.values {
            cancelExpiry(state)
            while let pending = state.waiting.popFirst() {
                told.append((pending.completion, .failure(.beforeSending(.shutdown, "shut down"))))
            }
        }
        routes = [:]
        latest = nil
        waitingCount = 0
        loop.close()
        for (completion, result) in told {
            completion(result)
        }
    }

    // MARK: Starting

    private func start(_ pending: PendingCall, _ state: RouteState) {
        guard let transfer = state.idle.popLast() ?? newTransfer(state) else {
            return abandon(pending, .overloaded, "libcurl cannot take the call")
        }
        let isWritten = transfer.easy.setHeaders { headers in
            headers.write(pending.call, authority: state.route.authority, signer: signer, now: reactor.wallClock)
        }
        guard isWritten else {
            state.idle.append(transfer)
            return abandon(pending, .malformed, "the call has a value that cannot stand in a header")
        }
        guard transfer.prepare(pending, now: reactor.now), loop.add(transfer.easy) else {
            return abandon(pending, .overloaded, "libcurl cannot take the call")
        }
        state.underWay += 1
        running[transfer.easy.identity] = transfer
    }

    private func newTransfer(_ state: RouteState) -> Transfer? {
        guard let transfer = Transfer(state: state, limits: limits, budget: budget) else { return nil }
        loop.configure(transfer.easy)
        return transfer.easy.isConfigured ? transfer : nil
    }

    /// Starts what waits as far as connections are free.
    private func startWaiting(_ state: RouteState) {
        while state.underWay < state.route.maxConnections, let next = state.waiting.popFirst() {
            waitingCount -= 1
            if next.deadline > reactor.now {
                start(next, state)
            } else {
                abandon(next, .timeout, Self.waitedTooLong)
            }
        }
        if state.waiting.isEmpty {
            cancelExpiry(state)
        }
    }

    // MARK: Ending

    private func finish(_ identity: UInt, _ code: CURLcode) {
        guard let transfer = running.removeValue(forKey: identity), let pending = transfer.pending else { return }
        let state = transfer.state
        let result = transfer.result(code)
        if let connection = transfer.easy.newConnection { loop.keeps(connection) }
        loop.remove(transfer.easy)
        budget.give(transfer.bodyCount)
        state.underWay -= 1
        if code == CURLE_OK, transfer.isReusable {
            transfer.clear()
            state.idle.append(transfer)
        }
        if let again = pending.nextAttempt(after: result, now: reactor.now) {
            start(again, state)
            startWaiting(state)
        } else {
            budget.give(pending.call.body.count)
            startWaiting(state)
            pending.completion(result)
        }
    }

    /// Fails a call that has not been sent, after the present callback.
    private func abandon(_ pending: PendingCall, _ kind: UpstreamFailure.Kind, _ text: String) {
        budget.give(pending.call.body.count)
        tellLater(pending.completion, .failure(.beforeSending(kind, text)))
    }

    private func tellLater(_ completion: @escaping (UpstreamResult) -> Void, _ result: UpstreamResult) {
        untold.append((completion, result))
        guard untold.count == 1 else { return }
        reactor.schedule(after: 0) { [weak self] in self?.tell() }
    }

    private func tell() {
        let told = untold
        untold = []
        for (completion, result) in told {
            completion(result)
        }
    }

    // MARK: Waiting calls

    private static let waitedTooLong = "waited for a free connection until the deadline"

    /// One timer per route: its calls have one timeout, so that the first to wait is the first to be late.
    private func scheduleExpiry(_ state: RouteState) {
        guard state.expiry == nil, let first = state.waiting.first else { return }
        let left = first.deadline > reactor.now ? first.deadline - reactor.now : 0
        state.expiry = reactor.schedule(after: left) { [weak self, weak state] in
            guard let self, let state else { return }
            state.expiry = nil
            while let late = state.waiting.first, late.deadline <= self.reactor.now {
                _ = state.waiting.popFirst()
                self.waitingCount -= 1
                self.abandon(late, .timeout, Self.waitedTooLong)
            }
            self.scheduleExpiry(state)
        }
    }

    private func cancelExpiry(_ state: RouteState) {
        if let timer = state.expiry {
            reactor.cancel(timer)
        }
        state.expiry = nil
    }

    private func state(for call: UpstreamCall) -> RouteState {
        // Most calls go where the one before went; to compare is cheaper than to hash.
        if let latest, latest.endpoint == call.endpoint, latest.host == call.endpoint.host(forTarget: call.target) {
            return latest.state
        }
        let state = state(for: Route(call))
        latest = (call.endpoint, call.endpoint.host(forTarget: call.target), state)
        return state
    }

    private func state(for route: Route) -> RouteState {
        if let known = routes[route] { return known }
        if routes.count >= Self.idleRoutes {
            routes = routes.filter { $0.value.underWay > 0 || !$0.value.waiting.isEmpty }
            latest = nil
        }
        let state = RouteState(route)
        routes[route] = state
        return state
    }
}
