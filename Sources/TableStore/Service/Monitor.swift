import Glibc

/// State that threads share under a lock, with a condition to wait for: a monitor (Hoare 1974, as in Mesa).
///
/// In place of `Synchronization.Mutex`, which has no condition, and whose contended path ThreadSanitizer does not
/// understand.
@safe
final class Monitor<State: Sendable>: @unchecked Sendable {
    @safe
    private struct Parts {
        var mutex = unsafe pthread_mutex_t()
        var condition = pthread_cond_t()
        var state: State
    }

    private let parts: UnsafeMutablePointer<Parts>

    init(_ state: State) {
        unsafe parts = .allocate(capacity: 1)
        unsafe parts.initialize(to: Parts(state: state))
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_mutex_init(&parts.pointee.mutex, nil)
        unsafe pthread_cond_init(&parts.pointee.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(&parts.pointee.condition)
        unsafe pthread_mutex_destroy(&parts.pointee.mutex)
        unsafe parts.deinitialize(count: 1)
        unsafe parts.deallocate()
    }

    /// Uses the state; others wait as long as `body` takes.
    func withLock<Value>(_ body: (inout State) -> Value) -> Value {
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        defer { unsafe pthread_mutex_unlock(&parts.pointee.mutex) }
        return unsafe body(&parts.pointee.state)
    }

    /// Wakes the thread that waits; to be called after a change of the state.
    func signal() {
        unsafe pthread_cond_signal(&parts.pointee.condition)
    }

    /// Waits until `condition` holds, or the monotonic clock shows so many nanoseconds.
    func wait(until time: UInt64 = .max, for condition: (State) -> Bool) {
        // The clock gets nowhere near this.
        let time = min(time, 1 << 62)
        var end = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        defer { unsafe pthread_mutex_unlock(&parts.pointee.mutex) }
        while unsafe !condition(parts.pointee.state) {
            let code = unsafe pthread_cond_timedwait(&parts.pointee.condition, &parts.pointee.mutex, &end)
            if code != 0 { return }
        }
    }
}
