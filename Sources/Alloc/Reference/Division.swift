/// Dividing as the reference does: idle resources are collected, cache is traded, the pool is handed out.
///
/// Ye, Zhong, Arpaci-Dusseau and Arpaci-Dusseau, Cache-Centric Multi-Resource Allocation for Storage Services, FAST
/// '26, section 4. The order of all operations is that of the paper's artifact (HopperKV), so that results agree to the
/// last bit wherever the artifact's are defined. They differ where it divides by nothing or loses what it sums:
///
/// - A resource of which a tenant needs none does not limit it, whether it has some or not.
/// - A tenant that asks for nothing gives all but its floor; one that needs less than its floor keeps the floor.
/// - A tenant whose base allows no throughput at all keeps its base and stands aside, as does one whose profile breaks
///   the rules (``TenantProfile/flaw``): nothing that could be said of it would be true.
/// - What tenants own is summed where the difference of total and pool has lost its digits.
/// - What nobody needs goes back by base; evenly, as in the artifact, where the bases are equal.
struct Division {
    /// How cache moves.
    enum Trading { case none, harvest, memshare }

    let parameters: HAREParameters
    /// Those among whom is divided.
    var participants: [Participant] = []
    /// What their bases amount to.
    private(set) var total = Rates.zero
    /// What is to be handed out.
    var pool = Rates.zero
    var deals: [CacheDeal] = []
    private let tenants: [TenantProfile]

    /// Divides what the tenants' bases amount to.
    ///
    /// `caches` is what each tenant has of cache, where that is not its base. What is conserving hands out everything,
    /// the other only so much that all improve alike.
    static func outcome(
        _ tenants: [TenantProfile],
        parameters: HAREParameters,
        trading: Trading,
        conserving: Bool = true,
        caches: [Int]? = nil
    ) -> DivisionOutcome {
        var shares = tenants.map(\.usableBase)
        for (index, cache) in (caches ?? []).enumerated() { shares[index].cacheBytes = cache }
        let unchanged = DivisionOutcome(allocation: Allocation(shares: shares, improvement: 0), deals: [], stop: .none)
        let trading = parameters.cacheUnit > 0 ? trading : .none
        var division = Division(tenants, parameters: parameters)
        division.join(shares)
        guard division.participants.count > 1, !division.participants.allSatisfy(\.isIdle) else { return unchanged }
        let stop = division.collect(trading)
        guard let (rates, improvement) = division.handOut(conserving: conserving) else { return unchanged }
        for (member, rates) in zip(division.participants, rates) {
            shares[member.index] = rates.vector(cacheBytes: member.cache)
        }
        // Numbers so large that sums overflow end here.
        guard shares.isPart(of: unchanged.allocation.shares) else { return unchanged }
        let allocation = Allocation(shares: shares, improvement: improvement)
        return DivisionOutcome(allocation: allocation, deals: division.deals, stop: stop)
    }

    private init(_ tenants: [TenantProfile], parameters: HAREParameters) {
        self.parameters = parameters
        self.tenants = tenants
    }

    /// Takes in whom the model can speak of.
    private mutating func join(_ shares: [ResourceVector]) {
        for index in tenants.indices where tenants[index].flaw == nil {
            let member = participant(index, cache: shares[index].cacheBytes)
            if !member.isStuck { participants.append(member) }
        }
    }

    private func participant(_ index: Int, cache: Int) -> Participant {
        Participant(tenants[index], index: index, cache: cache, parameters: parameters)
    }

    /// Collects what nobody can use, before or after cache is traded.
    private mutating func collect(_ trading: Trading) -> DealStop {
        var stop = DealStop.none
        if trading == .memshare {
            stop = moveByHitRatio()
            // What each of them needs depends on the cache that it has got.
            participants = participants.map { member in participant(member.index, cache: member.cache) }
        }
        for member in participants {
            let base = Rates(tenants[member.index].base)
            pool = pool + (base - member.own)
            total = total + base
        }
        return trading == .harvest ? harvest() : stop
    }

    func base(of member: Participant) -> Rates { Rates(tenants[member.index].base) }
}
