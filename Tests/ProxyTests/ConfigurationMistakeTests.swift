import Foundation
import Testing

@testable import Proxy

/// A fragment that replaces `#key` in a correct file, and the one mistake it makes.
struct MistakeCase: Sendable, CustomTestStringConvertible {
    var place: String
    var yaml: String
    var mistake: String

    var testDescription: String { "\(place): \(yaml)" }
}

private let template = """
    #top
    upstreams:
      - name: u
        region: eu-west-1
        #upstream
    tenants:
      - name: t
        #tenant
        keys:
          - id: KEY1
            #key
    """

private let top: [(String, String)] = [
    ("limts: {}", "1:1: limts: unknown key; did you mean 'limits'?"),
    ("zzzzz: 1", "1:1: zzzzz: unknown key; known are listen, reactors, limits, upstreams, tenants"),
    ("<<: {}", "1:1: merge keys are not understood"),
    ("reactors: many", "1:11: reactors: 'many' is not a whole number; write one from 1 to 1024"),
    ("reactors: 0", "1:11: reactors: '0' is out of range; choose from 1 to 1024"),
    ("reactors: 1.5", "1:11: reactors: '1.5' is not a whole number"),
    ("reactors: [1]", "1:11: reactors: a list where a whole number belongs"),
    ("listen: 127.0.0.1", "1:9: listen: '127.0.0.1' has no port"),
    ("listen: []", "1:9: listen: the list is empty"),
    ("listen: 127.0.0.1:65536", "1:9: listen: '127.0.0.1:65536' has a port out of range"),
    ("listen: 127.0.0.1:99999999999999999999", "1:9: listen: '127.0.0.1:99999999999999999999' has a port out of range"),
    ("listen: 127.0.0.1:-1", "1:9: listen: '127.0.0.1:-1' has no numeric port"),
    ("listen: example.com:80", "1:9: listen: 'example.com:80' does not begin with an IP address"),
    ("listen: ::1:80", "1:9: listen: '::1:80' has an IPv6 address without brackets; write for example [::1]:8000"),
    ("listen: [127.0.0.1:80, 127.0.0.1:80]", "1:24: listen[1]: the address 127.0.0.1:80 stands here twice"),
    ("listen: {tls: ~}", "1:9: listen.address: missing"),
    (
        "listen: {address: '127.0.0.1:1', tls: {certificate: /dev/null}}",
        "1:39: listen.tls.key: missing; name the private key"
    ),
    ("listen: {address: '127.0.0.1:1', tls: {key: /dev/null}}", "1:39: listen.tls.certificate: missing"),
    (
        "listen: {address: '127.0.0.1:1', tls: {key: /dev/null, certificate: /no/such}}",
        "1:69: listen.tls.certificate: the file '/no/such' cannot be read: No such file or directory"
    ),
    (
        "listen: {address: '127.0.0.1:1', tls: {key: /dev/null, certificate: /dev}}",
        "1:69: listen.tls.certificate: the file '/dev' cannot be read: it is a directory"
    ),
    ("limits: {head_size: 1}", "1:21: limits.head_size: '1' is out of range; choose from 1KiB to 1MiB"),
    ("limits: {head_size: big}", "1:21: limits.head_size: 'big' does not begin with a number"),
    ("limits: {idle_timeout: 0}", "1:24: limits.idle_timeout: '0' is out of range; choose from 1ms to 24h"),
    ("limits: {buffered_size: 1MiB}", "1:25: limits.buffered_size: buffered_size is 1MiB, less than one body may have"),
    ("log: {level: infos}", "1:14: log.level: 'infos' is not a choice here; did you mean 'info'?"),
    ("log: {format: xml}", "1:15: log.format: 'xml' is not a choice here; known are text, json"),
    ("log: loud", "1:6: log: a single value where a mapping belongs"),
    ("clock_window: 900", "1:15: clock_window: '900' has no unit; write for example 5m, 30s, 250ms or 0"),
    ("coherence: {dirty_window: 5s}", "1:12: coherence.dirty_window: 5s is shorter than upstream 'u' may take (10s)"),
    ("cache: {total: 1KiB}", "1:16: cache.total: '1KiB' is out of range"),
    ("drain_timeout: ${DRAIN}", "1:16: drain_timeout: the environment variable DRAIN is not set"),
    ("drain_timeout: ${BAD}", "1:16: drain_timeout: the value of '${BAD}' does not begin with a number"),
    ("drain_timeout: ${", "1:16: drain_timeout: '${' does not begin a variable; write ${NAME}"),
    ("log: {}\nlog: {}", "1:1: the key 'log' stands twice in this mapping; keep one of them"),
]

