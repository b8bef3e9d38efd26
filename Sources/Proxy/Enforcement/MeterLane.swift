import Synchronization

/// One worker's part of a tenant's meter.
///
/// Only that worker writes, so that a count is a load and a store and no more; anybody may read.
struct MeterLane: ~Copyable {
    // What a hit writes and, at the beginning of the costs, reads: together one cache line.
    let requests = Tally()
    let reads = Tally()
    let hits = Tally()
    let readUnitsIfMissed = Sum()
    let egressIfMissed = Sum()
    let egressIfHit = Sum()
    let egressUsed = Sum()
    /// What is learnt of the tenant's items and operations; used by the lane's worker alone.
    let costs = CostModel()

    let misses = Tally()
    let throttled = Tally()
    let queued = Tally()
    let waitNanoseconds = Tally()
    let readUnitsUncacheable = Sum()
    let readUnitsUsed = Sum()
    let writeUnitsUsed = Sum()
    let writeUnitsRefused = Sum()

    /// A count with one writer.
    struct Tally: ~Copyable {
        private let bits = Atomic<UInt64>(0)

        var value: UInt64 { bits.load(ordering: .relaxed) }

        func add(_ count: UInt64) {
            bits.store(bits.load(ordering: .relaxed) &+ count, ordering: .relaxed)
        }
    }

    /// A sum of units or bytes with one writer.
    struct Sum: ~Copyable {
        private let bits: Atomic<UInt64>

        init(_ value: Double = 0) {
            bits = Atomic(value.bitPattern)
        }

        var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

        func add(_ amount: Double) {
            set(value + amount)
        }

        func set(_ value: Double) {
            bits.store(value.bitPattern, ordering: .relaxed)
        }
    }
}

extension TenantSample {
    static func += (sample: inout TenantSample, lane: borrowing MeterLane) {
        sample.requests &+= lane.requests.value
        sample.reads &+= lane.reads.value
        sample.hits &+= lane.hits.value
        sample.misses &+= lane.misses.value
        sample.throttled &+= lane.throttled.value
        sample.queued &+= lane.queued.value
        sample.waitNanoseconds &+= lane.waitNanoseconds.value
        sample.readUnitsIfMissed += lane.readUnitsIfMissed.value
        sample.readUnitsUncacheable += lane.readUnitsUncacheable.value
        sample.readUnitsUsed += lane.readUnitsUsed.value
        sample.writeUnitsUsed += lane.writeUnitsUsed.value
        sample.writeUnitsRefused += lane.writeUnitsRefused.value
        sample.egressIfMissed += lane.egressIfMissed.value
        sample.egressIfHit += lane.egressIfHit.value
        sample.egressUsed += lane.egressUsed.value
    }
}
