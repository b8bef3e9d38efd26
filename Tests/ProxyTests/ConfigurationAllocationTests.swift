import Alloc
import Testing

@testable import Proxy

@Suite struct ConfigurationAllocationTests {
    private func file(_ further: String, first: String = "", second: String = "") throws -> ConfigurationTestFile {
        try ConfigurationTestFile(
            """
            upstreams: [{name: u, region: r, credentials: {access_key_id: AK, secret_access_key: s}}]
            tenants:
              - {name: a, keys: [{id: A, secret: s}]\(first)}
              - {name: b, keys: [{id: B, secret: s}]\(second)}
            \(further)
            """
        )
    }

    @Test func defaults() throws {
        let configuration = try file("").load().configuration
        #expect(configuration.resources == nil && configuration.admin == nil)
        #expect(configuration.allocation == AllocationSettings())
        #expect(configuration.allocation.mode == .apply && configuration.allocation.policy == .optimal)
        #expect(configuration.throttling == ThrottlingSettings())
        #expect(configuration.bases.allSatisfy { $0.readUnits == .infinity && $0.egressBytes == .infinity })
        #expect(configuration.bases.map(\.cacheBytes) == configuration.cacheBudgets)
    }

    @Test func everyKey() throws {
        let configuration = try file(
            """
            resources: {rcu: 4000, wcu: 31.25, egress: 50MB}
            allocation:
              mode: observe
              policy: hare
              interval: 5s
              window: 2
              threshold: 2.5%
              step: 1MiB
              step_interval: 250ms
              warm: 0.9
              boost: false
              salt: 1%
              history: 7
              floor: {cache: 1MiB, rcu: 0.01, wcu: 0.5, egress: 1kB}
            throttling: {queue_length: 10, queue_deadline: 2s, burst: 500ms}
            admin: {listen: 127.0.0.1:8001}
            """,
            first: ", weight: 3, share: {rcu: 1000.5, egress: 10MB}"
        ).load().configuration
        #expect(configuration.resources == ResourceTotals(readUnits: 4000, writeUnits: 31.25, egressBytes: 50e6))
        var expected = AllocationSettings()
        expected.mode = .observe
        expected.policy = .hare
        expected.interval = 5_000_000_000
        expected.window = 2
        expected.threshold = 0.025
        expected.step = 1 << 20
        expected.stepInterval = 250_000_000
        expected.warm = 0.9
        expected.boost = false
        expected.salt = 0.01
        expected.history = 7
        expected.floor = ResourceVector(cacheBytes: 1 << 20, readUnits: 0.01, writeUnits: 0.5, egressBytes: 1000)
        #expect(configuration.allocation == expected)
        #expect(configuration.throttling.queueLength == 10)
        #expect(configuration.throttling.queueDeadline == 2_000_000_000)
        #expect(configuration.throttling.burst == 500_000_000)
        #expect(configuration.admin?.listener == Listener(host: "127.0.0.1", port: 8001))
        #expect(configuration.tenants[0].share == ResourceTotals(readUnits: 1000.5, egressBytes: 10e6))
    }

    @Test func basesAreSharesThenWeights() {
        func tenant(_ name: String, _ weight: Double, _ share: ResourceTotals = ResourceTotals()) -> TenantSettings {
            var tenant = TenantSettings(name: name, keys: [], upstream: "u", weight: weight)
            tenant.share = share
            return tenant
        }
        var configuration = Configuration(
            tenants: [tenant("a", 9, ResourceTotals(readUnits: 100)), tenant("b", 3), tenant("c", 1)],
            cacheTotal: 130
        )
        configuration.resources = ResourceTotals(readUnits: 500, writeUnits: 130)
        #expect(configuration.bases.map(\.readUnits) == [100, 300, 100])
        #expect(zip(configuration.bases, [90, 30, 10]).allSatisfy { abs($0.writeUnits - $1) < 1e-9 })
        #expect(configuration.bases.allSatisfy { $0.egressBytes == .infinity })
        #expect(configuration.bases.map(\.cacheBytes) == [90, 30, 10])
        // Floors hold in the bases, and never exceed them.
        configuration.resources?.writeUnits = 12
        #expect(configuration.bases.map(\.writeUnits).reduce(0, +) == 12)
        for (floor, base) in zip(configuration.floors, configuration.bases) {
            #expect(floor.writeUnits <= base.writeUnits && floor.cacheBytes <= base.cacheBytes)
        }
    }

