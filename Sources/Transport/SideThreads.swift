import CLinux
import Glibc
import Synchronization

/// Threads beside a reactor for work that would hold the reactor up: pure functions of values.
///
/// Work is done for parties, which take turns by the bytes that are gone through (`FairQueue`); that of one party in the
/// order given. What is long has a thread of its own, so that what is short waits for nothing long. Results come back
/// through the reactor's mailbox. Confined to the reactor's thread; each thread beside it starts with its first work and
/// ends when this is released.
public final class SideThreads {
    /// Bytes of the largest short work: one item of any size that DynamoDB takes.
    static let shortBytes = 512 << 10

    private let reactor: Reactor
    private let byteLimit: Int
    private let short = SideThread()
    private let long = SideThread()
    private var landings: Mailbox<UInt64>?
    private var lastTicket: UInt64 = 0
    private var underWay: [UInt64: Work] = [:]
    /// Bytes that wait there or are being worked on.
    public private(set) var bytes = 0
    /// The same by party.
    private var bytesByParty: [UInt64: Int] = [:]

    private struct Work {
        let party: UInt64
        let bytes: Int
        let land: () -> Void
    }

    /// No thread yet.
    ///
    /// `byteLimit` bounds the bytes that `hasRoom(for:of:)` lets in.
    public init(reactor: Reactor, byteLimit: Int) {
        self.reactor = reactor
        self.byteLimit = byteLimit
        // The reactor keeps the mailbox for as long as it lives.
        landings = reactor.mailbox { [weak self] ticket in self?.land(ticket) }
    }

    deinit {
        short.close()
        long.close()
    }

    /// What a party may have here, to what it leaves to others.
    private static let share = 4

    /// Whether a party may bring work on so many more bytes.
    ///
    /// It may have a multiple of what is left (Choudhury, Hahne: "Dynamic Queue Length Thresholds for Shared-Memory Packet
    /// Switches", 1998): so one that is alone gets most of the room, and the more there are the less does each, and
    /// there is always some for another. One that has nothing here is let in until the bound is reached, even if it
    /// is passed thereby.
    public func hasRoom(for count: Int, of party: UInt64) -> Bool {
        guard let own = bytesByParty[party] else { return bytes == 0 || bytes < byteLimit }
        return own + count <= Self.share * (byteLimit - bytes - count)
    }

    /// Calls `work` on a thread beside, then `then` with its result on the reactor's, never before this returns.
    ///
    /// `bytes` is what the work holds in memory while it waits, `cost` what it goes through, if that is something else.
    /// Accepted beyond the bound too: whoever can refuse asks `hasRoom(for:of:)` first.
    public func run<Result: Sendable>(
        for party: UInt64,
        bytes: Int,
        cost: Int? = nil,
        _ work: @escaping @Sendable () -> Result,
        then: @escaping (Result) -> Void
    ) {
        lastTicket += 1
        let ticket = lastTicket
        let outcome = Outcome<Result>()
        underWay[ticket] = Work(party: party, bytes: bytes) { if let result = outcome.take() { then(result) } }
        self.bytes += bytes
        bytesByParty[party, default: 0] += bytes
        guard let landings else { return }
        let cost = cost ?? bytes
        (cost > Self.shortBytes ? long : short).add(for: party, cost: cost) {
            outcome.set(work())
            landings.send(ticket)
        }
    }

    /// Gives memory back there, and leaves the array empty.
    ///
    /// The array is moved: a reference that stayed behind might be the last.
    public func discard(_ bytes: inout [UInt8]) {
        let kept = Outcome<[UInt8]>()
        kept.set(moving: &bytes)
        // Nobody's work, and at no cost, so that its turn comes soon.
        long.add(for: .max, cost: 0) { _ = kept.take() }
    }

    private func land(_ ticket: UInt64) {
        guard let landed = underWay.removeValue(forKey: ticket) else { return }
        bytes -= landed.bytes
        let left = bytesByParty[landed.party, default: 0] - landed.bytes
        bytesByParty[landed.party] = left > 0 ? left : nil
        landed.land()
    }
}

/// One of the threads, which starts with the first job.
///
/// Confined to the reactor's thread.
private final class SideThread {
    private var queue: JobQueue?

    func add(for party: UInt64, cost: Int, _ job: @escaping @Sendable () -> Void) {
        // The system may have no thread left: the work is then done in place.
        guard let queue = queue ?? start() else { return job() }
        queue.add(job, cost: cost, of: party)
    }

    func close() {
        queue?.close()
    }

    private func start() -> JobQueue? {
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
    private let result = Mutex<Result?>(nil)

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

extension Outcome<[UInt8]> {
    func set(moving bytes: inout [UInt8]) {
        result.withLock { result in
            var moved: [UInt8] = []
            swap(&moved, &bytes)
            result = consume moved
        }
    }
}

/// What a thread beside a reactor has to do.
private final class JobQueue: Sendable {
    private struct State {
        var jobs = FairQueue<@Sendable () -> Void>()
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

    func add(_ job: @escaping @Sendable () -> Void, cost: Int, of party: UInt64) {
        let isFirst = state.withLock { state in
            let isFirst = state.jobs.isEmpty
            state.jobs.add(job, cost: cost, of: party)
            return isFirst
        }
        if isFirst { ring() }
    }

    /// What has not been begun is dropped.
    func close() {
        state.withLock { state in
            state.jobs = FairQueue()
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
        state.withLock { $0.jobs.next() }
    }

    private func ring() {
        var one: UInt64 = 1
        unsafe write(bell, &one, MemoryLayout<UInt64>.size)
    }
}
