import Transport

/// The rates a tenant is held to.
struct EnforcedRates: Sendable, Equatable {
    /// Read capacity units a second; infinite for no limit, as for the others.
    var readUnits: Double
    /// Write capacity units a second.
    var writeUnits: Double
    /// Bytes a second: to the tenant, to the upstream and from it.
    var egressBytes: Double

    /// No limits.
    static let unlimited = EnforcedRates(readUnits: .infinity, writeUnits: .infinity, egressBytes: .infinity)
}

/// The rates in force for one tenant, and how far it has used them up.
///
/// Outlives a reload like the tenant's store; shared by all reactors, without a lock.
final class TenantLimits: Sendable {
    /// Bytes; first, because a hit looks at it.
    let egress: TokenBucket
    /// Read capacity units.
    let reads: TokenBucket
    /// Write capacity units.
    let writes: TokenBucket

    /// No limits; `burst` nanoseconds of an unused rate may be saved up.
    init(burst: UInt64 = ThrottlingSettings().burst) {
        reads = TokenBucket(burst: burst)
        writes = TokenBucket(burst: burst)
        egress = TokenBucket(burst: burst)
    }

    /// The rates in force.
    var rates: EnforcedRates {
        EnforcedRates(readUnits: reads.rate, writeUnits: writes.rate, egressBytes: egress.rate)
    }

    /// Puts rates in force; debts keep their size in units and bytes.
    func setRates(_ rates: EnforcedRates) {
        setRates(rates, now: MonotonicClock.now())
    }

    func setRates(_ rates: EnforcedRates, now: UInt64) {
        reads.set(rate: rates.readUnits, now: now)
        writes.set(rate: rates.writeUnits, now: now)
        egress.set(rate: rates.egressBytes, now: now)
    }

    /// Changes how much of an unused rate may be saved up, in nanoseconds.
    func setBurst(_ burst: UInt64) {
        reads.set(burst: burst)
        writes.set(burst: burst)
        egress.set(burst: burst)
    }
}
