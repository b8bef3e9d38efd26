import Glibc

/// A POSIX thread that can be waited for.
struct StoreThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let id: pthread_t

    /// Starts a thread that runs `body`; nil when the system has none left.
    init?(_ body: @escaping @Sendable () -> Void) {
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
            return nil
        }
        id = thread
    }

    /// Whether this is the thread that asks.
    var isCurrent: Bool { pthread_equal(id, pthread_self()) != 0 }

    /// Waits for the thread's end; to be called once at most, and not on the thread itself.
    func join() {
        pthread_join(id, nil)
    }

    /// Lets the thread end without being waited for; instead of ``join()``.
    func detach() {
        pthread_detach(id)
    }
}
