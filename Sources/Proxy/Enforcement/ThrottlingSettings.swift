/// How requests over their tenant's rates are held back.
public struct ThrottlingSettings: Sendable, Equatable {
    /// Most requests of one tenant that wait on one reactor; one more is refused at once.
    public var queueLength: Int
    /// Longest time a request waits for its tenant's rates, in nanoseconds; then it is refused.
    public var queueDeadline: UInt64
    /// How much of a rate that was not used may be used later, as the nanoseconds it took to save up.
    public var burst: UInt64

    /// 1000 requests, 1 s and 1 s unless told.
    public init(queueLength: Int = 1000, queueDeadline: UInt64 = 1_000_000_000, burst: UInt64 = 1_000_000_000) {
        self.queueLength = queueLength
        self.queueDeadline = queueDeadline
        self.burst = burst
    }
}
