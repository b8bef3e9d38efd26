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

/// The clock that tells times between processes.
enum WallClock {
    /// Nanoseconds since 1970; of a test's clock of seconds, if there is one.
    static func now(_ testClock: (@Sendable () -> Int64)? = nil) -> Int64 {
        if let testClock { return testClock().multipliedReportingOverflow(by: 1_000_000_000).partialValue }
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
