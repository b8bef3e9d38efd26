private import Glibc
internal import Synchronization
internal import Transport

/// Wakes a reactor at a time, to some ten microseconds: its own timers count in milliseconds.
///
/// A thread that sleeps until the time, or for a millisecond at most, since nothing else tells it of a nearer one.
final class Pacer: Sendable {
    private static let longest: UInt64 = 1_000_000
    /// Between two wake-ups, so that high rates do not cost one each.
    private static let shortest: UInt64 = 50_000

    private let next = Atomic<UInt64>(.max)
    private let isDone = Atomic(false)
    private let bell: Mailbox<Void>

    init(_ bell: Mailbox<Void>) {
        self.bell = bell
    }

    /// Wakes the reactor once at this time.
    func wake(at time: UInt64) {
        next.store(time, ordering: .relaxed)
    }

    func stop() {
        isDone.store(true, ordering: .relaxed)
    }

    /// The thread's work, until `stop`.
    func run() {
        var time = MonotonicClock.now
        while !isDone.load(ordering: .relaxed) {
            let due = next.load(ordering: .relaxed)
            if due <= time {
                _ = next.compareExchange(expected: due, desired: .max, ordering: .relaxed)
                bell.send(())
                MonotonicClock.sleep(until: time + Self.shortest)
            } else {
                // Until the reactor has said what comes next, that may be near.
                MonotonicClock.sleep(until: min(due, time + (due == .max ? Self.shortest : Self.longest)))
            }
            time = MonotonicClock.now
        }
    }
}

/// Threads that end by themselves.
enum Threads {
    /// Runs the body on a thread of its own; false when the system gives none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        let code = unsafe pthread_create(
            &thread,
            nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run()
                return nil
            },
            box
        )
        guard code == 0 else {
            unsafe Unmanaged<Body>.fromOpaque(box).release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
