import Cache
import Foundation
import Replay
import Testing
import Trace

@Suite("Replay through the engine")
struct CacheReplayTests {
    private func replay(_ lines: [String], _ sizes: [CacheSize], _ options: ReplayOptions) throws -> [ReplayResult] {
        try withTrace(lines) { path in
            try CacheReplay.run(LoadedTrace(path: path), sizes: sizes, options: options)
        }
    }

    /// Items of 1,000 bytes in a cache of 3,000: LRU by hand.
    private static let example = [
        "0,g,a,10,990,0",  // miss
        "1,g,b,10,990,0",  // miss
        "2,g,a,10,990,0",  // hit
        "3,s,c,10,990,0",
        "4,g,c,10,990,0",  // hit
        "5,g,d,10,990,0",  // miss, b goes
        "6,g,b,10,990,0",  // miss, a goes
        "7,d,c,10,0,0",
        "8,g,c,10,990,0",  // miss
        "9,g,d,10,990,0",  // hit
        "10,g,e,10,4990,0",  // miss, never kept
        "11,g,e,10,4990,0",  // miss
    ]

    @Test("LRU, worked by hand")
    func worked() throws {
        let options = ReplayOptions(policy: .lru)
        let result = try #require(replay(Self.example, [.bytes(3_000)], options).first)
        #expect(result.cache == 3_000)
        #expect((result.requests, result.reads, result.writes, result.deletes) == (12, 10, 1, 1))
        #expect((result.hits, result.misses) == (3, 7))
        #expect(result.requestMissRatio == 0.7)
        #expect(result.byteMissRatio == 15_000.0 / 18_000)
        // Half a unit for each small item, one for those above 4 KiB.
        #expect(result.readUnitMissRatio == 4.5 / 6)
        #expect(result.evictions >= 2)
        #expect((result.items, result.payload) == (3, 3_000))
        #expect(result.refusals == 2)
        #expect(result.memory > result.payload && result.overheadPerItem > 0)
    }

