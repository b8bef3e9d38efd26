import DynamoDB

extension ServiceLoop {
    // MARK: What the model of the service makes of a call

    /// Fills up the jobs of the next transaction.
    func makeJobs() {
        while nextCall < work.calls.count, jobs.count < pace.batchCalls {
            let call = work.calls[nextCall]
            // The array stays as long as any of its calls waits; their bodies need not.
            work.calls[nextCall].body = []
            nextCall += 1
            makeJob(call)
        }
        if nextCall == work.calls.count {
            work.calls.removeAll(keepingCapacity: true)
            nextCall = 0
        }
    }

    private func makeJob(_ call: CallQueue.Call) {
        var job = Job(operation: call.operation, body: call.body, completion: call.completion)
        if delayedBytes > queue.limit.bytes {
            counts.overloaded &+= 1
            return finish(job, .overloaded)
        }
        counts.calls &+= 1
        let fault = dice.fault(of: call.operation, call.body)
        job.delay = dice.delay(of: call.operation)
        if fault != nil { counts.faults &+= 1 }
        switch fault {
        case nil:
            jobs.append(job)
        case .error(let name):
            finish(job, Self.reply(name.reply))
        case .errorAfter:
            job.ending = .error(.internalServerError())
            jobs.append(job)
        case .timeout:
            job.delay = 0
            finish(job, .silent)
        case .lateWrite(let delay):
            answers.append((call.completion, .silent))
            job.completion = nil
            delayed.insert(.write(job), due: Clock.monotonic &+ delay)
        case .dropBefore:
            finish(job, .dropped)
        case .dropAfter:
            job.ending = .drop
            jobs.append(job)
        }
    }

    // MARK: Transactions

    /// Does as many of the jobs as one transaction takes, and makes their answers.
    ///
    /// When the transaction fails nothing of it can be told, not even what was read in it. Its calls are then done again,
    /// each in a transaction of its own, so that one that makes the database fail does so alone.
    func runBatch() {
        if jobs.isEmpty { return }
        let (count, results) = transact(jobs[...])
        if let results {
            for (job, result) in zip(jobs, results) { finish(job, result) }
        } else if count == 1 {
            finish(jobs[0], .failure(.internalServerError()))
        } else {
            for index in 0..<count {
                let result = transact(jobs[index...index]).results?.first
                finish(jobs[index], result ?? .failure(.internalServerError()))
            }
        }
        jobs.removeFirst(count)
    }

    /// Does the first of some jobs in one transaction; returns how many, and their results if it is durable.
    private func transact(_ jobs: ArraySlice<Job>) -> (count: Int, results: [Result<[UInt8], ErrorReply>]?) {
        var results: [Result<[UInt8], ErrorReply>] = []
        var replyBytes = 0
        var count = 0
        let start = Clock.monotonic
        do throws(ErrorReply) {
            try runner.begin()
            for job in jobs {
                count += 1
                let result = try perform(job)
                if case .success(let reply) = result { replyBytes += reply.count }
                results.append(result)
                if replyBytes >= pace.batchReplyBytes { break }
                if count < jobs.count, Clock.monotonic &- start >= pace.batchTime { break }
            }
            try runner.commit()
            counts.batches &+= 1
            return (count, results)
        } catch {
            runner.rollback()
            return (max(count, 1), nil)
        }
    }

    /// Does one operation; throws when the transaction can't be used any more.
    private func perform(_ job: Job) throws(ErrorReply) -> Result<[UInt8], ErrorReply> {
        do throws(ErrorReply) {
            let reply = try runner.perform(job.operation, job.body)
            if !runner.hasFailed { return .success(reply) }
        } catch {
            // Errors of the request leave everything as it was; others may not.
            if error.status < 500, !runner.hasFailed { return .failure(error) }
        }
        throw .internalServerError()
    }

    // MARK: Answers

    private func finish(_ job: Job, _ result: Result<[UInt8], ErrorReply>) {
        switch (job.ending, result) {
        case (.drop, _): finish(job, .dropped)
        case (.error(let error), _), (.reply, .failure(let error)): finish(job, Self.reply(error))
        case (.reply, .success(let body)): finish(job, .reply(status: 200, body: body))
        }
    }

    /// Has a call answered, now or when its time has come.
    private func finish(_ job: Job, _ outcome: Outcome) {
        guard let completion = job.completion, job.delay > 0, !work.isClosing else {
            loadChange += CallQueue.Load(calls: -1, bytes: -job.body.count)
            if let completion = job.completion { answers.append((completion, outcome)) }
            return
        }
        var bytes = 0
        if case .reply(_, let body) = outcome { bytes = body.count }
        delayedBytes += bytes
        loadChange += CallQueue.Load(bytes: bytes - job.body.count)
        delayed.insert(.answer(completion, outcome, bytes: bytes), due: Clock.monotonic &+ job.delay)
    }

    private static func reply(_ error: ErrorReply) -> Outcome {
        .reply(status: error.status, body: error.body())
    }
}
