public import Alloc

/// The policies that `leveret simulate` knows: Leveret's, and the names that cases of the reference have for theirs.
public enum SimulatedPolicy: String, CaseIterable, Sendable {
    case `static`, drf, memshare, hare, pooled, optimal
    /// The reference's name for `static`.
    case base
    /// `hare` that hands out only what lets all improve alike.
    case nonConservingHARE = "hare_nc"

    /// Leveret's own, in the order in which they are shown.
    public static let shown: [SimulatedPolicy] = [.static, .drf, .memshare, .hare, .pooled, .optimal]

    /// What the tenants get, and how much faster all of them become at least, by the policy's own account.
    public func allocate(_ tenants: [TenantProfile], parameters: HAREParameters) -> Allocation {
        switch self {
        case .nonConservingHARE: HAREPolicy(parameters: parameters, isConserving: false).allocate(tenants)
        case .base: BasePolicy().allocate(tenants)
        default: PolicyName(rawValue: rawValue)?.policy(parameters).allocate(tenants) ?? BasePolicy().allocate(tenants)
        }
    }
}
