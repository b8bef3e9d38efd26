import DynamoDB

/// What the store's thread does: takes calls, has them done in common transactions, answers them.
///
/// Nothing is answered before the transaction that it was done in is durable.
final class ServiceLoop {
    /// How much is done at once.
    struct Pace: Sendable {
        /// Most calls that one transaction takes on.
        var batchCalls: Int
        /// Bytes of replies with which a transaction begins no further call.
        var batchReplyBytes = 1 << 20
        /// Nanoseconds after which a transaction begins no further call.
        var batchTime: UInt64
        /// Nanoseconds from one housekeeping to the next.
        var housekeepingPeriod: UInt64 = 1_000_000_000

        /// For a database in memory: a commit costs next to nothing, so replies need not wait for others.
        static let memory = Self(batchCalls: 32, batchTime: 1_000_000)
        /// For one in a file: a commit waits for the disk.
        static let file = Self(batchCalls: 256, batchReplyBytes: 4 << 20, batchTime: 5_000_000)
    }

    typealias Outcome = EmbeddedDynamoDB.Outcome
    typealias Completion = @Sendable (Outcome) -> Void

    /// An operation to be done.
    struct Job {
        enum Ending {
            case reply
            case error(ErrorReply)
            case drop
        }

        var operation: DynamoDB.Operation
        var body: [UInt8]
        /// Nil for a late write, whose caller knows all it will.
        var completion: Completion?
        var ending = Ending.reply
        /// Nanoseconds that the answer waits.
        var delay: UInt64 = 0
    }

    /// What waits for its time.
    enum Delayed {
        case answer(Completion, Outcome, bytes: Int)
        case write(Job)
    }

    let queue: CallQueue
    let runner: any CallRunner
    let pace: Pace
    let statistics: Monitor<EmbeddedDynamoDB.Statistics>
    var dice: ServiceDice
    var work = CallQueue.Work()
    /// Calls of `work` that have been made jobs.
    var nextCall = 0
    var jobs: [Job] = []
    var delayed = DueHeap<Delayed>()
    /// Bytes of replies in `delayed`.
    var delayedBytes = 0
    /// Completions to be called, once what they report is durable.
    var answers: [(completion: Completion, outcome: Outcome)] = []
    /// Not yet told to `queue`.
    var loadChange = CallQueue.Load()
    var counts = EmbeddedDynamoDB.Statistics()
    private var nextHousekeeping: UInt64

    init(queue: CallQueue, runner: any CallRunner, pace: Pace, statistics: Monitor<EmbeddedDynamoDB.Statistics>) {
        self.queue = queue
        self.runner = runner
        self.pace = pace
        self.statistics = statistics
        dice = ServiceDice(queue.service)
        nextHousekeeping = Clock.monotonic &+ pace.housekeepingPeriod
    }

    /// Works until the queue is closed and everything is done.
    func run() {
        while true {
            takeWork()
            wakeDelayed()
            answer()
            makeJobs()
            runBatch()
            answer()
            let isIdle = jobs.isEmpty && work.calls.isEmpty
            if isIdle, work.isClosing, delayed.isEmpty { break }
            keepHouse(isIdle: isIdle)
            if isIdle { sleep() }
        }
        while let late = queue.end() {
            for call in late { answers.append((call.completion, .dropped)) }
            answer()
        }
    }

    private func takeWork() {
        let change = loadChange
        loadChange = CallQueue.Load()
        queue.take(&work, change: change)
        if let model = work.service {
            work.service = nil
            dice = ServiceDice(model)
            runner.adopt(model)
        }
        counts.overloaded &+= work.overloaded.count
        for call in work.overloaded { answers.append((call.completion, .overloaded)) }
        work.overloaded.removeAll(keepingCapacity: true)
    }

    /// Answers what is due; on closing everything is.
    private func wakeDelayed() {
        if delayed.isEmpty { return }
        let now = work.isClosing ? .max : Clock.monotonic
        while let next = delayed.pop(dueBy: now) {
            switch next {
            case .answer(let completion, let outcome, let bytes):
                delayedBytes -= bytes
                loadChange += CallQueue.Load(calls: -1, bytes: -bytes)
                answers.append((completion, outcome))
            case .write(let job):
                jobs.append(job)
            }
        }
    }

    /// Calls the completions.
    private func answer() {
        if answers.isEmpty { return }
        counts.throttled = runner.refusals
        statistics.withLock { $0 = counts }
        for (completion, outcome) in answers { completion(outcome) }
        answers.removeAll(keepingCapacity: true)
    }

    private func keepHouse(isIdle: Bool) {
        let now = Clock.monotonic
        // An idle moment is waited for, but not for ever.
        let patience = pace.housekeepingPeriod &* 4
        guard now >= nextHousekeeping &+ (isIdle ? 0 : patience) else { return }
        nextHousekeeping = now &+ pace.housekeepingPeriod
        do throws(ErrorReply) {
            try runner.begin()
            if try runner.housekeeping() { nextHousekeeping = now }
            if runner.hasFailed { throw .internalServerError() }
            try runner.commit()
        } catch {
            runner.rollback()
            nextHousekeeping = now &+ patience
        }
    }

    private func sleep() {
        if loadChange == CallQueue.Load() { queue.sleep(until: min(nextHousekeeping, delayed.nextDue ?? .max)) }
    }
}
