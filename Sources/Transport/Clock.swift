import Glibc

/// The two clocks of the system, read without a system call.
enum Clock {
    /// Nanoseconds that never go backwards, from an arbitrary start.
    static var monotonic: UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// Whole seconds since 1970 (UTC), up to a tick of the kernel's late.
    static var wall: Int64 {
        Int64(read(CLOCK_REALTIME_COARSE).tv_sec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time
    }
}
