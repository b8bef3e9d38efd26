import ArgumentParser
import Replay

/// `leveret mrc`: the miss ratios of a trace at all cache sizes.
struct MissRatioCurve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mrc",
        abstract: "Tell a trace's miss-ratio curve.",
        discussion: """
            Estimates the miss ratios at many cache sizes in one pass, as the proxy does while it runs; or, with --exact, \
            computes them: for LRU with payload accounting from stack distances, else with the cache engine at each size. \
            docs/replay.md explains it.

            Exit code 1: the trace can't be read; 64: wrong usage.
            """
    )

    @OptionGroup var trace: TraceOptions

    @Flag(name: .long, help: "Compute the curve instead of estimating it.")
    var exact = false

    @Option(
        name: .long,
        help: ArgumentHelp("Cache sizes, as for replay. (default: a grid up to all items)", valueName: "size,...")
    )
    var sizes: CacheSizes?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The cache that runs meanwhile and anchors the estimate. (default: 10% of the trace's items)",
            valueName: "size"
        )
    )
    var cache: CacheSizes?

    func validate() throws {
        try trace.validate()
        if exact, cache != nil { throw ValidationError("--cache anchors an estimate; with --exact give --sizes") }
        if let cache, cache.sizes.count != 1 {
            throw ValidationError("--cache is one size here; --sizes may be several")
        }
    }

    func run() throws {
        try trace.run { loaded, options in
            let curve =
                exact
                ? try Curves.exact(loaded, sizes: sizes?.sizes, options: options)
                : try Curves.estimated(loaded, sizes: sizes?.sizes, budget: cache?.sizes.first, options: options)
            return trace.json ? curve.json : curve.table
        }
    }
}
