import Alloc
import Cache
import Foundation
import Testing

@testable import Proxy

private let mib = 1 << 20

/// The base of one tenant in most tests.
private let share = ResourceVector(cacheBytes: 64 << 20, readUnits: 1000, writeUnits: 200, egressBytes: 20e6)

/// One whose working set fits into a little, and one that wants more than it has.
private func pair() -> [SimulatedTenant] {
    [
        SimulatedTenant("small", base: share, misses: Shape.zipf(40 * mib)),
        SimulatedTenant("large", base: share, misses: Shape.even(120 * mib)),
    ]
}

/// The controller with simulated tenants.
@Suite struct ControlSimulationTests {
    private func expectSound(_ simulation: ControlSimulation, _ location: SourceLocation = #_sourceLocation) {
        #expect(simulation.problems.isEmpty, "\(simulation.problems.prefix(3))", sourceLocation: location)
    }

    @Test func twoTenantsTradeAndSettleWithinFiveIntervals() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 14)
        expectSound(simulation)
        #expect(simulation.movement(from: 4) < 0.02)
        #expect(simulation.longestShortfall(below: 0.97) == 0)
        #expect(simulation.intervals[5].ratios.min() ?? 0 > 1.5)
        let last = simulation.controller.history.reports
        #expect(last.first?.isApplied == true && last.last?.isApplied == false)
        #expect(last.last?.reason == "the predicted gain is below the threshold")
    }

    @Test func fourTenantsWithACliff() {
        let simulated = [
            SimulatedTenant("zipf", base: share, misses: Shape.zipf(200 * mib)),
            SimulatedTenant("small", base: share, misses: Shape.zipf(10 * mib)),
            SimulatedTenant("cliff", base: share, misses: Shape.cliff(at: 90 * mib)),
            SimulatedTenant("even", base: share, misses: Shape.even(150 * mib)),
        ]
        var simulation = ControlSimulation(simulated)
        simulation.run(intervals: 12)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) == 0)
        #expect(simulation.movement(from: 5) < 0.02)
        #expect(simulation.intervals.last?.ratios.min() ?? 0 > 1.2)
    }

    @Test(arguments: PolicyName.allCases)
    func everyPolicyKeepsWithinWhatThereIs(policy: PolicyName) {
        var settings = AllocationSettings()
        settings.policy = policy
        var simulation = ControlSimulation(pair(), settings)
        simulation.run(intervals: 12)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) <= 1)
        #expect(simulation.movement(from: 7) < 0.02)
        if policy == .static { #expect(simulation.controller.members.allSatisfy { $0.current == $0.terms.base }) }
    }

    // MARK: Wrong curves

    /// How a curve is wrong.
    enum Lie: CaseIterable {
        /// Too low everywhere.
        case everywhere
        /// Too low everywhere but at the present size, whatever that is: measuring there corrects nothing.
        case elsewhere
        /// Too low above the present size only, below it too low only, in turn by tenant.
        case above, below
    }

    @Test(arguments: Lie.allCases, [0.01, 0.02, 0.05])
    func anUnderestimatedCurveStarvesNobodyForLong(lie: Lie, error: Double) {
        var tenants = pair()
        tenants.append(SimulatedTenant("skewed", base: share, misses: Shape.zipf(300 * mib)))
        tenants.append(SimulatedTenant("cliff", base: share, misses: Shape.cliff(at: 100 * mib)))
        for index in tenants.indices {
            let truth = tenants[index].misses
            tenants[index].estimate = { size, present in
                switch lie {
                case .everywhere: truth(size) - error
                case .elsewhere: size == present ? truth(size) : truth(size) - error
                case .above: size > present ? truth(size) - error : truth(size)
                case .below: size < present ? truth(size) - error : truth(size)
                }
            }
        }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 40)
        expectSound(simulation)
        let shortfall = simulation.longestShortfall(below: 0.97)
        #expect(shortfall <= 1)
    }

    /// A promise of a cliff that is not there, and a loss that is worse than told.
    @Test(arguments: [0.01, 0.02, 0.05, 0.2, 0.5])
    func aPromiseThatIsNotKept(error: Double) {
        var tenants = pair()
        for index in tenants.indices {
            let truth = tenants[index].misses
            tenants[index].estimate = { size, present in
                truth(size) - (size > present * 5 / 4 ? error : size < present * 3 / 4 ? error : 0)
            }
        }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 40)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) <= 1)
    }

    /// Working sets that become other ones while the estimate still tells of the old ones.
    @Test func aLoadThatChangesUnderAnOldCurve() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 8)
        let old = simulation.tenants[0].misses
        simulation.tenants[0].misses = Shape.even(64 * mib)
        simulation.tenants[0].estimate = { size, _ in old(size) }
        simulation.run(intervals: 12)
        expectSound(simulation)
        let shortfall = simulation.longestShortfall(below: 0.97, from: 8)
        #expect(shortfall <= 1)
    }

    // MARK: Stationary load

    @Test func noiseMovesNothing() {
        var simulation = ControlSimulation(pair())
        var random = SplitMix(7)
        func noise() -> Double { 1 + (Double(random.below(2001)) / 1000 - 1) * 0.03 }
        simulation.run(intervals: 6)
        let truth = simulation.tenants.map(\.misses)
        for _ in 0..<20 {
            for index in simulation.tenants.indices {
                let factor = noise()
                let estimated = noise()
                simulation.tenants[index].misses = { min(1, truth[index]($0) * factor) }
                simulation.tenants[index].estimate = { size, _ in min(1, truth[index](size) * estimated) }
            }
            simulation.run(intervals: 1)
        }
        expectSound(simulation)
        #expect(simulation.movement(from: 6) < 0.02)
        #expect(simulation.longestShortfall(below: 0.97) <= 1)
    }

    @Test func aGainBelowTheThresholdChangesNothing() {
        var settings = AllocationSettings()
        settings.threshold = 0.9
        var simulation = ControlSimulation(pair(), settings)
        simulation.run(intervals: 5)
        #expect(simulation.controller.members.allSatisfy { $0.current == $0.terms.base })
        #expect(simulation.controller.history.reports.allSatisfy { !$0.isApplied })
    }

    @Test func observingAppliesNothing() {
        var settings = AllocationSettings()
        settings.mode = .observe
        var simulation = ControlSimulation(pair(), settings)
        simulation.run(intervals: 5)
        #expect(simulation.controller.members.allSatisfy { $0.current == $0.terms.base })
        let report = simulation.controller.history.reports.last
        #expect(report?.isApplied == false && report?.reason == "mode: observe" && report?.transfers.isEmpty == false)
        #expect(report?.predictedRatio ?? 0 > 1.4)
        simulation.settings.mode = .apply
        simulation.adopt()
        simulation.run(intervals: 3)
        #expect(simulation.controller.members[1].current.cacheBytes > share.cacheBytes)
        simulation.settings.mode = .off
        simulation.adopt()
        simulation.run(intervals: 2)
        #expect(simulation.controller.members.allSatisfy { $0.current == $0.terms.base })
        expectSound(simulation)
    }

    @Test func stepsAreGradual() {
        var settings = AllocationSettings()
        settings.step = mib
        var simulation = ControlSimulation(pair(), settings)
        simulation.run(intervals: 8)
        expectSound(simulation)
        #expect(simulation.largestStep <= mib)
        #expect(simulation.controller.members[1].current.cacheBytes > 80 * mib)
        #expect(simulation.longestShortfall(below: 0.97) == 0)
    }

    @Test(arguments: [true, false])
    func aSlowRefillStarvesNobodyOnTheWay(boost: Bool) {
        var tenants = pair()
        // A cache takes some hundred seconds to fill.
        for index in tenants.indices { tenants[index].itemBytes = 100 }
        var settings = AllocationSettings()
        settings.boost = boost
        var simulation = ControlSimulation(tenants, settings)
        simulation.run(intervals: 25)
        expectSound(simulation)
        let shortfall = simulation.longestShortfall(below: 0.97)
        #expect(shortfall <= (boost ? 0 : 1))
        #expect(simulation.intervals.last?.ratios.min() ?? 0 > 1.3)
    }

    // MARK: Tenants that come and go

    @Test func anIdleTenantLendsItsShareAndHasItBackAtOnce() {
        var tenants = pair()
        tenants.append(SimulatedTenant("sleeper", base: share, misses: Shape.zipf(40 * mib)))
        tenants[2].offered = 0
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 8)
        let lent = simulation.controller.members[2]
        #expect(lent.standing == .idle && lent.current.readUnits < 100 && lent.current.cacheBytes < 8 * mib)
        #expect(simulation.intervals[7].ratios[0] > 1.7 && simulation.intervals[7].ratios[1] > 1.7)

        simulation.tenants[2].offered = 50_000
        simulation.run(intervals: 1)
        let woken = simulation.controller.members[2]
        #expect(woken.current.readUnits >= share.readUnits * 0.999)
        let report = simulation.controller.history.reports.first { $0.trigger == .wake }
        #expect(report?.isApplied == true)
        simulation.run(intervals: 8)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97, from: 10) == 0)
    }

    @Test func joiningAndLeaving() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 5)
        // A third joins; everybody's base is two thirds of what it was.
        let smaller = ResourceVector(cacheBytes: 42 * mib, readUnits: 666, writeUnits: 133, egressBytes: 13e6)
        for index in 0..<2 { simulation.tenants[index].base = smaller }
        simulation.tenants.append(SimulatedTenant("third", base: smaller, misses: Shape.zipf(60 * mib)))
        simulation.adopt()
        simulation.run(intervals: 1)
        #expect(simulation.controller.members[2].current.readUnits == 666)
        #expect(simulation.controller.members[2].current.cacheBytes == 42 * mib)
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97, from: 6) <= 1)
        #expect(simulation.controller.members.allSatisfy { $0.standing == .active })

        simulation.tenants.removeFirst()
        for index in 0..<2 { simulation.tenants[index].base = share }
        simulation.adopt()
        simulation.run(intervals: 1)
        let rates = simulation.controller.members.reduce(0) { $0 + $1.current.readUnits }
        #expect(abs(rates - 2000) < 1)
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.controller.members.map(\.terms.name) == ["large", "third"])
        #expect(simulation.longestShortfall(below: 0.97, from: 14) == 0)
    }

    @Test func aChangedShareHoldsAtOnce() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 5)
        simulation.tenants[0].base = ResourceVector(
            cacheBytes: 96 * mib,
            readUnits: 1500,
            writeUnits: 300,
            egressBytes: 30e6
        )
        simulation.tenants[1].base = ResourceVector(
            cacheBytes: 32 * mib,
            readUnits: 500,
            writeUnits: 100,
            egressBytes: 10e6
        )
        simulation.adopt()
        let reports = simulation.controller.history.reports.count
        simulation.run(intervals: 1)
        let report = simulation.controller.history.reports.dropFirst(reports).first
        #expect(report?.trigger == .change && report?.isApplied == true)
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97, from: 6) == 0)
        #expect(simulation.movement(from: 9) < 0.02)
    }

    @Test func aReloadInTheMiddleOfAnInterval() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 5)
        let half = simulation.settings.interval / 2
        simulation.run(for: half)
        let smaller = ResourceVector(cacheBytes: 42 * mib, readUnits: 666, writeUnits: 133, egressBytes: 13e6)
        for index in 0..<2 { simulation.tenants[index].base = smaller }
        simulation.tenants.append(SimulatedTenant("third", base: smaller, misses: Shape.zipf(60 * mib)))
        simulation.adopt()
        let caches = simulation.controller.members.reduce(0) { $0 + $1.current.cacheBytes }
        #expect(caches <= 128 * mib, "before room has been made")
        simulation.run(for: half)
        expectSound(simulation)
        simulation.run(intervals: 6)
        expectSound(simulation)
        // Half of everything for all.
        simulation.run(for: half)
        for index in 0..<3 {
            simulation.tenants[index].base = ResourceVector(
                cacheBytes: 21 * mib,
                readUnits: 333,
                writeUnits: 66,
                egressBytes: 6e6
            )
        }
        simulation.adopt()
        simulation.run(for: half)
        expectSound(simulation)
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97, from: 14) == 0)
    }

    @Test func limitsThatComeLater() {
        var tenants = pair()
        let bases = tenants.map(\.base)
        for index in tenants.indices {
            tenants[index].base.readUnits = .infinity
            tenants[index].base.writeUnits = .infinity
            tenants[index].base.egressBytes = .infinity
            tenants[index].offered = 1000
        }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 8)
        simulation.run(for: simulation.settings.interval / 2)
        for (index, base) in bases.enumerated() {
            simulation.tenants[index].base = base
            simulation.tenants[index].base.readUnits *= index == 0 ? 0.5 : 1.5
        }
        simulation.adopt()
        simulation.run(for: ControlSimulation.second)
        expectSound(simulation)
        for member in simulation.controller.members {
            #expect(abs(member.current.readUnits / member.terms.base.readUnits - 1) < 1e-6)
        }
        simulation.run(intervals: 6)
        expectSound(simulation)
    }

    @Test func aReaderThatBeginsToWrite() {
        var tenants = pair()
        for index in tenants.indices { tenants[index].floor.writeUnits = 0 }
        tenants[0].demand.writeUnits = 0
        tenants[1].demand.writeUnits = 0.5
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 6)
        let lent = simulation.controller.members[0].current.writeUnits
        #expect(lent < 50, "what it does not use is another's")
        simulation.tenants[0].writesBeside = 150
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.controller.members[0].current.writeUnits >= 100, "its base, as far as the rest of it goes")
    }

    @Test func oneThatIsRefusedWhateverItAsksFor() {
        var tenants = pair()
        for index in tenants.indices { tenants[index].floor.writeUnits = 0 }
        tenants[0].demand.writeUnits = 0
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 6)
        simulation.tenants[0].offered = 0
        simulation.tenants[0].writesBeside = 100
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.controller.members[0].current.writeUnits >= 100)
    }

    @Test func aReloadOfTheSameChangesNothing() {
        var simulation = ControlSimulation(pair())
        simulation.run(intervals: 6)
        let before = simulation.controller.members.map(\.current)
        simulation.adopt()
        #expect(simulation.controller.members.map(\.current) == before)
        simulation.run(intervals: 4)
        #expect(simulation.controller.members.map(\.current) == before)
    }

    // MARK: Resources

    @Test func withoutLimitsCachesSaveReads() {
        var tenants = pair()
        let base = ResourceVector(
            cacheBytes: 64 * mib,
            readUnits: .infinity,
            writeUnits: .infinity,
            egressBytes: .infinity
        )
        for index in tenants.indices {
            tenants[index].base = base
            tenants[index].offered = 5000
        }
        var simulation = ControlSimulation(tenants)
        func upstreamReads(_ caches: [Int]) -> Double { zip(tenants, caches).reduce(0) { $0 + $1.0.misses($1.1) } }
        simulation.run(intervals: 8)
        expectSound(simulation)
        let caches = simulation.controller.members.map(\.current.cacheBytes)
        #expect(upstreamReads(caches) < upstreamReads([64 * mib, 64 * mib]) * 0.8)
        #expect(simulation.controller.members.allSatisfy { $0.current.readUnits == .infinity })
        #expect(simulation.movement(from: 4) < 0.02)
    }

    private func unlimited(_ misses: [(Int) -> Double]) -> [SimulatedTenant] {
        let base = ResourceVector(
            cacheBytes: 64 * mib,
            readUnits: .infinity,
            writeUnits: .infinity,
            egressBytes: .infinity
        )
        return misses.enumerated().map { number, misses in
            var tenant = SimulatedTenant("tenant\(number)", base: base, misses: misses)
            tenant.offered = 5000
            return tenant
        }
    }

    @Test func withoutLimitsNobodyMissesMore() {
        // Both would rather have more: together they would miss less if the first gave.
        let tenants = unlimited([Shape.zipf(400 * mib), Shape.even(120 * mib)])
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 8)
        expectSound(simulation)
        for (tenant, member) in zip(tenants, simulation.controller.members) {
            #expect(tenant.misses(member.current.cacheBytes) <= tenant.misses(64 * mib) + 0.01)
        }
    }

    @Test func withoutLimitsACacheComesBackThatWasMissed() {
        // The curve promises that a quarter would do.
        var tenants = unlimited([Shape.even(60 * mib), Shape.even(120 * mib)])
        let truth = tenants[0].misses
        tenants[0].estimate = { size, present in size < 16 << 20 ? truth(size) : truth(max(size, present)) }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 12)
        expectSound(simulation)
        let last = simulation.controller.members[0].current.cacheBytes
        #expect(truth(last) <= truth(64 * mib) + 0.02)
    }

    @Test func onlyEgressIsLimited() {
        var tenants = pair()
        for index in tenants.indices {
            tenants[index].base.readUnits = .infinity
            tenants[index].base.writeUnits = .infinity
            tenants[index].demand.egressBytes = 20_000
        }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 10)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) == 0)
        #expect(simulation.controller.costs.resource == .egress)
        #expect(simulation.intervals.last?.ratios.min() ?? 0 > 1.05)
    }

    @Test func aWriterAndAReader() {
        var tenants = pair()
        tenants[0].demand = Demand(readUnits: 0, writeUnits: 1, egressBytes: 1500)
        tenants[1].demand = Demand(readUnits: 0.5, writeUnits: 0, egressBytes: 200)
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 8)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) == 0)
        // The writer's cache and RCU are of use to the reader only.
        #expect(simulation.controller.members[1].current.cacheBytes > 110 * mib)
        #expect(simulation.intervals.last?.ratios[1] ?? 0 > 1.5)
    }

    @Test func sixtyFourTenants() {
        var random = SplitMix(64)
        let tenants = (0..<64).map { index in
            let size = (4 + random.below(100)) * mib
            let shape = [Shape.zipf(size), Shape.even(size), Shape.cliff(at: size)][random.below(3)]
            var tenant = SimulatedTenant("t\(index)", base: share, misses: shape)
            tenant.base.cacheBytes = (8 + random.below(48)) * mib
            tenant.base.readUnits = Double(50 + random.below(1000))
            tenant.demand.writeUnits = Double(random.below(10)) / 500
            return tenant
        }
        var simulation = ControlSimulation(tenants)
        simulation.run(intervals: 12)
        expectSound(simulation)
        #expect(simulation.longestShortfall(below: 0.97) <= 1)
        #expect(simulation.movement(from: 6) < 0.02)
        #expect(simulation.intervals.last?.ratios.min() ?? 0 > 1.05)
    }

    // MARK: Nonsense

    @Test func nonsenseIsSurvived() {
        var random = SplitMix(99)
        var simulation = ControlSimulation(pair())
        for round in 0..<30 {
            let index = random.below(2)
            switch round % 6 {
            case 0: simulation.tenants[index].sample = TenantSample()
            case 1: simulation.tenants[index].sample.readUnitsUsed = .nan
            case 2: simulation.tenants[index].estimate = { _, _ in .nan }
            case 3: simulation.tenants[index].sample.requests = .max
            case 4: simulation.tenants[index].sample.egressUsed = .infinity
            default:
                simulation.tenants[index].estimate = { size, _ in size % 3 == 0 ? 7 : -2 }
                simulation.tenants[index].sample = TenantSample()
            }
            if simulation.tenants[index].sample.requests == .max {
                simulation.tenants[index].offered = 0
            } else {
                simulation.tenants[index].offered = 50_000
            }
            simulation.run(intervals: 1)
            simulation.tenants[index].sample = TenantSample()
        }
        expectSound(simulation)
    }

    @Test func nobodyAndNothing() {
        var nobody = ControlSimulation([])
        nobody.run(intervals: 2)
        var silent = pair()
        for index in silent.indices { silent[index].offered = 0 }
        var simulation = ControlSimulation(silent)
        simulation.run(intervals: 6)
        expectSound(simulation)
        #expect(simulation.controller.members.allSatisfy { $0.current == $0.terms.base })
        #expect(simulation.controller.history.reports.isEmpty)
    }
}
