import CLinux
import Glibc
import Synchronization

/// A thread beside a reactor for work that would hold the reactor up: pure functions of values.
///
/// Work is done in the order given, and its result comes back through the reactor's mailbox. Confined to the reactor's
/// thread; the thread beside it starts with the first work and ends when this is released.
public final class SideThread {
    private let reactor: Reactor
    private let byteLimit: Int
    private var queue: JobQueue?
    private var landings: Mailbox<UInt64>?
    private var lastTicket: UInt64 = 0
    private var underWay: [UInt64: (bytes: Int, land: () -> Void)] = [:]
    /// Bytes that wait there or are being worked on.
    public private(set) var bytes = 0

    /// No thread yet.
    ///
    /// `byteLimit` bounds the bytes that `hasRoom(for:)` lets in.
    public init(reactor: Reactor, byteLimit: Int) {
        self.reactor = reactor
        self.byteLimit = byteLimit
        // The reactor keeps the mailbox for as long as it lives.
        landings = reactor.mailbox { [weak self] ticket in self?.land(ticket) }
    }

    deinit {
        queue?.close()
    }

    /// Whether work on so many more bytes keeps to the bound; work on more than it is done alone.
    public func hasRoom(for count: Int) -> Bool {
        bytes == 0 || count <= byteLimit - bytes
    }

    /// Calls `work` on the thread beside, then `then` with its result on the reactor's, never before this returns.
    ///
    /// `bytes` is what the work holds in memory. Accepted beyond the bound too: whoever can refuse asks
    /// `hasRoom(for:)` first.
    public func run<Result: Sendable>(
        bytes: Int,
        _ work: @escaping @Sendable () -> Result,
        then: @escaping (Result) -> Void
    ) {
        lastTicket += 1
        let ticket = lastTicket
        let outcome = Outcome<Result>()
        underWay[ticket] = (bytes, { if let result = outcome.take() { then(result) } })
        self.bytes += bytes
        guard let landings else { return }
        let job: @Sendable () -> Void = {
            outcome.set(work())
            landings.send(ticket)
        }
        guard let queue = queue ?? startThread() else { return job() }
        queue.add(job)
    }

    /// Gives memory back there.
    public func discard(_ bytes: consuming [UInt8]) {
        let kept = Outcome<[UInt8]>(bytes)
        let job: @Sendable () -> Void = { _ = kept.take() }
        guard let queue = queue ?? startThread() else { return job() }
        queue.add(job)
    }

    private func land(_ ticket: UInt64) {
        guard let landed = underWay.removeValue(forKey: ticket) else { return }
        bytes -= landed.bytes
        landed.land()
    }

    /// Nil when the system has no thread left: the work is then done in place.
    private func startThread() -> JobQueue? {
        guard let made = JobQueue() else { return nil }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(made)
        let code = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard code == 0 else {
            unsafe context.release()
            return nil
        }
        pthread_detach(thread)
        queue = made
        return made
    }
}

/// Carries a value from one thread to the other, and leaves none behind.
private final class Outcome<Result: Sendable>: Sendable {
    private let result: Mutex<Result?>

    init(_ value: consuming Result? = nil) {
        result = Mutex(value)
    }

    func set(_ value: Result) {
        result.withLock { $0 = value }
    }

    func take() -> Result? {
        result.withLock { result in
            let taken = result
            result = nil
            return taken
        }
    }
}

/// What a thread beside a reactor has to do.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Blocks its reader; rung when the first job of an empty queue comes.
    private let bell: Int32

    init?() {
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        guard bell >= 0 else { return nil }
    }

    deinit {
        Glibc.close(bell)
    }

    func add(_ job: @escaping @Sendable () -> Void) {
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            return state.jobs.count == 1
        }
        if isFirst { ring() }
    }

    /// What has not been begun is dropped.
    func close() {
        state.withLock { state in
            state.jobs = []
            state.isClosed = true
        }
        ring()
    }

    func run() {
        while true {
            var count: UInt64 = 0
            unsafe read(bell, &count, MemoryLayout<UInt64>.size)
            while let job = next() { job() }
            if state.withLock({ $0.isClosed }) { return }
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            // Short: the bytes that may wait are bounded.
            state.jobs.isEmpty ? nil : state.jobs.removeFirst()
        }
    }

    private func ring() {
        var one: UInt64 = 1
        unsafe write(bell, &one, MemoryLayout<UInt64>.size)
    }
}
