import Alloc

/// What a tenant did in some time.
struct Span: Sendable, Equatable {
    var seconds: Double
    var use: TenantSample

    /// Requests a second.
    var throughput: Double { Double(use.requests) / seconds }

    /// Whether rates held it back, not just now and then: of the requests that needed more than memory a tenth waited or
    /// were refused.
    var isLimited: Bool {
        let held = use.queued &+ use.throttled
        let beyondMemory = use.requests > use.hits ? use.requests - use.hits : 0
        return held > 0 && Double(held) >= 0.1 * Double(beyondMemory)
    }
}

/// A tenant's counts at the ends of the last intervals, and at some moments since.
///
/// Counts that go back, or that are no numbers, start it anew.
struct Window: Sendable {
    private struct Mark {
        var time: UInt64
        var sample: TenantSample
    }

    /// Moments kept since the last interval's end.
    private static let recentMarks = 8

    private var ends: [Mark] = []
    private var recent: [Mark] = []
    /// Since when the tenant's cache has had its size.
    private var settling: Mark?

    /// Takes note of a moment.
    mutating func note(_ sample: TenantSample, now: UInt64) {
        guard let last = recent.last ?? ends.last else {
            ends = [Mark(time: now, sample: sample)]
            return
        }
        guard now > last.time else { return }
        guard (sample - last.sample).isPlausible else {
            recent = []
            settling = nil
            ends = [Mark(time: now, sample: sample)]
            return
        }
        if recent.count == Self.recentMarks { recent.removeFirst() }
        recent.append(Mark(time: now, sample: sample))
    }

    /// Ends an interval at the last moment noted; the newest `intervals` are kept.
    mutating func close(keeping intervals: Int) {
        guard let last = recent.last, last.time > ends.last?.time ?? 0 else { return }
        ends.append(last)
        if ends.count > intervals + 1 { ends.removeFirst(ends.count - intervals - 1) }
    }

    /// The tenant's cache has another size, or has become warm, at the last moment noted.
    mutating func settle() {
        settling = recent.last ?? ends.last
    }

    /// Intervals that have ended, of those kept.
    var intervals: Int { max(0, ends.count - 1) }

    /// All intervals kept.
    var whole: Span? { span(ends.first, ends.last) }

    /// The last interval.
    var last: Span? { ends.count > 1 ? span(ends[ends.count - 2], ends.last) : nil }

    /// The part of the intervals kept, and of the last one, in which the cache had its size.
    var settled: Span? { span(later(ends.first, settling), ends.last) }
    var settledLast: Span? { ends.count > 1 ? span(later(ends[ends.count - 2], settling), ends.last) : nil }

    /// The shortest time until now with that many requests, but not before `time`.
    func latest(requests: UInt64, since time: UInt64) -> Span? {
        guard let last = recent.last else { return nil }
        let begin = recent.last { mark in
            mark.time >= time && last.sample.requests &- mark.sample.requests >= requests
        }
        return span(begin, last)
    }

    /// Whether something was asked for after the last interval's end.
    var isStirring: Bool {
        guard let end = ends.last, let last = recent.last else { return false }
        let use = last.sample - end.sample
        return use.requests > 0 || use.throttled > 0 || use.queued > 0
    }

    private func later(_ one: Mark?, _ other: Mark?) -> Mark? {
        guard let one, let other else { return one ?? other }
        return one.time < other.time ? other : one
    }

    private func span(_ begin: Mark?, _ end: Mark?) -> Span? {
        guard let begin, let end, end.time > begin.time else { return nil }
        return Span(seconds: Double(end.time - begin.time) / 1e9, use: end.sample - begin.sample)
    }
}

extension TenantSample {
    /// Whether a difference is one of counts that only grow.
    fileprivate var isPlausible: Bool {
        let counts = [requests, reads, hits, misses, throttled, queued]
        let sums = [
            readUnitsIfMissed, readUnitsUncacheable, readUnitsUsed, writeUnitsUsed, writeUnitsRefused,
            egressIfMissed, egressIfHit, egressUsed,
        ]
        return counts.allSatisfy { $0 < 1 << 62 } && sums.allSatisfy { $0.isFinite && $0 >= 0 }
    }
}

/// What a tenant's requests are like.
struct Traffic: Sendable, Equatable {
    /// Requests a second.
    var throughput: Double
    /// What a request asks for on average, as if every read missed.
    var demand: Demand
    /// The part of the RCU that no cache saves.
    var uncacheable: Double
    /// The part of a miss's egress that a hit saves: alpha.
    var hitSaving: Double

    /// Nil when nothing was asked for.
    ///
    /// Writes that were refused are asked for too, as far as a base of `baseWrites` WCU would have served them: who gets
    /// none could show no need of any.
    init?(_ span: Span, baseWrites: Double = 0) {
        let use = span.use
        let asked = min(use.writeUnitsUsed + use.writeUnitsRefused, baseWrites * span.seconds)
        guard use.requests > 0 else { return nil }
        let requests = Double(use.requests)
        throughput = span.throughput
        demand = Demand(
            readUnits: use.readUnitsIfMissed / requests,
            writeUnits: max(use.writeUnitsUsed, asked) / requests,
            egressBytes: use.egressIfMissed / requests
        )
        uncacheable =
            use.readUnitsIfMissed > 0 ? min(1, use.readUnitsUncacheable / use.readUnitsIfMissed) : 1
        hitSaving =
            use.egressIfMissed > 0 ? min(max(0, 1 - use.egressIfHit / use.egressIfMissed), 0.999_999) : 0
    }

    /// Whether a cache has anything to save.
    var isCacheable: Bool { demand.readUnits > 0 && uncacheable < 0.999_999 }
}

/// What was measured to miss, of what a cache could have saved.
struct MeasuredMisses: Sendable, Equatable {
    /// Of the RCU.
    var readUnits: Double
    /// Of the egress.
    var egress: Double
    /// Reads counted.
    var reads: Double

    /// Nil when a cache had nothing to save.
    init?(_ span: Span) {
        let use = span.use
        let cacheable = use.readUnitsIfMissed - use.readUnitsUncacheable
        guard cacheable > 0, use.reads > 0 else { return nil }
        readUnits = min(max(0, (use.readUnitsUsed - use.readUnitsUncacheable) / cacheable), 1)
        let saving = use.egressIfMissed - use.egressIfHit
        egress = saving > 0 ? min(max(0, (use.egressUsed - use.egressIfHit) / saving), 1) : readUnits
        reads = Double(use.reads)
    }
}

extension Span {
    /// What a request used; nil when too few were seen to tell.
    func need(requests least: UInt64) -> Demand? {
        guard use.requests >= max(1, least) else { return nil }
        let requests = Double(use.requests)
        return Demand(
            readUnits: use.readUnitsUsed / requests,
            writeUnits: use.writeUnitsUsed / requests,
            egressBytes: use.egressUsed / requests
        )
    }
}
