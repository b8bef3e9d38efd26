import DynamoDB
import Testing

@testable import TableStore

/// What becomes of calls whose transaction fails.
@Suite struct EmbeddedTransactionTests {
    private static let internalError = ErrorReply.internalServerError()

    @Test func aRequestsErrorLeavesItsNeighbours() async throws {
        let store = try ScriptedStore()
        let (_, calls) = store.whileHeld { ["a", "refuse", "b"].map { store.submit($0) } }
        #expect(await calls[0].outcome.status == 200)
        let refusal = ErrorReply.validation("no")
        #expect(await calls[1].outcome == .reply(status: 400, body: refusal.body()))
        #expect(await calls[2].outcome.status == 200)
        #expect(store.script.committed == ["a", "b"])
        #expect(store.script.state.withLock { $0.rollbacks } == 0)
    }

    @Test(arguments: ["fail", "500"]) func aFailureIsOneCallsAlone(_ kind: String) async throws {
        let store = try ScriptedStore()
        let (_, calls) = store.whileHeld { ["a", "count", kind, "b", "count"].map { store.submit($0) } }
        #expect(await calls[0].outcome.text == "a")
        #expect(await calls[1].outcome.text == "1")
        #expect(await calls[2].outcome == .reply(status: 500, body: Self.internalError.body()))
        #expect(await calls[3].outcome.text == "b")
        #expect(await calls[4].outcome.text == "2")
        #expect(store.script.committed == ["a", "b"])
    }

    @Test func aFailedCommitIsTriedAgain() async throws {
        let store = try ScriptedStore()
        let held = store.whileHeld {
            // That of the call that holds, and that of the three.
            store.script.state.withLock { $0.failingCommits = 2 }
            return ["a", "count", "b"].map { store.submit($0) }
        }
        #expect(await held.hold.outcome.status == 500)
        for call in held.value { #expect(await call.outcome.status == 200) }
        #expect(await held.value[1].outcome.text == "1")
        #expect(store.script.committed == ["a", "b"])
        #expect(store.script.state.withLock { $0.rollbacks } == 2)
    }

    @Test func whatCantBeCommittedIsNotAnswered() async throws {
        let store = try ScriptedStore()
        let held = store.whileHeld {
            store.script.state.withLock { $0.failingCommits = 1000 }
            return ["a", "count", "b"].map { store.submit($0) }
        }
        for call in held.value { #expect(await call.outcome == .reply(status: 500, body: Self.internalError.body())) }
        #expect(store.script.committed.isEmpty)
        store.script.state.withLock { $0.failingCommits = 0 }
        #expect(await store.call("count").text == "0")
    }

    @Test func aTransactionThatDoesNotBeginAnswersAll() async throws {
        let store = try ScriptedStore()
        let held = store.whileHeld {
            store.script.state.withLock { $0.failingBegins = 1000 }
            return ["a", "count", "b"].map { store.submit($0) }
        }
        for call in held.value { #expect(await call.outcome.status == 500) }
        store.script.state.withLock { $0.failingBegins = 0 }
        #expect(await store.call("c").status == 200)
        #expect(store.script.committed == ["c"])
    }
}
