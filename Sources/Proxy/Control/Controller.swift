import Alloc
import Cache

/// Decides, from what is measured, who gets how much of what tenants share.
///
/// A value without threads and clocks: it is told the time and what is seen, and says what should be in force. The caches
/// it decides on never exceed what there is, provided that those that shrink do so before others grow.
///
///     tick    notes counts, restores who wakes up; at the end of an interval:
///       models    what each tenant needs at which size of its cache          ProfileBuilder
///       guard     whether somebody has less than its base would give         Controller+Guard
///       round     what the policy says, and whether that is worth a change    Controller+Round
///     moves   brings caches to their targets step by step                     Controller+Moves
///     rates   that go with the caches as they are meanwhile                   Controller+Rates
struct Controller {
    /// A tenant under control.
    struct Member {
        var terms: TenantTerms
        var standing = RoundReport.Standing.new
        /// What is to be in force now.
        var current: ResourceVector
        /// What was decided.
        var target: ResourceVector
        /// The ratio to its base that was promised with it.
        var goal = 1.0
        /// What is added to its miss ratios away from its base, after they were found too low.
        var margin = 0.0

        var window = Window()
        /// What the cache would miss, as of the last interval's end.
        var curve: Cache.MissRatioCurve?
        /// The model over the window, and over its last interval.
        var model: TenantModel?
        var latest: TenantModel?
        /// The model that the target was decided by.
        var decided: TenantModel?
        /// What its cache missed when it last had its size for an interval.
        var anchor: (bytes: Int, misses: MeasuredMisses)?
        /// What it missed when it last had its base.
        var atBase: RememberedMisses?
        /// Whether the last interval tells what its cache misses.
        var isSettled = false
        /// Until when a cache that has grown may take to become warm; nil when it is.
        var warmBy: UInt64?
        /// Whether more is needed than the model of the last interval says.
        var isAlarmed = false
        /// What was measured in the last interval.
        var effect: RoundReport.Effect?

        /// A tenant that has its base; its cache need not be warm for so many nanoseconds.
        init(_ terms: TenantTerms, now: UInt64, patience: UInt64) {
            self.terms = terms
            warmBy = terms.isCached ? now &+ patience : nil
            current = terms.base
            target = terms.base
        }

        var isThere: Bool { CacheMoves.isThere(current.cacheBytes, target.cacheBytes) }

        /// What was known does not hold any more: until the next interval's end it has its base.
        mutating func forgetModels() {
            (model, latest) = (nil, nil)
            if standing == .active { standing = .new }
        }
    }

    /// What is worth a line in the log.
    enum Event: Equatable {
        case applied(round: Int, transfers: Int, before: Double?, predicted: Double?)
        case corrected(tenant: String, ratio: Double)
        case withdrawn(level: Double)
        case stoppedMoving
    }

    /// Requests from which on a tenant's demand counts as known.
    static let leastRequests: UInt64 = 20
    /// Nanoseconds between rounds that are not due by the interval.
    static let leastPause: UInt64 = 1_000_000_000
    private static let mostEvents = 100

    var settings: AllocationSettings
    var policy: any AllocationPolicy
    var members: [Member] = []
    var history: RoundHistory
    var rounds = 0
    /// Milliseconds since 1970, for reports.
    var wallTime: Int64 = 0
    var disappointment = Disappointment()
    /// What a miss costs.
    var costs = Bottleneck()
    /// When the present interval ends.
    var roundDue: UInt64
    /// What asks for a round before that.
    var pending: RoundReport.Trigger?
    var lastRound: UInt64
    var lastDecision: UInt64
    var stepDue: UInt64 = 0
    /// Whether caches were changed at once, because the configuration was: until they are warm somebody may be short.
    var isJumping = false
    /// Since when no step is possible.
    var blockedSince: UInt64?
    private(set) var events: [Event] = []

    /// A controller of nobody; the first interval begins now.
    init(_ settings: AllocationSettings, policy: any AllocationPolicy, now: UInt64) {
        self.settings = settings
        self.policy = policy
        history = RoundHistory(capacity: settings.history)
        roundDue = now &+ settings.interval
        lastRound = now
        lastDecision = now
    }

    // MARK: Configuration

