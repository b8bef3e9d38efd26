import DynamoDB
import Foundation
import TableStore
import Testing

@testable import Proxy

@Suite struct ConfigurationEmbeddedTests {
    private let tenant = """
        tenants:
          - name: shop
            keys: [{id: AKIDSHOP, secret: hare}]
            upstream: UPSTREAM
        """

    @Test func aTenantNeedsNoUpstreamForTheEmbeddedStore() throws {
        let text = tenant.replacing("UPSTREAM", with: "embedded")
        let configuration = try ConfigurationTestFile(text).load().configuration
        #expect(configuration.upstreams.map(\.name) == ["embedded"])
        #expect(configuration.upstreams.first?.embedded == EmbeddedSettings())
        #expect(configuration.summary.contains("upstream  embedded  embedded  in memory"))
    }

    @Test func aStoreWithFileAndService() throws {
        let file = try ConfigurationTestFile(
            """
            upstreams:
              - name: store
                endpoint: embedded
                region: eu-west-1
                request_timeout: 3s
                identity: orders
                file: store.db
                service:
                  enforce_throughput: true
                  read_latency: 5ms
                  write_latency: {median: 8ms, p99: 40ms}
                  seed: 7
                  faults:
                    - {kind: error, error: ThrottlingException, probability: 0.25, operations: reads}
                    - {kind: late-write, delay: 2s, probability: 0.5, tables: [orders]}
                    - {kind: drop-after, probability: 0.125, operations: [PutItem]}
            \(tenant.replacing("UPSTREAM", with: "store"))
            """
        )
        let upstream = try #require(try file.load().configuration.upstreams.first)
        #expect(upstream.region == "eu-west-1" && upstream.requestTimeout == 3_000_000_000)
        #expect(upstream.identity == "orders")
        let settings = try #require(upstream.embedded)
        #expect(settings.file?.hasSuffix("/store.db") == true && settings.file?.hasPrefix("/") == true)
        let service = settings.service
        #expect(service.enforcesThroughput && service.seed == 7)
        #expect(service.readLatency == .fixed(5_000_000))
        #expect(service.writeLatency == .lognormal(median: 8_000_000, p99: 40_000_000))
        #expect(
            service.faults == [
                Fault(.error(.throttling), probability: 0.25, scope: .reads),
                Fault(.lateWrite(after: 2_000_000_000), probability: 0.5, tables: ["orders"]),
                Fault(.dropAfter, probability: 0.125, scope: .named([.putItem])),
            ]
        )
        #expect(try ServiceFile.parse(ServiceFile.text(service), name: "text") == service)
    }

    @Test(arguments: [
        ("{}", ServiceModel()), ("", ServiceModel()), ("# nothing\n", ServiceModel()),
    ])
    func nothingAskedFor(text: String, expected: ServiceModel) throws {
        #expect(try ServiceFile.parse(text, name: "request") == expected)
    }

    @Test func everyFaultCanBeWrittenAndRead() throws {
        var model = ServiceModel()
        model.readLatency = .uniform(minimum: 1_000_000, maximum: 2_500_000)
        let kinds: [Fault.Kind] =
            [.errorAfter, .timeout, .lateWrite(after: 1), .dropBefore, .dropAfter]
            + Fault.ErrorName.allCases.map { .error($0) }
        model.faults = kinds.map { Fault($0, probability: 0.0625, scope: .writes, tables: ["a-table", "b.table"]) }
        #expect(try ServiceFile.parse(ServiceFile.text(model), name: "text") == model)
    }

    @Test(arguments: [
        ("latency: 5ms", "latency: unknown key"),
        ("read_latency: 5", "read_latency: '5' has no unit"),
        ("read_latency: 10m", "out of range"),
        ("read_latency: {minimum: 5ms}", "these make no latency"),
        ("read_latency: {minimum: 5ms, maximum: 1ms}", "the latency of reads has a minimum above its maximum"),
        ("faults: [{kind: eror, probability: 1}]", "did you mean 'error'?"),
        ("faults: [{kind: error, probability: 1}]", "error: missing; write one of InternalServerError"),
        ("faults: [{kind: drop, probability: 1.5}]", "'1.5' is not a probability"),
        ("faults: [{kind: drop, probability: nan}]", "'nan' is not a probability"),
        ("faults: [{kind: drop, probability: 1, delay: 1s}]", "delay goes with kind: late-write"),
        ("faults: [{kind: drop, probability: 0.6}, {kind: timeout, probability: 0.6}]", "add up to more than 1"),
        ("faults: [{kind: drop, probability: 1, operations: [PutItems]}]", "did you mean 'PutItem'?"),
        ("[1, 2]", "a list where a mapping belongs"),
        ("{", "mend the YAML"),
    ])
    func mistakesAreExplained(text: String, expected: String) {
        let error = #expect(throws: ConfigurationError.self) { try ServiceFile.parse(text, name: "request") }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("endpoint: embedded\n    ca_file: x", "unknown key"),
        ("endpoint: embedded\n    file: /", "it is a directory"),
        ("endpoint: embedded\n    file: /no/such/folder/x.db", "its folder"),
        ("endpoint: http://127.0.0.1:1\n    region: us-east-1\n    file: x.db", "file is for the embedded store"),
    ])
    func wrongUpstreams(keys: String, expected: String) throws {
        let file = try ConfigurationTestFile(
            """
            upstreams:
              - name: store
                \(keys)
            \(tenant.replacing("UPSTREAM", with: "store"))
            """
        )
        let error = #expect(throws: ConfigurationError.self) {
            try file.load(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
        }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }

    @Test func twoUpstreamsCannotShareAFile() throws {
        let entry = { (name: String) in "  - {name: \(name), endpoint: embedded, file: same.db}" }
        let file = try ConfigurationTestFile(
            """
            upstreams:
            \(entry("one"))
            \(entry("two"))
            \(tenant.replacing("UPSTREAM", with: "one"))
            """
        )
        let error = #expect(throws: ConfigurationError.self) { try file.load() }
        #expect(error?.description.contains("the file is already that of the upstream on line 2") == true)
    }
}
