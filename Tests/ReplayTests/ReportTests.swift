import Cache
import Foundation
import Testing
import Trace

@testable import Replay

@Suite("Reports of replays")
struct ReportTests {
    private func results() throws -> [ReplayResult] {
        let lines = (0..<3_000).map { "\($0),g,\($0 * $0 % 701),16,\($0 * $0 % 701 * 3),0" } + ["3000,s,x,8,8,0"]
        return try withTrace(lines) { path in
            let sizes: [CacheSize] = [.bytes(64 << 10), .bytes(1_000_000)]
            return try CacheReplay.run(LoadedTrace(path: path), sizes: sizes, options: ReplayOptions())
        }
    }

    @Test("JSON of a replay")
    func replay() throws {
        let results = try results()
        let parsed = try JSONSerialization.jsonObject(with: Data(ReplayResult.json(results).utf8))
        let objects = try #require(parsed as? [[String: Any]])
        #expect(objects.count == 2)
        for (object, result) in zip(objects, results) {
            #expect(object["policy"] as? String == "lazy-gdsf")
            #expect(object["accounting"] as? String == "payload")
            #expect(object["cache"] as? Int == result.cache)
            #expect(object["requests"] as? Int == 3_001)
            #expect(object["reads"] as? Int == 3_000)
            #expect(object["writes"] as? Int == 1)
            #expect((object["hits"] as? Int ?? 0) + (object["misses"] as? Int ?? 0) == 3_000)
            let ratios = [
                ("request_miss_ratio", result.requestMissRatio), ("byte_miss_ratio", result.byteMissRatio),
                ("rcu_miss_ratio", result.readUnitMissRatio), ("overhead_bytes_per_item", result.overheadPerItem),
            ]
            for (name, expected) in ratios {
                // JSONSerialization rounds the last digit its own way.
                #expect(abs((object[name] as? Double ?? -1) - expected) < 1e-9)
            }
            #expect(object["items"] as? Int == result.items)
            #expect(object["memory_bytes"] as? Int == result.memory)
            #expect(object.count == 19)
        }
    }

    @Test("JSON of a curve")
    func curve() throws {
        var curve = MissRatios(ReplayOptions(policy: .lru), isExact: true, reads: 9)
        curve.append(1_000, 0.5, 1e-7, .nan)
        curve.append(2_000, 0, 1, 0.25, error: 0.125)
        let object = try #require(JSONSerialization.jsonObject(with: Data(curve.json.utf8)) as? [String: Any])
        #expect(object["sizes"] as? [Int] == [1_000, 2_000])
        #expect(object["miss_ratio"] as? [Double] == [0.5, 0])
        #expect(object["byte_miss_ratio"] as? [Double] == [1e-7, 1])
        #expect(object["rcu_miss_ratio"] as? [Double] == [0, 0.25])
        #expect(object["error"] as? [Double] == [0, 0.125])
        #expect(object["exact"] as? Bool == true)
        #expect(object["reads"] as? Int == 9)
    }

    @Test("Tables are aligned")
    func table() throws {
        let lines = try ReplayResult.table(results()).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "lazy-gdsf, payload accounting, 3001 requests, 3000 reads")
        #expect(lines[1] == "" && lines[5] == "")
        #expect(lines[2].contains("cache  request miss  byte miss  RCU miss"))
        #expect(lines[3].trimmingPrefix { $0 == " " }.hasPrefix("64KiB       0."))
        #expect(Set(lines[2...4].map(\.count)).count == 1)
    }

    @Test("Figures for people")
    func figures() {
        let sizes = [0, 1_023, 1_024, 1_536, 64 << 20, 3 << 30, 1_000_000]
        let texts = ["0B", "1023B", "1KiB", "1.50KiB", "64MiB", "3GiB", "976.56KiB"]
        #expect(sizes.map(Figures.bytes) == texts)
        #expect(Figures.decimal(0.05, places: 1) == "0.1")
        #expect(Figures.decimal(-2.345, places: 2) == "-2.35" || Figures.decimal(-2.345, places: 2) == "-2.34")
        #expect(Figures.ratio(1) == "1.00000" && Figures.ratio(0.000004) == "0.00000")
    }
}
