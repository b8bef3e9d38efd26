import Foundation
import Testing

@testable import Transport

/// A self-signed certificate and its key in a folder of their own, made by the `openssl` command.
final class TestCertificate {
    private let folder: URL

    init(name: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "leveret-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try renew(name: name)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var certificateFile: String { folder.appending(path: "certificate.pem").path }
    var keyFile: String { folder.appending(path: "key.pem").path }

    func renew(name: String) throws {
        let openssl = try OpenSSLCommand([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-keyout", keyFile, "-out", certificateFile,
        ])
        _ = openssl.finish()
    }

    func spoil() throws {
        try Data("nonsense".utf8).write(to: URL(filePath: certificateFile))
    }

    func context() throws -> TLSContext {
        try TLSContext(certificateFile: certificateFile, keyFile: keyFile)
    }
}

/// The `openssl` command, ended after five seconds.
final class OpenSSLCommand {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let isOver = Box(false)

    init(_ arguments: [String]) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let identifier = process.processIdentifier
        let isOver = isOver
        // A thread, since tests may block all of the queues' threads.
        Thread.detachNewThread {
            sleep(5)
            if !isOver.get() { Glibc.kill(identifier, SIGKILL) }
        }
    }

    /// A client of the server at this port.
    static func client(_ port: UInt16, _ arguments: [String] = []) throws -> OpenSSLCommand {
        try OpenSSLCommand(["s_client", "-ign_eof", "-connect", "127.0.0.1:\(port)"] + arguments)
    }

    func send(_ text: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Output up to and including `end`.
    func read(until end: String) -> String {
        var text = ""
        while !text.contains(end) {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            text += String(decoding: data, as: UTF8.self)
        }
        return text
    }

    /// Closes the input and returns the rest of the output.
    func finish() -> String {
        try? input.fileHandleForWriting.close()
        let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        isOver.set(true)
        return String(decoding: data, as: UTF8.self)
    }

    /// Not SIGTERM, which test threads block and their children with them.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        isOver.set(true)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private static let closing = "Connection: close\r\n"

    @Test(arguments: [["-tls1_2"], ["-tls1_3"], ["-alpn", "http/1.1"], ["-alpn", "h2,http/1.1"]])
    func answersThroughTLS(arguments: [String]) throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        let client = try OpenSSLCommand.client(server.port, arguments)
        client.send(post("/echo", "first") + post("/later/20", "second", fields: TLSTests.closing))
        let output = client.finish()
        #expect(output.contains("\r\n\r\nfirstHTTP/1.1 200 OK"))
        #expect(output.contains("\r\n\r\nsecond"))
        #expect(output.contains("CN = one"))
        if arguments.first == "-alpn" {
            #expect(output.contains("ALPN protocol: http/1.1"))
        }
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func clientsThatOfferOnlyOtherProtocolsAreToldSo() throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        for offer in ["h2", "http/1.0", "http/1.11,h2"] {
            let output = try OpenSSLCommand.client(server.port, ["-alpn", offer]).finish()
            #expect(output.contains("no application protocol"), "\(offer)")
        }
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func olderVersionsAreRefused() throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        let arguments = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
        let output = try OpenSSLCommand.client(server.port, arguments).finish()
        #expect(output.contains("alert protocol version"))
    }

    @Test func largeBodiesPass() throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        let body = String(repeating: "0123456789", count: 50_000)
        let client = try OpenSSLCommand.client(server.port, ["-quiet"])
        client.send(post("/echo", body) + post("/echo", "small") + post("/large/3000000", fields: TLSTests.closing))
        let output = client.finish()
        #expect(output.contains("\r\n\r\n" + body + "HTTP/1.1 200 OK"))
        #expect(output.contains("\r\n\r\nsmallHTTP/1.1 200 OK"))
        #expect(output.hasSuffix("\r\n\r\n" + String(repeating: "x", count: 3_000_000)))
        #expect(server.waitUntil { server, _ in server.bufferedBytes == 0 })
    }

    @Test func reloadServesTheNewCertificateAndKeepsOldConnections() throws {
        let certificate = try TestCertificate(name: "former")
        let context = try certificate.context()
        let server = try TestServer(tls: context)
        defer { server.stop() }
        let old = try OpenSSLCommand.client(server.port)
        old.send(post("/echo", "before"))
        #expect(old.read(until: "before").contains("CN = former"))

        try certificate.spoil()
        #expect(throws: TransportError.self) { try context.reload() }
        let between = try OpenSSLCommand.client(server.port)
        between.send(post("/echo", "still", fields: TLSTests.closing))
        #expect(between.finish().contains("CN = former"))

        try certificate.renew(name: "latter")
        try context.reload()
        let new = try OpenSSLCommand.client(server.port)
        new.send(post("/echo", "new", fields: TLSTests.closing))
        #expect(new.finish().contains("CN = latter"))
        old.send(post("/echo", "after", fields: TLSTests.closing))
        #expect(old.finish().contains("\r\n\r\nafter"))
    }

    @Test func missingFilesAreNamed() throws {
        let certificate = try TestCertificate(name: "one")
        let error = #expect(throws: TransportError.self) {
            try TLSContext(certificateFile: "/nowhere/certificate.pem", keyFile: certificate.keyFile)
        }
        #expect(error?.description.contains("/nowhere/certificate.pem") == true)
        #expect(throws: TransportError.self) {
            try TLSContext(certificateFile: certificate.certificateFile, keyFile: certificate.certificateFile)
        }
    }

    @Test func clientThatLeavesDuringAReplyDoesNotEndTheProcess() throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        let client = try OpenSSLCommand.client(server.port, ["-quiet"])
        client.send(post("/large/\(16 << 20)"))
        #expect(server.waitUntil { server, _ in server.bufferedBytes > 0 })
        client.kill()
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 && server.bufferedBytes == 0 })
    }

    @Test func otherProtocolsAndSilenceAreClosed() throws {
        let certificate = try TestCertificate(name: "one")
        var limits = HTTPLimits()
        limits.headDeadline = 100_000_000
        let server = try TestServer(limits: limits, tls: certificate.context())
        defer { server.stop() }
        let plain = try TestClient(port: server.port)
        plain.send(post("/echo"))
        _ = try? plain.remainder()
        let silent = try TestClient(port: server.port)
        #expect(silent.isClosed())
        #expect(server.waitUntil { server, _ in server.connectionCount == 0 })
    }

    @Test func recordedClientHellosAreAnswered() throws {
        let certificate = try TestCertificate(name: "one")
        let server = try TestServer(tls: certificate.context())
        defer { server.stop() }
        let hellos = try Captures.load("tls.jsonl")
        #expect(hellos.count == 10)
        for hello in hellos {
            #expect(hello.alpnOffered.map { $0.contains("http/1.1") } ?? true)
            let client = try TestClient(port: server.port)
            client.send(hello.request)
            // A handshake record (22) that begins with a ServerHello (2).
            let start = try client.bytes(6)
            #expect(start[0] == 22 && start[5] == 2, "\(hello.client ?? "")")
        }
    }
}
