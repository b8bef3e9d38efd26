import Alloc

// Rounds: what the policy says, and whether it is worth a change.
extension Controller {
    /// A loss that no gain of others is worth.
    private static let tolerated = 0.005
    /// What may be in force beyond what there is, by rounding.
    private static let excess = 1e-6
    /// By how much a miss ratio may exceed that at the base, where nothing is limited, before it is worth a change.
    private static let noticedMisses = 0.01

    /// Holds a round, unless there is nothing to decide on.
    mutating func hold(_ trigger: RoundReport.Trigger, now: UInt64) {
        if trigger == .interval { noteEffects(now: now) }
        pending = nil
        guard settings.mode != .off else { return }
        if trigger == .interval, settings.mode == .apply {
            guard !isMoving, members.allSatisfy({ $0.standing != .active || $0.isSettled || rounds == 0 }) else {
                return
            }
        }
        lastRound = now
        let taking = members.indices.filter { members[$0].standing == .idle || members[$0].model != nil }
            .filter { members[$0].standing != .new }
        let isForced = trigger == .change || exceedsShare(taking)
        guard isForced || taking.contains(where: { (members[$0].effect?.throughput ?? 0) > 0 }) else { return }
        decide(taking, trigger, isForced: isForced, now: now)
    }

    private mutating func decide(
        _ taking: [Int],
        _ trigger: RoundReport.Trigger,
        isForced: Bool,
        now: UInt64
    ) {
        let before = members.map(\.current)
        let profiles = taking.map { index in profile(index) }
        var targets = members.map(\.terms.base)
        var reason = ""
        if let shares = Self.sound(policy.allocate(profiles).shares, profiles) {
            for (place, index) in taking.enumerated() {
                targets[index].cacheBytes = members[index].terms.isCached ? shares[place].cacheBytes : 0
                targets[index].setRates(shares[place])
            }
        } else {
            reason = "the policy's answer made no sense"
        }
        let present = ratios(taking, before, \.salted)
        let predicted = ratios(taking, targets, \.cautious)
        if trigger == .interval {
            disappointment.fade()
            disappointment.measured(present)
        }
        var isWanted = isForced
        if isForced {
            reason = trigger == .change ? "the configuration has changed" : "somebody has its base back"
        } else if reason.isEmpty {
            let threshold = settings.threshold + disappointment.surcharge
            isWanted = Self.isBetter(predicted, present, threshold: threshold)
            let isBroken = present.values.contains { $0 < Self.leastRatio }
            let (least, hope) = (present.values.min() ?? 1, predicted.values.min() ?? 1)
            if !isWanted, isBroken, hope > least * (1 + Self.tolerated) { isWanted = true }
            if !isWanted, savesReads, taking.contains(where: { missesTooMuch($0) }) { isWanted = true }
            reason = isWanted ? "the predicted gain is worth it" : "the predicted gain is below the threshold"
            if !isWanted, Self.isBetter(predicted, present, threshold: settings.threshold) {
                reason = "gains like the predicted one were not found the last times"
            }
        }
        noteBottleneck()
        let isApplied = isWanted && settings.mode == .apply
        if isWanted, !isApplied { reason = "mode: observe" }
        rounds += 1
        if isApplied {
            disappointment.promised(predicted)
            apply(targets, predicted, trigger, now: now)
        }
        lastDecision = now
        append(
            trigger,
            before: before,
            targets: targets,
            present: present,
            predicted: predicted,
            isApplied: isApplied,
            reason: reason
        )
        guard isApplied, let report = history.reports.last else { return }
        self.report(
            .applied(
                round: report.number,
                transfers: report.transfers.count,
                before: report.ratioBefore,
                predicted: report.predictedRatio
            )
        )
    }

    private mutating func apply(
        _ targets: [ResourceVector],
        _ predicted: [Int: Double],
        _ trigger: RoundReport.Trigger,
        now: UInt64
    ) {
        for index in members.indices {
            members[index].target = targets[index]
            members[index].goal = predicted[index].map { $0.isFinite ? max(1, $0) : 1 } ?? 1
            members[index].decided = members[index].model
            // What the configuration says holds at once, not step by step.
            if trigger == .change, members[index].current.cacheBytes != targets[index].cacheBytes {
                setCache(index, targets[index].cacheBytes, now: now)
            }
        }
        blockedSince = nil
        isJumping = trigger == .change
        stepDue = now
        assignRates(now: now)
    }

    /// Whether a tenant without limits misses more than it would with its base, which no rate makes up for.
    private func missesTooMuch(_ index: Int) -> Bool {
        let member = members[index]
        guard member.standing == .active, let model = member.model else { return false }
        let base = member.terms.base.cacheBytes
        guard member.current.cacheBytes + CacheMoves.tolerance < base else { return false }
        return model.plain.curve.missRatio(at: member.current.cacheBytes)
            > model.plain.curve.missRatio(at: base) + Self.noticedMisses
    }

