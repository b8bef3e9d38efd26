import Glibc

/// The two clocks of the system.
enum Clock {
    /// Nanoseconds since some start; never goes back.
    static var monotonic: UInt64 {
        let time = now(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Milliseconds since 1970.
    static var milliseconds: Int64 {
        let time = now(CLOCK_REALTIME)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }

    private static func now(_ clock: clockid_t) -> timespec {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time
    }
}
