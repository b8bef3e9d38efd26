import Foundation
import Synchronization
import Testing

@testable import Proxy

/// Many clients of two tenants read and write a few keys at once, through an upstream that delays, reorders, fails,
/// times out, applies late and reads stale.
///
/// After a write has been acknowledged, nothing older may come from the cache.
///
/// The upstream numbers every write. A reader notes the highest number acknowledged for the key before it asks; what it
/// is then given must be that write's or a later one's.
@Suite(.serialized) struct RandomisedCoherenceTests {
    /// Each of the two runs; fewer where a sanitizer makes them slow.
    private static let operations =
        ProcessInfo.processInfo.environment["LEVERET_COHERENCE_OPERATIONS"].flatMap { Int($0) } ?? 110_000
    private static let threads = 16
    private static let keys = 40
    private static let seed: UInt64 = 0x1EE7

    /// What every thread shares.
    private final class Board: Sendable {
        let acknowledged = Mutex<[Int]>(Array(repeating: 0, count: RandomisedCoherenceTests.keys))
        let faults = Mutex<[String]>([])
        let tally = Mutex<[String: Int]>([:])
        let unknownOutcomes = Atomic<Int>(0)
        private let remaining = Atomic<Int>(RandomisedCoherenceTests.operations)

        func takeOperation() -> Bool {
            remaining.subtract(1, ordering: .relaxed).newValue >= 0
        }

        func acknowledge(_ key: Int, _ sequence: Int) {
            acknowledged.withLock { $0[key] = max($0[key], sequence) }
        }

        func fault(_ text: String) {
            faults.withLock { if $0.count < 20 { $0.append(text) } }
        }

        func count(_ what: String) {
            tally.withLock { $0[what, default: 0] += 1 }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [UInt64(0), 20_000_000])
    func `no stale read after an acknowledged write`(lag: UInt64) throws {
        let fixture = try ProxyFixture(adjust: {
            $0.upstreams[0].requestTimeout = 60_000_000
            $0.coherence.dirtyWindow = 250_000_000
            // Longer than the upstream's replicas lag behind, also when threads wait for a core.
            $0.coherence.consistentReadAfterWrite = lag == 0 ? 0 : 200_000_000
        })
        fixture.upstream.withData { $0.lag = lag }
        let script = FaultScript(seed: Self.seed ^ lag)
        fixture.upstream.script { script.plan($0) }

        let board = Board()
        let done = DispatchGroup()
        for index in 0..<Self.threads {
            let client = fixture.client(index % 2 == 0 ? "one" : "two")
            let thread = ClientThread(
                client: client,
                generator: SplitMix(Self.seed &+ UInt64(index) &* 977),
                board: board,
                upstream: fixture.upstream,
                hasLag: lag > 0
            )
            done.enter()
            let box = Box(thread)
            Thread.detachNewThread {
                box.value.run()
                done.leave()
            }
        }
        done.wait()
        #expect(board.faults.withLock { $0 } == [])
        let tally = board.tally.withLock { $0 }
        // The run must have met what it is about.
        for status in ["hit", "miss", "leased", "dirty", "coalesced"] {
            #expect(tally[status, default: 0] > 0, "nobody met \(status): \(tally)")
        }
        #expect(board.unknownOutcomes.load(ordering: .relaxed) > 0)

        // When everything late has landed and its time is over, the cache agrees with the upstream.
        fixture.upstream.script { _ in FakeDynamoDB.Plan() }
        usleep(600_000)
        let client = fixture.client()
        for key in 0..<Self.keys {
            for _ in 0..<2 {
                let cached = try client.get("k\(key)")
                let now = fixture.upstream.withData { data in
                    data.current("k\(key)").flatMap { $0.attributes == nil ? nil : $0.sequence }
                }
                #expect(cached.itemSequence == now, "key \(key), \(cached.cache)")
            }
        }
    }

    /// Hands a value to the one thread that will use it.
    private struct Box: @unchecked Sendable {
        let value: ClientThread
        init(_ value: ClientThread) { self.value = value }
    }

    /// One client that reads and writes at random.
    private final class ClientThread {
        private let client: TestClient
        private var generator: SplitMix
        private let board: Board
        private let upstream: FakeDynamoDB
        private let hasLag: Bool

        init(client: TestClient, generator: SplitMix, board: Board, upstream: FakeDynamoDB, hasLag: Bool) {
            self.client = client
            self.generator = generator
            self.board = board
            self.upstream = upstream
            self.hasLag = hasLag
        }

        func run() {
            while board.takeOperation() {
                // Skewed, so that keys are contended.
                let key = min(randomKey(), randomKey())
                do {
                    switch generator.below(100) {
                    case ..<70: try read(key)
                    case ..<78: try readBatch()
                    case ..<86: try acknowledge(client.put("k\(key)", "x"), [key])
                    case ..<91: try acknowledge(client.update("k\(key)", "y"), [key])
                    case ..<94: try acknowledge(client.delete("k\(key)"), [key])
                    case ..<96: try writeBatch(transactional: false)
                    case ..<98: try writeBatch(transactional: true)
                    case ..<99: try leave(key)
                    default: try statement(key)
                    }
                } catch {
                    board.fault("\(error)")
                    return
                }
            }
        }

