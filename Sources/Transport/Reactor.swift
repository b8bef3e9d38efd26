import CLinux
import Glibc

/// What a handler wants to be told about its descriptor.
///
/// Errors and hang-ups are always told.
public struct Interest: OptionSet, Sendable {
    /// The bit set.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Input (or the end of input, or a connection to accept) is there.
    public static let read = Interest(rawValue: 1)
    /// Output can be taken.
    public static let write = Interest(rawValue: 2)
    /// To be told only of what is new, once, rather than in every turn of all that is there.
    ///
    /// For one who takes all there is: the kernel need not look at the descriptor again in the next turn. `watch` tells
    /// anew what is there by then.
    public static let onlyNews = Interest(rawValue: 4)
}

/// What has become of a descriptor.
public struct Readiness: OptionSet, Sendable {
    /// The bit set.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Input (or the end of input, or a connection to accept) is there.
    public static let read = Readiness(rawValue: 1)
    /// Output can be taken.
    public static let write = Readiness(rawValue: 2)
    /// The descriptor is in error, or both directions are closed.
    ///
    /// Told again in every turn until it is unwatched.
    public static let failed = Readiness(rawValue: 4)
    /// The other side sends no more than what is there; told to those who want only news.
    public static let ended = Readiness(rawValue: 8)
}

/// Whoever waits for a descriptor.
public protocol ReadinessHandler: AnyObject {
    /// Called on the reactor's thread.
    ///
    /// Level-triggered, unless the handler wants only news: what is not consumed is told again in the next turn.
    func ready(_ events: Readiness)
}

/// Whoever has something left to do at the end of a turn of the loop.
protocol TurnEndHandler: AnyObject {
    func turnEnds()
}

/// An event loop over epoll: descriptors, timers, and mailboxes for other threads.
///
/// Confined to the thread that runs it; only its mailboxes may be used from elsewhere.
@safe
public final class Reactor {
    private struct Registration {
        var handler: (any ReadinessHandler)?
        /// Told apart in the kernel's answer, so that an event of a closed descriptor does not reach its successor.
        var generation: UInt32 = 0
    }

    private static let eventCapacity = 256
    private static let doorbellKey = UInt64.max

    private let poller: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private let doorbell: Doorbell
    /// By descriptor.
    private var registrations: [Registration] = []
    private var timers = TimerHeap()
    private var mailboxes: [(drain: () -> Void, close: () -> Void)] = []
    private var isStopping = false
    /// Who has something left to do in this turn.
    // Appended to by what it calls, but only between two accesses: the run-time checks are left out.
    @exclusivity(unchecked) private var deferred: [any TurnEndHandler] = []

    /// Monotonic time in nanoseconds, as of the latest wake-up.
    public private(set) var now: UInt64
    /// Seconds since 1970 (UTC), as of the latest wake-up.
    public private(set) var wallClock: Int64

    /// Makes a loop; nothing runs before `run()`.
    public init() throws(TransportError) {
        let bell = try Doorbell()
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { throw .system("create an epoll descriptor") }
        unsafe events = .allocate(capacity: Reactor.eventCapacity)
        doorbell = bell
        now = Clock.monotonic
        wallClock = Clock.wall
        guard clinux_epoll_ctl(poller, EPOLL_CTL_ADD, bell.descriptor, EPOLLIN.rawValue, Reactor.doorbellKey) == 0
        else {
            throw .system("watch the event descriptor")
        }
    }

    deinit {
        for mailbox in mailboxes {
            mailbox.close()
        }
        unsafe events.deallocate()
        close(poller)
    }

    // MARK: Loop

    /// Runs until `stop()`.
    public func run() {
        isStopping = false
        while !isStopping {
            turn()
        }
    }

    /// Makes `run()` return after the current turn.
    ///
    /// From the reactor's own thread; others send it a message.
    public func stop() {
        isStopping = true
    }

    /// Reads the clocks anew; for callbacks that took long.
    public func refreshClocks() {
        now = Clock.monotonic
        wallClock = Clock.wall
    }

    /// Waits for what happens next and handles it.
    private func turn() {
        let count = unsafe epoll_wait(poller, events, Int32(Reactor.eventCapacity), timeout())
        refreshClocks()
        var isRung = false
        var index = 0
        while index < Int(count) {
            let bits = unsafe clinux_epoll_bits(events + index)
            let key = unsafe clinux_epoll_key(events + index)
            index += 1
            if key == Reactor.doorbellKey {
                isRung = true
            } else {
                dispatch(bits, key)
            }
        }
        runDeferred()
        if isRung {
            doorbell.answer()
            for mailbox in mailboxes {
                mailbox.drain()
            }
        }
        if let earliest = timers.earliest, earliest <= now {
            runTimers()
        }
        runDeferred()
    }

