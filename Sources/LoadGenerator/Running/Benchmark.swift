private import Glibc

/// Why a run could not be made.
public struct BenchmarkError: Error, Sendable, CustomStringConvertible {
    /// In one line.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Where a run is.
public enum BenchmarkEvent: Sendable {
    /// Items of a tenant's table that have been loaded.
    case loading(tenant: String, done: Int, total: Int)
    /// Signatures are being made.
    case preparing
    /// A point of the time series is complete; `warmup`: it does not count.
    case interval(seconds: Double, length: Double, warmup: Bool, tenants: [IntervalTally])
}

/// Runs a plan.
public struct Benchmark: Sendable {
    /// Points of the time series that still take what threads hand in late.
    private static let openPoints = 4
    /// Open files besides connections: the program's own, and those of each thread's event loop.
    private static let ownFiles = (program: 20, thread: 4)

    private let plan: BenchmarkPlan
    private let server: ServerAddresses
    private let states: [TenantState]
    /// Set it to end the run early.
    public let stop: StopFlag

    /// Checks the plan, looks the endpoint's host up and reads traces.
    public init(_ plan: BenchmarkPlan, stop: StopFlag = StopFlag()) throws {
        try plan.check()
        try Self.raiseLimit(plan)
        self.plan = plan
        self.stop = stop
        server = try ServerAddresses(plan.endpoint, trust: plan.trust)
        var states: [TenantState] = []
        for tenant in plan.tenants {
            var trace: TraceKeys?
            if case .trace(let path) = tenant.distribution {
                trace = try TraceKeys(path: path, keepsTimes: tenant.traceSpeed != nil)
            }
            states.append(TenantState(tenant, trace: trace))
        }
        self.states = states
    }

    /// Creates tables and loads them, or finds out whether they are there.
    ///
    /// Blocks the calling thread, on which `event` is called.
    public func setUp(_ setup: TableSetup, event: (BenchmarkEvent) -> Void) throws {
        for state in states where !stop.value {
            try TableLoader(plan, server, state, setup, stop: stop).run(event)
        }
    }

    /// Runs it.
    ///
    /// Blocks the calling thread, on which `event` is called.
    public func run(event: (BenchmarkEvent) -> Void) throws -> BenchmarkReport {
        let collector = Collector(tenants: states.count, threads: plan.threads)
        let gate = StartGate()
        event(.preparing)
        for part in 0..<plan.threads {
            let worker = Worker(
                plan: plan,
                server: server,
                states: states,
                part: part,
                gate: gate,
                stop: stop,
                collector: collector
            )
            guard Threads.start({ worker.run() }) else {
                stop.set()
                throw BenchmarkError("cannot start a thread")
            }
        }
        while gate.count + collector.failures < plan.threads {
            Self.pause()
            if stop.value { break }
        }
        let start = MonotonicClock.now + 2_000_000
        let times = RunTimes(
            start: start,
            measure: start + plan.warmup,
            end: start + plan.warmup + plan.duration,
            interval: plan.interval
        )
        gate.open(times)
        var points: [BenchmarkReport.Point] = []
        var next = times.interval(at: start)
        /// Adds what threads that were held up have handed in late.
        func addLate(before end: Int) {
            for late in collector.leftovers(before: end) {
                guard let place = points.lastIndex(where: { $0.number == late.interval }) else { continue }
                points[place].tenants[late.tenant].merge(late.tally)
            }
        }
        func take(_ last: Bool) {
            let now = MonotonicClock.now
            // Threads hand an interval in with the first thing that happens after it.
            let complete = times.interval(at: min(now > 60_000_000 ? now - 60_000_000 : 0, times.end))
            let final = times.interval(at: min(now, times.end) - 1)
            while last ? next <= final : next < complete {
                let tenants = collector.take(next)
                let end = min(
                    Double(next + 1) * Double(plan.interval),
                    Double(min(now, times.end)) - Double(times.measure)
                )
                let begin = max(Double(next) * Double(plan.interval), -Double(plan.warmup))
                let length = (next < 0 ? Double(next + 1) * Double(plan.interval) : end) - begin
                if length > 0 {
                    points.append(
                        BenchmarkReport.Point(begin: begin / 1e9, length: length / 1e9, tenants: tenants, number: next)
                    )
                    event(
                        .interval(
                            seconds: (begin + length) / 1e9,
                            length: length / 1e9,
                            warmup: next < 0,
                            tenants: tenants
                        )
                    )
                }
                next += 1
                addLate(before: next)
                let old = points.count - 1 - Self.openPoints
                if old >= 0 {
                    for tenant in points[old].tenants.indices { points[old].tenants[tenant].seal() }
                }
            }
        }
        while !collector.isDone {
            Self.pause()
            take(false)
        }
        take(true)
        addLate(before: .max)
        guard collector.failures == 0 else { throw BenchmarkError("a thread could not start its event loop") }
        let ended = min(MonotonicClock.now, times.end)
        return report(collector.results, points, times, ended)
    }

    private func report(
        _ threads: [Collector.Thread],
        _ points: [BenchmarkReport.Point],
        _ times: RunTimes,
        _ ended: UInt64
    ) -> BenchmarkReport {
        let tenants = states.indices.map { index in
            var tally = Tally()
            var last: UInt64 = 0
            for thread in threads where index < thread.tallies.count {
                tally.merge(thread.tallies[index])
                if index < thread.ends.count { last = max(last, thread.ends[index]) }
            }
            let endsEarly = plan.operations != nil || plan.tenants[index].traceSpeed != nil
            let end = endsEarly && last > times.measure ? min(last, ended) : ended
            return BenchmarkReport.Tenant(
                name: plan.tenants[index].name,
                seconds: end > times.measure ? Double(end - times.measure) / 1e9 : 0,
                wantedRate: plan.tenants[index].rate,
                isOpenLoop: plan.tenants[index].isOpenLoop,
                tally: tally
            )
        }
        return BenchmarkReport(
            tenants: tenants,
            points: points,
            processorSeconds: Double(threads.reduce(0) { $0 + $1.processorTime }) / 1e9,
            signatures: threads.reduce(0) { $0 + $1.signatures },
            traceIsCut: states.contains { $0.trace?.isCut ?? false }
        )
    }

    /// As many descriptors as the process may have, since each connection takes one.
    private static func raiseLimit(_ plan: BenchmarkPlan) throws(BenchmarkError) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let connections = plan.tenants.reduce(0) { $0 + $1.connections }
        let needed = connections + ownFiles.program + ownFiles.thread * plan.threads
        guard needed <= limit.rlim_max else {
            throw BenchmarkError(
                "\(connections) connections need \(needed) open files, and \(limit.rlim_max) are allowed (ulimit -Hn)"
            )
        }
    }

    private static func pause() {
        MonotonicClock.sleep(until: MonotonicClock.now + 20_000_000)
    }
}