private let upstream: [(String, String)] = [
    ("name: v", "3:5: the key 'name' stands twice in this mapping"),
    ("endpoint: ftp://x", "5:15: upstreams[0].endpoint: 'ftp://x' is no endpoint's URL: "),
    ("endpoint: dynamodb", "5:15: upstreams[0].endpoint: 'dynamodb' is no endpoint's URL: "),
    ("endpoint: http://x:99999", "5:15: upstreams[0].endpoint: 'http://x:99999' is no endpoint's URL: "),
    ("endpoint: http://h/?q=1", "5:15: upstreams[0].endpoint: 'http://h/?q=1' is no endpoint's URL: "),
    ("endpoint: http://u:hunter2@h", "5:15: upstreams[0].endpoint: the URL is no endpoint's URL: "),
    ("request_timeout: 5 minutes", "5:22: upstreams[0].request_timeout: '5 minutes' is not a duration"),
    ("max_connections: 0", "5:22: upstreams[0].max_connections: '0' is out of range"),
    ("ca_file: /no/such", "5:14: upstreams[0].ca_file: the file '/no/such' cannot be read: No such file"),
    ("identity: a b", "5:15: upstreams[0].identity: 'a b' is not a name"),
    (
        "credentials: hunter2",
        "5:18: upstreams[0].credentials: this is not a choice here; known are environment, profile"
    ),
    ("credentials: {}", "5:18: upstreams[0].credentials.access_key_id: missing"),
    (
        "credentials: {access_key_id: A}",
        "5:18: upstreams[0].credentials.secret_access_key: missing; write secret_access_key: ${NAME}"
    ),
    ("credentials: {secret_access_key: hunter2}", "5:18: upstreams[0].credentials.access_key_id: missing"),
    ("credentials: {profile: p, access_key_id: A}", "5:18: upstreams[0].credentials: both a profile and an access key"),
    ("credentials: {profile: p, file: /dev/null}", "5:18: upstreams[0].credentials: the profile cannot be used: "),
    (
        "credentials: {profile: p, file: /no/such}",
        "5:37: upstreams[0].credentials.file: the file '/no/such' cannot be read"
    ),
]

private let tenant: [(String, String)] = [
    ("upstream: w", "8:15: tenants[0].upstream: no upstream is called 'w'; known are u"),
    ("weight: 0", "8:13: tenants[0].weight: '0' is not a weight"),
    ("weight: nan", "8:13: tenants[0].weight: 'nan' is not a weight"),
    (
        "operations: read_only",
        "8:17: tenants[0].operations: 'read_only' is not a choice here; did you mean 'read-only'?"
    ),
    ("operations: []", "8:17: tenants[0].operations: the list is empty"),
    ("operations: [GetItm]", "8:18: tenants[0].operations[0]: 'GetItm' is not an operation; did you mean 'GetItem'?"),
    (
        "operations: [Fly]",
        "8:18: tenants[0].operations[0]: 'Fly' is not an operation; write the names of DynamoDB's operations"
    ),
    ("tables: orders", "8:13: tenants[0].tables: a single value where a list belongs"),
    ("tables: ['a b']", "8:14: tenants[0].tables[0]: 'a b' has characters that no table's name has"),
    ("tables: ['[ab]*']", "8:14: tenants[0].tables[0]: '[ab]*' has characters that no table's name has"),
    ("tables: [ab]", "8:14: tenants[0].tables[0]: 'ab' matches no table"),
    ("tables: ['']", "8:14: tenants[0].tables[0]: '' matches no table"),
    ("cache: off", "8:12: tenants[0].cache: a single value where a mapping belongs"),
    ("cache: {ttl: -5s}", "8:18: tenants[0].cache.ttl: '-5s' is negative"),
    ("cache: {ttl: 0}", "8:18: tenants[0].cache.ttl: '0' is out of range"),
    ("cache: {negative_ttl: -1s}", "8:27: tenants[0].cache.negative_ttl: '-1s' is negative"),
    ("cache: {budget: 64M}", "8:21: tenants[0].cache.budget: '64M' has the ambiguous unit 'M'"),
    ("cache: {policy: lfu}", "8:21: tenants[0].cache.policy: 'lfu' is not a choice here"),
    ("cache: {enabled: perhaps}", "8:22: tenants[0].cache.enabled: 'perhaps' is neither true nor false"),
    ("cache: {tables: [{ttl: 1s}]}", "8:22: tenants[0].cache.tables[0].pattern: missing"),
    (
        "cache: {tables: [{pattern: '*'}, {pattern: abc}]}",
        "8:48: tenants[0].cache.tables[1].pattern: the entry is never used: the one on line 8 matches first"
    ),
    ("name: u", "7:5: the key 'name' stands twice in this mapping"),
]

