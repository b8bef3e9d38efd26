/// Why a reply did or did not come from the cache: the value of `X-Leveret-Cache`, and a counter each.
enum CacheStatus: Int, CaseIterable, Sendable {
    /// Answered from memory, upstream not asked.
    case hit
    /// A BatchGetItem answered partly from memory.
    case partial
    /// Nothing cached; read upstream.
    case miss
    /// Nothing cached; answered from a read that another request had begun.
    case coalesced
    /// What was cached had outlived its time.
    case expired
    /// The request asked for a strongly consistent read.
    case consistentRead
    /// A write to the key is in flight: read upstream, not kept.
    case leased
    /// A write to the key had an unknown outcome: read upstream, not kept.
    case dirty
    /// A read that was larger than the cache keeps.
    case tooLarge
    /// Caching is off for the table.
    case disabled
    /// The table could not be described, so nothing of it is kept.
    case noDescription
    /// The upstream could not be used, or did not answer.
    case upstreamFailure
    /// Refused by the proxy: signature, grant, or a body that can't be read.
    case refused
    /// A request of a form that is not answered from memory (other operations, unusual parameters).
    case notCacheable
    /// Refused by the proxy: over the tenant's rates for longer than it may wait.
    case throttled

    /// The header's value.
    var name: StaticString {
        switch self {
        case .hit: "hit"
        case .partial: "partial"
        case .miss: "miss"
        case .coalesced: "coalesced"
        case .expired: "expired"
        case .consistentRead: "consistent-read"
        case .leased: "leased"
        case .dirty: "dirty"
        case .tooLarge: "too-large"
        case .disabled: "disabled"
        case .noDescription: "no-description"
        case .upstreamFailure: "upstream-failure"
        case .refused: "refused"
        case .notCacheable: "not-cacheable"
        case .throttled: "throttled"
        }
    }

    init(_ refusal: KeyStripes.Refusal) {
        switch refusal {
        case .writeInFlight: self = .leased
        case .dirty: self = .dirty
        }
    }
}
