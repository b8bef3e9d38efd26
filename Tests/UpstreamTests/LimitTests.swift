import Foundation
import Testing
import Transport

@testable import Upstream

@Suite("Waiting, limits and the end", .serialized)
struct LimitTests {
    @Test func manyCallsShareFewConnections() throws {
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        let calls = try (0..<200).map { index in
            try UpstreamCall.to(server, body: "call \(index)") { $0.maxConnections = 4 }
        }
        let results = harness.results(of: calls)
        for (index, result) in results.enumerated() {
            #expect(try result?.get().text == "call \(index)")
        }
        #expect(server.connections <= 4)
        #expect(server.requests.count == 200)
        #expect(harness.upstream.callsUnderWay == 0)
        #expect(harness.upstream.callsWaiting == 0)
    }

    @Test func waitingCallsAreSentInOrder() throws {
        let server = try ScriptedServer(echo)
        let calls = try (0..<50).map { index in
            try UpstreamCall.to(server, body: "\(index)") { $0.maxConnections = 1 }
        }
        #expect(try Harness().results(of: calls).count { $0 != nil } == 50)
        #expect(server.requests.map { String(decoding: $0.body, as: UTF8.self) } == (0..<50).map(String.init))
    }

    @Test func fullQueueRefuses() throws {
        let server = try ScriptedServer(echo)
        var limits = UpstreamLimits()
        limits.waitingCalls = 3
        let calls = try (0..<8).map { _ in try UpstreamCall.to(server) { $0.maxConnections = 2 } }
        let results = try Harness(limits: limits).results(of: calls)
        for (index, result) in results.enumerated() {
            switch try #require(result) {
            case .success: #expect(index < 5)
            case .failure(let failure):
                #expect(index >= 5)
                #expect(failure.kind == .overloaded)
                #expect(!failure.mayHaveBeenSent)
            }
        }
        #expect(server.requests.count == 5)
    }

    @Test func deadlineCoversWaiting() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            sleep(2)
        }
        let calls = try (0..<3).map { index in
            try UpstreamCall.to(server, body: "\(index)") {
                $0.maxConnections = 1
                $0.totalTimeout = 250_000_000
            }
        }
        let results = try Harness().results(of: calls)
        for (index, result) in results.enumerated() {
            guard case .failure(let failure) = result else {
                Issue.record("call \(index) did not fail")
                continue
            }
            #expect(failure.kind == .timeout)
            #expect(failure.mayHaveBeenSent == (index == 0))
        }
        #expect(server.connections == 1)
    }

    /// An endpoint in trouble holds up nobody else's calls.
    @Test func endpointsDoNotShareConnections() throws {
        let stuck = try ScriptedServer { _ in sleep(1) }
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        for _ in 0..<20 {
            harness.upstream.send(
                try .to(stuck) {
                    $0.maxConnections = 2
                    $0.totalTimeout = 400_000_000
                }
            ) { _ in }
        }
        #expect(try harness.reply(to: .to(server)).status == 200)
        #expect(harness.upstream.callsUnderWay == 2)
        #expect(harness.upstream.callsWaiting == 18)
        harness.run(seconds: 0.6)
        #expect(harness.upstream.callsUnderWay == 0)
        #expect(harness.upstream.callsWaiting == 0)
    }

    @Test func shutdownFailsEverything() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            sleep(2)
        }
        let harness = try Harness()
        var failures: [UpstreamFailure] = []
        for _ in 0..<4 {
            harness.upstream.send(try .to(server) { $0.maxConnections = 2 }) { result in
                if case .failure(let failure) = result { failures.append(failure) }
            }
        }
        // Known inside `send`, to be told later: it too must be told exactly once.
        var invalid = try UpstreamCall.to(server)
        invalid.target = "\r\n"
        harness.upstream.send(invalid) { result in
            if case .failure(let failure) = result { failures.append(failure) }
        }
        harness.reactor.schedule(after: 200_000_000) { [harness] in
            let before = failures.count
            harness.upstream.shutdown()
            #expect(failures.count == before + 4)
            harness.upstream.shutdown()
            #expect(failures.count == before + 4)
            harness.reactor.stop()
        }
        harness.run(seconds: 5)
        #expect(failures.count == 5)
        #expect(failures.count { $0.kind == .shutdown && $0.mayHaveBeenSent } == 2)
        #expect(failures.count { $0.kind == .shutdown && !$0.mayHaveBeenSent } == 2)
        let late = try harness.failure(of: .to(server))
        #expect(late.kind == .shutdown)
        #expect(!late.mayHaveBeenSent)
    }

    @Test func shutdownInsideACompletion() throws {
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        var told = 0
        for index in 0..<10 {
            harness.upstream.send(try .to(server) { $0.maxConnections = 3 }) { [harness] _ in
                told += 1
                if index == 0 { harness.upstream.shutdown() }
                if told == 10 { harness.reactor.stop() }
            }
        }
        harness.run(seconds: 5)
        #expect(told == 10)
    }

    @Test func sendInsideACompletion() throws {
        let server = try ScriptedServer(echo)
        let harness = try Harness()
        var depth = 0
        func again() throws {
            harness.upstream.send(try .to(server)) { [harness] result in
                depth += 1
                if depth == 10 { harness.reactor.stop() } else { try? again() }
            }
        }
        try again()
        harness.run(seconds: 5)
        #expect(depth == 10)
        #expect(server.connections == 1)
    }

    @Test func droppedUpstreamTellsItsCallers() throws {
        let server = try ScriptedServer { _ in sleep(1) }
        let reactor = try Reactor()
        var upstream: HTTPUpstream? = try HTTPUpstream(reactor: reactor)
        var told = 0
        for _ in 0..<3 {
            upstream?.send(try .to(server)) { _ in told += 1 }
        }
        upstream = nil
        #expect(told == 3)
    }

    @Test func queueKeepsOrder() {
        var queue = Queue<Int>()
        var next = 0
        for round in 0..<1_000 {
            queue.append(round * 2)
            queue.append(round * 2 + 1)
            if round % 3 != 0 {
                #expect(queue.first == next)
                #expect(queue.popFirst() == next)
                next += 1
            }
        }
        while let element = queue.popFirst() {
            #expect(element == next)
            next += 1
        }
        #expect(next == 2_000)
        #expect(queue.isEmpty)
    }
}
