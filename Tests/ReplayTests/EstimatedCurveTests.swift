import Cache
import Foundation
import Replay
import Testing
import Trace

@Suite("Estimated miss-ratio curves")
struct EstimatedCurveTests {
    /// Reads of fewer keys than are sampled, with some writes and deletes.
    private static let lines = {
        var random = SeededRequests(seed: 4)
        return (0..<15_000).map { index in
            let key = random.key(of: 1_500)
            let kind = random.next(below: 20)
            return "\(index),\(kind == 0 ? "d" : kind == 1 ? "s" : "g"),\(key),16,\(100 + key % 300),0"
        }
    }()

    @Test("Of few keys, close to what the engine does", arguments: PolicyKind.allCases, [0, 5_000])
    func close(_ policy: PolicyKind, _ warmup: Int) throws {
        try withTrace(Self.lines) { path in
            let trace = try LoadedTrace(path: path)
            let options = ReplayOptions(policy: policy, warmup: warmup)
            let sizes = [0.05, 0.1, 0.2, 0.4, 0.8].map { CacheSize.footprint($0) }
            let curve = try Curves.estimated(trace, sizes: sizes, options: options)
            let results = try CacheReplay.run(trace, sizes: sizes, options: options)
            #expect(!curve.isExact && curve.reads == results[0].reads)
            #expect(curve.sizes == results.map(\.cache))
            for (index, result) in results.enumerated() {
                #expect(abs(curve.missRatio[index] - result.requestMissRatio) < 0.03, "\(result.cache)")
                #expect(abs(curve.byteMissRatio[index] - result.byteMissRatio) < 0.03, "\(result.cache)")
            }
        }
    }

    @Test("Anchored by a cache that runs")
    func anchored() throws {
        try withTrace(Self.lines) { path in
            let trace = try LoadedTrace(path: path)
            for accounting in [Accounting.payload, .memory] {
                let options = ReplayOptions(accounting: accounting)
                let size = CacheSize.bytes(100_000)
                let curve = try Curves.estimated(trace, sizes: [size], budget: size, options: options)
                let result = try CacheReplay.run(trace, sizes: [size], options: options)[0]
                #expect(abs(curve.missRatio[0] - result.requestMissRatio) < 0.005)
            }
        }
    }

    @Test("Memory accounting asks for more bytes than payload accounting")
    func memory() throws {
        try withTrace(Self.lines) { path in
            let trace = try LoadedTrace(path: path)
            let sizes: [CacheSize] = [.bytes(200_000)]
            let payload = try Curves.estimated(trace, sizes: sizes, options: ReplayOptions())
            let memory = try Curves.estimated(trace, sizes: sizes, options: ReplayOptions(accounting: .memory))
            #expect(memory.missRatio[0] > payload.missRatio[0])
        }
    }

    @Test("The estimator's own sizes, when nobody chose any")
    func sizes() throws {
        try withTrace(Self.lines) { path in
            let curve = try Curves.estimated(LoadedTrace(path: path, capacity: 500), options: ReplayOptions())
            #expect(curve.sizes.count > 8 && curve.sizes == curve.sizes.sorted())
            #expect(curve.error.count == curve.sizes.count && curve.missRatio.count == curve.sizes.count)
            #expect(curve.missRatio == curve.missRatio.sorted(by: >))
        }
        try withTrace((0..<150).map { "\(1_795_280_526 + $0),g,\($0 % 50),8,100,3600" }) { path in
            for policy in PolicyKind.allCases {
                let curve = try Curves.estimated(LoadedTrace(path: path), options: ReplayOptions(policy: policy))
                #expect(curve.sizes.last ?? 0 > 5_000, "a trace of a few kilobytes has a curve too: \(curve.sizes)")
                #expect(abs((curve.missRatio.last ?? 1) - 1 / 3) < 0.001, "\(policy)")
            }
        }
        try withTrace(["0,s,a,8,8,0"]) { path in
            _ = #expect(throws: TraceError(file: path, problem: "it has no reads")) {
                try Curves.estimated(LoadedTrace(path: path), options: ReplayOptions())
            }
        }
    }
}
