public import Trace

/// A trace of which as much as is reasonable is in memory, so that it need not be read again for each cache size.
public final class LoadedTrace {
    /// Requests kept in memory; so many take half a GiB.
    public static let capacity = 16 << 20
    private static let chunk = 1 << 16

    /// What errors call the trace.
    public let name: String
    private let path: String
    private let reader: TraceReader
    private let report: (ReplayStep) -> Void
    private var chunks: [[TraceRequest]] = []
    /// Whether all of the trace is in memory.
    public private(set) var isComplete = false
    private var isSpent = false

    /// Reads a file, or `-` for standard input, up to the capacity.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - capacity: the most requests to keep.
    ///   - report: called now and then while requests are read or replayed.
    /// - Throws: when it can't be opened or read, or a line is malformed.
    public init(
        path: String,
        capacity: Int = LoadedTrace.capacity,
        report: @escaping (ReplayStep) -> Void = { _ in }
    ) throws(TraceError) {
        self.path = path
        self.report = report
        reader = try TraceReader(path: path)
        name = reader.name
        var count = 0
        while count < capacity, !isComplete {
            let limit = min(Self.chunk, capacity - count)
            var chunk: [TraceRequest] = []
            chunk.reserveCapacity(limit)
            while chunk.count < limit {
                guard let request = try reader.next() else {
                    isComplete = true
                    break
                }
                chunk.append(request)
            }
            count += chunk.count
            chunks.append(chunk)
            report(ReplayStep(task: "reading", requests: count, done: Self.fraction(reader)))
        }
    }

    /// Requests in memory: all there are when it is complete.
    public var count: Int { chunks.reduce(0) { $0 + $1.count } }

    /// Calls `body` with each request.
    ///
    /// A trace that is not complete can be gone through again only when it is a file.
    public func visit(_ task: String = "replaying", _ body: (TraceRequest) -> Void) throws(TraceError) {
        if isSpent { return try readAgain(task, body) }
        var count = 0
        let total = isComplete ? Double(max(1, self.count)) : 0
        for chunk in chunks {
            for request in chunk { body(request) }
            count += chunk.count
            report(ReplayStep(task: task, requests: count, done: isComplete ? Double(count) / total : nil))
        }
        if isComplete { return }
        isSpent = true
        chunks = []
        try go(through: reader, task, from: count, body)
    }

    private func readAgain(_ task: String, _ body: (TraceRequest) -> Void) throws(TraceError) {
        guard path != "-", reader.inputSize != nil else {
            throw TraceError(
                file: name,
                problem: "it has more than \(Self.capacity) requests and can be read only once: give it as a file"
            )
        }
        try go(through: TraceReader(path: path), task, from: 0, body)
    }

    private func go(
        through reader: TraceReader,
        _ task: String,
        from first: Int,
        _ body: (TraceRequest) -> Void
    ) throws(TraceError) {
        var count = first
        while let request = try reader.next() {
            body(request)
            count += 1
            if count % Self.chunk == 0 {
                report(ReplayStep(task: task, requests: count, done: Self.fraction(reader)))
            }
        }
    }

    private static func fraction(_ reader: TraceReader) -> Double? {
        reader.inputSize.map { Double(reader.inputConsumed) / Double(max(1, $0)) }
    }
}

/// How far a long task has come.
public struct ReplayStep: Sendable {
    /// What is being done.
    public var task: String
    /// Requests done so far.
    public var requests: Int
    /// The part of the task that is done, 0 to 1, when it is known.
    public var done: Double?
}
