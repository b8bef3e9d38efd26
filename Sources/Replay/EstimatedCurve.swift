internal import Cache
public import Trace

extension Curves {
    /// The curve as the proxy estimates it, from a bounded number of keys.
    ///
    /// - Parameters:
    ///   - trace: the trace.
    ///   - sizes: where to have it; by default where the estimator has it.
    ///   - budget: the size of the cache that runs meanwhile and anchors the curve; by default a tenth of the footprint, and
    ///     at least 1 MiB.
    ///   - options: how to replay it.
    /// - Returns: Miss ratios and their standard errors.
    /// - Throws: when the trace can't be read, or has no reads.
    public static func estimated(
        _ trace: LoadedTrace,
        sizes: [CacheSize]? = nil,
        budget: CacheSize? = nil,
        options: ReplayOptions
    ) throws(TraceError) -> MissRatios {
        let wanted = try sizes.map { sizes throws(TraceError) in try CacheReplay.resolve(sizes, of: trace) }
        var size = try CacheReplay.resolve([budget ?? usualBudget(for: trace)], of: trace)[0]
        // A store too small for the trace's items would tell the estimator nothing.
        if budget == nil { size = max(size, leastUsualBudget) }
        let replay = EngineReplay(size: size, options: options, curve: true)
        try trace.visit("estimating") { replay.take($0) }
        let estimate = replay.curve
        guard estimate.reads > 0 else { throw .noReads(trace, warmup: options.warmup) }
        var curve = MissRatios(options, isExact: false, reads: Int(estimate.reads))
        for size in wanted.map({ Set($0).sorted() }) ?? estimate.sizes {
            curve.append(
                size,
                estimate.missRatio(at: size),
                estimate.byteMissRatio(at: size),
                estimate.readUnitMissRatio(at: size),
                error: estimate.error(at: size)
            )
        }
        return curve
    }

    private static let leastUsualBudget = 1 << 20

    /// A tenth of the footprint, or a fixed size for a trace that may be too long to be measured first.
    private static func usualBudget(for trace: LoadedTrace) -> CacheSize {
        trace.isComplete ? .footprint(0.1) : .bytes(64 << 20)
    }
}
