/// An amount of each resource that tenants share.
public struct ResourceVector: Sendable, Equatable {
    /// Bytes of cache.
    public var cacheBytes: Int
    /// Read capacity units a second.
    public var readUnits: Double
    /// Write capacity units a second.
    public var writeUnits: Double
    /// Bytes a second sent to tenants and exchanged with the upstream.
    public var egressBytes: Double

    /// A vector of the given amounts.
    public init(cacheBytes: Int = 0, readUnits: Double = 0, writeUnits: Double = 0, egressBytes: Double = 0) {
        self.cacheBytes = cacheBytes
        self.readUnits = readUnits
        self.writeUnits = writeUnits
        self.egressBytes = egressBytes
    }
}
