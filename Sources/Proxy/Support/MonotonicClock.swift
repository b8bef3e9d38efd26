import Glibc

/// The clock that reactors count by, for what is made before there is one.
enum MonotonicClock {
    /// Nanoseconds from an arbitrary start.
    static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}
