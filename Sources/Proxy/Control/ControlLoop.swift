import Alloc
import Cache
import Dispatch
import Logging
import Synchronization
import Transport

/// The control loop's thread: measures tenants, lets the controller decide, and puts that in force.
///
/// A reactor of its own, so that neither a long decision nor the admin API keeps a request waiting.
final class ControlLoop: Sendable {
    /// What the thread is told.
    private enum Order: Sendable {
        case adopt(Configuration)
        case stop
    }

    /// How long the admin API's last answers may take when the proxy stops.
    private static let drain: UInt64 = 500_000_000

    private let orders: Mailbox<Order>
    private let finished: DispatchSemaphore
    /// The port of the admin API; nil without one.
    let adminPort: Int?

    /// Puts every tenant's base in force, and starts.
    ///
    /// - Throws: `ServerError` when the admin API's address can't be listened on.
    init(_ configuration: Configuration, directory: TenantDirectory, logger: Logger) throws {
        let started = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        let box = OutcomeBox()
        try WorkerThread.spawn {
            Self.run(configuration, directory, logger) { outcome in
                box.outcome.withLock { $0 = outcome }
                started.signal()
            }
            finished.signal()
        }
        started.wait()
        guard let outcome = box.outcome.withLock({ $0 }) else { throw ServerError("the control loop did not start") }
        let facts = try outcome.get()
        orders = facts.orders
        adminPort = facts.adminPort
        self.finished = finished
    }

    /// Takes over a configuration, when the directory has.
    func adopt(_ configuration: Configuration) {
        orders.send(.adopt(configuration))
    }

    /// Ends the thread, and returns when it has ended.
    func end() {
        orders.send(.stop)
        finished.wait()
        finished.signal()
    }

    private struct Started: Sendable {
        let orders: Mailbox<Order>
        let adminPort: Int?
    }

    private final class OutcomeBox: Sendable {
        let outcome = Mutex<Result<Started, ServerError>?>(nil)
    }

    private static func run(
        _ configuration: Configuration,
        _ directory: TenantDirectory,
        _ logger: Logger,
        report: (Result<Started, ServerError>) -> Void
    ) {
        do {
            let reactor = try Reactor()
            let desk = ControlDesk(configuration, directory: directory, reactor: reactor, logger: logger)
            let server = try configuration.admin.map { admin in
                try HTTPServer(
                    reactor: reactor,
                    address: ListenAddress(host: admin.listener.host, port: UInt16(clamping: admin.listener.port)),
                    limits: AdminAPI.limits,
                    handler: AdminAPI(desk)
                )
            }
            // The reactor keeps the mailbox, so that must not keep the reactor, nor what does.
            let orders = reactor.mailbox { [unowned reactor, unowned desk, weak server] (order: Order) in
                switch order {
                case .adopt(let configuration): desk.adopt(configuration)
                case .stop:
                    guard let server else { return reactor.stop() }
                    server.drain(within: drain) { [unowned reactor] in reactor.stop() }
                }
            }
            desk.start()
            report(.success(Started(orders: orders, adminPort: server.map { Int($0.port) })))
            withExtendedLifetime((desk, server)) { reactor.run() }
        } catch {
            report(.failure(ServerError("\(error)")))
        }
    }
}
