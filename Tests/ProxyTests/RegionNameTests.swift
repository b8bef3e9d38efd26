import Testing

@testable import Proxy

@Suite struct RegionNameTests {
    private func isValid(_ region: String, upstream: String = "eu-west-1") -> Bool {
        Array(region.utf8).withUnsafeBytes { RegionName.isValid($0, or: upstream) }
    }

    @Test(arguments: [
        "us-east-1", "eu-central-2", "ap-southeast-7", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1",
        "il-central-1",
        "mx-central-1", "cn-northwest-1", "eu-isoe-west-1", "ap-northeast-12",
    ])
    func `a region of AWS`(region: String) {
        #expect(isValid(region))
    }

    @Test func `the region of the sovereign cloud`() {
        #expect(isValid("eusc-de-east-1"))
    }

    @Test(arguments: [
        "", "-", "--", "us", "us-east", "us-1", "US-EAST-1", "us-east-1a", "us-east-one", "us--1", "us-east-",
        "-east-1",
        "us_east_1", "us-east-1 ", " us-east-1", "us-east-1-", "local", "u-east-1", "us-e4st-1", "us-east-١",
        "aws-global",
    ])
    func `no region`(region: String) {
        #expect(!isValid(region))
    }

    @Test func `the upstream's own, whatever it is called`() {
        #expect(isValid("local", upstream: "local"))
        #expect(!isValid("localhost", upstream: "local"))
        #expect(!isValid("loca", upstream: "local"))
    }
}
