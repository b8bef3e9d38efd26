import Dispatch
import Glibc
import Logging
import Synchronization
import Transport
import Upstream

/// A thread that runs one reactor with its servers, upstream client and worker.
final class WorkerThread: Sendable {
    /// What a thread is made from.
    struct Plan: Sendable {
        let shared: SharedState
        let registry: TenantRegistry
        let ports: [Int]
        let sharing: PortSharing
        let tls: [TLSContext?]
        let logger: Logger
    }

    private struct Started: Sendable {
        let ports: [Int]
        let orders: Mailbox<ProxyServer.Order>
    }

    private let orders: Mailbox<ProxyServer.Order>
    private let finished: DispatchSemaphore
    /// The ports its servers listen on.
    let ports: [Int]

    /// Starts the thread and waits until it listens.
    init(_ plan: Plan) throws {
        let started = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        let box = OutcomeBox()
        try Self.spawn {
            Self.serve(plan) { result in
                box.outcome.withLock { $0 = result }
                started.signal()
            }
            finished.signal()
        }
        started.wait()
        guard let result = box.outcome.withLock({ $0 }) else { throw ServerError("a worker thread did not start") }
        let facts = try result.get()
        orders = facts.orders
        ports = facts.ports
        self.finished = finished
    }

    private final class OutcomeBox: Sendable {
        let outcome = Mutex<Result<Started, ServerError>?>(nil)
    }

    func send(_ order: ProxyServer.Order) {
        orders.send(order)
    }

    /// Waits for the thread's end.
    func join() {
        finished.wait()
        finished.signal()
    }

    private static func serve(_ plan: Plan, report: (Result<Started, ServerError>) -> Void) {
        do {
            let reactor = try Reactor()
            let configuration = plan.shared.configuration
            let upstream = try HTTPUpstream(reactor: reactor, limits: UpstreamLimits(configuration))
            let worker = Worker(
                reactor: reactor,
                upstream: upstream,
                shared: plan.shared,
                registry: plan.registry,
                logger: plan.logger
            )
            var servers: [HTTPServer] = []
            for (index, listener) in configuration.listeners.enumerated() {
                servers.append(
                    try HTTPServer(
                        reactor: reactor,
                        address: ListenAddress(host: listener.host, port: UInt16(clamping: plan.ports[index])),
                        sharing: plan.sharing,
                        limits: HTTPLimits(configuration),
                        tls: plan.tls[index],
                        handler: worker
                    )
                )
            }
            var isStopping = false
            let orders = reactor.mailbox { (order: ProxyServer.Order) in
                switch order {
                case .adopt(let registry):
                    worker.adopt(registry)
                case .stop:
                    guard !isStopping else { return }
                    isStopping = true
                    var draining = servers.count
                    for server in servers {
                        server.drain(within: configuration.drainDeadline) {
                            draining -= 1
                            if draining == 0 {
                                upstream.shutdown()
                                reactor.stop()
                            }
                        }
                    }
                }
            }
            report(.success(Started(ports: servers.map { Int($0.port) }, orders: orders)))
            reactor.run()
        } catch {
            report(.failure(ServerError("\(error)")))
        }
    }

    /// Starts a detached POSIX thread.
    private static func spawn(_ body: @escaping @Sendable () -> Void) throws {
        final class Body: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Body(body))
        let code = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard code == 0 else {
            unsafe context.release()
            throw ServerError("a thread can't be started (error \(code))")
        }
        pthread_detach(thread)
    }
}

extension HTTPLimits {
    /// One reactor's part of what is configured for all.
    init(_ configuration: Configuration) {
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
    init(_ configuration: Configuration) {
        self.init()
        let reactors = max(1, configuration.reactors)
        waitingCalls = (configuration.limits.inFlight + reactors - 1) / reactors
    }
}
