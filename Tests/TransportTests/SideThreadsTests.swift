import Foundation
import Synchronization
import Testing

@testable import Transport

/// Work done beside a reactor.
@Suite(.timeLimit(.minutes(1)))
struct SideThreadsTests {
    /// Runs a reactor on this thread until `start` has called what it is given.
    private func run(_ start: @escaping (Reactor, @escaping () -> Void) -> SideThreads) throws {
        let reactor = try Reactor()
        var side: SideThreads?
        reactor.schedule(after: 0) { side = start(reactor, { reactor.stop() }) }
        reactor.run()
        withExtendedLifetime(side) {}
    }

    @Test func resultsComeInOrderOnTheReactorsThread() throws {
        let here = pthread_self()
        var results: [Int] = []
        try run { reactor, done in
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            for number in 0..<50 {
                side.run(for: 1, bytes: 1) {
                    number + (pthread_equal(here, pthread_self()) == 0 ? 100 : 0)
                } then: { result in
                    #expect(pthread_equal(here, pthread_self()) != 0)
                    results.append(result)
                    if results.count == 50 { done() }
                }
            }
            #expect(results.isEmpty)
            return side
        }
        #expect(results == Array(100..<150))
    }

    @Test func boundsWhatWaits() throws {
        let goesOn = DispatchSemaphore(value: 0)
        var left: [Int] = []
        try run { reactor, done in
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            func run(_ party: UInt64, _ bytes: Int) {
                side.run(for: party, bytes: bytes) {
                    goesOn.wait()
                } then: {
                    left.append(side.bytes)
                    if left.count == 3 { done() }
                }
            }
            // The first may be larger.
            #expect(side.hasRoom(for: 1000, of: 1))
            run(1, 60)
            // One that is alone gets four fifths of the room.
            #expect(side.hasRoom(for: 20, of: 1))
            #expect(!side.hasRoom(for: 21, of: 1))
            // What comes without being asked for, such as a reply, counts all the same.
            run(1, 25)
            #expect(!side.hasRoom(for: 0, of: 1))
            // There is room left for others, but less.
            run(2, 5)
            #expect(side.hasRoom(for: 3, of: 2))
            #expect(!side.hasRoom(for: 8, of: 2))
            #expect(side.hasRoom(for: 1000, of: 3))
            #expect(side.bytes == 90)
            for _ in 0..<3 { goesOn.signal() }
            return side
        }
        #expect(left == [30, 25, 0])
    }

    /// Who ran when, after one job of party 1 has held its thread until all others were queued.
    private func order(
        _ jobs: [(party: UInt64, cost: Int)],
        held: Int
    ) throws -> [UInt64] {
        let (isHeld, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let ran = Mutex<[UInt64]>([])
        try run { reactor, done in
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            var left = jobs.count + 1
            func landed() {
                left -= 1
                if left == 0 { done() }
            }
            side.run(for: 1, bytes: 1, cost: held) {
                isHeld.signal()
                goesOn.wait()
                ran.withLock { $0.append(1) }
            } then: {
                landed()
            }
            isHeld.wait()
            for job in jobs {
                side.run(for: job.party, bytes: 1, cost: job.cost) {
                    ran.withLock { $0.append(job.party) }
                } then: {
                    landed()
                }
            }
            goesOn.signal()
            return side
        }
        return ran.withLock { $0 }
    }

    /// A party with a full queue of large work holds up another's by one job.
    @Test(arguments: [SideThreads.shortBytes, SideThreads.shortBytes + 1, 16 << 20])
    func partiesTakeTurns(cost: Int) throws {
        let jobs = Array(repeating: (party: UInt64(1), cost: cost), count: 50)
        #expect(try order(jobs + [(2, cost), (3, cost)], held: cost).prefix(4) == [1, 2, 3, 1])
    }

    @Test func theTurnsAreOfBytes() throws {
        let large = Array(repeating: (party: UInt64(1), cost: 16 << 20), count: 10)
        let smaller = Array(repeating: (party: UInt64(2), cost: 1 << 20), count: 40)
        let ran = try order(large + smaller, held: 16 << 20)
        // After the first one of 16 MB as many bytes of the other party, and so on.
        #expect(ran.prefix(34).filter { $0 == 1 }.count == 2)
    }

    /// While a thread is at work on what is long, and its queue is full of it, what is short is done.
    @Test func shortWorkDoesNotWaitForLong() throws {
        let goesOn = DispatchSemaphore(value: 0)
        var landed: [String] = []
        try run { reactor, done in
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            for _ in 0..<20 {
                side.run(for: 1, bytes: 16 << 20) {
                    goesOn.wait()
                } then: {
                    landed.append("long")
                    if landed.count == 21 { done() }
                }
            }
            // Of the same party too.
            side.run(for: 1, bytes: SideThreads.shortBytes) {
            } then: {
                landed.append("short")
                for _ in 0..<20 { goesOn.signal() }
            }
            return side
        }
        #expect(landed == ["short"] + Array(repeating: "long", count: 20))
    }

    @Test func theReactorGoesOnMeanwhile() throws {
        let goesOn = DispatchSemaphore(value: 0)
        var turns = 0
        try run { reactor, done in
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            side.run(for: 1, bytes: 1) {
                goesOn.wait()
            } then: {
                #expect(turns == 20)
                done()
            }
            func turn() {
                turns += 1
                if turns < 20 { reactor.schedule(after: 0) { turn() } } else { goesOn.signal() }
            }
            reactor.schedule(after: 0) { turn() }
            return side
        }
    }

    /// What is under way when it goes is finished, its result dropped; what waits is not begun.
    @Test func endsWhenReleased() throws {
        let isBegun = DispatchSemaphore(value: 0)
        let goesOn = DispatchSemaphore(value: 0)
        let isOver = DispatchSemaphore(value: 0)
        let begun = Atomic(0)
        final class Token: Sendable {
            let onEnd: @Sendable () -> Void
            init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
            deinit { onEnd() }
        }
        do {
            let reactor = try Reactor()
            let side = SideThreads(reactor: reactor, byteLimit: 100)
            let token = Token { isOver.signal() }
            side.run(for: 1, bytes: 1) {
                isBegun.signal()
                goesOn.wait()
                withExtendedLifetime(token) {}
            } then: {
                Issue.record("a dropped result was told")
            }
            side.run(for: 1, bytes: 1) {
                begun.add(1, ordering: .relaxed)
            } then: {
            }
            isBegun.wait()
        }
        goesOn.signal()
        #expect(isOver.wait(timeout: .now() + 5) == .success)
        #expect(begun.load(ordering: .relaxed) == 0)
    }
}