private let key: [(String, String)] = [
    ("secret: ${NOPE}", "11:17: tenants[0].keys[0].secret: the environment variable NOPE is not set"),
    ("secret: ${EMPTY}", "11:17: tenants[0].keys[0].secret: the environment variable is empty"),
    ("secret: ''", "11:17: tenants[0].keys[0].secret: the secret is empty"),
    ("secret: hun ter2", "11:17: tenants[0].keys[0].secret: the secret is not a secret: it has spaces"),
    ("secret: [hunter2]", "11:17: tenants[0].keys[0].secret: a list where a secret belongs"),
    (
        "secret_file: /no/such",
        "11:22: tenants[0].keys[0].secret_file: the secret file '/no/such' cannot be read: No such"
    ),
    ("secret_file: /dev/null", "11:22: tenants[0].keys[0].secret_file: the secret file '/dev/null' is empty"),
    (
        "secret_file: /dev",
        "11:22: tenants[0].keys[0].secret_file: the secret file '/dev' cannot be read: Is a directory"
    ),
    ("{secret: hunter2, secret_file: /dev/null}", ""),
    ("token: hunter2", ""),
    ("session_token: hunter2", "10:9: tenants[0].keys[0].secret: missing; write secret: ${NAME}, or secret_file:"),
]

private func cases(_ place: String, _ list: [(String, String)]) -> [MistakeCase] {
    list.filter { !$0.1.isEmpty }.map { MistakeCase(place: place, yaml: $0.0, mistake: $0.1) }
}

/// The template with one place filled, and what the others need to be correct.
private func document(_ place: String, _ yaml: String) -> String {
    var text = template
    let defaults = [
        "top": "# nothing", "tenant": "# nothing", "key": "secret: ${SECRET}",
        "upstream": yaml.contains("credentials")
            ? "" : "credentials: {access_key_id: A, secret_access_key: \"${SECRET}\"}",
    ]
    for (name, filler) in defaults {
        let filling = name != place ? filler : name == "upstream" && !filler.isEmpty ? "\(yaml)\n    \(filler)" : yaml
        text = text.replacing("#\(name)\n", with: "\(filling)\n")
        if text.hasSuffix("#\(name)") { text = String(text.dropLast(name.count + 1)) + filling }
    }
    return text
}

private let environment = ["SECRET": "hunter2", "BAD": "hunter2", "EMPTY": ""]

