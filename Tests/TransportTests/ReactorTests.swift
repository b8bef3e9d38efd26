import Foundation
import Testing

@testable import Transport

struct TimerHeapTests {
    /// Against a sorted list, with random insertions and cancellations.
    @Test func firesInOrder() {
        var random = SystemRandomNumberGenerator()
        var heap = TimerHeap()
        var expected: [(deadline: UInt64, number: Int, timer: Transport.Timer)] = []
        var fired: [Int] = []
        for number in 0..<2000 {
            if number % 3 == 2, let index = expected.indices.randomElement() {
                heap.cancel(expected.remove(at: index).timer)
            }
            let deadline = UInt64.random(in: 0..<500, using: &random)
            let timer = heap.insert(deadline: deadline) { fired.append(number) }
            expected.append((deadline, number, timer))
        }
        #expect(heap.count == expected.count)
        for now in UInt64(0)..<500 {
            while let action = heap.popDue(now: now, horizon: .max) {
                action()
            }
        }
        expected.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        #expect(fired == expected.map(\.number))
        #expect(heap.count == 0)
    }

    @Test func spentTokensCancelNothing() {
        var heap = TimerHeap()
        let first = heap.insert(deadline: 1) {}
        heap.cancel(first)
        let second = heap.insert(deadline: 1) {}
        heap.cancel(first)
        #expect(heap.count == 1)
        #expect(heap.popDue(now: 0, horizon: .max) == nil)
        #expect(heap.popDue(now: 1, horizon: .max) != nil)
        heap.cancel(second)
        #expect(heap.count == 0)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ReactorTests {
    @Test func runsTimersInOrderAndStops() throws {
        let reactor = try Reactor()
        var fired: [Int] = []
        let start = reactor.now
        reactor.schedule(after: 30_000_000) {
            fired.append(3)
            reactor.stop()
        }
        reactor.schedule(after: 10_000_000) { fired.append(1) }
        let cancelled = reactor.schedule(after: 15_000_000) { fired.append(0) }
        reactor.schedule(after: 20_000_000) {
            fired.append(2)
            reactor.cancel(cancelled)
        }
        reactor.cancel(cancelled)
        reactor.run()
        #expect(fired == [1, 2, 3])
        #expect(reactor.now - start >= 30_000_000)
        #expect(abs(reactor.wallClock - Int64(time(nil))) < 2)
    }

    @Test func timerThatRepeatsWithoutDelayLetsOthersRun() throws {
        let reactor = try Reactor()
        var turns = 0
        func again() {
            turns += 1
            reactor.schedule(after: 0, again)
        }
        again()
        reactor.schedule(after: 5_000_000) { reactor.stop() }
        reactor.run()
        #expect(turns > 1)
    }

    @Test func deliversMessagesOfOtherThreadsInOrder() throws {
        let reactor = try Reactor()
        var received: [[Int]] = [[], []]
        let mailbox = reactor.mailbox { [unowned reactor] (message: (sender: Int, number: Int)) in
            received[message.sender].append(message.number)
            if received.allSatisfy({ $0.count == 10_000 }) {
                reactor.stop()
            }
        }
        for sender in 0..<2 {
            Thread.detachNewThread {
                for number in 0..<10_000 {
                    mailbox.send((sender, number))
                }
            }
        }
        reactor.run()
        #expect(received == [Array(0..<10_000), Array(0..<10_000)])
    }

    @Test func messagesToAReactorThatIsGoneAreDropped() throws {
        var reactor: Reactor? = try Reactor()
        let mailbox = reactor?.mailbox { (_: Int) in }
        reactor = nil
        mailbox?.send(1)
        #expect(mailbox?.take().isEmpty == true)
    }

    private final class Recorder: ReadinessHandler {
        var seen: [Readiness] = []
        var action: (Readiness) -> Void = { _ in }
        func ready(_ events: Readiness) {
            seen.append(events)
            action(events)
        }
    }

    @Test func tellsReadiness() throws {
        let reactor = try Reactor()
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { close(ends[0]) }
        let recorder = Recorder()
        try reactor.watch(ends[0], [.read, .write], recorder)
        recorder.action = { [unowned reactor, unowned recorder] events in
            if events == .write {
                // Nothing but a change of the other side is of interest now.
                try? reactor.watch(ends[0], .read, recorder)
                reactor.schedule(after: 1_000_000) { close(ends[1]) }
            } else {
                reactor.unwatch(ends[0])
                reactor.schedule(after: 5_000_000) { [unowned reactor] in reactor.stop() }
            }
        }
        reactor.run()
        #expect(recorder.seen == [.write, [.read, .failed]])
        #expect(throws: TransportError.self) { try reactor.watch(-1, .read, recorder) }
        #expect(throws: TransportError.self) { try reactor.watch(.max, .read, recorder) }
    }

    /// Two descriptors are ready in one turn; the first handler closes the second and opens another in its place.
    @Test func eventsOfAClosedDescriptorDoNotReachItsSuccessor() throws {
        let reactor = try Reactor()
        var pipes: [[Int32]] = []
        for _ in 0..<2 {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            write(ends[1], "x", 1)
            pipes.append(ends)
        }
        let successor = Recorder()
        var replaced: Int32 = -1
        let recorders = [Recorder(), Recorder()]
        for (index, recorder) in recorders.enumerated() {
            recorder.action = { [unowned reactor] _ in
                reactor.unwatch(pipes[index][0])
                let other = pipes[1 - index][0]
                reactor.unwatch(other)
                var quiet: [Int32] = [0, 0]
                #expect(pipe(&quiet) == 0)
                dup2(quiet[0], other)
                replaced = other
                try? reactor.watch(other, .read, successor)
            }
            try reactor.watch(pipes[index][0], .read, recorder)
        }
        reactor.schedule(after: 10_000_000) { reactor.stop() }
        reactor.run()
        #expect(replaced >= 0)
        #expect(recorders.map(\.seen.count).reduce(0, +) == 1)
        #expect(successor.seen.isEmpty)
    }
}
