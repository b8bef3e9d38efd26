import Transport
import Upstream

/// What runs on one worker thread: a reactor, its servers, its upstream client and the worker between them.
///
/// Made and used on that thread only.
final class WorkerLoop {
    private let reactor: Reactor
    private let worker: Worker
    private let servers: [HTTPServer]
    private let maintenance: Maintenance?
    private let drainDeadline: UInt64
    private var draining: Int?

    init(_ plan: WorkerThread.Plan) throws {
        let configuration = plan.shared.configuration
        let reactor = try Reactor()
        let upstream = try HTTPUpstream(reactor: reactor, limits: UpstreamLimits(configuration))
        let worker = Worker(
            reactor: reactor,
            upstream: upstream,
            shared: plan.shared,
            registry: plan.registry,
            logger: plan.logger
        )
        worker.trace = plan.recorder.map { TraceLane($0, reactor: reactor) }
        servers = try configuration.listeners.indices.map { index in
            try HTTPServer(
                reactor: reactor,
                address: ListenAddress(
                    host: configuration.listeners[index].host,
                    port: UInt16(clamping: plan.ports[index])
                ),
                sharing: plan.sharing,
                limits: HTTPLimits(configuration),
                tls: plan.tls[index],
                handler: worker
            )
        }
        drainDeadline = configuration.drainDeadline
        // One of the threads does it for all.
        maintenance = plan.sharing == .claim ? Maintenance(shared: plan.shared, reactor: reactor) : nil
        self.reactor = reactor
        self.worker = worker
    }

    /// The ports listened on.
    var ports: [Int] { servers.map { Int($0.port) } }

    /// The door for orders from other threads.
    ///
    /// The reactor keeps it, so it does not keep the loop.
    func orders() -> Mailbox<ProxyServer.Order> {
        reactor.mailbox { [unowned self] order in obey(order) }
    }

    /// Serves until stopped.
    func run() {
        reactor.run()
    }

    private func obey(_ order: ProxyServer.Order) {
        switch order {
        case .adopt(let registry):
            worker.adopt(registry)
        case .describe(let tenant, let name):
            guard draining == nil, let view = tenant.table(named: name, now: reactor.now) else { return }
            worker.describe(view, as: tenant)
        case .stop:
            guard draining == nil else { return }
            draining = servers.count
            // What still waits for its tenant's rates then is answered while it can be.
            _ = reactor.schedule(after: drainDeadline / 4 * 3) { [unowned self] in worker.refuseWaiting() }
            for server in servers {
                server.drain(within: drainDeadline) { [unowned self] in finishOne() }
            }
        }
    }

    private func finishOne() {
        guard let left = draining else { return }
        draining = left - 1
        if left == 1 {
            worker.shutdownUpstreams()
            worker.trace?.flush()
            reactor.stop()
        }
    }
}

extension HTTPLimits {
    /// One reactor's part of what is configured for all.
    fileprivate init(_ configuration: Configuration) {
        self.init()
        let limits = configuration.limits
        let reactors = max(1, configuration.reactors)
        headBytes = limits.headBytes
        headerCount = limits.headerCount
        bodyBytes = limits.bodyBytes
        connections = (limits.connections + reactors - 1) / reactors
        bufferedBytes = (limits.bufferedBytes + reactors - 1) / reactors
        headDeadline = limits.headDeadline
        bodyDeadline = limits.bodyDeadline
        idleDeadline = limits.idleDeadline
        writeDeadline = limits.writeDeadline
    }
}

extension UpstreamLimits {
    /// One reactor's part of what is configured for all.
    fileprivate init(_ configuration: Configuration) {
        self.init()
        let reactors = max(1, configuration.reactors)
        waitingCalls = (configuration.limits.inFlight + reactors - 1) / reactors
    }
}
