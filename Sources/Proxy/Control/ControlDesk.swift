import Alloc
import Cache
import Logging
import Transport

/// What stands between the controller and the tenants: takes samples, sets budgets and rates, keeps time.
///
/// Confined to the control loop's thread.
final class ControlDesk {
    /// A tenant's handles.
    private struct Handles {
        let store: Store
        let meter: TenantMeter
        let limits: TenantLimits
    }

    private let directory: TenantDirectory
    private let reactor: Reactor
    private let logger: Logger
    private var handles: [Handles] = []
    private var occupancies: [ObjectIdentifier: Occupancy] = [:]
    private var timer: Timer?
    private var costs = Bottleneck().weights

    private(set) var controller: Controller
    private(set) var configuration: Configuration

    init(_ configuration: Configuration, directory: TenantDirectory, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.directory = directory
        self.reactor = reactor
        self.logger = logger
        let settings = configuration.allocation
        controller = Controller(settings, policy: settings.policy.policy(), now: MonotonicClock.now())
    }

    /// Puts the bases in force and begins to keep time.
    func start() {
        take(configuration)
        run()
    }

    /// Takes over a configuration that the directory has taken over.
    func adopt(_ configuration: Configuration) {
        take(configuration)
        if let timer { reactor.cancel(timer) }
        run()
    }

    private func take(_ configuration: Configuration) {
        self.configuration = configuration
        let tenants = directory.tenantsByName()
        var known: [(TenantTerms, Handles)] = []
        for terms in configuration.terms {
            // A later reload may have removed it already.
            guard let tenant = tenants[terms.name] else { continue }
            known.append((terms, Handles(store: tenant.store, meter: tenant.meter, limits: tenant.limits)))
        }
        let former = handles
        handles = known.map(\.1)
        let stores = Set(handles.map { handles in ObjectIdentifier(handles.store) })
        // What was set between the directory's taking over and now came too late for stores that are gone.
        for handles in former where !stores.contains(ObjectIdentifier(handles.store)) { handles.store.setBudget(0) }
        occupancies = occupancies.filter { store, _ in stores.contains(store) }
        let settings = configuration.allocation
        controller.adopt(known.map(\.0), settings, policy: settings.policy.policy(), now: MonotonicClock.now())
        if settings.mode != .apply { costs = Bottleneck().weights }
        for handles in handles { handles.store.setCostWeights(costs) }
        enforce()
    }

    private func run() {
        let observations = handles.map { handles in
            Observation(
                sample: handles.meter.sample(),
                held: { handles.store.usage.bytes },
                curve: { self.curve(of: handles.store) }
            )
        }
        let now = MonotonicClock.now()
        controller.wallTime = WallClock.now() / 1_000_000
        controller.tick(now: now, observations)
        enforce()
        tell()
        let end = MonotonicClock.now()
        let next = controller.nextTick(after: end)
        timer = reactor.schedule(after: next > end ? next - end : 0) { [unowned self] in run() }
    }

    /// What a store would miss at other sizes.
    private func curve(of store: Store) -> Cache.MissRatioCurve {
        var occupancy = occupancies[ObjectIdentifier(store)] ?? Occupancy()
        occupancy.note(store.usage, budget: store.budget)
        occupancies[ObjectIdentifier(store)] = occupancy
        return occupancy.applied(to: store.curve())
    }

    /// Puts in force what was decided; caches shrink before others grow, so that the memory is there.
    private func enforce() {
        let members = zip(controller.members, handles)
        for (member, handles) in members where member.current.cacheBytes < handles.store.budget {
            handles.store.setBudget(member.current.cacheBytes)
        }
        for (member, handles) in members where member.current.cacheBytes > handles.store.budget {
            handles.store.setBudget(member.current.cacheBytes)
        }
        for (member, handles) in members {
            let rates = EnforcedRates(
                readUnits: member.current.readUnits,
                writeUnits: member.current.writeUnits,
                egressBytes: member.current.egressBytes
            )
            if handles.limits.rates != rates { handles.limits.setRates(rates) }
        }
        let weights = controller.costs.weights
        guard weights != costs, configuration.allocation.mode == .apply else { return }
        costs = weights
        for handles in handles { handles.store.setCostWeights(weights) }
    }

    /// Logs what has happened.
    private func tell() {
        for event in controller.takeEvents() {
            switch event {
            case .applied(let round, let transfers, let before, let predicted):
                logger.info(
                    "allocation changed",
                    fields: [
                        .round: "\(round)", .count: "\(transfers)", .ratio: "\(Self.text(predicted))",
                        .reason: "least ratio to base was \(Self.text(before))",
                    ]
                )
            case .corrected(let tenant, let ratio):
                logger.info(
                    "a tenant had less than its base would give: corrected",
                    fields: [.tenant: "\(tenant)", .ratio: "\(Self.text(ratio))"]
                )
            case .withdrawn(let level):
                logger.info(
                    "allocation withdrawn: everybody has its base",
                    fields: [.ratio: "\(Self.text(level))"]
                )
            case .stoppedMoving:
                logger.info("caches stay where they are: moving on would cost somebody its guarantee", fields: [:])
            }
        }
    }

    private static func text(_ ratio: Double?) -> String {
        ratio.map { "\(($0 * 1000).rounded() / 1000)" } ?? "none"
    }
}
