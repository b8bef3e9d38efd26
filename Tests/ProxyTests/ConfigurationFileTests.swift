import Cache
import Foundation
import Logging
import Testing

@testable import Proxy

private let minimal = """
    upstreams:
      - {name: local, endpoint: "http://127.0.0.1:5000", region: us-east-1, credentials: {access_key_id: AK, secret_access_key: s}}
    tenants:
      - name: orders
        keys: [{id: KEY, secret: "${SECRET}"}]
    """

@Suite struct ConfigurationFileTests {
    @Test func defaults() throws {
        let configuration = try ConfigurationTestFile(minimal).load(["SECRET": "hare"]).configuration
        #expect(configuration.listeners == [Listener(host: "127.0.0.1", port: 8000)])
        #expect(configuration.reactors == Configuration.coresOnline)
        #expect(configuration.limits == Limits())
        #expect(configuration.coherence == CoherenceSettings())
        #expect(configuration.clockWindow == 900)
        #expect(configuration.drainDeadline == 10_000_000_000)
        #expect(configuration.log == LogSettings(level: .info, format: .text))
        #expect(configuration.development == nil)
        #expect(configuration.cacheTotal == 256 << 20)

        let upstream = try #require(configuration.upstreams.first)
        #expect(upstream.connectTimeout == 2_000_000_000)
        #expect(upstream.requestTimeout == 10_000_000_000)
        #expect(upstream.maxConnections == 256)
        #expect(upstream.caFile == nil && upstream.identity == nil)

        let tenant = try #require(configuration.tenants.first)
        #expect(tenant.upstream == "local")
        #expect(tenant.weight == 1)
        #expect(tenant.operations == .standard)
        #expect(tenant.tables == ["*"])
        #expect(tenant.cache == CacheSettings())
        #expect(tenant.cache.ttl == 300_000_000_000 && tenant.cache.negativeTTL == 10_000_000_000)
        #expect(tenant.keys.first?.secret.bytes == Array("hare".utf8))
        #expect(tenant.keys.first?.sessionToken == nil)
    }

    @Test func everyKey() throws {
        let file = try ConfigurationTestFile(
            """
            listen:
              - "[::1]:8001"
              - {address: "0.0.0.0:8443", tls: {certificate: tls.crt, key: tls.key}}
            reactors: 3
            limits:
              head_size: 8KiB
              header_count: 50
              body_size: 1MiB
              connections: 77
              idle_timeout: 1s
              head_timeout: 2s
              body_timeout: 3s
              write_timeout: 4s
              buffered_size: 2MiB
              in_flight: 9
            upstreams:
              - name: aws
                region: eu-west-1
                credentials: environment
                ca_file: tls.crt
                connect_timeout: 1s
                request_timeout: 20s
                max_connections: 5
                identity: shop
              - name: file
                endpoint: https://dynamodb.us-east-2.amazonaws.com
                credentials: {profile: production, file: credentials}
              - name: keys
                endpoint: http://[::1]:8000/prefix
                region: local
                credentials:
                  access_key_id: AK
                  secret_access_key_file: secret.txt
                  session_token: ${TOKEN}
            tenants:
              - name: a
                upstream: aws
                weight: 2.5
                operations: read-only
                tables: [orders, "x?-*"]
                keys:
                  - {id: K1, secret: "${SECRET}", session_token: "${TOKEN}"}
                  - {id: K2, secret_file: secret.txt, session_token_file: secret.txt}
                cache:
                  enabled: yes
                  budget: 8MiB
                  policy: s3fifo
                  ttl: 1m
                  negative_ttl: 0
                  max_entry: 100KiB
                  tables:
                    - {pattern: "x1*", enabled: false}
                    - {pattern: "*", ttl: 1s, negative_ttl: 2s}
              - {name: b, upstream: file, operations: all, keys: [{id: K3, secret: "${SECRET}"}], cache: {enabled: false}}
              - {name: c, upstream: keys, operations: [GetItem, ListStreams], keys: [{id: K4, secret: "${SECRET}"}]}
            cache: {total: 10MiB, huge_pages: true}
            coherence: {consistent_read_after_write: 1s, dirty_window: 30s, table_refresh: 2m}
            clock_window: 5m
            drain_timeout: 1s
            log: {level: debug, format: json}
            """
        )
        for name in ["tls.crt", "tls.key"] { try file.write("x", to: name) }
        try file.write("file-secret\n", to: "secret.txt")
        try file.write("[production]\naws_access_key_id=AK\naws_secret_access_key=s\n", to: "credentials")
        let environment = [
            "SECRET": "hare", "TOKEN": "leaf", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "s",
        ]
        let loaded = try file.load(environment)
        let configuration = loaded.configuration
        #expect(loaded.warnings.isEmpty)

        let folder = file.folder.path
        let tls = TLSFiles(certificate: "\(folder)/tls.crt", key: "\(folder)/tls.key")
        #expect(
            configuration.listeners == [
                Listener(host: "::1", port: 8001), Listener(host: "0.0.0.0", port: 8443, tls: tls),
            ]
        )
        #expect(configuration.reactors == 3)
        let limits = Limits(
            headBytes: 8192,
            headerCount: 50,
            bodyBytes: 1 << 20,
            connections: 77,
            idleDeadline: 1_000_000_000,
            headDeadline: 2_000_000_000,
            bodyDeadline: 3_000_000_000,
            writeDeadline: 4_000_000_000,
            bufferedBytes: 2 << 20,
            inFlight: 9
        )
        #expect(configuration.limits == limits)

