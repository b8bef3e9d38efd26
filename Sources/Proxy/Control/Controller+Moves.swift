import Alloc
import Cache

// Brings caches to their targets.
extension Controller {
    /// What must be left of a guarantee on the way.
    private static let leastLevel = 0.98
    /// Parts of a step that are tried.
    private static let parts = [1, 0.5, 0.25, 0.125, 0.03125]
    /// A predicted miss ratio from which on a cache counts as warm.
    private static let negligible = 0.01

    /// Counts caches as warm that are full, or need not be, or have taken their time.
    mutating func checkWarmth(now: UInt64, _ observations: [Observation]) {
        for index in members.indices {
            guard let warmBy = members[index].warmBy else { continue }
            let size = members[index].current.cacheBytes
            let footprint = members[index].curve.map { curve in curve.footprint > 0 ? curve.footprint : size } ?? size
            let full = Double(min(size, footprint)) * settings.warm
            guard now >= warmBy || missesLittle(index) || Double(observations[index].held()) >= full else { continue }
            members[index].warmBy = nil
            members[index].window.settle()
        }
    }

    /// Whether next to nothing that a cache could save is missed, as predicted and as measured.
    private func missesLittle(_ index: Int) -> Bool {
        let member = members[index]
        guard let model = member.latest, model.plain.curve.missRatio(at: member.current.cacheBytes) < Self.negligible
        else { return false }
        guard let misses = member.recent.flatMap(MeasuredMisses.init) else { return true }
        return misses.readUnits < Self.negligible * 2
    }

    /// Takes a step, as large as everybody's guarantee allows.
    mutating func step(now: UInt64) {
        let current = members.map(\.current.cacheBytes)
        let target = members.map(\.target.cacheBytes)
        guard zip(current, target).contains(where: { !CacheMoves.isThere($0, $1) }) else {
            blockedSince = nil
            return
        }
        let moves = CacheMoves(step: settings.step)
        let total = members.reduce(0) { sum, member in sum + member.terms.base.cacheBytes }
        let before = hasLimits ? level(withCaches: current) : 1
        for part in Self.parts {
            let next = moves.next(current, target, total: total, part: part)
            guard next != current else { break }
            if hasLimits {
                let level = level(withCaches: next)
                guard level >= Self.leastLevel || level >= before - 1e-6 else { continue }
            }
            for index in members.indices where next[index] != current[index] {
                setCache(index, next[index], now: now)
            }
            stepDue = now &+ settings.stepInterval
            blockedSince = nil
            return
        }
        // Perhaps when caches that have grown are warm.
        stepDue = now &+ settings.stepInterval
        let since = blockedSince ?? now
        blockedSince = since
        let isWarming = members.contains { $0.warmBy != nil }
        if !isWarming || now &- since >= settings.interval {
            for index in members.indices { members[index].target.cacheBytes = members[index].current.cacheBytes }
            blockedSince = nil
            report(.stoppedMoving)
        }
    }

    mutating func setCache(_ index: Int, _ bytes: Int, now: UInt64) {
        if bytes > members[index].current.cacheBytes { members[index].warmBy = now &+ settings.interval }
        members[index].current.cacheBytes = bytes
        members[index].window.settle()
    }

    /// The level of everybody's guarantee, were caches of these sizes; those that have grown help nobody yet.
    private func level(withCaches caches: [Int]) -> Double {
        var all = claims(withCaches: caches)
        for (place, index) in all.indices.enumerated() where caches[index] > members[index].current.cacheBytes {
            all.claims[place].need = presentNeed(index).limited(as: members[index].terms.base.limitedOnly)
        }
        for place in all.claims.indices { all.claims[place].goal = 1 }
        return all.level
    }
}
