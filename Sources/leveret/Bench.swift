import ArgumentParser
import Foundation
import LoadGenerator
import Synchronization

/// `leveret bench`: a load generator.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a DynamoDB endpoint and measure it.",
        usage: """
            leveret bench --endpoint <url> --table <name> [--create] [--load] [--mix <mix>] [--distribution <which>] ...
            leveret bench --endpoint <url> --tenant <member=value,...> --tenant <member=value,...> ...
            leveret bench --endpoint <url> --plan <file> ...
            """,
        discussion: """
            Sends signed requests over many connections from few threads, as fast as replies come (closed loop) or at a \
            given rate (open loop, with --rate), and tells throughput, cache hits, errors and latencies. Several tenants \
            run at once with --tenant or --plan; what they leave unsaid comes from the other options. docs/bench.md \
            explains mixes, distributions, the output, and what is measured how.

            Credentials: the options, else AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else the \
            profile AWS_PROFILE (default) of ~/.aws/credentials.

            SIGINT or SIGTERM ends the run early and prints what was measured; a second one ends the program. \
            Exit code 0: done; 1: nothing could be reached or used, or every operation failed; 64: wrong usage; \
            128 and the signal's number: ended early.
            """
    )

    @Option(
        name: [.long, .customLong("endpoint-url")],
        help: ArgumentHelp("The DynamoDB, http://host:port or https://host[:port].", valueName: "url")
    )
    var endpoint = "http://127.0.0.1:8000"

    @Option(
        name: [.long, .customLong("ca-bundle")],
        help: ArgumentHelp(
            "https: the certificates to trust, PEM. (default: AWS_CA_BUNDLE, else the system's)",
            valueName: "file"
        ),
        completion: .file()
    )
    var caFile: String?

    @Flag(name: [.long, .customLong("no-verify-ssl")], help: "https: trust any certificate, for any host.")
    var insecure = false

    @OptionGroup(title: "Tenants") var tenantOptions: BenchTenantOptions
    @OptionGroup(title: "Before the run") var setupOptions: BenchSetupOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Threads that send, each with its part of the connections.", valueName: "n")
    )
    var threads = 1

    @Option(name: .long, help: ArgumentHelp("Time at the beginning that does not count.", valueName: "duration"))
    var warmup: BenchDuration = "0s"

    @Option(
        name: .long,
        help: ArgumentHelp("Time that counts. (default: 10s; with --trace-timing the trace's)", valueName: "duration")
    )
    var duration: BenchDuration?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Operations of each tenant that end it; without --duration nothing else does.",
            valueName: "n"
        )
    )
    var requests: Int?

    @Option(name: .long, help: ArgumentHelp("Points of the time series and progress lines.", valueName: "duration"))
    var interval: BenchDuration = "1s"

    @Option(
        name: .long,
        help: ArgumentHelp("Send again after throttling, a 5xx status or a lost connection, so often.", valueName: "n")
    )
    var retries = 0

    @Option(name: .long, help: ArgumentHelp("Time a request may take.", valueName: "duration"))
    var timeout: BenchDuration = "10s"

    @Option(
        name: .long,
        help: ArgumentHelp("Time that connecting may take, and then TLS.", valueName: "duration")
    )
    var connectTimeout: BenchDuration = "3s"

    @Option(name: .long, help: ArgumentHelp("The same seed draws the same keys.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Signatures: prepared, and used for minutes; always, made for each request.",
            valueName: "when"
        )
    )
    var sign = SigningArgument.prepared

    @Option(
        name: .long,
        help: ArgumentHelp("Signatures kept, for each tenant, kind of request and thread.", valueName: "n")
    )
    var prepared = 1 << 18

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Flag(name: .long, help: "Print a line for each interval on standard error; else a live line if it is a terminal.")
    var progress = false

    @Option(
        name: .long,
        help: ArgumentHelp("Write latency percentiles there, in HdrHistogram's text form.", valueName: "file"),
        completion: .file()
    )
    var histogram: String?

    func validate() throws {
        _ = try Self.usage { try makePlan() }
        guard (1...1 << 24).contains(prepared) else { throw ValidationError("--prepared: 1 to \(1 << 24)") }
        try setupOptions.validate()
    }

    func run() throws {
        Signals.block()
        let plan = try Self.usage { try makePlan() }
        // Before a run that may take hours, not after it.
        if let histogram { try Self.write("", to: histogram) }
        let lines = BenchProgress(names: plan.tenants.map(\.name), isVerbose: progress)
        let report: BenchmarkReport
        do {
            let stop = StopFlag()
            Self.endOnSignal(stop)
            let benchmark = try Benchmark(plan, stop: stop)
            try benchmark.setUp(setupOptions.setup) { lines.show($0) }
            try Self.tellSignal()
            report = try benchmark.run { lines.show($0) }
            lines.clear()
        } catch {
            lines.clear()
            try Self.tellSignal()
            StandardError.write("leveret: \(error)")
            throw ExitCode(error is PlanError ? 64 : 1)
        }
        // Whoever closed the pipe has read enough.
        try? FileHandle.standardOutput.write(contentsOf: Data((json ? report.json : report.table).utf8))
        if let histogram { try Self.write(report.histograms, to: histogram) }
        try Self.tellSignal()
        if report.isFailure { throw ExitCode(1) }
    }

    private static func write(_ text: String, to histogram: String) throws {
        do {
            try text.write(toFile: histogram, atomically: false, encoding: .utf8)
        } catch {
            StandardError.write("leveret: --histogram: the file '\(histogram)' can't be written")
            throw ExitCode(1)
        }
    }

    /// Nanoseconds of a run that something else ends.
    private static let longest: UInt64 = 24 * 3_600_000_000_000
    /// The signal that ended the run; 0 without.
    private static let signal = Atomic<Int32>(0)

    /// Ends the program as one that a signal has ended, if one has.
    private static func tellSignal() throws {
        let signal = signal.load(ordering: .relaxed)
        if signal != 0 { throw ExitCode(128 + signal) }
    }

    private static func endOnSignal(_ stop: StopFlag) {
        Thread.detachNewThread {
            signal.store(Signals.next(), ordering: .relaxed)
            stop.set()
            // timeout(1) sends a signal twice.
            let time = MonotonicTime.now()
            var next: Int32
            repeat { next = Signals.next() } while MonotonicTime.now() - time < 500_000_000
            // The shell's convention for a process ended by a signal.
            _exit(128 + next)
        }
    }

    /// Tells mistakes in a plan as mistakes of the command line.
    private static func usage<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as PlanError {
            throw ValidationError(error.description)
        }
    }

    private func makePlan() throws -> BenchmarkPlan {
        let endpoint = try HTTPEndpoint(endpoint)
        var plan = BenchmarkPlan(endpoint: endpoint, tenants: try tenantOptions.plans(endpoint))
        if insecure {
            guard caFile == nil else { throw PlanError("--ca-file and --insecure exclude each other") }
            plan.trust = .anybody
        } else if let file = caFile ?? ProcessInfo.processInfo.environment["AWS_CA_BUNDLE"], !file.isEmpty {
            plan.trust = .certificates(file: file)
        }
        plan.threads = threads
        plan.warmup = warmup.nanoseconds
        plan.operations = requests
        plan.interval = interval.nanoseconds
        if let duration {
            plan.duration = duration.nanoseconds
        } else if requests != nil || plan.tenants.allSatisfy({ $0.traceSpeed != nil }) {
            plan.duration = min(Self.longest, plan.longestDuration)
        }
        plan.seed = seed
        plan.signing = sign == .always ? .always : .prepared
        plan.preparedSignatures = prepared
        plan.retries = retries
        plan.timeout = max(1_000_000, timeout.nanoseconds)
        plan.connectTimeout = max(1_000_000, connectTimeout.nanoseconds)
        try plan.check()
        return plan
    }
}

/// When requests are signed.
enum SigningArgument: String, CaseIterable, ExpressibleByArgument {
    case prepared
    case always
}

/// `10s`, `250ms`, `1m30s`.
struct BenchDuration: ExpressibleByArgument, ExpressibleByStringLiteral {
    let nanoseconds: UInt64
    let defaultValueDescription: String

    init?(argument: String) {
        var rest = argument[...]
        var total = 0.0
        repeat {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard !digits.isEmpty, digits.count <= 15, let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let factor = ["us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9][String(unit)] else {
                return nil
            }
            total += number * factor
        } while !rest.isEmpty
        guard total <= 30 * 86_400e9 else { return nil }
        nanoseconds = UInt64(total.rounded())
        defaultValueDescription = argument
    }

    init(stringLiteral text: String) {
        self = Self(argument: text) ?? Self(nanoseconds: 0)
    }

    private init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
        defaultValueDescription = "0s"
    }
}
