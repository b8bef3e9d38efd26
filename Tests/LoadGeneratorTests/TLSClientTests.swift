import Foundation
import Testing
import Transport

@testable import LoadGenerator

/// A self-signed certificate with its key, made by the `openssl` command.
final class Certificate {
    private let folder: URL
    var file: String { folder.appending(path: "certificate.pem").path }
    var key: String { folder.appending(path: "key.pem").path }

    init(_ names: String, days: Int = 2) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bench-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let request = folder.appending(path: "request.pem").path
        try Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test",
            "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", request,
        ]).waitUntilExit()
        try Self.openssl([
            "x509", "-req", "-in", request, "-signkey", key, "-days", "\(days)", "-copy_extensions", "copy", "-out",
            file,
        ]).waitUntilExit()
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func context() throws -> TLSContext { try TLSContext(certificateFile: file, keyFile: key) }

    /// Starts the `openssl` command.
    static func openssl(_ arguments: [String], input: Any = FileHandle.nullDevice) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}

/// What connections make of servers that speak TLS, or do not.
@Suite(.timeLimit(.minutes(1)))
struct TLSClientTests {
    private static let here = "DNS:localhost,IP:127.0.0.1"

    /// The outcome of one request, which FakeServer refuses for want of a signature.
    private func outcome(
        _ certificate: Certificate,
        host: String = "127.0.0.1",
        trust: ServerTrust? = nil
    ) throws -> String? {
        let server = try FakeServer(tls: certificate.context())
        defer { server.stop() }
        let endpoint = try HTTPEndpoint("https://\(host):\(server.port)")
        let local = try HTTPEndpoint("https://127.0.0.1:\(server.port)")
        let known = try ServerAddresses(local, trust: trust ?? .certificates(file: certificate.file))
        return try talk(to: ServerAddresses(endpoint, all: known.all, tls: known.tls)).outcomes.first
    }

    @Test(arguments: ["127.0.0.1", "localhost", "localhost.", "a.example.com"])
    func namesAndAddressesAreVerified(host: String) throws {
        let certificate = try Certificate(Self.here + ",DNS:*.example.com")
        #expect(try outcome(certificate, host: host)?.hasPrefix("403 ") == true)
    }

    @Test func anotherHostsCertificateIsRefused() throws {
        let other = try Certificate("DNS:example.com,DNS:127.0.0.1,IP:127.0.0.2")
        #expect(try outcome(other) == "TLS: certificate refused: IP address mismatch")
        #expect(try outcome(other, host: "localhost") == "TLS: certificate refused: hostname mismatch")
        let prefix = try Certificate("DNS:local*")
        #expect(try outcome(prefix, host: "localhost") == "TLS: certificate refused: hostname mismatch")
    }

    @Test func unknownIssuersAreRefused() throws {
        let certificate = try Certificate(Self.here)
        let other = try Certificate(Self.here)
        let refusal = "TLS: certificate refused: self-signed certificate"
        #expect(try outcome(certificate, trust: .system) == refusal)
        #expect(try outcome(certificate, trust: .certificates(file: other.file)) == refusal)
    }

    @Test func expiredCertificatesAreRefused() throws {
        let certificate = try Certificate(Self.here, days: -1)
        #expect(try outcome(certificate) == "TLS: certificate refused: certificate has expired")
    }

    @Test func anybodyMeansAnybody() throws {
        let certificate = try Certificate("DNS:example.com", days: -1)
        #expect(try outcome(certificate, trust: .anybody)?.hasPrefix("403 ") == true)
    }

