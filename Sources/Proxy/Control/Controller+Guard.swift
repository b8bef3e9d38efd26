import Alloc

// Sees to it that nobody has less than its base would give, whatever curves say.
extension Controller {
    /// A tenant measured below this part of what its base would give is corrected.
    static let leastRatio = 0.97
    /// Rates are divided anew below this one.
    private static let ratioToKeep = 0.985
    private static let ratioOnTheWay = 0.93
    /// What margins are multiplied by in each interval.
    private static let decay = 0.97
    private static let mostMargin = 0.2

    /// Notices between the ends of intervals that somebody has less than its base would give: new ones only.
    mutating func hasAlarm() -> Bool {
        guard hasLimits, !isMoving else { return false }
        var hasAlarm = false
        for index in members.indices where members[index].standing == .active && !members[index].isAlarmed {
            let member = members[index]
            guard let recent = member.recent, recent.isLimited, let need = recent.need(requests: Self.leastRequests),
                let model = member.latest, model.baseThroughput.isFinite, model.baseThroughput > 0
            else { continue }
            let base = member.terms.base.limitedOnly
            let ratio = need.limited(as: base).throughput(with: member.current) / model.baseThroughput
            // Beyond what chance explains.
            let chance = 2 / max(1, Double(recent.use.misses)).squareRoot()
            guard ratio * (1 + chance) < Self.leastRatio else { continue }
            members[index].isAlarmed = true
            report(.corrected(tenant: member.terms.name, ratio: ratio))
            learn(index)
            hasAlarm = true
        }
        return hasAlarm
    }

    /// Puts rates in force that keep the guarantees again, with the needs just measured.
    mutating func checkGuarantees(now: UInt64) {
        let isBusy = isMoving
        for index in members.indices {
            guard members[index].standing == .active else { continue }
            let ratio = ratioInForce(index) ?? 1
            if ratio < Self.leastRatio, members[index].window.last?.isLimited == true {
                report(.corrected(tenant: members[index].terms.name, ratio: ratio))
                learn(index)
            } else if !isBusy {
                members[index].margin *= Self.decay
                if members[index].margin < 0.001 { members[index].margin = 0 }
            }
        }
        let isShort = members.indices.contains { index in
            members[index].standing == .active && (ratioInForce(index) ?? 1) < Self.ratioToKeep
        }
        if isShort { assignRates(now: now) }
    }

    /// Gives everybody its base back when no rates keep the guarantees with the caches as they are.
    mutating func hasWithdrawn(now: UInt64) -> Bool {
        guard hasLimits, members.contains(where: { !isAtBase($0) }) else { return false }
        let level = claims().level
        // On the way, while caches that have grown are not warm, somewhat less is no reason to turn back.
        guard level < (isMoving ? Self.ratioOnTheWay : Self.ratioToKeep) else { return false }
        for index in members.indices where members[index].standing == .active { learn(index) }
        disappointment.withdrawn()
        let before = members.map(\.current)
        for index in members.indices {
            let bytes = members[index].terms.base.cacheBytes
            members[index].target = members[index].terms.base
            members[index].goal = 1
            // Not step by step: the guarantee comes first.
            if bytes != members[index].current.cacheBytes { setCache(index, bytes, now: now) }
        }
        blockedSince = nil
        assignRates(now: now)
        report(.withdrawn(level: level))
        appendReport(
            .guard,
            before: before,
            reason: "everybody has its base back: with these caches somebody had less than its base would give",
            now: now
        )
        return true
    }

    private func isAtBase(_ member: Member) -> Bool {
        member.current.cacheBytes == member.terms.base.cacheBytes
    }

    /// Remembers by how much the miss ratio was underestimated.
    private mutating func learn(_ index: Int) {
        let member = members[index]
        guard let decided = member.decided, decided.plain.demand.readUnits > 0,
            let need = (member.isAlarmed ? member.recent : member.window.last)?.need(requests: Self.leastRequests)
        else { return }
        let predicted = decided.plain.curve.missRatio(at: member.current.cacheBytes)
        let error = need.readUnits / decided.traffic.demand.readUnits - predicted
        guard error > 0.002 else { return }
        members[index].margin = min(Self.mostMargin, max(member.margin, error * 1.5))
    }
}

extension Controller.Member {
    /// The shortest time until now that tells what it needs.
    var recent: Span? {
        window.latest(requests: 200, since: 0) ?? window.latest(requests: 1, since: 0) ?? window.last
    }
}