    /// Takes over who there is and what they are entitled to.
    mutating func adopt(
        _ terms: [TenantTerms],
        _ settings: AllocationSettings,
        policy: any AllocationPolicy,
        now: UInt64
    ) {
        let isFirst = members.isEmpty
        let hasChanged = members.map(\.terms) != terms || settings.policy != self.settings.policy
        let known = Dictionary(members.map { ($0.terms.name, $0) }) { first, _ in first }
        members = terms.map { terms in
            guard var member = known[terms.name] else { return Member(terms, now: now, patience: settings.interval) }
            let before = member.terms.base
            member.terms = terms
            if before.cacheBytes != terms.base.cacheBytes { member.atBase = nil }
            // A cache that there was not, or is no more.
            if (before.cacheBytes > 0) != terms.isCached { member.forgetModels() }
            // What is limited now was not, or the other way round.
            for rate in Rate.allCases
            where before[rate].isFinite != terms.base[rate].isFinite {
                member.current[rate] = terms.base[rate]
                member.forgetModels()
            }
            return member
        }
        giveRoom(to: members.indices.filter { known[members[$0].terms.name] == nil })
        if settings.interval != self.settings.interval { roundDue = now &+ settings.interval }
        let wasApplying = self.settings.mode == .apply
        self.settings = settings
        self.policy = policy
        history.capacity = settings.history
        for index in members.indices where known[members[index].terms.name]?.terms != members[index].terms {
            remodel(index)
        }
        if settings.mode != .apply {
            for index in members.indices { restoreBase(index, now: now) }
        } else if !isFirst, hasChanged {
            pending = .change
        } else if !wasApplying {
            pending = nil
        }
    }

    /// Starts those who are new with what room there is beside the others' caches; a round makes more.
    private mutating func giveRoom(to newcomers: [Int]) {
        var free = 0
        for member in members { free += member.terms.base.cacheBytes - member.current.cacheBytes }
        for index in newcomers { free += members[index].current.cacheBytes }
        for index in newcomers {
            members[index].current.cacheBytes = min(members[index].terms.base.cacheBytes, max(0, free))
            free -= members[index].current.cacheBytes
        }
    }

    /// Gives a tenant exactly what it is entitled to.
    mutating func restoreBase(_ index: Int, now: UInt64) {
        if members[index].current.cacheBytes != members[index].terms.base.cacheBytes {
            members[index].window.settle()
        }
        members[index].current = members[index].terms.base
        members[index].target = members[index].terms.base
        members[index].goal = 1
        members[index].decided = nil
        members[index].warmBy = nil
    }

    // MARK: Time

    /// Takes note of what is seen, one observation for each tenant in order, and decides what should be in force.
    mutating func tick(now: UInt64, _ observations: [Observation]) {
        guard observations.count == members.count, !members.isEmpty else { return }
        for index in members.indices {
            members[index].window.note(observations[index].sample, now: now)
        }
        wakeUp(now: now)
        if now >= roundDue {
            // Rounds that were missed are not made up for.
            roundDue = max(roundDue &+ settings.interval, now &+ settings.interval / 2)
            closeInterval(now: now, observations)
            if settings.mode == .apply, !hasWithdrawn(now: now) { checkGuarantees(now: now) }
            hold(pending ?? .interval, now: now)
        } else if settings.mode == .apply, hasAlarm() {
            if !hasWithdrawn(now: now) { assignRates(now: now) }
        } else if let trigger = pending,
            trigger == .change || now &- lastRound >= min(Self.leastPause, settings.interval)
        {
            hold(trigger, now: now)
        }
        guard settings.mode == .apply else { return }
        if isMoving {
            checkWarmth(now: now, observations)
            if !isJumping, hasWithdrawn(now: now) { return }
            if now >= stepDue { step(now: now) }
            assignRates(now: now)
        }
        if !isMoving { isJumping = false }
    }

    /// When the next call of `tick` is due at the latest.
    func nextTick(after now: UInt64) -> UInt64 {
        var pause = min(settings.interval, Self.leastPause)
        if isMoving { pause = min(pause, settings.stepInterval) }
        return min(now &+ pause, max(roundDue, now &+ 1_000_000))
    }

    /// Whether caches are not where they should be, or not warm.
    var isMoving: Bool {
        members.contains { member in !member.isThere || member.warmBy != nil }
    }

    mutating func report(_ event: Event) {
        if events.count < Self.mostEvents { events.append(event) }
    }

    /// What has happened since the last call.
    mutating func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    // MARK: What is limited

    /// What all tenants are entitled to together; 0 for what is not limited.
    var totals: ResourceVector {
        members.reduce(into: ResourceVector()) { sum, member in sum.add(member.terms.base.limitedOnly) }
    }

    /// Whether any rate is limited.
    var hasLimits: Bool {
        guard let base = members.first?.terms.base else { return false }
        return Rate.allCases.contains { rate in base[rate].isFinite }
    }

    /// Whether caches are to save RCU although nothing that they save is limited.
    var savesReads: Bool {
        guard let base = members.first?.terms.base else { return false }
        return !base.readUnits.isFinite && !base.egressBytes.isFinite
    }
}

extension ResourceVector {
    mutating func add(_ other: ResourceVector) {
        cacheBytes += other.cacheBytes
        for rate in Rate.allCases { self[rate] += other[rate] }
    }
}
