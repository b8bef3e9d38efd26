/// What HARE's reference leaves to be set: `hare`, `drf` and `memshare` take these.
public struct HAREParameters: Sendable, Equatable {
    /// Bytes of cache that one deal moves; no deals are made with 0 or less.
    public var cacheUnit: Int
    /// Bytes of cache below which no deal takes a tenant.
    public var minimumCache: Int
    /// Deals after which `hare` stops.
    public var maximumRounds: Int
    /// What a deal must add to the estimated improvement to stand.
    public var minimumGain: Double
    /// The part of its base cache that `memshare` never takes from a tenant.
    public var reservedRatio: Double
    /// Whether egress is all that is sent, so that hits save some of it; otherwise it is what is sent to tenants, which
    /// no cache saves, and ``TenantProfile/hitSaving`` counts as 0.
    public var countsAllEgress: Bool

    /// The reference's defaults, but for what is given.
    public init(
        cacheUnit: Int = 4 << 20,
        minimumCache: Int = 4 << 20,
        maximumRounds: Int = 10_000,
        minimumGain: Double = 1e-4,
        reservedRatio: Double = 0.5,
        countsAllEgress: Bool = true
    ) {
        self.cacheUnit = cacheUnit
        self.minimumCache = minimumCache
        self.maximumRounds = maximumRounds
        self.minimumGain = minimumGain
        self.reservedRatio = reservedRatio
        self.countsAllEgress = countsAllEgress
    }
}
