/// What one request of a tenant asks for on average, as if every read missed the cache.
///
/// Writes are requests too: a tenant of 95 % eventually consistent reads of 4 KB and 5 % writes of 1 KB asks for .475 RCU
/// and .05 WCU a request.
public struct Demand: Sendable, Equatable {
    /// Read capacity units.
    public var readUnits: Double
    /// Write capacity units.
    public var writeUnits: Double
    /// Bytes sent to the tenant and exchanged with the upstream.
    public var egressBytes: Double

    /// A demand of the given amounts.
    public init(readUnits: Double = 0, writeUnits: Double = 0, egressBytes: Double = 0) {
        self.readUnits = readUnits
        self.writeUnits = writeUnits
        self.egressBytes = egressBytes
    }
}