    @Test("A warm-up is not counted, but fills")
    func warmup() throws {
        let options = ReplayOptions(policy: .lru, warmup: 4)
        let result = try #require(replay(Self.example, [.bytes(3_000)], options).first)
        #expect((result.requests, result.reads, result.hits) == (8, 7, 2))
        #expect(throws: TraceError.self) {
            try replay(Self.example, [.bytes(3_000)], ReplayOptions(policy: .lru, warmup: 12))
        }
    }

    @Test("Writes drop the item when asked to")
    func writesDrop() throws {
        let lines = ["0,g,a,8,92,0", "1,s,a,8,92,0", "2,g,a,8,92,0", "3,g,a,8,92,0"]
        for policy in PolicyKind.allCases {
            let inserting = ReplayOptions(policy: policy)
            #expect(try replay(lines, [.bytes(100_000)], inserting)[0].hits == 2)
            let dropping = ReplayOptions(policy: policy, writes: .drop)
            #expect(try replay(lines, [.bytes(100_000)], dropping)[0].hits == 1)
        }
    }

    @Test("A write of an unknown size drops the item", arguments: PolicyKind.allCases)
    func unknownSize(_ policy: PolicyKind) throws {
        let lines = ["0,g,a,8,92,0", "1,s,a,8,0,0", "2,g,a,8,92,0", "3,g,a,8,92,0"]
        #expect(try replay(lines, [.bytes(100_000)], ReplayOptions(policy: policy))[0].hits == 1)
    }

    @Test("Items expire by the trace's clock, which never goes back", arguments: PolicyKind.allCases)
    func expiry(_ policy: PolicyKind) throws {
        let lines = [
            "100,g,a,8,92,10", "109,g,a,8,92,10",  // a hit, which does not prolong
            "110.1,g,a,8,92,10",  // a miss
            "5,g,a,8,92,10",  // a hit, still at 110.1
            "120.0,g,a,8,92,10", "121,g,a,8,92,10",
        ]
        let result = try replay(lines, [.bytes(100_000)], ReplayOptions(policy: policy))[0]
        #expect((result.hits, result.misses) == (3, 3))
        #expect(result.expirations == 2)
    }

    @Test("A size that changes is followed")
    func sizes() throws {
        let lines = ["0,g,a,8,92,0", "1,g,a,8,192,0", "2,s,a,8,392,0"]
        let payloads = try (1...3).map { count in
            try replay(Array(lines[..<count]), [.bytes(100_000)], ReplayOptions())[0].payload
        }
        #expect(payloads == [100, 200, 400])
    }

    @Test("Sizes in parts of the footprint")
    func footprint() throws {
        let lines = (0..<100).map { "0,g,\($0),8,92,0" } + ["0,d,7,8,0,0", "0,s,8,8,192,0"]
        let results = try replay(lines, [.footprint(1), .bytes(4_321), .footprint(0.005)], ReplayOptions(policy: .lru))
        #expect(results.map(\.cache) == [10_000, 4_321, 50])
    }

    @Test("A trace that does not fit in memory is replayed all the same", arguments: PolicyKind.allCases)
    func streaming(_ policy: PolicyKind) throws {
        var requests = SeededRequests(seed: 3)
        let lines = (0..<20_000).map { index in
            let key = requests.key(of: 2_000)
            return "\(index),\(index % 9 == 0 ? "s" : "g"),\(key),16,\(key % 500),0"
        }
        try withTrace(lines) { path in
            let options = ReplayOptions(policy: policy)
            let sizes: [CacheSize] = [.bytes(50_000), .footprint(0.3), .bytes(300_000)]
            let whole = try CacheReplay.run(LoadedTrace(path: path), sizes: sizes, options: options)
            let partly = try LoadedTrace(path: path, capacity: 1_000)
            #expect(!partly.isComplete && partly.count == 1_000)
            #expect(try CacheReplay.run(partly, sizes: sizes, options: options) == whole)
        }
    }

    @Test("The same each time, and the steps are reported")
    func repeatable() throws {
        var requests = SeededRequests(seed: 1)
        let lines = (0..<20_000).map { index in
            let key = requests.key(of: 5_000)
            return "\(index),g,key-\(key),24,\(key % 3_000),0"
        }
        try withTrace(lines) { path in
            var steps: [ReplayStep] = []
            let options = ReplayOptions(accounting: .memory)
            let first = try CacheReplay.run(
                LoadedTrace(path: path) { steps.append($0) },
                sizes: [.bytes(1 << 20)],
                options: options
            )
            #expect(try CacheReplay.run(LoadedTrace(path: path), sizes: [.bytes(1 << 20)], options: options) == first)
            #expect(first[0].memory <= 1 << 20 + 64 << 10)
            #expect(steps.map(\.task) == ["reading", "replaying"])
            #expect(steps.map(\.requests) == [20_000, 20_000])
            #expect(steps.map(\.done) == [1, 1])
        }
    }

    @Test("A trace without reads says so")
    func nothing() throws {
        for lines in [[], ["0,s,a,8,8,0"]] {
            do {
                _ = try replay(lines, [.bytes(1_000)], ReplayOptions())
                Issue.record("no error")
            } catch let error as TraceError {
                #expect(error.problem == "it has no reads")
            }
        }
    }

    @Test("Names of options")
    func names() throws {
        for policy in ReplayOptions.policyNames {
            for accounting in ReplayOptions.accountingNames {
                for weights in ReplayOptions.weightNames {
                    for writes in ReplayOptions.writeNames {
                        let options = ReplayOptions(
                            policy: policy,
                            accounting: accounting,
                            weights: weights,
                            writes: writes,
                            warmup: 0
                        )
                        #expect(options?.policy.rawValue == policy)
                        #expect(options?.accountingName == accounting)
                    }
                }
            }
        }
        #expect(ReplayOptions(policy: "arc", accounting: "payload", weights: "rcu", writes: "drop", warmup: 0) == nil)
        #expect(ReplayOptions(policy: "lru", accounting: "payload", weights: "gold", writes: "drop", warmup: 0) == nil)
    }
}
