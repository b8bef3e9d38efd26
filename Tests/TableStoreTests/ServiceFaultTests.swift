import DynamoDB
import Testing

@testable import TableStore

@Suite struct ServiceFaultTests {
    private static func model(_ faults: Fault..., seed: UInt64? = nil) -> ServiceModel {
        var model = ServiceModel()
        model.faults = faults
        model.seed = seed
        return model
    }

    @Test(arguments: Fault.ErrorName.allCases) func anErrorHasNoEffect(_ name: Fault.ErrorName) async throws {
        let store = try ScriptedStore(Self.model(Fault(.error(name), probability: 1)))
        let outcome = await store.call("w")
        #expect(outcome.text.contains("#\(name.rawValue)\""))
        let statuses: [Fault.ErrorName: Int] = [.internalServerError: 500, .serviceUnavailable: 503]
        #expect(outcome.status == statuses[name, default: 400])
        #expect(store.script.committed.isEmpty)
        #expect(store.store.statistics.faults == 1)
    }

    @Test func anErrorAfterHasItsEffect() async throws {
        let store = try ScriptedStore(Self.model(Fault(.errorAfter, probability: 1)))
        #expect(await store.call("w") == .reply(status: 500, body: ErrorReply.internalServerError().body()))
        #expect(store.script.committed == ["w"])
    }

    @Test func aTimeoutHasNoEffect() async throws {
        let store = try ScriptedStore(Self.model(Fault(.timeout, probability: 1)))
        #expect(await store.call("w") == .silent)
        store.store.close()
        #expect(store.script.committed.isEmpty)
    }

    @Test func connectionsAreDroppedBeforeOrAfter() async throws {
        let store = try ScriptedStore(Self.model(Fault(.dropBefore, probability: 1)))
        #expect(await store.call("w") == .dropped)
        #expect(store.script.committed.isEmpty)
        store.store.service = Self.model(Fault(.dropAfter, probability: 1))
        #expect(await store.call("w") == .dropped)
        #expect(store.script.committed == ["w"])
    }

    @Test func aLateWriteIsDoneOnce() async throws {
        let store = try ScriptedStore(Self.model(Fault(.lateWrite(after: 30_000_000), probability: 1)))
        let before = Clock.monotonic
        let call = store.submit("late")
        #expect(await call.outcome == .silent)
        #expect(await store.call("count", .getItem).text == "0" || Clock.monotonic - before > 30_000_000)
        for _ in 0..<500 where store.script.committed.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(Clock.monotonic - before >= 30_000_000)
        #expect(await store.call("count", .getItem).text == "1")
        store.store.close()
        #expect(store.script.committed == ["late"])
        #expect(call.completions == 1)
    }

