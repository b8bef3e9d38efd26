import Alloc
import Cache
import Foundation

@testable import Proxy

/// A tenant of a simulated proxy: as fast as its rates let it be, with a cache that warms up as misses fill it.
struct SimulatedTenant {
    var name: String
    var base: ResourceVector
    var floor = ResourceVector(cacheBytes: 1 << 20, readUnits: 1, writeUnits: 1, egressBytes: 1000)
    /// RCU missed, by bytes that the cache holds.
    var misses: (Int) -> Double
    /// What the cache says of itself: the truth at the present size unless told.
    var estimate: ((_ size: Int, _ present: Int) -> Double)?
    var demand = Demand(readUnits: 0.5, writeUnits: 0.01, egressBytes: 2000)
    var hitSaving = 0.5
    var itemBytes = 1000.0
    /// Requests a second that it would send at most.
    var offered = 50_000.0
    /// Writes of one unit a second that it sends besides, and gives up when they are refused.
    var writesBeside = 0.0

    // What becomes of it.
    var held = 0
    var sample = TenantSample()
    private var fraction = 0.0

    init(_ name: String, base: ResourceVector, misses: @escaping (Int) -> Double) {
        self.name = name
        self.base = base
        self.misses = misses
    }

    var terms: TenantTerms {
        TenantTerms(name: name, base: base, floor: floor.atMost(base))
    }

    func need(holding bytes: Int) -> Demand {
        let miss = misses(bytes)
        return Demand(
            readUnits: demand.readUnits * miss,
            writeUnits: demand.writeUnits,
            egressBytes: demand.egressBytes * (1 - hitSaving + hitSaving * miss)
        )
    }

    /// Requests a second with the base alone.
    var baseThroughput: Double {
        min(offered, need(holding: base.cacheBytes).throughput(with: base))
    }

    mutating func run(_ seconds: Double, with share: ResourceVector) {
        held = min(held, share.cacheBytes)
        let miss = misses(held)
        let most = need(holding: held).throughput(with: share)
        let requests = min(offered, most) * seconds + fraction
        let whole = requests.rounded(.down)
        fraction = requests - whole
        let missed = whole * miss
        sample.requests += UInt64(whole)
        sample.reads += UInt64(whole)
        sample.misses += UInt64(missed)
        sample.hits += UInt64(whole) - UInt64(missed)
        sample.readUnitsIfMissed += whole * demand.readUnits
        sample.readUnitsUsed += missed * demand.readUnits
        sample.writeUnitsUsed += whole * demand.writeUnits
        sample.egressIfMissed += whole * demand.egressBytes
        sample.egressIfHit += whole * demand.egressBytes * (1 - hitSaving)
        sample.egressUsed += whole * demand.egressBytes * (1 - hitSaving) + missed * demand.egressBytes * hitSaving
        let left = max(0, share.writeUnits - min(offered, most) * demand.writeUnits)
        let written = min(writesBeside, left) * seconds
        sample.requests += UInt64(written)
        sample.writeUnitsUsed += written
        sample.writeUnitsRefused += writesBeside * seconds - written
        sample.throttled += UInt64(writesBeside * seconds - written)
        sample.egressIfMissed += written * 1000
        sample.egressIfHit += written * 1000
        sample.egressUsed += written * 1000
        if most < offered { sample.queued += UInt64(missed + whole * demand.writeUnits) + 1 }
        held = min(share.cacheBytes, held + Int(missed * itemBytes))
    }

    func curve(present: Int) -> Cache.MissRatioCurve {
        var curve = Cache.MissRatioCurve()
        let estimate = estimate ?? { size, _ in misses(size) }
        curve.sizes = (0..<64).map { Int(65_536 * pow(1.18, Double($0))) }
        curve.missRatio = curve.sizes.map { min(max(0, estimate($0, present)), 1) }
        for index in 1..<64 { curve.missRatio[index] = min(curve.missRatio[index], curve.missRatio[index - 1]) }
        curve.readUnitMissRatio = curve.missRatio
        curve.byteMissRatio = curve.missRatio
        curve.error = curve.sizes.map { _ in 0.002 }
        curve.reads = 1e6
        curve.footprint = 1 << 40
        return curve
    }
}

/// The controller with simulated tenants, in virtual time.
struct ControlSimulation {
    /// What an interval showed.
    struct Interval {
        var throughput: [Double] = []
        var shares: [ResourceVector] = []
        /// Throughput over that with the base.
        var ratios: [Double] = []
    }

    static let second: UInt64 = 1_000_000_000

    var settings = AllocationSettings()
    var tenants: [SimulatedTenant]
    var controller: Controller
    var now: UInt64 = 1_000_000_000
    var intervals: [Interval] = []
    var problems: [String] = []
    /// Length of a step of the simulation.
    private let tick: UInt64 = 50_000_000
    private var nextTick: UInt64
    private var lastCaches: [Int] = []
    /// Most bytes that a cache has changed by at once.
    private(set) var largestStep = 0
    /// Bytes that all have to share.
    var total: ResourceVector { controller.totals }

