/// What one server accepts and holds.
///
/// Bytes, and nanoseconds for the deadlines.
public struct HTTPLimits: Sendable {
    /// Request line and header fields together, with their line ends.
    public var headBytes = 16 << 10
    /// Header fields of one request.
    public var headerCount = 100
    /// Body of one request, decoded.
    public var bodyBytes = 16 << 20
    /// Connections of one server (so: per reactor).
    public var connections = 10_000
    /// Everything held between two turns of the loop for all connections of one server: incomplete requests, requests
    /// that wait for their predecessor, replies that the client is slow to take.
    public var bufferedBytes = 256 << 20
    /// From the first byte of a head to its last; with TLS also for the handshake.
    public var headDeadline: UInt64 = 10_000_000_000
    /// From the end of the head to the end of the body.
    public var bodyDeadline: UInt64 = 60_000_000_000
    /// Between two requests.
    public var idleDeadline: UInt64 = 75_000_000_000
    /// For the client to take what could not be sent at once; given anew to one that has taken `writeRate` meanwhile.
    public var writeDeadline: UInt64 = 60_000_000_000
    /// Bytes a second.
    public var writeRate = 16 << 10

    /// The defaults.
    public init() {}

    /// Bytes that a client must have taken when the write deadline has passed.
    var leastTaken: Int { Int(writeDeadline / 1_000_000) * writeRate / 1000 }

    /// The same, with values cut to what arithmetic on them can take.
    var clamped: HTTPLimits {
        let gibibyte = 1 << 30
        let year: UInt64 = 365 * 86_400 * 1_000_000_000
        var limits = self
        limits.headBytes = min(max(headBytes, 0), gibibyte)
        limits.headerCount = min(max(headerCount, 0), gibibyte)
        limits.bodyBytes = min(max(bodyBytes, 0), gibibyte)
        limits.connections = min(max(connections, 0), gibibyte)
        limits.headDeadline = min(headDeadline, year)
        limits.bodyDeadline = min(bodyDeadline, year)
        limits.idleDeadline = min(idleDeadline, year)
        limits.writeDeadline = min(writeDeadline, year)
        limits.writeRate = min(max(writeRate, 1), 1 << 24)
        return limits
    }
}
