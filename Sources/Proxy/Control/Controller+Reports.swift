import Alloc

// Tells what was decided, and what came of it.
extension Controller {
    /// Tells a decision's effect, once the caches are where they should be.
    mutating func noteEffects(now: UInt64) {
        guard now > lastDecision, !isMoving || now &- lastDecision >= settings.interval &* 3 else { return }
        let effects = Dictionary(members.map { ($0.terms.name, $0.effect) }) { first, _ in first }
        history.updateUnmeasured { report in
            for index in report.parts.indices { report.parts[index].effect = effects[report.parts[index].name] ?? nil }
            report.isMeasured = true
        }
    }

    /// A report of what was done without a policy.
    mutating func appendReport(
        _ trigger: RoundReport.Trigger,
        before: [ResourceVector],
        reason: String,
        now: UInt64
    ) {
        rounds += 1
        lastDecision = now
        let taking = members.indices.filter { members[$0].model != nil }
        let targets = members.map(\.target)
        append(
            trigger,
            before: before,
            targets: targets,
            present: ratios(taking, before, \.salted),
            predicted: ratios(taking, targets, \.salted),
            isApplied: true,
            reason: reason
        )
    }

    mutating func append(
        _ trigger: RoundReport.Trigger,
        before: [ResourceVector],
        targets: [ResourceVector],
        present: [Int: Double],
        predicted: [Int: Double],
        isApplied: Bool,
        reason: String
    ) {
        let parts = members.indices.map { index in
            let member = members[index]
            return RoundReport.Part(
                name: member.terms.name,
                standing: member.standing,
                base: member.terms.base,
                before: before[index],
                proposed: targets[index],
                target: member.target,
                traffic: member.model?.traffic,
                missesBefore: member.model?.plain.curve.missRatio(at: before[index].cacheBytes),
                missesProposed: member.model?.plain.curve.missRatio(at: targets[index].cacheBytes),
                missesMeasured: member.effect?.misses,
                ratioBefore: present[index],
                predictedRatio: predicted[index],
                margin: member.margin
            )
        }
        history.append(
            RoundReport(
                number: rounds,
                time: wallTime,
                trigger: trigger,
                policy: settings.policy.rawValue,
                parts: parts,
                transfers: Transfer.between(before, targets, names: members.map(\.terms.name)),
                ratioBefore: present.values.min(),
                predictedRatio: predicted.values.min(),
                isApplied: isApplied,
                reason: reason
            )
        )
    }
}
