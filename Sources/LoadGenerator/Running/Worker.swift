internal import Synchronization
internal import Transport

/// Lets threads begin together.
final class StartGate: Sendable {
    private let ready = Atomic(0)
    private let times = Mutex<RunTimes?>(nil)

    /// Threads that wait.
    var count: Int { ready.load(ordering: .relaxed) }

    func open(_ times: RunTimes) {
        self.times.withLock { $0 = times }
    }

    /// Blocks until the gate is open; nil when the run is called off.
    func pass(_ stop: StopFlag) -> RunTimes? {
        ready.wrappingAdd(1, ordering: .relaxed)
        while true {
            if let times = times.withLock({ $0 }) { return times }
            if stop.value { return nil }
            MonotonicClock.sleep(until: MonotonicClock.now + 500_000)
        }
    }
}

/// One thread of a run: a reactor, and a driver for each tenant.
struct Worker: Sendable {
    /// How often deadlines are looked at, and whether the end has come.
    private static let tick: UInt64 = 20_000_000
    /// How long open loop waits at the end for what is in flight.
    private static let drain: UInt64 = 1_000_000_000
    private static let longestPreparation: UInt64 = 5_000_000_000

    let plan: BenchmarkPlan
    let server: ServerAddresses
    let states: [TenantState]
    let part: Int
    let gate: StartGate
    let stop: StopFlag
    let collector: Collector

    func run() {
        do throws(TransportError) {
            collector.finish(try work())
        } catch {
            collector.finish(nil)
        }
    }

    private func work() throws(TransportError) -> Collector.Thread {
        let reactor = try Reactor()
        let context = ClientContext(reactor: reactor, server: server, settings: plan)
        var drivers: [TenantDriver?] = []
        for (index, state) in states.enumerated() {
            let parts = min(plan.threads, state.plan.connections)
            let driver =
                part < parts
                ? TenantDriver(
                    index,
                    state,
                    settings: plan,
                    part: part,
                    parts: parts,
                    context: context,
                    collector: collector
                ) : nil
            drivers.append(driver)
        }
        let own = drivers.compactMap { $0 }
        if plan.signing == .prepared {
            let begin = MonotonicClock.now
            for (index, driver) in own.enumerated() {
                driver.prepare(until: begin + Self.longestPreparation * UInt64(index + 1) / UInt64(own.count))
            }
        }
        guard let times = gate.pass(stop) else {
            return Collector.Thread(tallies: drivers.map { _ in Tally() }, ends: [], processorTime: 0, signatures: 0)
        }
        let prepared = own.reduce(0) { $0 + $1.maker.signatures }
        MonotonicClock.sleep(until: times.start)
        reactor.refreshClocks()
        let loop = WorkerLoop(own, reactor: reactor, times: times, stop: stop)
        let begin = MonotonicClock.threadTime
        loop.run()
        return Collector.Thread(
            tallies: drivers.map { $0?.tally ?? Tally() },
            ends: drivers.map { $0?.lastCompletion ?? 0 },
            processorTime: MonotonicClock.threadTime - begin,
            signatures: own.reduce(0) { $0 + $1.maker.signatures } - prepared
        )
    }

    /// The time between start and end.
    private final class WorkerLoop {
        private let drivers: [TenantDriver]
        /// When each driver's next operation is due: looking at thousands of drivers each time would take too long.
        private var dues: [UInt64]
        private let reactor: Reactor
        private let times: RunTimes
        private let stop: StopFlag
        private var pacer: Pacer?
        private var ended: UInt64?

        init(_ drivers: [TenantDriver], reactor: Reactor, times: RunTimes, stop: StopFlag) {
            self.drivers = drivers
            dues = drivers.map { _ in 0 }
            self.reactor = reactor
            self.times = times
            self.stop = stop
        }

        func run() {
            for driver in drivers { driver.start(times) }
            if drivers.contains(where: { $0.nextArrival != nil }) {
                let pacer = Pacer(reactor.mailbox { [unowned self] in arrive() })
                // Without the thread, the ticks do it.
                _ = Threads.start { pacer.run() }
                self.pacer = pacer
                arrive()
            }
            // In the loop, since it may stop it at once.
            reactor.schedule(after: 0) { [unowned self] in tick() }
            reactor.run()
            pacer?.stop()
            let now = MonotonicClock.now
            for driver in drivers { driver.close(now) }
        }

        private func arrive() {
            var next = UInt64.max
            let now = MonotonicClock.now
            for index in dues.indices {
                if dues[index] <= now {
                    drivers[index].arrive()
                    dues[index] = drivers[index].nextArrival ?? .max
                }
                next = min(next, dues[index])
            }
            pacer?.wake(at: next)
        }

        private func tick() {
            let now = MonotonicClock.now
            for driver in drivers { driver.checkDeadlines(now) }
            if ended == nil, now >= times.end || stop.value || drivers.allSatisfy(\.isFinished) {
                ended = now
                // What is due by now is owed, also if this thread was held up.
                if pacer != nil { arrive() }
                for driver in drivers { driver.end() }
            }
            if let ended {
                // Closed loop owes nothing: what is in flight would be sent after the end of one that is faster.
                let waits = pacer != nil && !stop.value && now < ended + Worker.drain
                if !waits || drivers.allSatisfy(\.isFinished) { return reactor.stop() }
            }
            let left = times.end > now ? times.end - now : Worker.tick
            reactor.schedule(after: min(Worker.tick, left)) { [unowned self] in tick() }
        }
    }
}
