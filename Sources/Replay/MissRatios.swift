internal import Cache
internal import Glibc
public import Trace

/// Miss ratios at several sizes.
public struct MissRatios: Sendable, Equatable {
    /// The policy's name.
    public var policy: String
    /// The accounting's name.
    public var accounting: String
    /// Whether they are exact, not estimated.
    public var isExact: Bool
    /// Reads counted.
    public var reads: Int
    /// Bytes, ascending.
    public var sizes: [Int] = []
    /// Of the reads.
    public var missRatio: [Double] = []
    /// Of the bytes read.
    public var byteMissRatio: [Double] = []
    /// Of the read capacity units.
    public var readUnitMissRatio: [Double] = []
    /// The standard error of `missRatio`; 0 for what is exact.
    public var error: [Double] = []

    init(_ options: ReplayOptions, isExact: Bool, reads: Int) {
        policy = options.policy.rawValue
        accounting = options.accountingName
        self.isExact = isExact
        self.reads = reads
    }

    mutating func append(_ size: Int, _ request: Double, _ byte: Double, _ readUnit: Double, error: Double = 0) {
        sizes.append(size)
        missRatio.append(request)
        byteMissRatio.append(byte)
        readUnitMissRatio.append(readUnit)
        self.error.append(error)
    }
}

/// Miss-ratio curves of traces.
public enum Curves {
    /// Sizes of a curve nobody chose sizes for.
    private static let exactPoints = 64
    private static let enginePoints = 32

    /// The exact curve: stack distances for LRU with payload accounting, else the engine at each size.
    ///
    /// - Parameters:
    ///   - trace: the trace.
    ///   - sizes: where to have it; by default from a thousandth of the footprint up to all of it.
    ///   - options: how to replay it.
    /// - Returns: Miss ratios without error.
    /// - Throws: when the trace can't be read, or has no reads.
    public static func exact(
        _ trace: LoadedTrace,
        sizes: [CacheSize]?,
        options: ReplayOptions
    ) throws(TraceError) -> MissRatios {
        if case .lru = options.policy, case .payload = options.accounting {
            return try stack(trace, sizes: sizes, options: options)
        }
        let wanted: [CacheSize]
        if let sizes {
            wanted = sizes
        } else {
            let footprint = try Footprint(of: trace)
            let overhead = options.accounting == .payload ? 0 : footprint.keys * 32
            wanted = grid(footprint.bytes + overhead, points: enginePoints).map { .bytes($0) }
        }
        let results = try CacheReplay.run(trace, sizes: wanted, options: options).sorted { $0.cache < $1.cache }
        var curve = MissRatios(options, isExact: true, reads: results.first?.reads ?? 0)
        for result in results {
            curve.append(result.cache, result.requestMissRatio, result.byteMissRatio, result.readUnitMissRatio)
        }
        return curve
    }

    private static func stack(
        _ trace: LoadedTrace,
        sizes: [CacheSize]?,
        options: ReplayOptions
    ) throws(TraceError) -> MissRatios {
        var edges = DistanceCounts.fineEdges
        if let sizes { edges = try Set(CacheReplay.resolve(sizes, of: trace)).sorted() }
        var counts = DistanceCounts(edges: edges)
        var stack = StackDistances()
        var clock: UInt64 = 0
        var requests = 0
        try trace.visit { request in
            requests += 1
            clock = max(clock, request.time)
            let expiresAt = request.expiry(from: clock)
            switch request.operation {
            case .read:
                let distance = stack.use(request.key, size: request.size, now: clock, expiresAt: expiresAt)
                if requests > options.warmup { counts.count(request, distance: distance) }
            case .write where options.inserts(request):
                stack.put(request.key, size: request.size, expiresAt: expiresAt)
            case .write, .delete:
                stack.remove(request.key)
            }
        }
        guard counts.all.reads > 0 else { throw .noReads(trace, warmup: options.warmup) }
        var curve = MissRatios(options, isExact: true, reads: counts.all.reads)
        let wanted = sizes == nil ? Set(nearest(grid(stack.mostHeld, points: exactPoints), among: edges)) : Set(edges)
        for (edge, tally) in zip(edges, counts.tallies) where wanted.contains(edge) {
            curve.append(edge, tally.missRatio, tally.byteMissRatio, tally.readUnitMissRatio)
        }
        return curve
    }

    /// Sizes at even ratios, from a thousandth of `most`.
    static func grid(_ most: Int, points: Int) -> [Int] {
        let most = max(1, most)
        return (0..<points).map { index in
            index == points - 1 ? most : max(1, Int(Double(most) / pow(1_000, 1 - Double(index) / Double(points - 1))))
        }
    }

    /// The least edge that is not below each size.
    private static func nearest(_ sizes: [Int], among edges: [Int]) -> [Int] {
        sizes.compactMap { size in edges.first { $0 >= size } }
    }
}