    @Test(arguments: [
        ("allocation: {mode: aply}", "5:20: allocation.mode: 'aply' is not a choice here; did you mean 'apply'?"),
        ("allocation: {polcy: hare}", "5:14: allocation.polcy: unknown key; did you mean 'policy'?"),
        ("allocation: {policy: best}", "allocation.policy: 'best' is not a choice here"),
        (
            "allocation: {interval: 50ms}",
            "allocation.interval: '50ms' is out of range; choose from 100ms to 1h"
        ),
        ("allocation: {interval: 1s, step_interval: 2s}", "step_interval: it is longer than the interval"),
        ("allocation: {threshold: 200%}", "allocation.threshold: '200%' is out of range; choose from 0% to 100%"),
        (
            "allocation: {salt: little}",
            "allocation.salt: 'little' is not a part of 1; write for example 5% or 0.05"
        ),
        ("allocation: {floor: {rcu: 0}}", "allocation.floor.rcu: '0' is out of range; choose from 0.001 to"),
        ("resources: {rcu: 0}", "resources.rcu: '0' is out of range; choose from 0.001 to"),
        ("resources: {rcu: nan}", "resources.rcu: 'nan' is not a number"),
        ("resources: {egress: 5M}", "resources.egress: '5M' has the ambiguous unit 'M'"),
        ("throttling: {queue_deadline: 2}", "throttling.queue_deadline: '2' has no unit"),
        ("admin: {}", "admin.listen: missing; write for example 127.0.0.1:8001"),
        ("admin: {listen: 127.0.0.1:8000}", "admin: 127.0.0.1:8000 is where clients connect"),
    ])
    func mistakes(further: String, expected: String) throws {
        let mistakes = try file(further).mistakes()
        #expect(mistakes.count == 1 && mistakes[0].contains(expected), "\(mistakes)")
    }

    @Test func sharesThatDoNotFit() throws {
        let tooMuch = try file("resources: {rcu: 100}", first: ", share: {rcu: 60}", second: ", share: {rcu: 50}")
        let said = tooMuch.mistakes()
        #expect(
            said.count == 1
                && said[0].contains("the tenants' own shares together are 110 RCU a second, more than the total"),
            "\(said)"
        )
        let nothingLeft = try file("resources: {wcu: 100}", first: ", share: {wcu: 100}")
        #expect(nothingLeft.mistakes().first?.contains("which leaves nothing for the others") == true)
        #expect(
            try file("resources: {wcu: 100}", first: ", share: {wcu: 50}", second: ", share: {wcu: 50}").mistakes()
                .isEmpty
        )
    }

    @Test func warnings() throws {
        let unlimited = try file("resources: {wcu: 5}", first: ", share: {rcu: 60}").load()
        #expect(unlimited.warnings.map(\.description).contains { $0.contains("share.rcu of tenant 'a' has no effect") })
        let open = try file("admin: {listen: 0.0.0.0:8001}").load()
        #expect(open.warnings.map(\.description).contains { $0.contains("the admin API asks for no credentials") })
    }

    @Test func summary() throws {
        let text = try file(
            "resources: {rcu: 400, egress: 10MiB}\nadmin: {listen: 127.0.0.1:8001}",
            first: ", weight: 3"
        ).load().configuration.summary
        #expect(text.contains("resources   400 RCU/s 10MiB/s"))
        #expect(text.contains("allocation  apply  optimal  every 20s"))
        #expect(text.contains("300 RCU/s 7.5MiB/s"))
        #expect(text.contains("admin       127.0.0.1:8001"))
    }
}