    /// Calls the handler once, when the events of this turn have been handled.
    ///
    /// Outside a turn: at the end of the next. Not a closure, which would be allocated.
    func atEndOfTurn(_ handler: any TurnEndHandler) {
        unsafe deferred.append(handler)
    }

    private func runDeferred() {
        var index = 0
        while unsafe index < deferred.count {
            let handler = unsafe deferred[index]
            handler.turnEnds()
            index += 1
        }
        if index > 0 { unsafe deferred.removeAll(keepingCapacity: true) }
    }

    private func dispatch(_ bits: UInt32, _ key: UInt64) {
        let descriptor = Int(truncatingIfNeeded: key & 0xffff_ffff)
        guard descriptor < registrations.count, registrations[descriptor].generation == UInt32(key >> 32),
            let handler = registrations[descriptor].handler
        else { return }
        var readiness: Readiness = []
        if bits & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
        if bits & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
        if bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.failed) }
        if bits & EPOLLRDHUP.rawValue != 0 { readiness.insert(.ended) }
        handler.ready(readiness)
    }

    private func runTimers() {
        refreshClocks()
        let horizon = timers.horizon
        while let action = timers.popDue(now: now, horizon: horizon) {
            action()
        }
    }

    /// Milliseconds to wait at most, rounded up so that a timer is due when the wait ends; -1 for ever.
    private func timeout() -> Int32 {
        guard let earliest = timers.earliest else { return -1 }
        let now = Clock.monotonic
        guard earliest > now else { return 0 }
        return Int32(clamping: (earliest - now + 999_999) / 1_000_000)
    }

    // MARK: Descriptors

    /// Adds the descriptor, or changes what is wanted of it.
    ///
    /// The handler is held until `unwatch`.
    public func watch(
        _ descriptor: Int32,
        _ interest: Interest,
        _ handler: any ReadinessHandler
    ) throws(TransportError) {
        let index = Int(descriptor)
        let known = registrations.indices.contains(index) ? registrations[index] : Registration()
        var bits: UInt32 = 0
        if interest.contains(.read) { bits |= EPOLLIN.rawValue }
        if interest.contains(.write) { bits |= EPOLLOUT.rawValue }
        if interest.contains(.onlyNews) { bits |= EPOLLET.rawValue }
        // Input and its end may come in one piece of news.
        if interest.isSuperset(of: [.read, .onlyNews]) { bits |= EPOLLRDHUP.rawValue }
        let key = UInt64(known.generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var operations = (EPOLL_CTL_ADD, EPOLL_CTL_MOD)
        if known.handler != nil {
            swap(&operations.0, &operations.1)
        }
        var result = clinux_epoll_ctl(poller, operations.0, descriptor, bits, key)
        if result != 0, errno == ENOENT || errno == EEXIST {
            // The descriptor was closed and opened again behind our back.
            result = clinux_epoll_ctl(poller, operations.1, descriptor, bits, key)
        }
        guard result == 0 else { throw .system("watch a descriptor") }
        while registrations.count <= index {
            registrations.append(Registration())
        }
        registrations[index].handler = handler
    }

    /// Forgets the descriptor; to be called before it is closed.
    ///
    /// Events already fetched for it are dropped.
    public func unwatch(_ descriptor: Int32) {
        let index = Int(descriptor)
        guard index >= 0, index < registrations.count, registrations[index].handler != nil else { return }
        registrations[index].handler = nil
        registrations[index].generation &+= 1
        _ = clinux_epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    // MARK: Timers

    /// Runs the action once, `after` nanoseconds from now; with no delay at the end of this turn of the loop.
    @discardableResult
    public func schedule(after delay: UInt64, _ action: @escaping () -> Void) -> Timer {
        let (deadline, isOver) = (delay == 0 ? now : Clock.monotonic).addingReportingOverflow(delay)
        return timers.insert(deadline: isOver ? .max : deadline, action)
    }

    /// Forgets the action; does nothing when it has run.
    public func cancel(_ timer: Timer) {
        timers.cancel(timer)
    }

    // MARK: Mailboxes

    /// A new door for other threads: `receive` is called on the reactor's thread for each message.
    ///
    /// Lives as long as the reactor, and so does what `receive` captures: a reactor is never released while one of its
    /// own mailboxes holds it or a server on it.
    public func mailbox<Message: Sendable>(_ receive: @escaping (Message) -> Void) -> Mailbox<Message> {
        let mailbox = Mailbox<Message>(doorbell: doorbell)
        mailboxes.append(
            (
                drain: {
                    for message in mailbox.take() {
                        receive(message)
                    }
                },
                close: { mailbox.close() }
            )
        )
        return mailbox
    }
}