    init(_ tenants: [SimulatedTenant], _ settings: AllocationSettings = AllocationSettings()) {
        self.tenants = tenants
        self.settings = settings
        controller = Controller(settings, policy: settings.policy.policy(), now: now)
        nextTick = now
        for index in self.tenants.indices { self.tenants[index].held = self.tenants[index].base.cacheBytes }
        adopt()
    }

    /// Tells the controller of changed tenants or settings.
    mutating func adopt() {
        controller.adopt(tenants.map(\.terms), settings, policy: settings.policy.policy(), now: now)
        nextTick = now
        lastCaches = controller.members.map(\.current.cacheBytes)
    }

    /// Runs for some intervals and records each.
    mutating func run(intervals count: Int) {
        for _ in 0..<count {
            let begin = tenants.map(\.sample)
            let end = now + settings.interval
            while now < end { advance() }
            let seconds = Double(settings.interval) / 1e9
            var interval = Interval()
            for index in tenants.indices {
                let requests = Double((tenants[index].sample - begin[index]).requests) / seconds
                interval.throughput.append(requests)
                interval.ratios.append(requests / max(tenants[index].baseThroughput, 1e-9))
            }
            interval.shares = controller.members.map(\.current)
            intervals.append(interval)
        }
    }

    /// Runs for a time that is no interval.
    mutating func run(for duration: UInt64) {
        let end = now + duration
        while now < end { advance() }
    }

    private mutating func advance() {
        if now >= nextTick {
            let observations = tenants.indices.map { index in
                let tenant = tenants[index]
                let present = controller.members[index].current.cacheBytes
                return Observation(
                    sample: tenant.sample,
                    held: { tenant.held },
                    curve: { tenant.curve(present: present) }
                )
            }
            controller.tick(now: now, observations)
            nextTick = controller.nextTick(after: now)
            check()
        }
        for index in tenants.indices {
            tenants[index].run(Double(tick) / 1e9, with: controller.members[index].current)
        }
        now += tick
    }

    /// What must hold at any time.
    mutating func check() {
        let members = controller.members
        let caches = members.map(\.current.cacheBytes)
        let all = members.reduce(0) { $0 + $1.terms.base.cacheBytes }
        if caches.reduce(0, +) > all { problems.append("caches of \(caches) exceed \(all)") }
        for rate in Rate.allCases {
            let sum = members.reduce(0) { $0 + $1.current.limitedOnly[rate] }
            let total = members.reduce(0) { $0 + $1.terms.base.limitedOnly[rate] }
            if !(sum <= total * (1 + 1e-6)) { problems.append("\(rate) of \(sum) exceed \(total)") }
        }
        for member in members {
            for rate in Rate.allCases where !(member.current[rate] >= 0) {
                problems.append("\(member.terms.name): \(rate) is \(member.current[rate])")
            }
            if member.current.cacheBytes < member.terms.floor.cacheBytes {
                problems.append("\(member.terms.name): \(member.current.cacheBytes) bytes are below the floor")
            }
        }
        if caches.count == lastCaches.count {
            for (now, before) in zip(caches, lastCaches) { largestStep = max(largestStep, abs(now - before)) }
        }
        lastCaches = caches
    }

    /// Intervals in a row, at most, that a tenant spent below a part of its base throughput.
    func longestShortfall(below part: Double, from first: Int = 0) -> Int {
        tenants.indices.map { tenant in
            var (longest, run) = (0, 0)
            for interval in intervals.dropFirst(first) where tenant < interval.ratios.count {
                run = interval.ratios[tenant] < part ? run + 1 : 0
                longest = max(longest, run)
            }
            return longest
        }.max() ?? 0
    }

    /// The largest change of a share between two intervals in a row, relative to the total of its resource.
    func movement(from first: Int) -> Double {
        var largest = 0.0
        for (before, after) in zip(intervals.dropFirst(first), intervals.dropFirst(first + 1)) {
            for (one, other) in zip(before.shares, after.shares) {
                let cache = Double(abs(one.cacheBytes - other.cacheBytes)) / Double(max(1, total.cacheBytes))
                largest = max(largest, cache)
                for rate in Rate.allCases where total[rate] > 0 {
                    largest = max(largest, abs(one[rate] - other[rate]) / total[rate])
                }
            }
        }
        return largest
    }
}

/// Shapes of curves.
enum Shape {
    /// Falls fast, then ever more slowly: a skewed popularity.
    static func zipf(_ footprint: Int) -> (Int) -> Double {
        { bytes in
            let part = min(1, Double(max(0, bytes)) / Double(footprint))
            return max(0.002, 1 - pow(part, 0.35))
        }
    }

    /// Nothing is gained before everything fits.
    static func cliff(at size: Int) -> (Int) -> Double {
        { bytes in
            let part = Double(bytes) / Double(size)
            return part >= 1 ? 0.02 : part >= 0.9 ? 0.95 - (part - 0.9) * 9.3 : 0.95
        }
    }

    /// Gains evenly up to a size.
    static func even(_ size: Int) -> (Int) -> Double {
        { bytes in max(0.02, 1 - Double(max(0, bytes)) / Double(size)) }
    }
}
