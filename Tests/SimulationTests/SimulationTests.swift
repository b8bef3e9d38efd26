import Alloc
import Foundation
import Testing

@testable import Simulation

/// `leveret simulate`: descriptions of tenants.
struct SimulationTests {
    private func simulation(_ text: String, _ policies: [SimulatedPolicy] = [.static]) throws -> Simulation {
        try TestFile.with(text) { path in try Simulation(path: path, policies: policies) }
    }

    private func problem(_ text: String) throws -> String? {
        do {
            _ = try simulation(text)
            return nil
        } catch let error as SimulationError {
            return error.problem
        }
    }

    private func tenants(_ members: String...) -> String {
        let list = members.map { member in "{\(member.isEmpty ? "" : member + ",")\"demand\":{\"rcu\":1}}" }
        return
            #"{"total":{"cache":1000,"rcu":100,"wcu":50,"egress":"1MB"},"tenants":[\#(list.joined(separator: ","))]}"#
    }

    /// The page's examples work as pasted.
    @Test func theExamplesOfTheDocumentation() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/simulate.md"), encoding: .utf8)
        let blocks = page.split(separator: "```json\n").dropFirst().map { part in String(part.prefix { $0 != "`" }) }
        #expect(blocks.count == 2)
        let described = try simulation(blocks[0], [.hare])
        #expect(described.names == ["orders", "scans", "ledger"])
        for line in described.table.split(separator: "\n") { #expect(page.contains(line), "\(line)") }
        let cases = try TestFile.with(blocks[1]) { path in try CaseRun(path: path) }
        #expect(cases.failures.isEmpty && cases.lines.map(\.id) == ["two"])
    }

    @Test func sharesAreFixedAndTheRestGoesByWeight() throws {
        let text = tenants(
            #""name":"a","weight":3"#,
            #""name":"b""#,
            #""name":"c","share":{"cache":200,"rcu":60},"floor":{"wcu":40}"#
        )
        let simulation = try simulation(text)
        #expect(simulation.names == ["a", "b", "c"])
        let bases = simulation.profiles.map(\.base)
        #expect(bases.map(\.cacheBytes) == [600, 200, 200])
        #expect(bases.map(\.readUnits) == [30, 10, 60])
        #expect(bases.map(\.writeUnits) == [7.5, 2.5, 40])
        #expect(bases.map { base in base.egressBytes.rounded() } == [600_000, 200_000, 200_000])
        #expect(simulation.profiles[2].floor == ResourceVector(writeUnits: 40))
    }

