import Alloc
import Cache

// What is known of tenants, interval by interval.
extension Controller {
    /// An idle tenant that asks again has its base rates at once, and the rest is decided in a round.
    mutating func wakeUp(now: UInt64) {
        for index in members.indices where members[index].standing == .idle && members[index].window.isStirring {
            members[index].standing = .new
            members[index].window = Window()
            members[index].anchor = nil
            members[index].atBase = nil
            members[index].model = nil
            members[index].latest = nil
            guard settings.mode == .apply else { continue }
            members[index].goal = 1
            for rate in Rate.allCases {
                members[index].current[rate] = members[index].terms.base[rate]
            }
            members[index].target = members[index].terms.base
            pending = pending ?? .wake
            if hasLimits { assignRates(now: now) }
        }
    }

    /// Ends an interval: windows, standing, models.
    mutating func closeInterval(now: UInt64, _ observations: [Observation]) {
        let builder = ProfileBuilder(salt: settings.salt, savesReads: savesReads)
        for index in members.indices {
            members[index].window.close(keeping: settings.window)
            guard let whole = members[index].window.whole else { continue }
            if whole.use.requests == 0 {
                let isOver = members[index].window.intervals >= settings.window
                // One that is refused whatever it asks for is about to wake up, with its base.
                let isRefused = whole.use.throttled > 0 && members[index].standing != .active
                if isOver, !isRefused { members[index].standing = .idle }
            } else if settings.mode != .off {
                build(index, whole, observations[index].curve, builder)
            }
            measure(index)
        }
    }

    private mutating func build(
        _ index: Int,
        _ whole: Span,
        _ curve: () -> Cache.MissRatioCurve,
        _ builder: ProfileBuilder
    ) {
        guard whole.use.requests >= Self.leastRequests, let traffic = demand(of: index, in: whole) else { return }
        var member = members[index]
        if traffic.isCacheable, member.terms.isCached {
            let found = curve()
            // A tenant whose curve is not known yet keeps its base.
            guard !found.sizes.isEmpty else { return }
            member.curve = found
        } else {
            member.curve = nil
        }
        let settled = member.window.settled.flatMap { isLongEnough($0) ? $0 : nil }
        let isSettled = settled != nil && member.warmBy == nil
        member.isSettled = isSettled
        member.atBase?.fade()
        if isSettled, let misses = settled.flatMap(MeasuredMisses.init) {
            member.anchor = (member.current.cacheBytes, misses)
            if CacheMoves.isThere(member.current.cacheBytes, member.terms.base.cacheBytes) {
                member.atBase = RememberedMisses(misses)
            }
        }
        member.model = builder.model(
            member.terms,
            traffic,
            curve: member.curve,
            measured: member.anchor?.misses,
            present: member.anchor?.bytes ?? member.current.cacheBytes,
            atBase: member.atBase,
            margin: member.margin
        )
        let last = member.window.last.flatMap { $0.use.requests >= Self.leastRequests ? $0 : nil }
        member.latest =
            last.flatMap { span in
                demand(of: index, in: span).map { traffic in
                    builder.model(
                        member.terms,
                        traffic,
                        curve: member.curve,
                        measured: isSettled
                            ? member.window.settledLast.flatMap(MeasuredMisses.init) : member.anchor?.misses,
                        present: isSettled
                            ? member.current.cacheBytes : member.anchor?.bytes ?? member.current.cacheBytes,
                        atBase: member.atBase,
                        margin: 0
                    )
                }
            } ?? member.model
        member.standing = .active
        member.isAlarmed = false
        members[index] = member
    }

    /// Makes the models of what is known anew, for another base or floor.
    mutating func remodel(_ index: Int) {
        let builder = ProfileBuilder(salt: settings.salt, savesReads: savesReads)
        let member = members[index]
        func remade(_ model: TenantModel?, margin: Double) -> TenantModel? {
            model.map { model in
                builder.model(
                    member.terms,
                    model.traffic,
                    curve: member.curve,
                    measured: member.anchor?.misses,
                    present: member.anchor?.bytes ?? member.current.cacheBytes,
                    atBase: member.atBase,
                    margin: margin
                )
            }
        }
        members[index].model = remade(member.model, margin: member.margin)
        members[index].latest = remade(member.latest, margin: 0)
    }

    private func demand(of index: Int, in span: Span) -> Traffic? {
        Traffic(span, baseWrites: members[index].terms.base.writeUnits)
    }

    /// What a cache misses while it changes says nothing of its size; half an interval without a change does.
    private func isLongEnough(_ span: Span) -> Bool {
        span.seconds >= Double(settings.interval) / 2e9
    }

    /// What the last interval showed, for reports.
    private mutating func measure(_ index: Int) {
        guard let last = members[index].window.last else { return }
        var effect = RoundReport.Effect(throughput: last.throughput, isLimited: last.isLimited)
        effect.misses = MeasuredMisses(last)?.readUnits
        if settings.mode != .off, members[index].standing == .active { effect.ratio = ratioInForce(index) }
        members[index].effect = effect
    }
}
