import Cache
import Foundation
import Replay
import Testing
import Trace

@Suite("Exact miss-ratio curves")
struct ExactCurveTests {
    /// What `StackDistances` does, without a tree: the keys in a list, the last used at the end.
    private struct SlowStack {
        var keys: [(key: Int, size: Int, expiresAt: Int)] = []

        mutating func use(_ key: Int, size: Int, now: Int, life: Int) -> Int? {
            var distance: Int?
            var expiresAt = life == 0 ? Int.max : now + life
            if let place = keys.firstIndex(where: { $0.key == key }) {
                if keys[place].expiresAt > now {
                    distance = keys[place...].reduce(0) { $0 + $1.size }
                    expiresAt = keys[place].expiresAt
                }
                keys.remove(at: place)
            }
            keys.append((key, size, expiresAt))
            return distance
        }

        mutating func remove(_ key: Int) {
            keys.removeAll { $0.key == key }
        }
    }

    @Test(
        "Stack distances agree with a list, through sets, deletes, sizes that change and expiry",
        arguments: 0..<6 as Range<UInt64>
    )
    func model(_ seed: UInt64) throws {
        var random = SeededRequests(seed: seed)
        let (keys, sizes) = (seed % 2 == 0 ? 40 : 400, seed % 3 == 0)
        var slow = SlowStack()
        var lines: [String] = []
        var distances: [Int?] = []
        for index in 0..<4_000 {
            let key = random.key(of: keys)
            let size = sizes ? random.next(below: 300) : key * 7 % 300
            let life = seed < 3 ? 0 : [0, 50, 500][random.next(below: 3)]
            let kind = random.next(below: 10)
            lines.append("\(index),\(kind < 7 ? "g" : kind < 9 ? "s" : "d"),\(key),10,\(size),\(life)")
            switch kind {
            case ..<7: distances.append(slow.use(key, size: size + 10, now: index, life: life))
            case ..<9:
                // A write of no bytes is one whose size is not known.
                slow.remove(key)
                if size > 0 { _ = slow.use(key, size: size + 10, now: index, life: life) }
            default: slow.remove(key)
            }
        }
        let bytes = (1...60).map { $0 * $0 * 25 }
        let curve = try withTrace(lines) { path in
            try Curves.exact(
                LoadedTrace(path: path, capacity: seed == 0 ? 100 : LoadedTrace.capacity),
                sizes: bytes.map { .bytes($0) },
                options: ReplayOptions(policy: .lru)
            )
        }
        #expect(curve.sizes == bytes)
        #expect(curve.reads == distances.count)
        for (size, ratio) in zip(curve.sizes, curve.missRatio) {
            let hits = distances.count { $0.map { $0 <= size } == true }
            #expect(ratio == Double(distances.count - hits) / Double(distances.count))
        }
    }

    @Test("The order survives its renumbering")
    func renumbering() throws {
        // A loop over 500 keys of 100 bytes: nothing hits below all of it, everything but the first round from there on.
        let lines = (0..<100_000).map { "\($0),g,\($0 % 500),8,92,0" }
        let curve = try withTrace(lines) { path in
            try Curves.exact(
                LoadedTrace(path: path),
                sizes: [.bytes(49_999), .bytes(50_000)],
                options: ReplayOptions(policy: .lru)
            )
        }
        #expect(curve.missRatio == [1, 0.005])
    }

    @Test("The engine's LRU follows the curve of the stack")
    func engine() throws {
        var random = SeededRequests(seed: 8)
        let lines = (0..<20_000).map { index in
            let key = random.key(of: 3_000)
            return "\(index),g,\(key),16,\(200 + key % 100),0"
        }
        try withTrace(lines) { path in
            let trace = try LoadedTrace(path: path)
            let sizes = [0.05, 0.1, 0.3, 0.6].map { CacheSize.footprint($0) }
            let options = ReplayOptions(policy: .lru, warmup: 2_000)
            let exact = try Curves.exact(trace, sizes: sizes, options: options)
            let engine = try CacheReplay.run(trace, sizes: sizes, options: options)
            #expect(exact.reads == 18_000 && engine.allSatisfy { $0.reads == 18_000 })
            for (index, result) in engine.enumerated() {
                #expect(abs(result.requestMissRatio - exact.missRatio[index]) < 0.01)
                #expect(abs(result.byteMissRatio - exact.byteMissRatio[index]) < 0.01)
            }
        }
    }

    @Test("Sizes nobody chose: up to the footprint, falling", arguments: PolicyKind.allCases)
    func grid(_ policy: PolicyKind) throws {
        var random = SeededRequests(seed: 2)
        let lines = (0..<2_000).map { index in
            let key = random.key(of: 1_200)
            return "\(index),g,\(key),16,\(100 + key % 400),0"
        }
        let distinct = Set(lines.map { $0.split(separator: ",")[2] }).count
        try withTrace(lines) { path in
            let curve = try Curves.exact(LoadedTrace(path: path), sizes: nil, options: ReplayOptions(policy: policy))
            #expect(curve.sizes.count >= 24 && curve.sizes == curve.sizes.sorted())
            #expect(curve.isExact && curve.error.allSatisfy { $0 == 0 })
            #expect(try #require(curve.missRatio.last) == Double(distinct) / 2_000)
            #expect(try #require(curve.missRatio.first) > 0.8)
        }
    }

    /// Curves computed elsewhere: hits at 64 sizes, of two traces whose keys have one size each.
    private struct Vectors: Decodable {
        struct Trace: Decodable {
            var name: String
            var traceFile: String
            var sizesFile: String
            var sizeBytes: [Int]
            var hitsAll: [Int]
            var hitsWarm: [Int]
        }
        var accesses: Int
        var warmup: Int
        var traces: [Trace]
    }

    private static let vectors: URL? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("../shared/vectors/mrc").standardized
        return FileManager.default.fileExists(atPath: folder.appendingPathComponent("mrc.json").path) ? folder : nil
    }()

    @Test("Agrees with curves computed elsewhere, hit for hit", .enabled(if: vectors != nil))
    func elsewhere() throws {
        let folder = try #require(Self.vectors)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = try Data(contentsOf: folder.appendingPathComponent("mrc.json"))
        let vectors = try decoder.decode(Vectors.self, from: json)
        func words(_ name: String) throws -> [UInt32] {
            let data = try Data(contentsOf: folder.appendingPathComponent(name))
            return data.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)).map(UInt32.init(littleEndian:)) }
        }
        for trace in vectors.traces {
            let sizes = try words(trace.sizesFile)
            let lines = try words(trace.traceFile).map { "0,g,\($0),0,\(sizes[Int($0)]),0" }
            #expect(lines.count == vectors.accesses)
            try withTrace(lines) { path in
                let loaded = try LoadedTrace(path: path)
                let at = trace.sizeBytes.map { CacheSize.bytes($0) }
                for (warmup, hits) in [(0, trace.hitsAll), (vectors.warmup, trace.hitsWarm)] {
                    let options = ReplayOptions(policy: .lru, warmup: warmup)
                    let curve = try Curves.exact(loaded, sizes: at, options: options)
                    let found = curve.missRatio.map { Int(((1 - $0) * Double(curve.reads)).rounded()) }
                    #expect(found == hits, "\(trace.name), warm-up \(warmup)")
                }
            }
        }
    }
}
