internal import Cache
public import Trace

/// What the engine did with a trace at one size.
public struct ReplayResult: Sendable, Equatable {
    /// The cache's size in bytes.
    public var cache: Int
    /// The policy's name.
    public var policy: String
    /// The accounting's name.
    public var accounting: String
    /// Requests that were counted: reads, writes and deletes after the warm-up.
    public var requests: Int
    /// Reads among them.
    public var reads: Int
    /// Reads that found an item.
    public var hits: Int
    /// Reads that did not.
    public var misses: Int
    /// Writes among the requests.
    public var writes: Int
    /// Deletes among the requests.
    public var deletes: Int
    /// Misses of reads.
    public var requestMissRatio: Double
    /// Missed bytes of the bytes read, keys included.
    public var byteMissRatio: Double
    /// Missed read capacity units of those that all reads cost.
    public var readUnitMissRatio: Double
    /// Items held at the end.
    public var items: Int
    /// Bytes of their keys and values.
    public var payload: Int
    /// Bytes of memory that hold them.
    public var memory: Int
    /// Items dropped to make room, the warm-up included.
    public var evictions: UInt64
    /// Items dropped because their time was over, likewise.
    public var expirations: UInt64
    /// Items that were not taken in, likewise: too large, or not worth it.
    public var refusals: Int

    /// Bytes of memory for each item beyond its key and value; 0 without items.
    public var overheadPerItem: Double {
        items == 0 ? 0 : Double(memory - payload) / Double(items)
    }

    init(_ replay: EngineReplay, _ options: ReplayOptions) {
        let usage = replay.usage
        cache = replay.size
        policy = options.policy.rawValue
        accounting = options.accountingName
        reads = replay.tally.reads
        misses = replay.tally.misses
        hits = reads - misses
        writes = replay.writes
        deletes = replay.deletes
        requests = reads + writes + deletes
        requestMissRatio = replay.tally.missRatio
        byteMissRatio = replay.tally.byteMissRatio
        readUnitMissRatio = replay.tally.readUnitMissRatio
        items = usage.items
        payload = usage.payload
        memory = replay.memory
        evictions = usage.evictions
        expirations = usage.expirations
        refusals = replay.refused
    }
}

/// Replays traces through the engine.
public enum CacheReplay {
    /// Replays a trace at several sizes.
    ///
    /// A trace that is in memory is replayed at one size after the other, else at all sizes in one pass.
    ///
    /// - Returns: A result for each size.
    public static func run(
        _ trace: LoadedTrace,
        sizes: [CacheSize],
        options: ReplayOptions
    ) throws(TraceError) -> [ReplayResult] {
        let bytes = try resolve(sizes, of: trace)
        var results: [ReplayResult] = []
        if trace.isComplete {
            for (index, size) in bytes.enumerated() {
                let replay = EngineReplay(size: size, options: options)
                let task = bytes.count > 1 ? "replaying \(index + 1) of \(bytes.count)" : "replaying"
                try trace.visit(task) { replay.take($0) }
                results.append(ReplayResult(replay, options))
            }
        } else {
            let replays = bytes.map { EngineReplay(size: $0, options: options) }
            try trace.visit { request in
                for replay in replays { replay.take(request) }
            }
            results = replays.map { ReplayResult($0, options) }
        }
        if results.contains(where: { $0.reads == 0 }) { throw .noReads(trace, warmup: options.warmup) }
        return results
    }

    static func resolve(_ sizes: [CacheSize], of trace: LoadedTrace) throws(TraceError) -> [Int] {
        var footprint: Int?
        var bytes: [Int] = []
        for size in sizes {
            switch size {
            case .bytes(let count): bytes.append(count)
            case .footprint(let part):
                let whole: Int
                if let footprint { whole = footprint } else { whole = try Footprint(of: trace).bytes }
                footprint = whole
                bytes.append(Int((Double(whole) * part).rounded()))
            }
        }
        return bytes
    }
}

extension TraceError {
    static func noReads(_ trace: LoadedTrace, warmup: Int) -> TraceError {
        TraceError(file: trace.name, problem: warmup > 0 ? "it has no reads after the warm-up" : "it has no reads")
    }
}

/// The bytes of the keys and values of all items in a trace at once: what an endless cache would hold.
struct Footprint {
    private(set) var bytes = 0
    private(set) var keys = 0

    init(of trace: LoadedTrace) throws(TraceError) {
        var sizes: [UInt64: Int] = [:]
        var held = 0
        var most = 0
        try trace.visit("measuring") { request in
            if request.operation == .delete {
                held -= sizes.removeValue(forKey: request.key) ?? 0
            } else {
                held += request.size - (sizes.updateValue(request.size, forKey: request.key) ?? 0)
                most = max(most, held)
            }
        }
        bytes = most
        keys = sizes.count
    }
}