    /// What the policy is told of a tenant.
    private func profile(_ index: Int) -> TenantProfile {
        let member = members[index]
        if member.standing == .active, let model = member.model { return model.cautious }
        let base = member.terms.base.limitedOnly
        return TenantProfile(
            base: base,
            floor: member.terms.floor.limitedOnly.atMost(base),
            demand: Demand(),
            curve: MissRatioCurve(sizes: [], missRatios: [])
        )
    }

    /// Whether those who take part have more than they are entitled to together: somebody else must get its base back.
    private func exceedsShare(_ taking: [Int]) -> Bool {
        guard settings.mode == .apply else { return false }
        var (have, base) = (ResourceVector(), ResourceVector())
        for index in taking {
            have.add(members[index].current.limitedOnly)
            base.add(members[index].terms.base.limitedOnly)
        }
        let isOver = Rate.allCases.contains { rate in
            have[rate] > base[rate] * (1 + Self.excess)
        }
        return isOver || have.cacheBytes > base.cacheBytes + CacheMoves.tolerance * members.count
    }

    /// Throughputs over those with the base, by the model, of those who need something that is limited.
    func ratios(
        _ taking: [Int],
        _ shares: [ResourceVector],
        _ profile: KeyPath<TenantModel, TenantProfile>
    ) -> [Int: Double] {
        var shares = shares
        if savesReads { shareReads(&shares, taking, profile) }
        var ratios: [Int: Double] = [:]
        for index in taking {
            guard members[index].standing == .active, let model = members[index].model else { continue }
            let profile = model[keyPath: profile]
            let base = profile.baseThroughput
            let throughput = profile.throughput(with: shares[index])
            guard base.isFinite, base > 0, throughput.isFinite else { continue }
            ratios[index] = throughput / base
        }
        return ratios
    }

    /// Divides RCU that nobody limits in proportion to what is needed, to compare by what is saved.
    private func shareReads(
        _ shares: inout [ResourceVector],
        _ taking: [Int],
        _ profile: KeyPath<TenantModel, TenantProfile>
    ) {
        var (needed, total) = (0.0, 0.0)
        for index in taking {
            guard members[index].standing == .active, let model = members[index].model else { continue }
            let profile = model[keyPath: profile]
            let need = profile.need(withCache: shares[index].cacheBytes).readUnits * model.traffic.throughput
            shares[index].readUnits = need
            needed += need
            total += profile.base.readUnits
        }
        guard needed > 0 else { return }
        for index in taking where members[index].standing == .active {
            shares[index].readUnits *= total / needed
        }
    }

    /// Whether the least ratio grows by the threshold, or while it stays the least but one, and so on.
    static func isBetter(_ new: [Int: Double], _ old: [Int: Double], threshold: Double) -> Bool {
        guard new.count == old.count else { return true }
        for (new, old) in zip(new.values.sorted(), old.values.sorted()) {
            if new > old * (1 + threshold) { return true }
            if new < old * (1 - tolerated) { return false }
        }
        return false
    }

    /// A policy's answer within what there is and not below the floors; nil when it can't be used.
    static func sound(_ shares: [ResourceVector], _ profiles: [TenantProfile]) -> [ResourceVector]? {
        let isUsable = shares.allSatisfy { share in
            share.cacheBytes >= 0 && Rate.allCases.allSatisfy { share[$0].isFinite && share[$0] >= 0 }
        }
        guard shares.count == profiles.count, isUsable else { return nil }
        var shares = shares
        for rate in Rate.allCases {
            let total = profiles.reduce(0) { $0 + $1.base[rate] }
            let parts = within(total, shares.map { $0[rate] }, profiles.map { $0.floor[rate] })
            for index in shares.indices { shares[index][rate] = parts[index] }
        }
        let total = profiles.reduce(0) { $0 + $1.base.cacheBytes }
        let parts = within(
            Double(total),
            shares.map { Double($0.cacheBytes) },
            profiles.map { Double($0.floor.cacheBytes) }
        )
        for index in shares.indices { shares[index].cacheBytes = Int(parts[index]) }
        return shares
    }

    /// Raises to the floors what is below and takes that from what is above.
    private static func within(_ total: Double, _ amounts: [Double], _ floors: [Double]) -> [Double] {
        let raised = zip(amounts, floors).map { max($0, $1) }
        let excess = raised.reduce(0, +) - total
        guard excess > 0 else { return raised }
        let above = zip(raised, floors).reduce(0) { $0 + ($1.0 - $1.1) }
        guard above > 0 else { return raised }
        let kept = max(0, 1 - excess / above)
        return zip(raised, floors).map { $1 + ($0 - $1) * kept }
    }

    private mutating func noteBottleneck() {
        let all = claims()
        func use(_ rate: Rate) -> Double {
            guard all.totals[rate] > 0 else { return 0 }
            return all.claims.reduce(0) { $0 + $1.amount(rate, at: 1) } / all.totals[rate]
        }
        costs.note(use(.egressBytes) > use(.readUnits) ? .egress : .readUnits)
    }
}