    @Test func fileOfCertificatesHasToBeOne() throws {
        let endpoint = try HTTPEndpoint("https://127.0.0.1:1")
        for file in ["/nowhere/ca.pem", #filePath] {
            let error = #expect(throws: TransportError.self) {
                try ServerAddresses(endpoint, trust: .certificates(file: file))
            }
            #expect(error?.description.contains(file) == true)
        }
    }

    @Test func aServerWithoutTLSIsToldApart() throws {
        let server = try FakeServer()
        defer { server.stop() }
        let addresses = try ServerAddresses(try HTTPEndpoint("https://127.0.0.1:\(server.port)"))
        #expect(try talk(to: addresses).outcomes == ["TLS: the server does not speak TLS"])
    }

    @Test func aServerWithTLSIsToldApart() throws {
        let server = try FakeServer(tls: Certificate(Self.here).context())
        defer { server.stop() }
        let outcome = try talk(port: server.port, requests: 1).outcomes[0]
        #expect(["malformed reply: TLS; it wants an https endpoint", "connection closed"].contains(outcome))
        let alert = try ScriptedServer([["\u{15}\u{3}\u{3}"]])
        #expect(
            try talk(port: alert.port, requests: 1).outcomes == ["malformed reply: TLS; it wants an https endpoint"]
        )
    }

    @Test func aHandshakeCutShort() throws {
        let server = try ScriptedServer([])
        let addresses = try ServerAddresses(try HTTPEndpoint("https://127.0.0.1:\(server.port)"))
        let outcomes = try talk(to: addresses, requests: 2).outcomes
        #expect(outcomes == [String](repeating: "TLS: the connection was closed during the handshake", count: 2))
    }

    @Test func aHandshakeWithoutAnAnswer() throws {
        // It waits for a request in the clear.
        let server = try ScriptedServer([["never"]])
        let addresses = try ServerAddresses(try HTTPEndpoint("https://127.0.0.1:\(server.port)"))
        let outcomes = try talk(to: addresses, connectTimeout: 200_000_000).outcomes
        #expect(outcomes == ["TLS: the handshake took too long"])
    }

    /// `openssl s_server`, which never answers a POST; ended with the test.
    private func withOpenSSLServer(_ arguments: [String], _ body: (UInt16) throws -> Void) throws {
        let port: UInt16
        do {
            port = try ScriptedServer([]).port
        }
        // At the end of its input it would end.
        let input = Pipe()
        let command = ["s_server", "-accept", "127.0.0.1:\(port)", "-quiet"]
        let process = try Certificate.openssl(command + arguments, input: input)
        defer {
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? input.fileHandleForWriting.close()
        }
        let isThere = try ServerAddresses(try HTTPEndpoint("http://127.0.0.1:\(port)"))
        for _ in 0..<100 where try talk(to: isThere, timeout: 100_000_000).outcomes[0].hasPrefix("connect") {
            usleep(50_000)
        }
        try body(port)
    }

    @Test func theServersNameIsSentUnlessItIsAnAddress() throws {
        let (nameless, named) = (try Certificate(Self.here), try Certificate(Self.here))
        let arguments = [
            "-cert", nameless.file, "-key", nameless.key, "-servername", "localhost", "-cert2", named.file, "-key2",
            named.key,
        ]
        try withOpenSSLServer(arguments) { port in
            for (host, certificate) in [("localhost", named), ("127.0.0.1", nameless)] {
                let endpoint = try HTTPEndpoint("https://\(host):\(port)")
                let addresses = try ServerAddresses(endpoint, trust: .certificates(file: certificate.file))
                // The handshake went well: a request could be sent.
                let outcomes = try talk(to: addresses, timeout: 200_000_000).outcomes
                #expect(outcomes == ["timeout"], "\(host): \(outcomes)")
            }
        }
    }

    @Test func olderVersionsAreRefused() throws {
        let certificate = try Certificate(Self.here)
        let arguments = ["-cert", certificate.file, "-key", certificate.key]
        for (version, isGood) in [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
            try withOpenSSLServer(arguments + [version, "-cipher", "ALL:@SECLEVEL=0"]) { port in
                let endpoint = try HTTPEndpoint("https://127.0.0.1:\(port)")
                let addresses = try ServerAddresses(endpoint, trust: .certificates(file: certificate.file))
                let outcome = try talk(to: addresses, timeout: 200_000_000).outcomes[0]
                #expect(isGood ? outcome == "timeout" : outcome.hasPrefix("TLS: "), "\(version): \(outcome)")
            }
        }
    }

    @Test func wholeRunsWithLargeBodiesBothWays() throws {
        let certificate = try Certificate(Self.here)
        let large = #"{"Item":{"payload":{"S":"\#(String(repeating: "x", count: 300_000))"}}}"#
        let server = try FakeServer(Behaviour(answers: ["GetItem": (200, large)]), tls: certificate.context())
        defer { server.stop() }
        let credentials = BenchmarkCredentials(accessKeyID: "AKIDTEST", secret: FakeServer.secret)
        let mix = try OperationMix("get=1,put=1,update=1")
        var tenant = TenantPlan(name: "a", credentials: credentials, table: "items", mix: mix)
        tenant.keys = 20
        tenant.sizes = .fixed(200_000)
        tenant.connections = 4
        var plan = BenchmarkPlan(endpoint: try HTTPEndpoint("https://localhost:\(server.port)"), tenants: [tenant])
        plan.trust = .certificates(file: certificate.file)
        plan.operations = 200
        plan.threads = 2
        let tally = try Benchmark(plan).run { _ in }.total.tally
        #expect(tally.succeeded == 200 && tally.failed == 0 && tally.reconnects == 0 && tally.absent == 0)
        #expect(server.refused == [])
        #expect(tally.bytesReceived > 300_000 * 40)
    }

    @Test func lostConnectionsComeBackThroughTLS() throws {
        let certificate = try Certificate(Self.here)
        let server = try FakeServer(Behaviour(closeEach: 5), tls: certificate.context())
        defer { server.stop() }
        let credentials = BenchmarkCredentials(accessKeyID: "AKIDTEST", secret: FakeServer.secret)
        var tenant = TenantPlan(name: "a", credentials: credentials, table: "t", mix: try OperationMix("read"))
        tenant.connections = 2
        var plan = BenchmarkPlan(endpoint: try HTTPEndpoint("https://localhost:\(server.port)"), tenants: [tenant])
        plan.trust = .anybody
        plan.operations = 50
        let tally = try Benchmark(plan).run { _ in }.total.tally
        #expect(tally.succeeded == 40 && tally.errors["connection closed"] == 10)
    }
}
