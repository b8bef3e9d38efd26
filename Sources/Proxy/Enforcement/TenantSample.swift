/// What a tenant has asked for and used since the process started, or between two samples.
///
/// Operations that carry no data (DescribeTable, ListTables) and what the proxy sends of its own accord do not count.
struct TenantSample: Sendable, Equatable {
    /// Requests answered that read or write items, not counting those refused for the tenant's rates.
    var requests: UInt64 = 0
    /// Items read by key: one for a GetItem, one for each key of a BatchGetItem.
    var reads: UInt64 = 0
    /// Reads answered from memory.
    var hits: UInt64 = 0
    /// Reads that memory might have answered but did not, coalesced ones included.
    var misses: UInt64 = 0
    /// Requests refused for the tenant's rates.
    var throttled: UInt64 = 0
    /// Requests that had to wait for the tenant's rates, whatever came of them.
    var queued: UInt64 = 0

    /// Read capacity units of everything read, as if each read had missed.
    var readUnitsIfMissed = 0.0
    /// The part of it that no cache saves: consistent and transactional reads, Query, Scan, PartiQL.
    var readUnitsUncacheable = 0.0
    /// Read capacity units used upstream.
    var readUnitsUsed = 0.0
    /// Write capacity units used upstream.
    var writeUnitsUsed = 0.0
    /// Write capacity units, about, of the writes that were refused for the tenant's rates; each attempt counts.
    var writeUnitsRefused = 0.0

    /// Bytes to the tenant, to the upstream and from it, as if each read had missed.
    var egressIfMissed = 0.0
    /// The same, as if each read that a cache can answer had been answered from memory.
    var egressIfHit = 0.0
    /// The same, as it was.
    var egressUsed = 0.0

    /// What those that waited have waited, in nanoseconds.
    var waitNanoseconds: UInt64 = 0

    /// What came between an earlier sample and a later one.
    static func - (later: TenantSample, earlier: TenantSample) -> TenantSample {
        TenantSample(
            requests: later.requests &- earlier.requests,
            reads: later.reads &- earlier.reads,
            hits: later.hits &- earlier.hits,
            misses: later.misses &- earlier.misses,
            throttled: later.throttled &- earlier.throttled,
            queued: later.queued &- earlier.queued,
            readUnitsIfMissed: later.readUnitsIfMissed - earlier.readUnitsIfMissed,
            readUnitsUncacheable: later.readUnitsUncacheable - earlier.readUnitsUncacheable,
            readUnitsUsed: later.readUnitsUsed - earlier.readUnitsUsed,
            writeUnitsUsed: later.writeUnitsUsed - earlier.writeUnitsUsed,
            writeUnitsRefused: later.writeUnitsRefused - earlier.writeUnitsRefused,
            egressIfMissed: later.egressIfMissed - earlier.egressIfMissed,
            egressIfHit: later.egressIfHit - earlier.egressIfHit,
            egressUsed: later.egressUsed - earlier.egressUsed,
            waitNanoseconds: later.waitNanoseconds &- earlier.waitNanoseconds
        )
    }
}