        private func randomKey() -> Int {
            generator.below(RandomisedCoherenceTests.keys)
        }

        private func read(_ key: Int) throws {
            let before = board.acknowledged.withLock { $0[key] }
            let isConsistent = generator.below(20) == 0
            let reply = try client.get("k\(key)", consistent: isConsistent)
            board.count(reply.cache)
            guard reply.status == 200 else { return }
            // What a lagging replica answers is the upstream's own staleness, unless the cache hands it on.
            if hasLag, !isConsistent, reply.cache != "hit" { return }
            check(key, reply.itemSequence, before, reply.cache)
        }

        private func readBatch() throws {
            let keys = Set((0..<4).map { _ in randomKey() })
            let before = board.acknowledged.withLock { $0 }
            let wanted = keys.map { "{\"id\":{\"S\":\"k\($0)\"}}" }.joined(separator: ",")
            let reply = try client.call("BatchGetItem", "{\"RequestItems\":{\"things\":{\"Keys\":[\(wanted)]}}}")
            board.count("batch-\(reply.cache)")
            guard reply.status == 200, !hasLag || reply.cache == "hit" else { return }
            let responses = reply.json["Responses"] as? [String: [[String: [String: String]]]] ?? [:]
            var found: [String: Int] = [:]
            for item in responses["things"] ?? [] {
                if let id = item["id"]?["S"] { found[id] = item["seq"]?["N"].flatMap { Int($0) } }
            }
            for key in keys {
                check(key, found["k\(key)"], before[key], "batch \(reply.cache)")
            }
        }

        private func check(_ key: Int, _ sequence: Int?, _ before: Int, _ cache: String) {
            if let sequence {
                guard sequence < before else { return }
                board.fault("k\(key): \(cache) gave write \(sequence) after \(before) was acknowledged")
            } else if !upstream.withData({ $0.wasAbsent("k\(key)", since: before) }) {
                board.fault("k\(key): \(cache) gave absence after write \(before) was acknowledged")
            }
        }

        private func acknowledge(_ reply: TestClient.Reply, _ keys: [Int]) {
            if reply.status == 200, let sequence = reply.writtenSequence {
                // A batch's number is its last write's: the keys' own are a little lower, which the check allows for.
                let first = sequence - keys.count + 1
                for key in keys {
                    board.acknowledge(key, first)
                }
            } else if reply.status == 500 {
                board.unknownOutcomes.add(1, ordering: .relaxed)
            }
        }

        private func writeBatch(transactional: Bool) throws {
            let keys = Array(Set((0..<3).map { _ in randomKey() }))
            let items = keys.map { "{\"id\":{\"S\":\"k\($0)\"},\"v\":{\"S\":\"z\"}}" }
            if transactional {
                let puts = items.map { "{\"Put\":{\"TableName\":\"things\",\"Item\":\($0)}}" }.joined(separator: ",")
                acknowledge(try client.call("TransactWriteItems", "{\"TransactItems\":[\(puts)]}"), keys)
            } else {
                let puts = items.map { "{\"PutRequest\":{\"Item\":\($0)}}" }.joined(separator: ",")
                acknowledge(try client.call("BatchWriteItem", "{\"RequestItems\":{\"things\":[\(puts)]}}"), keys)
            }
        }

        /// Sends a write and goes away.
        private func leave(_ key: Int) throws {
            try client.send("PutItem", TestClient.putBody("k\(key)", "left"))
            client.disconnect()
        }

        private func statement(_ key: Int) throws {
            let body = #"{"Statement":"DELETE FROM things WHERE id = ?","Parameters":[{"S":"k\#(key)"}]}"#
            acknowledge(try client.call("ExecuteStatement", body), [key])
        }
    }

    /// Decides by a seeded generator what happens to each call.
    private final class FaultScript: Sendable {
        private let generator: Mutex<SplitMix>
        private static let error = #"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"x"}"#

        init(seed: UInt64) {
            generator = Mutex(SplitMix(seed))
        }

        func plan(_ call: FakeDynamoDB.Call) -> FakeDynamoDB.Plan {
            var plan = FakeDynamoDB.Plan()
            if call.operation.hasPrefix("Describe") { return plan }
            let isWrite = !call.operation.hasSuffix("GetItem")
            generator.withLock { generator in
                if generator.below(4) == 0 { plan.beforeApply = .delay(UInt64(generator.below(5_000_000))) }
                if generator.below(4) == 0 { plan.beforeReply = .delay(UInt64(generator.below(5_000_000))) }
                switch generator.below(isWrite ? 100 : 400) {
                case 0:
                    plan.ending = .silence
                case 1:
                    // Times out at the proxy, and lands after that, within the dirty window.
                    plan.beforeApply = .delay(80_000_000 + UInt64(generator.below(80_000_000)))
                case 2:
                    plan.ending = .truncation
                case 3:
                    plan.ending = .error(status: 500, body: Self.error)
                    plan.isApplied = generator.below(2) == 0
                default: break
                }
            }
            return plan
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }
}