        let aws = configuration.upstreams[0]
        #expect(aws.endpoint == "https://dynamodb.eu-west-1.amazonaws.com")
        #expect(aws.caFile == "\(folder)/tls.crt" && aws.identity == "shop" && aws.maxConnections == 5)
        #expect(aws.connectTimeout == 1_000_000_000 && aws.requestTimeout == 20_000_000_000)
        guard case .environment = aws.credentials else { return #expect(Bool(false)) }
        #expect(configuration.upstreams[1].region == "us-east-2")
        guard case .profile("production", "\(folder)/credentials") = configuration.upstreams[1].credentials else {
            return #expect(Bool(false))
        }
        guard case .static("AK", let secret, let token) = configuration.upstreams[2].credentials else {
            return #expect(Bool(false))
        }
        #expect(secret.bytes == Array("file-secret".utf8) && token?.bytes == Array("leaf".utf8))

        let tenant = configuration.tenants[0]
        #expect(tenant.weight == 2.5 && tenant.operations == .readOnly && tenant.tables == ["orders", "x?-*"])
        #expect(tenant.keys.map(\.id) == ["K1", "K2"])
        #expect(tenant.keys[1].secret.bytes == Array("file-secret".utf8))
        #expect(tenant.keys[1].sessionToken?.bytes == Array("file-secret".utf8))
        let tables = [
            TableCacheSettings(pattern: "x1*", enabled: false),
            TableCacheSettings(pattern: "*", ttl: 1_000_000_000, negativeTTL: 2_000_000_000),
        ]
        #expect(
            tenant.cache
                == CacheSettings(
                    budget: 8 << 20,
                    policy: .s3fifo,
                    ttl: 60_000_000_000,
                    negativeTTL: 0,
                    maxEntryBytes: 100 << 10,
                    tables: tables
                )
        )
        #expect(configuration.cacheTotal == 10 << 20 && configuration.cacheHugePages)
        #expect(configuration.tenants[1].operations == .all && !configuration.tenants[1].cache.enabled)
        #expect(configuration.tenants[2].operations == .only(["GetItem", "ListStreams"]))
        #expect(configuration.cacheBudgets == [8 << 20, 0, 2 << 20])
        #expect(configuration.coherence.dirtyWindow == 30_000_000_000)
        #expect(configuration.clockWindow == 300 && configuration.drainDeadline == 1_000_000_000)
        #expect(configuration.log == LogSettings(level: .debug, format: .json))
    }

    @Test func exampleFile() throws {
        let path = packageRoot.appending(path: "leveret.example.yaml").path
        let names = ["ORDERS_SECRET", "ORDERS_NEXT_SECRET", "REPORTS_SECRET", "UPSTREAM_KEY_ID", "UPSTREAM_SECRET"]
        let loaded = try Configuration.load(file: path) { names.contains($0) ? "example" : nil }
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.configuration.tenants.map(\.name) == ["orders", "reports", "playground"])
        #expect(loaded.configuration.cacheBudgets == [336 << 20, 64 << 20, 112 << 20])
        // Without the variables each place that names one is reported.
        let error = #expect(throws: ConfigurationError.self) { try Configuration.load(file: path) { _ in nil } }
        for name in names { #expect(error?.description.contains(name) == true) }
    }

    @Test func documentationNamesEveryKey() throws {
        let text = try String(contentsOf: packageRoot.appending(path: "docs/configuration.md"), encoding: .utf8)
        for key in ConfigurationKeys.all.joined() {
            #expect(text.contains("`\(key)`"), "docs/configuration.md does not explain \(key)")
        }
    }

    @Test func literalSecretsInSharedFilesAreWarnedAbout() throws {
        let text = minimal.replacing("${SECRET}", with: "hare")
        #expect(try ConfigurationTestFile(text, mode: 0o600).load().warnings.isEmpty)
        let warnings = try ConfigurationTestFile(text, mode: 0o644).load().warnings
        #expect(warnings.map(\.path) == ["upstreams[0].credentials.secret_access_key", "tenants[0].keys[0].secret"])
        #expect(warnings.allSatisfy { !$0.description.contains("hare") })
        let fromEnvironment = try ConfigurationTestFile(minimal, mode: 0o644).load(["SECRET": "hare"]).warnings
        #expect(fromEnvironment.map(\.path) == ["upstreams[0].credentials.secret_access_key"])
    }

    @Test func environmentInAnyScalar() throws {
        let environment = ["SECRET": "s", "PORT": "9000", "LEVEL": "error", "TTL": "7s", "NAME": "orders"]
        let text =
            minimal.replacing("name: orders", with: "name: ${NAME}") + """

                    cache: {ttl: "${TTL}"}
                listen: 127.0.0.1:${PORT}
                log: {level: "${LEVEL}"}
                """
        let configuration = try ConfigurationTestFile(text).load(environment).configuration
        #expect(configuration.listeners.map(\.port) == [9000])
        #expect(configuration.log.level == .error)
        #expect(configuration.tenants.first?.cache.ttl == 7_000_000_000)
        #expect(configuration.tenants.first?.name == "orders")
    }

    @Test func nullsAndAliasesAndByteOrderMark() throws {
        let text = """
            \u{FEFF}reactors: ~
            log:
            upstreams:
              - {name: local, region: eu-west-1, credentials: &own {access_key_id: AK, secret_access_key: s}}
              - {name: other, region: cn-north-1, credentials: *own}
            tenants:
              - {name: a, upstream: local, keys: [{id: K1, secret: s}], cache: &c {ttl: 9s}}
              - {name: b, upstream: other, keys: [{id: K2, secret: 0123}], cache: *c}
            """
        let configuration = try ConfigurationTestFile(text).load().configuration
        #expect(configuration.reactors == Configuration.coresOnline)
        #expect(configuration.tenants.map(\.cache.ttl) == [9_000_000_000, 9_000_000_000])
        // A secret is text also where YAML would see a number.
        #expect(configuration.tenants[1].keys[0].secret.bytes == Array("0123".utf8))
        #expect(configuration.upstreams[1].endpoint == "https://dynamodb.cn-north-1.amazonaws.com.cn")
    }

    @Test func secretsAreNeverShown() throws {
        let configuration = try ConfigurationTestFile(minimal).load(["SECRET": "hunter2"]).configuration
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, configuration.summary] {
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
        #expect("\(Secret("hunter2"))" == "redacted")
    }

    @Test func summary() throws {
        let summary = try ConfigurationTestFile(minimal).load(["SECRET": "hare"]).configuration.summary
        let lines = summary.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            lines == [
                "listen 127.0.0.1:8000 plain HTTP",
                "upstream local http://127.0.0.1:5000 region us-east-1 credentials: access key",
                "tenant orders upstream local 1 key cache 256MiB operations standard tables *",
                "cache total 256MiB",
            ]
        )
    }
}
