import Alloc
import Foundation
import Testing

@testable import Simulation

/// `leveret simulate --cases`: what is read and what is printed.
struct CaseRunTests {
    static let tenant = """
        {"demand":{"db_rcu":0.9,"db_wcu":0.1,"net_bw":1000},"net_bw_alpha":0.4,
         "base":{"cache_size":1073741824,"db_rcu":1000,"db_wcu":1000,"net_bw":1e7},
         "mrc":{"ticks":[268435456,536870912,1073741824],"miss_ratios":[0.8,0.5,0.1]}}
        """

    private func run(_ text: String, policy: SimulatedPolicy? = nil) throws -> CaseRun {
        try TestFile.with(text) { path in try CaseRun(path: path, policy: policy) }
    }

    private func text(_ change: (String, String) = ("", ""), policy: String = #""hare""#) -> String {
        let changed = change.0.isEmpty ? Self.tenant : Self.tenant.replacing(change.0, with: change.1)
        return #"{"cases":[{"id":"x","policy":\#(policy),"tenants":[\#(Self.tenant),\#(changed)]}]}"#
    }

    private func problem(_ text: String) throws -> String? { try run(text).failures.first?.problem }

    @Test func answersReadBackToTheLastBit() throws {
        let run = try run(text())
        guard case .success(let answer) = run.lines[0].result else {
            throw SimulationError(file: "", problem: "refused")
        }
        struct Line: Decodable {
            struct Share: Decodable { var cacheSize: Int, dbRcu: Double, dbWcu: Double, netBw: Double }
            var id: String
            var alloc: [Share]
            var improveRatio: Double
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let lines = try decoder.decode([Line].self, from: Data(run.json.utf8))
        #expect(lines.map(\.id) == ["x"])
        #expect(lines[0].improveRatio == answer.allocation.improvement)
        let shares = lines[0].alloc.map { share in
            ResourceVector(
                cacheBytes: share.cacheSize,
                readUnits: share.dbRcu,
                writeUnits: share.dbWcu,
                egressBytes: share.netBw
            )
        }
        #expect(shares == answer.allocation.shares)
        #expect(run.json.split(separator: "\n").count == 3)
    }

    @Test(arguments: ["hare", "hare_nc", "memshare", "drf", "base", "static", "pooled", "optimal"])
    func policiesByName(name: String) throws {
        for policy in [#""\#(name)""#, #"{"name":"\#(name)","harvest":true}"#] {
            let run = try run(text(policy: policy))
            #expect(run.failures.isEmpty)
            guard case .success(let answer) = run.lines[0].result else { continue }
            #expect(answer.policy.rawValue == name)
        }
        #expect(try self.run(text(), policy: SimulatedPolicy(rawValue: name)).failures.isEmpty)
    }

    @Test func formsOfAFile() throws {
        let one = #"{"id":"one","policy":"drf","tenants":[\#(Self.tenant)]}"#
        #expect(try run(one).lines.map(\.id) == ["one"])
        #expect(try run("[\(one),\(one)]").lines.map(\.id) == ["one", "one"])
        #expect(try run("[]").json == "[\n\n]\n")
        #expect(try run(#"{"cases":[{"id":"none","policy":"hare","tenants":[]}]}"#).json.contains(#""alloc":[]"#))
    }

    /// The others are answered.
    @Test func oneBadCaseAmongMany() throws {
        let good = #"{"id":"good","policy":"drf","tenants":[\#(Self.tenant)]}"#
        let run = try run("[\(good),{\"id\":\"bad\",\"policy\":\"drf\"},5,\(good)]")
        #expect(run.lines.map(\.id) == ["good", "bad", "#2", "good"])
        #expect(run.failures.map(\.problem) == ["case bad: tenants: missing", "case #2: an object belongs here"])
        #expect(run.json.contains(#"{"id":"bad","error":"tenants: missing"}"#))
        #expect(run.table.split(separator: "\n").count == 5)
    }

    @Test(arguments: [
        (#""db_rcu":0.9"#, #""db_rcu":-1"#, "demand.db_rcu: -1.0 is negative"),
        (#""db_rcu":0.9"#, #""db_rcu":"NaN""#, "demand.db_rcu: a number belongs here"),
        (#""db_rcu":0.9"#, #""db_rcu":1e999"#, "demand.db_rcu: 1e999 is too large, or not whole where it must be"),
        (#""db_rcu":0.9"#, #""db_rcu":null"#, "demand.db_rcu: null where a number belongs"),
        (#""db_rcu":0.9,"#, "", "demand.db_rcu: missing"),
        (#""db_rcu":1000"#, #""db_rcu":-0.5"#, "base.db_rcu: -0.5 is negative"),
        ("1073741824,\"db", "-1,\"db", "base.cache_size: -1 is negative"),
        ("1073741824,\"db", "1e30,\"db", "base.cache_size: 1e30 is too large, or not whole where it must be"),
        ("1073741824,\"db", "1.5,\"db", "base.cache_size: 1.5 is too large, or not whole where it must be"),
        (
            "[268435456,536870912", "[536870912,268435456",
            "mrc.ticks[1]: 268435456 is not above the one before, 536870912"
        ),
        ("[268435456,", "[0,", "mrc.ticks[0]: 0 is not above 0"),
        ("[268435456,", "[268435456.5,", "mrc.ticks[0]: 268435456.5 is too large, or not whole where it must be"),
        ("[268435456,", "[", "mrc.miss_ratios: 3 ratios for the 2 sizes in ticks"),
        ("0.5,0.1]", "0.1,0.5]", "mrc.miss_ratios[2]: 0.5 is above the one before, 0.1: a larger cache misses no more"),
        ("[0.8", "[1.5", "mrc.miss_ratios[0]: 1.5 is above 1"),
        ("0.1]", "-0.1]", "mrc.miss_ratios[2]: -0.1 is negative"),
        ("0.1]", "\"0.1\"]", "mrc.miss_ratios[2]: a number belongs here"),
        (#"alpha":0.4"#, #"alpha":1"#, "net_bw_alpha: 1.0 is not below 1"),
        (#"alpha":0.4"#, #"alpha":-0.1"#, "net_bw_alpha: -0.1 is negative"),
        (#""mrc""#, #""curve""#, "mrc: missing"),
    ])
    func mistakesNameTheirPlace(good: String, bad: String, expected: String) throws {
        #expect(Self.tenant.contains(good))
        #expect(try problem(text((good, bad))) == "case x: tenants[1].\(expected)")
    }

    /// As much as rounding does is no mistake, nor is a point that says what is so anyhow.
    @Test func curvesThatAreGoodEnough() throws {
        #expect(try problem(text(("0.5,0.1]", "0.5,0.5000000001]"))) == nil)
        #expect(try problem(text(("[268435456,536870912", "[0,536870912")).replacing("[0.8,", with: "[1,")) == nil)
        #expect(
            try problem(
                text(("[268435456,536870912,1073741824],\"miss_ratios\":[0.8,0.5,0.1]", "[],\"miss_ratios\":[]"))
            ) == nil
        )
    }

    @Test(arguments: [
        (#""id":"x","#, #""id":"x","params":{"cache_delta":0},"#, "params.cache_delta: 0 is not in 1..."),
        (
            #""id":"x","#, #""id":"x","params":{"max_trade_round":100000000},"#,
            "params.max_trade_round: 100000000 is not in 0..."
        ),
        (
            #""id":"x","#, #""id":"x","params":{"memshare_reserved_ratio":2},"#,
            "params.memshare_reserved_ratio: 2.0 is not in 0.0..."
        ),
        (
            #""hare""#, #""dfr""#,
            "policy: 'dfr' is unknown; choose one of static, drf, memshare, hare, pooled, optimal, base,"
        ),
        (#""hare""#, #"{"name":"dfr"}"#, "policy.name: 'dfr' is unknown; choose one of"),
        (#""policy":"hare","#, "", "policy: missing; name one in the case or with --policy"),
    ])
    func mistakesOfACase(good: String, bad: String, expected: String) throws {
        let found = try #require(try problem(text().replacing(good, with: bad)))
        #expect(found.hasPrefix("case x: \(expected)"), "\(found)")
    }

    @Test(arguments: [
        ("", "empty; JSON belongs there"), ("{\"cases\":\n [NaN]}", "not JSON: invalid value at line 2, column 3"),
        ("{}", "neither `cases` nor `tenants` in it"), ("{\"cases\":1}", "cases: a list belongs here"),
        (
            String(repeating: "[", count: 100_000),
            "not JSON: too many nested arrays or dictionaries at line 1, column 514"
        ),
    ])
    func filesThatAreNoCases(text: String, expected: String) {
        #expect { try run(text) } throws: { error in (error as? SimulationError)?.problem == expected }
    }

    @Test func aFileThatIsNotThere() {
        #expect(throws: SimulationError(file: "/nowhere/at/all", problem: "no such file or directory")) {
            try CaseRun(path: "/nowhere/at/all")
        }
    }

    /// With nothing of a resource the first request that needs it waits for ever.
    @Test func theOptimalPolicyIsAskedToLeaveSomething() throws {
        let reader = Self.tenant.replacing(#""db_wcu":0.1"#, with: #""db_wcu":0"#)
        let text = #"{"id":"x","policy":"hare","tenants":[\#(Self.tenant),\#(reader)]}"#
        let pinned = try #require(try run(text).lines[0].result.get().allocation.shares.last)
        #expect(pinned.writeUnits == 0)
        let left = try #require(try run(text, policy: .optimal).lines[0].result.get().allocation.shares.last)
        #expect(left.writeUnits >= 1)
        let floored = text.replacing(#""id":"x","#, with: #""id":"x","params":{"min_db_wcu":5},"#)
        #expect(try #require(try run(floored).lines[0].result.get().allocation.shares.last).writeUnits >= 5)
    }
}

/// A file for one test.
enum TestFile {
    static func with<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appending(path: "simulate-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path(percentEncoded: false))
    }
}