@Suite struct ConfigurationMistakeTests {
    @Test(arguments: cases("top", top) + cases("upstream", upstream) + cases("tenant", tenant) + cases("key", key))
    func oneMistake(_ example: MistakeCase) throws {
        let mistakes = try ConfigurationTestFile(document(example.place, example.yaml)).mistakes(environment)
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix(example.mistake) == true, "\(mistakes)")
        #expect(mistakes.allSatisfy { $0.contains("; ") && !$0.contains("hunter2") })
    }

    @Test func theTemplateIsCorrect() throws {
        #expect(try ConfigurationTestFile(document("", "")).mistakes(environment) == [])
    }

    @Test func allAtOnceInLineOrder() throws {
        let file = try ConfigurationTestFile(
            """
            listen: [0.0.0.0:99999, nope]
            log: {level: info}
            log: {format: xml}
            upstreams:
              - {name: a, endpoint: x, region: r, request_timeout: 1s, request_timeout: never}
              - {name: a, region: eu-west-1}
            tenants:
              - {name: t, upstream: b, keys: [{id: AK}, {id: AK, secret: "${NOPE}"}]}
              - {name: t, keys: [{id: AK, secret: s}], tables: x}
            """
        )
        let places = file.mistakes().map { $0.prefix { $0 != " " } }
        #expect(
            places
                == [
                    "1:10:", "1:25:", "2:1:", "3:15:", "5:5:", "5:25:", "5:39:", "5:77:", "6:5:", "6:12:", "8:25:",
                    "8:35:",
                    "8:50:", "8:62:", "9:12:", "9:27:", "9:52:",
                ].map { $0[...] },
            "\(file.mistakes().joined(separator: "\n"))"
        )
    }

    @Test func sameAccessKeyInTwoTenants() throws {
        let file = try ConfigurationTestFile(
            """
            upstreams: [{name: u, region: r, credentials: {access_key_id: A, secret_access_key: s}}]
            tenants:
              - name: a
                keys: [{id: AK, secret: s}]
              - name: b
                keys: [{id: AK, secret: s}]
            """
        )
        let expected = "6:17: tenants[1].keys[0].id: this access key id already belongs to tenant 'a' (line 4)"
        #expect(file.mistakes().map { String($0.prefix(expected.count)) } == [expected])
    }

    @Test func severalUpstreamsMustBeChosenFrom() throws {
        let file = try ConfigurationTestFile(
            """
            upstreams:
              - {name: one, region: r, credentials: {access_key_id: A, secret_access_key: s}}
              - {name: two, region: r, credentials: {access_key_id: A, secret_access_key: s}}
            tenants: [{name: a, keys: [{id: AK, secret: s}]}]
            """
        )
        #expect(file.mistakes() == ["4:11: tenants[0].upstream: missing; choose one of one, two"])
    }

    @Test func environmentCredentials() throws {
        let file = try ConfigurationTestFile(
            """
            upstreams: [{name: u, region: r}]
            tenants: [{name: a, keys: [{id: AK, secret: s}]}]
            """
        )
        let both = "1:13: upstreams[0].credentials: credentials come from the environment, but AWS_ACCESS_KEY_ID and"
        #expect(file.mistakes().map { $0.hasPrefix(both) } == [true])
        let one = file.mistakes(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": ""])
        #expect(one.map { $0.contains("but AWS_SECRET_ACCESS_KEY is not set") } == [true])
        #expect(file.mistakes(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"]) == [])
    }

    @Test(
        arguments: [
            ("", "the file is empty"), ("# only a comment\n", "the file is empty"), ("~", "the file is empty"),
            ("- a\n- b", "1:1: a list where a mapping belongs"),
            ("hunter2", "1:1: a single value where a mapping belongs"),
            ("tenants: [", "this is not YAML"), ("a: b: hunter2", "1:5: this is not YAML"),
            ("\tx: 1", "this is not YAML"),
            ("log: {}\n---\nlog: {}", "2:1: this is not YAML"), ("log: *hunter2", "1:6: this is not YAML"),
            ("a: \"\\xZZ hunter2\"", "this is not YAML"), ("a: \u{1}hunter2", "this is not YAML"),
        ]
    )
    func notAConfiguration(text: String, expected: String) throws {
        let mistakes = try ConfigurationTestFile(text).mistakes()
        #expect(mistakes.count == 1 && mistakes[0].contains(expected), "\(mistakes)")
        #expect(mistakes.allSatisfy { !$0.contains("hunter2") })
    }

    @Test func filesThatCannotBeRead() throws {
        let file = try ConfigurationTestFile("")
        for (path, reason) in [
            ("/no/such.yaml", "No such file or directory"), (file.folder.path, "Is a directory"),
            ("/dev/zero", "it is larger than"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try Configuration.load(file: path) { _ in nil } }
            #expect(error?.description.hasPrefix("\(path): cannot be read: \(reason)") == true)
        }
        try Data([0xFF, 0xFE, 0x41]).write(to: URL(filePath: file.path))
        #expect(file.mistakes() == ["the file is not UTF-8; save it as UTF-8"])
    }

    /// Secrets in the wrong places, and files broken in any place, are never shown.
    @Test(
        arguments: [
            "keys: [{id: A, secret:hunter2}]", "keys: [{hunter2}]", "keys: [hunter2]", "keys: hunter2",
            "keys: {A: hunter2}", "keys: [{id: hunter2/x, secret: s}]", "keys: [{id: A, secret: {hunter2: 1}}]",
            "keys: [{hunter2, hunter2}]", "keys: [{id: A, secret: [hunter2]}]", "keys: [{id: A, secret: hunter2",
            "keys: [{id: A, secret: \"hunter2]", "keys: [{id: A, secret: &x hunter2 y: z}]",
            "keys: [{id: A, secret: |hunter2}]", "keys: [{id: A, secret: hunter2\u{7}}]",
            "keys: [{id: A, secret: \"hunter2\\n\"}]", "keys: [{id: hunter2, secret: s}, {id: hunter2, secret: s}]",
        ]
    )
    func secretsNeverShown(keys: String) throws {
        let credentials = "credentials: {access_key_id: A, secret_access_key: s}"
        let file = try ConfigurationTestFile(
            "upstreams: [{name: u, region: r, \(credentials)}]\ntenants:\n  - name: t\n    \(keys)\n"
        )
        let mistakes = file.mistakes()
        #expect(!mistakes.isEmpty)
        #expect(mistakes.allSatisfy { !$0.contains("hunter2") }, "\(mistakes)")
    }

    @Test func brokenFilesNeverCrash() throws {
        let example = try String(contentsOf: packageRoot.appending(path: "leveret.example.yaml"), encoding: .utf8)
        let lines = example.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }
        let text = Array(lines.joined(separator: "\n").utf8)
        var random = SeededGenerator(state: 20_251_121)
        let file = try ConfigurationTestFile("")
        for _ in 0..<300 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] = "[]{}:,-&*!|>'\"%@`#?\n \t".utf8.randomElement(using: &random) ?? 0
                case 2: bytes.remove(at: index)
                default: bytes.removeSubrange(index..<min(bytes.count, index + 40))
                }
            }
            try Data(bytes).write(to: URL(filePath: file.path))
            for mistake in file.mistakes(["ORDERS_SECRET": "hunter2"]) {
                #expect(!mistake.contains("hunter2") && mistake.utf8.count < 4096)
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same files are broken in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
