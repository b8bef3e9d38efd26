import Testing

@testable import Proxy

@Suite struct ConfigurationBudgetTests {
    private func tenant(_ weight: Double, budget: Int? = nil, enabled: Bool = true) -> TenantSettings {
        TenantSettings(
            name: "t",
            keys: [],
            upstream: "u",
            weight: weight,
            cache: CacheSettings(enabled: enabled, budget: budget)
        )
    }

    @Test func sharedByWeight() {
        let configuration = Configuration(tenants: [tenant(3), tenant(1)], cacheTotal: 400)
        #expect(configuration.cacheBudgets == [300, 100])
    }

    @Test func ownBudgetsComeFirst() {
        let tenants = [tenant(5, budget: 100), tenant(1), tenant(1), tenant(9, enabled: false)]
        #expect(Configuration(tenants: tenants, cacheTotal: 400).cacheBudgets == [100, 150, 150, 0])
    }

    @Test func neverMoreThanTheTotal() {
        let configuration = Configuration(tenants: (1...7).map { tenant(1 / Double($0)) }, cacheTotal: 1_000_003)
        #expect(configuration.cacheBudgets.reduce(0, +) <= 1_000_003)
        #expect(configuration.cacheBudgets.reduce(0, +) > 999_990)
    }

    @Test func nothingLeftIsNothing() {
        #expect(Configuration(tenants: [tenant(1, budget: 500), tenant(1)], cacheTotal: 400).cacheBudgets == [500, 0])
        #expect(Configuration(tenants: [], cacheTotal: 400).cacheBudgets == [])
    }

    private func mistakes(_ first: String, _ second: String, _ total: String) throws -> [String] {
        let credentials = "credentials: {access_key_id: AK, secret_access_key: s}"
        return try ConfigurationTestFile(
            """
            upstreams: [{name: u, region: r, \(credentials)}]
            tenants:
              - {name: a, keys: [{id: A, secret: s}], cache: {\(first)}}
              - {name: b, keys: [{id: B, secret: s}], cache: {\(second)}}
            cache: {\(total)}
            """
        ).mistakes()
    }

    @Test func totalsThatDoNotFit() throws {
        #expect(try mistakes("budget: 8MiB", "budget: 8MiB", "total: 16MiB").isEmpty)
        #expect(try mistakes("budget: 8MiB", "", "total: 9MiB").isEmpty)
        let above = try mistakes("budget: 8MiB", "budget: 9MiB", "total: 16MiB")
        #expect(
            above.count == 1 && above[0].hasPrefix("5:16: cache.total: the tenants' own budgets together are 17MiB")
        )
        for first in ["budget: 16MiB", "budget: 16000KiB"] {
            let little = try mistakes(first, "", "total: 16MiB")
            #expect(little.count == 1 && little[0].contains("the share of tenant 'b' is less than 1MiB"))
        }
    }

    @Test func defaultTotalIsBesideOwnBudgets() throws {
        let credentials = "credentials: {access_key_id: AK, secret_access_key: s}"
        let configuration = try ConfigurationTestFile(
            """
            upstreams: [{name: u, region: r, \(credentials)}]
            tenants:
              - {name: a, keys: [{id: A, secret: s}], cache: {budget: 1GiB}}
              - {name: b, keys: [{id: B, secret: s}]}
            """
        ).load().configuration
        #expect(configuration.cacheBudgets == [1 << 30, 256 << 20])
    }
}
