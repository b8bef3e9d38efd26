/// What a policy of the reference's family decided, and how it came to it.
public struct DivisionOutcome: Sendable, Equatable {
    /// Who gets what.
    public var allocation: Allocation
    /// One unit of cache moved in each, in order; there were as many rounds.
    public var deals: [CacheDeal]
    /// Why no further deal was made.
    public var stop: DealStop
}

/// One unit of cache that went from one tenant to another; indices into the tenants.
public struct CacheDeal: Sendable, Equatable {
    /// Who gave it.
    public var giver: Int
    /// Who received it.
    public var receiver: Int
}

/// Why a policy stopped moving cache.
public enum DealStop: String, Sendable {
    /// It moves none.
    case none
    /// The best deal would not have added enough.
    case lowGain = "low_gain"
    /// What limits the improvement does not depend on cache.
    case noCacheBottleneck = "no_cache_bottleneck"
    /// As many deals as are allowed.
    case maximumRounds = "max_round"
    /// `memshare`: the receiver would gain no more than the giver loses.
    case noProfit = "no_profit"
    /// `memshare`: everybody else is down to what is reserved.
    case noGiver = "no_donor"
}
