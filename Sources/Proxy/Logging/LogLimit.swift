/// Keeps one kind of log line from flooding the log: so many in a second, and the number left out is told with the next.
struct LogLimit {
    private static let linesPerSecond = 10
    private static let second: UInt64 = 1_000_000_000

    private var begun: UInt64 = 0
    private var written = 0
    private var omitted = 0

    /// Whether a line may be written at `now` (monotonic nanoseconds); if so, how many were left out before it.
    mutating func admit(now: UInt64) -> Int? {
        if now &- begun >= Self.second {
            begun = now
            written = 0
        }
        guard written < Self.linesPerSecond else {
            omitted += 1
            return nil
        }
        written += 1
        defer { omitted = 0 }
        return omitted
    }
}
