import Testing

@testable import Proxy

@Suite struct ConfigurationDevelopmentTests {
    @Test(arguments: [
        ("127.0.0.1:8000", "127.0.0.1"), ("localhost:1", "127.0.0.1"), ("[::1]:0", "::1"), ("127.8.9.1:5", "127.8.9.1"),
    ])
    func loopback(listen: String, host: String) throws {
        let configuration = try Configuration.development(
            upstream: .endpoint("http://127.0.0.1:5000"),
            listen: listen,
            cache: "8MiB"
        )
        #expect(configuration.listeners.map(\.host) == [host])
        #expect(
            configuration.development
                == DevelopmentSettings(upstream: .endpoint("http://127.0.0.1:5000"), cacheBudget: 8 << 20)
        )
        #expect(configuration.tenants.isEmpty && configuration.upstreams.isEmpty)
    }

    @Test(arguments: ["0.0.0.0:8000", "[::]:8000", "192.168.1.1:80", "10.0.0.1:80", "[::ffff:10.0.0.1]:80"])
    func otherAddressesAreRefused(listen: String) {
        let problem = #expect(throws: Configuration.DevelopmentProblem.self) {
            try Configuration.development(upstream: .endpoint("http://127.0.0.1:5000"), listen: listen, cache: "8MiB")
        }
        #expect(problem?.description.hasPrefix("--listen '\(listen)' can be reached from other machines") == true)
    }

    @Test(
        arguments: [
            ("nonsense", "127.0.0.1:1", "8MiB", "--upstream 'nonsense' is no endpoint's URL: "),
            ("http://u:hunter2@h", "127.0.0.1:1", "8MiB", "--upstream 'the URL' is no endpoint's URL: "),
            ("http://h", "127.0.0.1", "8MiB", "--listen '127.0.0.1' has no port; "),
            ("http://h", "example.com:80", "8MiB", "--listen 'example.com:80' does not begin with an IP address; "),
            ("http://h", "127.0.0.1:1", "lots", "--cache 'lots' does not begin with a number; "),
            ("http://h", "127.0.0.1:1", "1KiB", "--cache '1KiB' is out of range; "),
        ]
    )
    func wrongOptions(upstream: String, listen: String, cache: String, expected: String) {
        let problem = #expect(throws: Configuration.DevelopmentProblem.self) {
            try Configuration.development(upstream: .endpoint(upstream), listen: listen, cache: cache)
        }
        #expect(problem?.description.hasPrefix(expected) == true, "\(String(describing: problem))")
        #expect(problem?.description.contains("hunter2") == false)
    }

    @Test func addressesAreWrittenAsTheyAreRead() throws {
        for text in ["127.0.0.1:8000", "[::1]:80", "0.0.0.0:0"] { #expect(try Listener(address: text).address == text) }
    }
}