    @Test func bytesWithUnits() throws {
        let text = tenants(#""share":{"cache":"0.5KiB","egress":"100kB"}"#, "").replacing("1000", with: #""1 KiB""#)
        let simulation = try simulation(text)
        #expect(simulation.profiles.map(\.base.cacheBytes) == [512, 512])
        #expect(simulation.profiles.map(\.base.egressBytes) == [100_000, 900_000])
        #expect(simulation.names == ["0", "1"])
    }

    @Test func curvesAsTheyAreMeasured() throws {
        let measured = """
            "curve":{"policy":"lru","accounting":"memory","exact":true,"reads":5,"sizes":[0,10,20],"miss_ratio":[1,0.5,0.4],\
            "byte_miss_ratio":[1,0.7,0.6],"rcu_miss_ratio":[1,0.3,0.2],"error":[0,0,0]}
            """
        let profile = try simulation(tenants(measured)).profiles[0]
        #expect(profile.curve == MissRatioCurve(sizes: [10, 20], missRatios: [0.3, 0.2]))
        #expect(profile.egressCurve == MissRatioCurve(sizes: [10, 20], missRatios: [0.7, 0.6]))
        let plain = try simulation(tenants(#""curve":{"sizes":[10],"miss_ratio":[0.5]}"#)).profiles[0]
        #expect(plain.curve == MissRatioCurve(sizes: [10], missRatios: [0.5]) && plain.egressCurve == nil)
    }

    @Test func aCaseIsADescriptionToo() throws {
        let one = #"{"id":"x","params":{"alloc_total_net_bw":false},"tenants":[\#(CaseRunTests.tenant)]}"#
        let simulation = try simulation(one, SimulatedPolicy.shown)
        #expect(simulation.names == ["0"] && simulation.profiles[0].hitSaving == 0)
        #expect(simulation.results.map(\.policy) == SimulatedPolicy.shown)
        #expect(try problem("{\"cases\":[\(one)]}") == "cases: many sets of tenants; give the file with --cases")
    }

    @Test func jsonAndTable() throws {
        let simulation = try simulation(
            tenants(#""name":"a\"b""#, #""demand2":1"#).replacing(#""demand2":1,"#, with: "")
        )
        struct Output: Decodable {
            struct Tenant: Decodable { var name: String, cache: Int, rcu: Double, ratio: Double?, throughput: Double? }
            struct Policy: Decodable { var policy: String, improvement: Double, tenants: [Tenant] }
            var policies: [Policy]
        }
        let output = try JSONDecoder().decode(Output.self, from: Data(simulation.json.utf8))
        #expect(output.policies.map(\.policy) == ["static"])
        #expect(output.policies[0].tenants.map(\.name) == ["a\"b", "1"])
        #expect(output.policies[0].tenants.map(\.ratio) == [1, 1])
        #expect(output.policies[0].tenants.map(\.throughput) == [50, 50])
        #expect(simulation.table.hasPrefix("static: at least 1.000 x base\ntenant  cache  RCU/s"))
        let widths = Set(simulation.table.split(separator: "\n").dropFirst().map(\.count))
        #expect(widths.count == 1)
    }

    @Test func idleAndNoTenants() throws {
        let idle = try simulation(tenants("").replacing(#"{"rcu":1}"#, with: "{}"), SimulatedPolicy.shown)
        #expect(idle.json.contains(#""ratio":null"#) && !idle.json.contains("inf"))
        #expect(idle.table.contains("any"))
        #expect(
            try simulation(#"{"tenants":[]}"#, SimulatedPolicy.shown).results.allSatisfy {
                $0.allocation.shares.isEmpty
            }
        )
    }

    @Test(arguments: [
        (#""wieght":3"#, "tenants[0].wieght: unknown; known are name, weight, share, floor, demand, curve, hit_saving"),
        (#""weight":-1"#, "tenants[0].weight: -1.0 is not in 0.0...1e+300"),
        (
            #""share":{"cache":"64 Mb"}"#,
            "tenants[0].share.cache: '64 Mb' is no amount of bytes such as 64MiB, 1.5GB or 65536"
        ),
        (#""share":{"cache":-5}"#, "tenants[0].share.cache: -5.0 is negative"),
        (#""share":{"cache":1.5}"#, "tenants[0].share.cache: 1.5 is no whole number of bytes"),
        (#""share":{"cache":1e18}"#, "tenants[0].share.cache: 1e+18 bytes are too many"),
        (#""share":{"cache":true}"#, "tenants[0].share.cache: an amount of bytes belongs here"),
        (#""share":{"rcu":101}"#, "total.rcu: 100.0 is less than the shares, 101.0"),
        (#""hit_saving":1"#, "tenants[0].hit_saving: 1.0 is not below 1"),
        (
            #""curve":{"sizes":["1KiB","2KiB"],"miss_ratio":[0.2]}"#,
            "tenants[0].curve.miss_ratio: 1 ratios for the 2 sizes in sizes"
        ),
        (
            #""curve":{"sizes":[5,5],"miss_ratio":[0.2,0.1]}"#,
            "tenants[0].curve.sizes[1]: 5 is not above the one before, 5"
        ),
        (
            #""curve":{"sizes":[5,6],"rcu_miss_ratio":[0.1,0.2]}"#,
            "tenants[0].curve.rcu_miss_ratio[1]: 0.2 is above the one before, 0.1: a larger cache misses no more"
        ),
        (
            #""curve":{"sizes":[5,6],"miss_ratio":[0.2,0.1],"byte_miss_ratio":[1.5,1]}"#,
            "tenants[0].curve.byte_miss_ratio[0]: 1.5 is above 1"
        ),
        (#""name":5"#, "tenants[0].name: a text belongs here"),
    ])
    func mistakesNameTheirPlace(member: String, expected: String) throws {
        #expect(try problem(tenants(member)) == expected)
    }

    @Test func mistakesOfTheWhole() throws {
        #expect(
            try problem(tenants(#""name":"a""#, #""name":"a""#))
                == "tenants[1].name: 'a' is the name of another tenant too"
        )
        #expect(
            try problem(tenants("").replacing(#""wcu":50,"#, with: ""))
                == "tenants[0].share.wcu: missing, and there is no total.wcu to have a part of"
        )
        #expect(try problem("{}") == "tenants: missing")
        #expect(try problem(#"{"tenants":[{}]}"#) == "tenants[0].demand: missing")
        #expect(try problem(#"{"tenants":[],"parameters":{"unit":1}}"#)?.hasPrefix("parameters.unit: unknown") == true)
        #expect(
            try problem(#"{"tenants":[],"parameters":{"cache_unit":"0B"}}"#)?.hasPrefix("parameters.cache_unit: 0")
                == true
        )
    }
}