    @Test func closingDoesLateWrites() async throws {
        let store = try ScriptedStore(Self.model(Fault(.lateWrite(after: 300_000_000_000), probability: 1)))
        let calls = (0..<50).map { store.submit("w\($0)") }
        for call in calls { #expect(await call.outcome == .silent) }
        #expect(store.store.queue.unfinished.calls == 50)
        #expect(store.script.committed.isEmpty)
        store.store.close()
        #expect(store.script.committed == (0..<50).map { "w\($0)" })
    }

    @Test func lateWritesTakeRoom() async throws {
        let limit = CallQueue.Load(calls: 3, bytes: 1000)
        let late = Self.model(Fault(.lateWrite(after: 300_000_000_000), probability: 1))
        let store = try ScriptedStore(late, limit: limit)
        for number in 0..<3 { #expect(await store.call("w\(number)") == .silent) }
        #expect(await store.call("w3") == .overloaded)
    }

    @Test func faultsHitWhatTheyName() async throws {
        let store = try ScriptedStore(Self.model(Fault(.dropBefore, probability: 1, scope: .writes)))
        #expect(await store.call("r", .query).status == 200)
        #expect(await store.call("w", .updateItem) == .dropped)
        #expect(await store.call("w", .createTable) == .dropped)
        store.store.service = Self.model(Fault(.dropBefore, probability: 1, scope: .reads))
        #expect(await store.call("r", .query) == .dropped)
        #expect(await store.call("r", .getRecords) == .dropped)
        #expect(await store.call("w", .updateItem).status == 200)
        store.store.service = Self.model(Fault(.dropBefore, probability: 1, scope: .named([.scan])))
        #expect(await store.call("r", .query).status == 200)
        #expect(await store.call("r", .scan) == .dropped)
        store.store.service = Self.model(Fault(.lateWrite(after: 0), probability: 1))
        #expect(await store.call("r", .scan).status == 200)
    }

    @Test func faultsHitTheTablesTheyName() async throws {
        let store = try ScriptedStore(Self.model(Fault(.dropBefore, probability: 1, tables: ["One", "Two"])))
        #expect(await store.call(#"{"TableName":"One"}"#) == .dropped)
        #expect(await store.call(#"{"TableName":"One2"}"#).status == 200)
        #expect(await store.call(#"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/Two"}"#) == .dropped)
        let batch = #"{"RequestItems":{"Three":{"Keys":[]},"Two":{"Keys":[]}}}"#
        #expect(await store.call(batch, .batchGetItem) == .dropped)
        #expect(await store.call("{}", .listTables).status == 200)
        #expect(await store.call("not JSON").status == 200)
    }

    @Test func sharesAreAsAsked() throws {
        var dice = ServiceDice(
            Self.model(
                Fault(.timeout, probability: 0.1),
                Fault(.dropAfter, probability: 0.3),
                Fault(.dropBefore, probability: 0.2, scope: .reads),
                seed: 7
            )
        )
        var counts: [String: Int] = [:]
        for _ in 0..<10_000 {
            let fault = dice.fault(of: .putItem, [])
            counts[fault.map { "\($0)" } ?? "none", default: 0] += 1
        }
        #expect(Set(counts.keys) == ["timeout", "dropAfter", "none"])
        #expect(abs(Double(counts["timeout"] ?? 0) - 1000) < 150)
        #expect(abs(Double(counts["dropAfter"] ?? 0) - 3000) < 250)
    }

    @Test func aSeedRepeatsFaultsAndLatencies() throws {
        var model = Self.model(Fault(.timeout, probability: 0.5), Fault(.dropAfter, probability: 0.3), seed: 99)
        model.writeLatency = .lognormal(median: 1000, p99: 10_000)
        func run(_ model: ServiceModel, reads: Bool = false) -> (faults: [Fault.Kind?], delays: [UInt64]) {
            var dice = ServiceDice(model)
            var faults: [Fault.Kind?] = []
            var delays: [UInt64] = []
            for _ in 0..<200 {
                faults.append(dice.fault(of: .putItem, []))
                delays.append(dice.delay(of: .putItem))
                if reads { _ = dice.fault(of: .getItem, []) }
            }
            return (faults, delays)
        }
        #expect(run(model) == run(model))
        var other = model
        other.seed = 100
        #expect(run(other).faults != run(model).faults)
        // A latency does not change the faults,
        other = model
        other.writeLatency = .none
        #expect(run(other).faults == run(model).faults)
        // nor do calls that can't be hit.
        other.faults = other.faults.map { Fault($0.kind, probability: $0.probability, scope: .writes) }
        #expect(run(other, reads: true).faults == run(model).faults)
        other.seed = nil
        #expect(run(other).faults != run(other).faults)
    }

    @Test func aStoreRepeatsToo() async throws {
        func run() async throws -> [Bool] {
            let store = try ScriptedStore(Self.model(Fault(.dropBefore, probability: 0.5), seed: 5))
            var hits: [Bool] = []
            for number in 0..<50 { hits.append(await store.call("w\(number)") == .dropped) }
            store.store.service = store.store.service
            for number in 0..<50 { hits.append(await store.call("w\(number)") == .dropped) }
            return hits
        }
        let first = try await run()
        #expect(try await run() == first)
        #expect(Array(first[..<50]) == Array(first[50...]))
        #expect(first.contains(true) && first.contains(false))
    }

    @Test func switchingCountsForLaterCalls() async throws {
        let store = try ScriptedStore()
        #expect(await store.call("a").status == 200)
        var model = Self.model(Fault(.dropBefore, probability: 7))
        model.enforcesThroughput = true
        store.store.service = model
        #expect(store.store.service == model.bounded)
        #expect(await store.call("b") == .dropped)
        #expect(store.script.state.withLock { $0.model.enforcesThroughput })
        store.store.service = ServiceModel()
        #expect(await store.call("c").status == 200)
        #expect(store.script.state.withLock { !$0.model.enforcesThroughput })
        #expect(store.script.committed == ["a", "c"])
    }
}

@Suite struct ServiceLatencyTests {
    private static func model(reads: Latency = .none, writes: Latency = .none) -> ServiceModel {
        var model = ServiceModel()
        model.readLatency = reads
        model.writeLatency = writes
        return model
    }

    @Test func repliesWaitButEffectsDoNot() async throws {
        let store = try ScriptedStore(Self.model(writes: .fixed(60_000_000)))
        let start = Clock.monotonic
        let write = store.submit("w")
        #expect(await store.call("count", .getItem).text == "1")
        #expect(await write.outcome.text == "w")
        #expect(write.completedAt - start >= 60_000_000)
    }

    @Test func repliesOvertakeEachOther() async throws {
        let store = try ScriptedStore(Self.model(writes: .fixed(200_000_000_000)))
        let slow = store.submit("slow")
        _ = await store.call("count", .getItem)
        store.store.service = Self.model(writes: .fixed(1_000_000))
        let quick = store.submit("quick")
        #expect(await quick.outcome.status == 200)
        #expect(slow.completions == 0)
        store.store.close()
        #expect(await slow.outcome.status == 200)
        #expect(store.script.committed == ["slow", "quick"])
    }

    @Test func errorsAndDropsWaitToo() async throws {
        var model = Self.model(writes: .fixed(40_000_000))
        for kind in [Fault.Kind.error(.throttling), .dropBefore, .dropAfter, .errorAfter] {
            model.faults = [Fault(kind, probability: 1)]
            let store = try ScriptedStore(model)
            let start = Clock.monotonic
            _ = await store.call("w")
            #expect(Clock.monotonic - start >= 40_000_000)
        }
        model.faults = []
        let store = try ScriptedStore(model)
        let start = Clock.monotonic
        #expect(await store.call("refuse").status == 400)
        #expect(Clock.monotonic - start >= 40_000_000)
    }

    @Test func closingAnswersAtOnce() async throws {
        let store = try ScriptedStore(Self.model(writes: .fixed(200_000_000_000)))
        let calls = (0..<20).map { store.submit("w\($0)") }
        store.store.close()
        #expect(calls.allSatisfy { $0.completions == 1 })
        for (number, call) in calls.enumerated() { #expect(await call.outcome.text == "w\(number)") }
    }

    @Test func waitingRepliesTakeRoom() async throws {
        let limit = CallQueue.Load(calls: 100, bytes: 2500)
        let store = try ScriptedStore(Self.model(reads: .fixed(200_000_000_000)), limit: limit)
        let (_, calls) = store.whileHeld { (0..<4).map { _ in store.submit("big", .getItem) } }
        for _ in 0..<200 where store.store.queue.unfinished.bytes < 2500 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await store.call("w") == .overloaded)
        store.store.close()
        for call in calls { #expect(await call.outcome.text.utf8.count == 1000) }
    }

    @Test func tooManyBytesOfRepliesAreNotMade() async throws {
        let limit = CallQueue.Load(calls: 100, bytes: 2500)
        let pace = ServiceLoop.Pace(batchCalls: 1, batchTime: .max)
        let store = try ScriptedStore(Self.model(reads: .fixed(200_000_000_000)), pace: pace, limit: limit)
        let (_, calls) = store.whileHeld { (0..<10).map { _ in store.submit("big", .getItem) } }
        for call in calls[3...] { #expect(await call.outcome == .overloaded) }
        store.store.close()
        for call in calls[..<3] { #expect(await call.outcome.status == 200) }
    }
}
