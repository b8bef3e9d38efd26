import Testing

@testable import Proxy

@Suite struct EnforcementQueueTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000
    private static let start = 1_000 * second

    private let limits = TenantLimits(burst: 0)

    private func queue(length: Int = 1_000, bytes: Int = 1 << 20) -> TenantQueue<Int> {
        TenantQueue(limits: limits, settings: ThrottlingSettings(queueLength: length), byteLimit: bytes)
    }

    private func setRates(reads: Double = .infinity, writes: Double = .infinity, egress: Double = .infinity) {
        limits.setRates(
            EnforcedRates(readUnits: reads, writeUnits: writes, egressBytes: egress),
            now: Self.start
        )
    }

    /// All that can be done at a time: the passed, and the refused as negative numbers.
    private func drain(_ queue: inout TenantQueue<Int>, now: UInt64, gone: Set<Int> = []) -> [Int] {
        var result: [Int] = []
        while let step = queue.next(now: now, isGone: gone.contains) {
            switch step {
            case .pass(let number, _): result.append(number)
            case .refuse(let number, _): result.append(-number)
            }
        }
        return result
    }

    @Test func `requests pass in order, at the rate`() {
        setRates(reads: 10)
        var queue = queue()
        let now = Self.start
        #expect(queue.arrive(1, in: .reads, cost: 1, bytes: 10, arrival: now, now: now) == .passes)
        for number in 2...6 {
            #expect(queue.arrive(number, in: .reads, cost: 1, bytes: 10, arrival: now, now: now) == .waits)
        }
        #expect(queue.count == 5 && queue.bytes == 50)
        #expect(queue.pause(now: now) == 100 * Self.millisecond)
        #expect(drain(&queue, now: now + 99 * Self.millisecond) == [])
        for number in 2...6 {
            #expect(drain(&queue, now: now + UInt64(number - 1) * 100 * Self.millisecond) == [number])
        }
        #expect(queue.isEmpty && queue.bytes == 0 && queue.pause(now: now) == nil)
    }

    @Test func `whoever can't be served in time is refused at once`() {
        setRates(reads: 10)
        var queue = queue()
        let now = Self.start
        // One passes and is owed for; nine more are served within the second.
        let outcomes = (0..<15).map { queue.arrive($0, in: .reads, cost: 1, bytes: 0, arrival: now, now: now) }
        #expect(outcomes.prefix(10) == [.passes] + Array(repeating: .waits, count: 9))
        #expect(outcomes.dropFirst(10).allSatisfy { $0 == .isRefused })
        // Others of the tenant that need none of it pass.
        #expect(queue.arrive(20, in: .writes, cost: 1, bytes: 0, arrival: now, now: now) == .passes)
        #expect(queue.arrive(21, in: .cached, cost: 0, bytes: 0, arrival: now, now: now) == .passes)
    }

    @Test func `a cost that is larger than was estimated makes the others late`() {
        setRates(reads: 10)
        var queue = queue()
        let now = Self.start
        for number in 1...4 { _ = queue.arrive(number, in: .reads, cost: 1, bytes: 0, arrival: now, now: now) }
        limits.reads.charge(20, now: now)
        #expect(drain(&queue, now: now + 999 * Self.millisecond) == [])
        #expect(drain(&queue, now: now + Self.second) == [-2, -3, -4])
    }

    @Test func `number and bytes are bounded`() {
        setRates(reads: 100)
        var short = queue(length: 3)
        let now = Self.start
        let outcomes = (0..<6).map { short.arrive($0, in: .reads, cost: 1, bytes: 0, arrival: now, now: now) }
        #expect(outcomes == [.passes, .waits, .waits, .waits, .isRefused, .isRefused])
        var narrow = queue(bytes: 100)
        #expect(narrow.arrive(1, in: .reads, cost: 1, bytes: 60, arrival: now, now: now) == .waits)
        #expect(narrow.arrive(2, in: .reads, cost: 1, bytes: 60, arrival: now, now: now) == .isRefused)
        #expect(narrow.arrive(3, in: .reads, cost: 1, bytes: 40, arrival: now, now: now) == .waits)
    }

    @Test func `a request can wait twice, but not for longer`() {
        setRates(reads: 10, egress: 1_000)
        var queue = queue()
        let now = Self.start
        limits.egress.charge(500, now: now)
        #expect(queue.arrive(1, in: .cached, cost: 0, bytes: 0, arrival: now, now: now) == .waits)
        let later = now + 500 * Self.millisecond
        #expect(drain(&queue, now: later) == [1])
        limits.reads.charge(6, now: later)
        #expect(queue.arrive(1, in: .reads, cost: 1, bytes: 0, arrival: now, now: later) == .isRefused)
        #expect(queue.arrive(2, in: .reads, cost: 1, bytes: 0, arrival: later, now: later) == .waits)
    }

    @Test func `bytes owed hold everything back, units only their own kind`() {
        setRates(reads: 10, writes: 10, egress: 1_000)
        var queue = queue()
        let now = Self.start
        limits.egress.charge(100, now: now)
        for (number, lane) in [(1, TenantQueue<Int>.Lane.reads), (2, .writes), (3, .cached)] {
            #expect(queue.arrive(number, in: lane, cost: 1, bytes: 0, arrival: now, now: now) == .waits)
        }
        #expect(drain(&queue, now: now + 99 * Self.millisecond) == [])
        #expect(Set(drain(&queue, now: now + 100 * Self.millisecond)) == [1, 2, 3])
    }

    @Test func `lanes take turns`() {
        setRates(egress: 1_000)
        var queue = queue()
        let now = Self.start
        limits.egress.charge(100, now: now)
        for number in 1...3 {
            _ = queue.arrive(number, in: .reads, cost: 1, bytes: 0, arrival: now, now: now)
            _ = queue.arrive(number + 10, in: .writes, cost: 1, bytes: 0, arrival: now, now: now)
        }
        #expect(drain(&queue, now: now + Self.second / 2) == [1, 11, 2, 12, 3, 13])
    }

    @Test func `clients that have gone cost nothing`() {
        setRates(reads: 10)
        var queue = queue()
        let now = Self.start
        for number in 1...4 { _ = queue.arrive(number, in: .reads, cost: 1, bytes: 7, arrival: now, now: now) }
        #expect(drain(&queue, now: now + 100 * Self.millisecond, gone: [2, 3]) == [4])
        #expect(queue.isEmpty && queue.bytes == 0)
    }

    @Test func `at a rate of nothing all are refused, and a rate that rises is noticed`() {
        setRates(writes: 0)
        var queue = queue()
        let now = Self.start
        #expect(queue.arrive(1, in: .writes, cost: 1, bytes: 0, arrival: now, now: now) == .isRefused)
        setRates(writes: 10)
        _ = queue.arrive(1, in: .writes, cost: 1, bytes: 0, arrival: now, now: now)
        #expect(queue.arrive(2, in: .writes, cost: 1, bytes: 0, arrival: now, now: now) == .waits)
        setRates(writes: 0)
        #expect(drain(&queue, now: now + Self.millisecond) == [])
        #expect((queue.pause(now: now) ?? .max) <= 100 * Self.millisecond)
        setRates()
        #expect(drain(&queue, now: now + 2 * Self.millisecond) == [2])
    }

    @Test func `when the proxy stops all that wait are refused`() {
        setRates(reads: 10, writes: 10)
        var queue = queue()
        let now = Self.start
        for number in 1...3 {
            _ = queue.arrive(number, in: .reads, cost: 1, bytes: 0, arrival: now, now: now)
            _ = queue.arrive(number + 10, in: .writes, cost: 1, bytes: 0, arrival: now, now: now)
        }
        var refused: [Int] = []
        while case .refuse(let number, _)? = queue.refuseNext() { refused.append(number) }
        #expect(refused == [2, 3, 12, 13] && queue.isEmpty)
    }

    /// Reads of 8 KB, eventually consistent, that are thought to cost half a unit until the first is answered.
    @Test func `settled by the true cost, the rate is the tenant's`() {
        setRates(reads: 100)
        var queue = queue()
        let costs = TenantMeter()
        var inFlight: [(number: Int, charged: Double, until: UInt64)] = []
        var served = 0
        var next = 0
        for tick in UInt64(0)..<10_000 {
            let now = Self.start + tick * Self.millisecond
            for call in inFlight where call.until <= now {
                limits.reads.charge(1 - call.charged, now: now)
                costs.lane(0) { $0.costs.learn(1, of: .getItem, items: 1) }
                served += 1
            }
            inFlight.removeAll { $0.until <= now }
            let estimate = costs.lane(0) { $0.costs.estimate(.getItem, items: 1, body: 80) }
            // 500 a second are asked for.
            if tick % 2 == 0 {
                next += 1
                if queue.arrive(next, in: .reads, cost: estimate, bytes: 0, arrival: now, now: now) == .passes {
                    inFlight.append((next, estimate, now + 5 * Self.millisecond))
                }
            }
            for number in drain(&queue, now: now) where number > 0 {
                inFlight.append((number, estimate, now + 5 * Self.millisecond))
            }
        }
        #expect((985...1_010).contains(served), "\(served) reads of one unit in ten seconds at 100 a second")
    }

    @Test func `a queue keeps its order over many elements`() {
        var fifo = FIFO<Int>()
        var (pushed, popped) = (0, 0)
        for round in 0..<500 {
            for _ in 0..<(round % 7) {
                fifo.append(pushed)
                pushed += 1
            }
            for _ in 0..<(round % 5) {
                guard let first = fifo.first else { break }
                #expect(first == popped && fifo.popFirst() == popped)
                popped += 1
            }
            #expect(fifo.count == pushed - popped && fifo.isEmpty == (pushed == popped))
        }
    }

    // MARK: - Turns at the upstream

    @Test func `tenants take turns for connections`() {
        var shares = CallShares<String>(limit: 2, waitingLimit: 20)
        #expect(shares.arrive("a1", of: 1, deadline: 100) == .starts)
        #expect(shares.arrive("a2", of: 1, deadline: 100) == .starts)
        for number in 3...12 { #expect(shares.arrive("a\(number)", of: 1, deadline: 100) == .waits) }
        #expect(shares.arrive("a13", of: 1, deadline: 100) == .isRefused, "one may have half of what waits")
        #expect(shares.arrive("b1", of: 2, deadline: 100) == .waits)
        #expect(shares.arrive("b2", of: 2, deadline: 100) == .waits)
        #expect(shares.next(now: 0) == nil)
        var started: [String] = []
        for _ in 0..<5 {
            shares.end()
            while let (call, isLate) = shares.next(now: 0) { started.append(isLate ? "late" : call) }
        }
        #expect(started == ["a3", "b1", "a4", "b2", "a5"])
        shares.end()
        var late = 0
        while let (_, isLate) = shares.next(now: 100) { late += isLate ? 1 : 0 }
        #expect(late == 7 && shares.waitingCount == 0)
        #expect(shares.arrive("c", of: 3, deadline: 200) == .starts)
        #expect(shares.arrive("d", of: 3, deadline: 200) == .waits)
        #expect(shares.giveUpNext() == "d" && shares.giveUpNext() == nil)
    }
}
