import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct EmbeddedQueueTests {
    @Test func callsThatWaitTogetherAreCommittedTogether() async throws {
        let store = try ScriptedStore()
        let (hold, calls) = store.whileHeld { (0..<100).map { store.submit("w\($0)") } }
        for (number, call) in calls.enumerated() { #expect(await call.outcome.text == "w\(number)") }
        #expect(await hold.outcome.status == 200)
        #expect(store.script.committed == (0..<100).map { "w\($0)" })
        let statistics = store.store.statistics
        #expect(statistics.calls == 101)
        #expect(statistics.batches == 1 + 4)
        #expect(store.script.state.withLock { $0.commits } == 5)
    }

    @Test func aBatchEndsWhenItsRepliesAreLarge() async throws {
        let pace = ServiceLoop.Pace(batchCalls: 32, batchReplyBytes: 3000, batchTime: .max)
        let store = try ScriptedStore(pace: pace)
        let (_, calls) = store.whileHeld { (0..<10).map { _ in store.submit("big") } }
        for call in calls { #expect(await call.outcome.status == 200) }
        #expect(store.store.statistics.batches == 1 + 4)
    }

    @Test func aBatchEndsWhenItsTimeIsUp() async throws {
        let store = try ScriptedStore(pace: ServiceLoop.Pace(batchCalls: 32, batchTime: 0))
        let (_, calls) = store.whileHeld { (0..<10).map { store.submit("w\($0)") } }
        for call in calls { #expect(await call.outcome.status == 200) }
        #expect(store.store.statistics.batches == 1 + 10)
    }

    @Test func nothingIsAnsweredInsideSubmit() async throws {
        let store = try ScriptedStore(limit: CallQueue.Load(calls: 2, bytes: 1000))
        let (hold, calls) = store.whileHeld {
            let calls = [store.submit("a"), store.submit("too many")]
            #expect(calls.allSatisfy { $0.completions == 0 })
            return calls
        }
        #expect(await calls[0].outcome.status == 200)
        #expect(await calls[1].outcome == .overloaded)
        _ = await hold.outcome
        #expect(calls[1].thread == hold.thread)
        #expect(store.store.statistics.overloaded == 1)
        #expect(store.script.committed == ["a"])
    }

    @Test func bytesAreBoundedButOneLargeCallFits() async throws {
        let store = try ScriptedStore(limit: CallQueue.Load(calls: 100, bytes: 50))
        let large = String(repeating: "x", count: 60)
        #expect(await store.call(large).status == 200)
        let (_, calls) = store.whileHeld {
            [store.submit(String(repeating: "y", count: 46)), store.submit("z"), store.submit("1")]
        }
        // The hold has 4 bytes.
        #expect(await calls[0].outcome.status == 200)
        #expect(await calls[1].outcome == .overloaded)
        #expect(await calls[2].outcome == .overloaded)
        #expect(await store.call("later").status == 200)
    }

    @Test func whatWasDoneIsNoLoad() async throws {
        let store = try ScriptedStore(limit: CallQueue.Load(calls: 4, bytes: 100))
        for number in 0..<50 { #expect(await store.call("w\(number)").status == 200) }
        store.store.close()
        #expect(store.store.unfinishedLoad == CallQueue.Load())
    }

    @Test func aCompletionMaySubmit() async throws {
        let store = try ScriptedStore()
        let second = Pending()
        store.store.submit(.putItem, body: Array("first".utf8)) { [embedded = store.store] _ in
            embedded.submit(.putItem, body: Array("second".utf8)) { second.complete($0) }
        }
        #expect(await second.outcome.text == "second")
    }

    @Test func closingFinishesWhatWasTaken() async throws {
        let store = try ScriptedStore()
        let (_, calls) = store.whileHeld {
            let calls = (0..<50).map { store.submit("w\($0)") }
            Thread.detachNewThread { [embedded = store.store] in embedded.close() }
            return calls
        }
        store.store.close()
        #expect(calls.allSatisfy { $0.completions == 1 })
        for call in calls { #expect(await call.outcome.status == 200) }
        #expect(store.script.committed.count == 50)
    }

    @Test func closingFinishesWhatWaitsBehindABatch() async throws {
        let store = try ScriptedStore(pace: ServiceLoop.Pace(batchCalls: 1, batchTime: .max))
        let first = store.whileHeld { [store.submit("hold"), store.submit("a")] }
        store.script.isHeld.wait()
        let last = store.submit("b")
        Thread.detachNewThread { [embedded = store.store] in embedded.close() }
        while !store.store.queue.isClosing { await Task.yield() }
        store.script.release.signal()
        for call in first.value + [last] { #expect(await call.outcome.status == 200) }
        #expect(store.script.committed.starts(with: ["a", "b"]))
    }

    @Test func callsAfterClosingAreDroppedElsewhere() async throws {
        let store = try ScriptedStore()
        let before = store.submit("before")
        store.store.close()
        store.store.close()
        #expect(before.completions == 1)
        for _ in 0..<20 {
            let call = store.submit("after")
            let submitter = pthread_self()
            #expect(await call.outcome == .dropped)
            #expect(call.thread != submitter)
        }
        #expect(store.script.committed == ["before"])
        #expect(store.store.statistics.calls == 1)
    }

    @Test func aCompletionMayClose() async throws {
        let store = try ScriptedStore()
        let done = Pending()
        store.store.submit(.putItem, body: []) { [embedded = store.store] outcome in
            embedded.close()
            done.complete(outcome)
        }
        #expect(await done.outcome.status == 200)
        store.store.close()
        #expect(await store.call("after") == .dropped)
    }

    @Test func theLastReferenceMayGoInACompletion() async throws {
        let done = Pending()
        let isReleased = DispatchSemaphore(value: 0)
        do {
            let store = try ScriptedStore()
            let embedded = store.store
            embedded.submit(.putItem, body: []) { outcome in
                isReleased.wait()
                withExtendedLifetime(embedded) {}
                done.complete(outcome)
            }
        }
        isReleased.signal()
        #expect(await done.outcome.status == 200)
    }

    @Test func goingAwayCloses() async throws {
        let pending: [Pending]
        let script: Script
        do {
            let store = try ScriptedStore()
            script = store.script
            pending = (0..<10).map { store.submit("w\($0)") }
        }
        for call in pending { #expect(await call.outcome.status == 200) }
        #expect(script.committed.count == 10)
    }

    @Test func submittingAndClosingAtOnceLosesNothing() async throws {
        for _ in 0..<20 {
            let store = try ScriptedStore(limit: CallQueue.Load(calls: 50, bytes: 1000))
            let pending = Monitor<[Pending]>([])
            let threads = DispatchGroup()
            for number in 0..<8 {
                threads.enter()
                Thread.detachNewThread { [embedded = store.store] in
                    for step in 0..<50 {
                        let call = embedded.submit("\(number) \(step)")
                        pending.withLock { $0.append(call) }
                        if number < 2, step == 20 { embedded.close() }
                    }
                    threads.leave()
                }
            }
            await withCheckedContinuation { continuation in
                threads.notify(queue: .global()) { continuation.resume() }
            }
            let calls = pending.withLock { $0 }
            #expect(calls.count == 400)
            var done = 0
            for call in calls {
                switch await call.outcome {
                case .reply(let status, _):
                    #expect(status == 200)
                    done += 1
                case .dropped, .overloaded: break
                case .silent: Issue.record("nothing is silent")
                }
            }
            #expect(calls.allSatisfy { $0.completions == 1 })
            #expect(store.script.committed.count == done)
        }
    }

    @Test func eachThreadsCallsAreDoneInOrder() async throws {
        let store = try ScriptedStore()
        let threads = DispatchGroup()
        for number in 0..<4 {
            threads.enter()
            Thread.detachNewThread { [embedded = store.store] in
                for step in 0..<100 { _ = embedded.submit("\(number) \(step)") }
                threads.leave()
            }
        }
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        store.store.close()
        for number in 0..<4 {
            let own = store.script.committed.filter { $0.hasPrefix("\(number) ") }
            #expect(own == (0..<100).map { "\(number) \($0)" })
        }
    }

    @Test func openingErrorsAreThrown() {
        let error = EmbeddedDynamoDBError(description: "no")
        #expect(throws: error) {
            try EmbeddedDynamoDB(service: ServiceModel(), pace: .memory) { () throws(EmbeddedDynamoDBError) in
                throw error
            }
        }
    }

    @Test func housekeepingIsDoneWhenIdle() async throws {
        let pace = ServiceLoop.Pace(batchCalls: 32, batchTime: .max, housekeepingPeriod: 20_000_000)
        let store = try ScriptedStore(pace: pace)
        store.script.state.withLock { $0.moreHousekeeping = [true, true, false] }
        for _ in 0..<500 where store.script.state.withLock({ $0.housekeepings }) < 5 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(store.script.state.withLock { $0.housekeepings } >= 5)
        #expect(await store.call("still there").status == 200)
    }

    @Test func housekeepingIsDoneUnderLoad() async throws {
        let pace = ServiceLoop.Pace(batchCalls: 1, batchTime: .max, housekeepingPeriod: 1)
        let store = try ScriptedStore(pace: pace)
        let (_, calls) = store.whileHeld { (0..<20).map { store.submit("w\($0)") } }
        for call in calls { _ = await call.outcome }
        #expect(store.script.state.withLock { $0.housekeepings } >= 19)
    }
}

extension EmbeddedDynamoDB {
    var unfinishedLoad: CallQueue.Load { queue.unfinished }
}
