public import DynamoDB

/// A DynamoDB in this process: a thread with a SQLite database.
///
/// Calls are taken from any thread and done one after the other; those that wait together are committed together, so that
/// durable writes share the cost of a sync.
public final class EmbeddedDynamoDB: Sendable {
    /// How the store is kept and what it calls itself.
    public struct Settings: Sendable {
        /// Path of the database; nil keeps it in memory.
        public var file: String?
        /// The region in ARNs.
        public var region = "us-east-1"
        /// How the service behaves.
        public var service = ServiceModel()
        /// Told why the database can't be used, such as a full disk, whenever a transaction fails so.
        ///
        /// The text holds nothing of the data. Called on the store's thread, so it should be quick.
        public var onFailure: (@Sendable (String) -> Void)?

        /// In memory, behaving well.
        public init(file: String? = nil) {
            self.file = file
        }
    }

    let queue: CallQueue
    private let thread: StoreThread
    private let isJoined = Monitor(false)
    private let counts = Monitor(Statistics())

    /// Opens the database and starts the thread.
    ///
    /// - Throws: ``EmbeddedDynamoDBError``, one clear sentence.
    public convenience init(_ settings: Settings) throws(EmbeddedDynamoDBError) {
        let pace = settings.file == nil ? ServiceLoop.Pace.memory : .file
        try self.init(service: settings.service, pace: pace) { () throws(EmbeddedDynamoDBError) in
            try EngineRunner(settings)
        }
    }

    /// Starts the thread, which makes the runner.
    init(
        service: ServiceModel,
        pace: ServiceLoop.Pace,
        queueLimit: CallQueue.Load = CallQueue.Load(calls: 16_384, bytes: 128 << 20),
        open: @escaping @Sendable () throws(EmbeddedDynamoDBError) -> any CallRunner
    ) throws(EmbeddedDynamoDBError) {
        let opening = Monitor<Result<Void, EmbeddedDynamoDBError>?>(nil)
        let queue = CallQueue(limit: queueLimit, service: service)
        let thread = StoreThread { [counts] in
            do throws(EmbeddedDynamoDBError) {
                let runner = try open()
                let loop = ServiceLoop(queue: queue, runner: runner, pace: pace, statistics: counts)
                opening.withLock { $0 = .success(()) }
                opening.signal()
                loop.run()
            } catch {
                opening.withLock { $0 = .failure(error) }
                opening.signal()
            }
        }
        guard let thread else {
            throw EmbeddedDynamoDBError(description: "the embedded store can't be started: no thread is left")
        }
        self.queue = queue
        self.thread = thread
        opening.wait { $0 != nil }
        try opening.withLock { $0 }?.get()
    }

    deinit {
        if !thread.isCurrent {
            close()
        } else if !isJoined.withLock({ $0 }) {
            queue.close()
            thread.detach()
        }
    }

    /// Has a call done.
    ///
    /// From any thread. `completion` is called exactly once, never inside `submit`, on the store's thread; after
    /// ``close()``, which ends that, on some other thread. It should be quick, as all calls wait for it.
    public func submit(
        _ operation: DynamoDB.Operation,
        body: [UInt8],
        completion: @escaping @Sendable (Outcome) -> Void
    ) {
        queue.submit(CallQueue.Call(operation: operation, body: body, completion: completion))
    }

    /// How the service behaves from now on.
    ///
    /// Setting it begins the random numbers anew, and what is out of bounds is brought into them. Calls that were taken
    /// before are done as before.
    public var service: ServiceModel {
        get { queue.service }
        set { queue.service = newValue }
    }

    /// What has been done so far.
    public var statistics: Statistics { counts.withLock { $0 } }

    /// Stops taking calls, finishes those taken, closes the database and ends the thread; later calls are dropped.
    ///
    /// Replies that a latency delays come at once, and late writes are done. Returns when all this is done, unless called
    /// in a completion.
    public func close() {
        queue.close()
        if thread.isCurrent { return }
        isJoined.withLock { isJoined in
            if !isJoined { thread.join() }
            isJoined = true
        }
    }

    /// What became of a call.
    public enum Outcome: Sendable, Equatable {
        /// An answer with its HTTP status.
        case reply(status: Int, body: [UInt8])
        /// No answer: the connection is to be closed.
        case dropped
        /// No answer within any reasonable time: the caller is to wait for its own timeout.
        case silent
        /// Too many calls are waiting.
        case overloaded
    }

    /// Counts since the store was opened.
    public struct Statistics: Sendable, Equatable {
        /// Calls taken; those it was too much for are not among them.
        public var calls = 0
        /// Transactions that calls were done in.
        public var batches = 0
        /// Operations, and parts of batches, refused for want of capacity.
        public var throttled = 0
        /// Calls hit by a fault.
        public var faults = 0
        /// Calls it was too much for.
        public var overloaded = 0

        /// Nothing yet.
        public init() {}
    }
}

/// Why an embedded store can't be opened.
public struct EmbeddedDynamoDBError: Error, Equatable, CustomStringConvertible {
    /// One sentence that names the file and says what to do.
    public var description: String
}

extension EngineRunner {
    /// Opens the database and reads what is in it.
    convenience init(_ settings: EmbeddedDynamoDB.Settings) throws(EmbeddedDynamoDBError) {
        let storage: Storage
        do throws(StorageOpenError) {
            storage = try Storage(file: settings.file)
        } catch {
            throw EmbeddedDynamoDBError(description: error.description)
        }
        do throws(ErrorReply) {
            let engine = try Engine(storage: storage, identity: StoreIdentity(region: settings.region))
            self.init(engine, onFailure: settings.onFailure)
        } catch {
            let name = settings.file ?? "the database in memory"
            throw EmbeddedDynamoDBError(
                description: "\(name) can't be used: what it says of its tables can't be read; restore it from a copy"
            )
        }
    }
}
