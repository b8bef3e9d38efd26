import Foundation
import Synchronization
import Testing

@testable import Transport

/// Work done beside a reactor.
@Suite(.timeLimit(.minutes(1)))
struct SideThreadTests {
    /// Runs a reactor on this thread until `start` has called what it is given.
    private func run(_ start: @escaping (Reactor, @escaping () -> Void) -> SideThread) throws {
        let reactor = try Reactor()
        var side: SideThread?
        reactor.schedule(after: 0) { side = start(reactor, { reactor.stop() }) }
        reactor.run()
        withExtendedLifetime(side) {}
    }

    @Test func resultsComeInOrderOnTheReactorsThread() throws {
        let here = pthread_self()
        var results: [Int] = []
        try run { reactor, done in
            let side = SideThread(reactor: reactor, byteLimit: 100)
            for number in 0..<50 {
                side.run(bytes: 1) {
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
        try run { reactor, done in
            let side = SideThread(reactor: reactor, byteLimit: 100)
            // Alone, one may be larger.
            #expect(side.hasRoom(for: 1000))
            side.run(bytes: 60) {
            } then: {
                #expect(side.bytes == 40)
            }
            #expect(side.hasRoom(for: 40))
            #expect(!side.hasRoom(for: 41))
            side.run(bytes: 40) {
            } then: {
                #expect(side.bytes == 0)
                done()
            }
            #expect(side.bytes == 100)
            return side
        }
    }

    @Test func theReactorGoesOnMeanwhile() throws {
        let goesOn = DispatchSemaphore(value: 0)
        var turns = 0
        try run { reactor, done in
            let side = SideThread(reactor: reactor, byteLimit: 100)
            side.run(bytes: 1) {
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
            let side = SideThread(reactor: reactor, byteLimit: 100)
            let token = Token { isOver.signal() }
            side.run(bytes: 1) {
                isBegun.signal()
                goesOn.wait()
                withExtendedLifetime(token) {}
            } then: {
                Issue.record("a dropped result was told")
            }
            side.run(bytes: 1) {
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
