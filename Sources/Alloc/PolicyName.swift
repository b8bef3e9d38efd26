/// The policies by name, as the configuration and the command line have them.
public enum PolicyName: String, CaseIterable, Sendable {
    /// Everybody's base.
    case `static`
    /// Idle rates go to those who need them; cache stays.
    case drf
    /// Cache goes where hit ratios gain most.
    case memshare
    /// The published allocator.
    case hare
    /// One cache for all, without partitions.
    case pooled
    /// As much for all as the model allows; the default.
    case optimal

    /// The policy of that name; the parameters are for those that have the reference's.
    public func policy(_ parameters: HAREParameters = HAREParameters()) -> any AllocationPolicy {
        switch self {
        case .static: BasePolicy()
        case .drf: DRFPolicy(parameters: parameters)
        case .memshare: MemsharePolicy(parameters: parameters)
        case .hare: HAREPolicy(parameters: parameters)
        case .pooled: PooledPolicy(parameters: parameters)
        case .optimal: OptimalPolicy()
        }
    }
}
