import ArgumentParser
import Replay

/// `leveret replay`: what the cache engine does with a trace.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay a trace through the cache engine.",
        discussion: """
            Tells for each cache size which part of the trace's reads would have missed: of the requests, of their bytes, \
            and of their read capacity units. A trace is CSV, ts,op,key,key_size,value_size,ttl, plain or .xz; \
            docs/replay.md explains it.

            Exit code 1: the trace can't be read; 64: wrong usage.
            """
    )

    @OptionGroup var trace: TraceOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Cache sizes: 64MiB, 1GB, 65536, or 10% of the trace's items.", valueName: "size,...")
    )
    var cache: CacheSizes

    func validate() throws {
        try trace.validate()
    }

    func run() throws {
        try trace.run { loaded, options in
            let results = try CacheReplay.run(loaded, sizes: cache.sizes, options: options)
            return trace.json ? ReplayResult.json(results) : ReplayResult.table(results)
        }
    }
}
