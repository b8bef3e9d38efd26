import ArgumentParser
import Foundation
import Proxy
import Replay

/// What `replay` and `mrc` both want to know.
struct TraceOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The trace, CSV or .xz; - for standard input.", valueName: "file"),
        completion: .file()
    )
    var trace: String

    @Option(name: .long, help: ArgumentHelp("What decides which items stay.", valueName: "policy"))
    var policy = PolicyArgument(known: "lazy-gdsf")

    @Option(
        name: .long,
        help: ArgumentHelp("What a cache size limits: payload, keys and values; memory, all held.", valueName: "what")
    )
    var accounting = AccountingArgument(known: "payload")

    @Option(name: .long, help: ArgumentHelp("What lazy-gdsf saves: requests, rcu or egress.", valueName: "cost"))
    var weights = WeightsArgument(known: "requests")

    @Option(
        name: .long,
        help: ArgumentHelp("What a write does: insert the item; drop it, as the proxy does.", valueName: "effect")
    )
    var writes = WritesArgument(known: "insert")

    @Option(name: .long, help: ArgumentHelp("Requests at the beginning not to count.", valueName: "requests"))
    var warmup = 0

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func validate() throws {
        if warmup < 0 { throw ValidationError("--warmup '\(warmup)' is negative") }
    }

    /// Reads the trace, prints what `body` makes of it, and ends the program with one line if it can't.
    func run(_ body: (LoadedTrace, ReplayOptions) throws -> String) throws {
        let progress = ProgressLine()
        Interruption.endsProgram(after: progress.clear)
        let options = ReplayOptions(
            policy: policy.name,
            accounting: accounting.name,
            weights: weights.name,
            writes: writes.name,
            warmup: warmup
        )
        let text: String
        do {
            let loaded = try LoadedTrace(path: trace) { progress.update($0) }
            text = try body(loaded, options ?? ReplayOptions())
        } catch {
            progress.clear()
            StandardError.write("leveret: \(error)")
            throw ExitCode(1)
        }
        progress.clear()
        // Whoever closed the pipe has read enough.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

/// One of the names that the replay knows.
protocol NameArgument: ExpressibleByArgument {
    static var names: [String] { get }
    var name: String { get }
    init(known: String)
}

extension NameArgument {
    init?(argument: String) {
        guard Self.names.contains(argument) else { return nil }
        self.init(known: argument)
    }

    var defaultValueDescription: String { name }
    static var allValueStrings: [String] { names }
}

struct PolicyArgument: NameArgument {
    static let names = ReplayOptions.policyNames
    let name: String
    init(known: String) { name = known }
}

struct AccountingArgument: NameArgument {
    static let names = ReplayOptions.accountingNames
    let name: String
    init(known: String) { name = known }
}

struct WeightsArgument: NameArgument {
    static let names = ReplayOptions.weightNames
    let name: String
    init(known: String) { name = known }
}

struct WritesArgument: NameArgument {
    static let names = ReplayOptions.writeNames
    let name: String
    init(known: String) { name = known }
}

/// Cache sizes on the command line: `64MiB,1GB,10%`.
struct CacheSizes: ExpressibleByArgument {
    /// More than anybody reads.
    private static let most = 1_000
    let sizes: [CacheSize]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let sizes = parts.compactMap { Self.size(String($0)) }
        guard sizes.count == parts.count, sizes.count <= Self.most else { return nil }
        self.sizes = sizes
    }

    private static func size(_ text: String) -> CacheSize? {
        guard text.hasSuffix("%") else {
            guard let bytes = Configuration.bytes(text), bytes > 0 else { return nil }
            return .bytes(bytes)
        }
        guard let percent = Double(text.dropLast()), percent > 0, percent <= 1_000 else { return nil }
        return .footprint(percent / 100)
    }
}
