/// Counts by name, of few names.
public struct NamedCounts: Sendable, Equatable {
    private var entries: [(name: String, bytes: [UInt8], count: Int)] = []
    /// Names beyond are counted together, so that a server can't make this grow.
    private static let most = 64

    /// Nothing counted.
    public init() {}

    /// Names with their counts, in the order they first came.
    public var all: [(name: String, count: Int)] { entries.map { ($0.name, $0.count) } }

    /// All counts together.
    public var total: Int { entries.reduce(0) { $0 + $1.count } }

    /// The count of a name.
    public subscript(name: String) -> Int { entries.first { $0.name == name }?.count ?? 0 }

    mutating func add(_ name: String, count: Int = 1) {
        add(Array(name.utf8), count: count)
    }

    mutating func add(_ bytes: [UInt8], count: Int = 1) {
        for index in entries.indices where entries[index].bytes == bytes {
            entries[index].count += count
            return
        }
        guard entries.count < Self.most else {
            entries[Self.most - 1].count += count
            return
        }
        let bytes = entries.count == Self.most - 1 ? Array("others".utf8) : bytes
        entries.append((String(decoding: bytes, as: UTF8.self), bytes, count))
    }

    mutating func merge(_ other: NamedCounts) {
        for entry in other.entries { add(entry.bytes, count: entry.count) }
    }

    /// The same names with the same counts, in the same order.
    public static func == (one: NamedCounts, other: NamedCounts) -> Bool {
        one.entries.elementsEqual(other.entries) { $0.bytes == $1.bytes && $0.count == $1.count }
    }
}

/// What came of one kind of operation.
public struct OperationTally: Sendable {
    /// Operations that succeeded.
    public internal(set) var succeeded = 0
    /// Operations that failed.
    public internal(set) var failed = 0
    /// Nanoseconds from the intended start to the end of the reply, of those that succeeded.
    public internal(set) var latency = LatencyHistogram()
    /// Closed loop with an expected interval: the same, corrected for coordinated omission.
    public internal(set) var corrected = LatencyHistogram()

    mutating func merge(_ other: OperationTally) {
        succeeded += other.succeeded
        failed += other.failed
        latency.merge(other.latency)
        corrected.merge(other.corrected)
    }
}

/// What a tenant has done while it counted.
public struct Tally: Sendable {
    /// By `OperationKind.rawValue`.
    public internal(set) var operations = OperationKind.allCases.map { _ in OperationTally() }
    /// Replies by the value of their `X-Leveret-Cache` field.
    public internal(set) var cache = NamedCounts()
    /// Operations that failed, by DynamoDB's error, HTTP status, or what became of the connection; without throttled ones.
    public internal(set) var errors = NamedCounts()
    /// Operations that failed because of throttling, by DynamoDB's error.
    public internal(set) var throttled = NamedCounts()
    /// What the first failed operation of each name said, by name.
    public internal(set) var messages: [String: String] = [:]
    /// GetItem replies without an item.
    public internal(set) var absent = 0
    /// Requests that were sent again.
    public internal(set) var retries = 0
    /// BatchGetItem replies with unprocessed keys.
    public internal(set) var incompleteBatches = 0
    /// Connections that were opened again.
    public internal(set) var reconnects = 0
    /// Bytes sent.
    public internal(set) var bytesSent = 0
    /// Bytes received, heads included.
    public internal(set) var bytesReceived = 0
    /// Open loop: operations that were due and answered only after the end; their latencies are counted.
    public internal(set) var late = 0
    /// Operations that had begun or were due and were not answered; in open loop their age is in the latencies.
    public internal(set) var unfinished = 0
    /// Nanoseconds that the oldest of these had waited.
    public internal(set) var oldest: UInt64 = 0

    /// Operations that succeeded.
    public var succeeded: Int { operations.reduce(0) { $0 + $1.succeeded } }
    /// Operations that failed, throttled ones included.
    public var failed: Int { operations.reduce(0) { $0 + $1.failed } }
    /// Replies that came from the cache as a whole.
    public var hits: Int { cache["hit"] }
    /// Reads that the cache could have answered and did not, as a whole or in part.
    public var misses: Int {
        ["miss", "partial", "coalesced", "expired", "leased", "dirty", "too-large", "no-description"]
            .reduce(0) { $0 + cache[$1] }
    }

    /// Notes what an operation that failed said, if it is the first of its name.
    mutating func note(_ message: @autoclosure () -> String?, of name: String) {
        guard messages[name] == nil, messages.count < 64 else { return }
        messages[name] = message()
    }

    mutating func merge(_ other: Tally) {
        for index in operations.indices { operations[index].merge(other.operations[index]) }
        cache.merge(other.cache)
        errors.merge(other.errors)
        throttled.merge(other.throttled)
        messages.merge(other.messages) { own, _ in own }
        absent += other.absent
        retries += other.retries
        incompleteBatches += other.incompleteBatches
        reconnects += other.reconnects
        bytesSent += other.bytesSent
        bytesReceived += other.bytesReceived
        late += other.late
        unfinished += other.unfinished
        oldest = max(oldest, other.oldest)
    }
}

/// What a tenant has done in one interval of the time series.
public struct IntervalTally: Sendable {
    /// Operations that succeeded.
    public internal(set) var succeeded = 0
    /// Operations that failed, throttled ones included.
    public internal(set) var failed = 0
    /// Operations that were throttled.
    public internal(set) var throttled = 0
    /// Replies with `X-Leveret-Cache: hit`.
    public internal(set) var hits = 0
    /// Replies with any other value of it.
    public internal(set) var others = 0
    /// What last failed, be it an operation or the opening of a connection; nil if nothing did.
    public internal(set) var problem: String?
    /// Latencies of all operations that succeeded, until `seal`.
    var latency = LatencyHistogram()
    private var sealed: (median: UInt64, p99: UInt64)?

    /// Their median, in nanoseconds.
    public var median: UInt64 { sealed?.median ?? latency.quantile(0.5) }
    /// Their 99th percentile, in nanoseconds.
    public var p99: UInt64 { sealed?.p99 ?? latency.quantile(0.99) }

    /// Keeps the percentiles only: histograms of a long run's intervals, or of many tenants, would fill the memory.
    mutating func seal() {
        sealed = (median, p99)
        latency = LatencyHistogram()
    }

    /// Adds another's counts; to one that is sealed, without its latencies.
    mutating func merge(_ other: IntervalTally) {
        succeeded += other.succeeded
        failed += other.failed
        throttled += other.throttled
        hits += other.hits
        others += other.others
        problem = other.problem ?? problem
        if sealed == nil { latency.merge(other.latency) }
    }
}
