import Dispatch
import Glibc
import Logging
import Synchronization
import Transport

/// A thread that runs one `WorkerLoop`.
final class WorkerThread: Sendable {
    /// What a thread is made from.
    struct Plan: Sendable {
        let shared: SharedState
        let registry: TenantRegistry
        let recorder: TraceRecorder?
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
        let loop: WorkerLoop
        do {
            loop = try WorkerLoop(plan)
        } catch {
            return report(.failure(ServerError("\(error)")))
        }
        report(.success(Started(ports: loop.ports, orders: loop.orders())))
        loop.run()
    }

    /// Starts a detached POSIX thread.
    static func spawn(_ body: @escaping @Sendable () -> Void) throws {
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
