import Foundation
import Synchronization
import Testing

@testable import Upstream

@Suite("TLS", .serialized)
struct TLSTests {
    @Test func untrustedCertificate() throws {
        let server = try TLSServer(name: "127.0.0.1")
        defer { server.stop() }
        let failure = try Harness().failure(of: .to("https://127.0.0.1:\(server.port)"))
        #expect(failure.kind == .tls)
        #expect(!failure.mayHaveBeenSent)
        #expect(!server.received.contains("POST"))
    }

    @Test func certificateOfTheGivenAuthority() throws {
        let server = try TLSServer(name: "127.0.0.1")
        defer { server.stop() }
        let reply = try Harness().reply(
            to: .to("https://127.0.0.1:\(server.port)") { $0.caFile = server.certificate }
        )
        #expect(reply.text == "{}")
        #expect(server.received.contains("POST / HTTP/1.1\r\n"))
    }

    /// As `AtMostOnceTests`, where bytes are counted before they are encrypted.
    @Test func reusedConnectionCutWithoutReply() throws {
        let server = try TLSServer(name: "127.0.0.1", replies: 2)
        defer { server.stop() }
        let harness = try Harness()
        let call = try UpstreamCall.to("https://127.0.0.1:\(server.port)") { $0.caFile = server.certificate }
        for _ in 0..<2 {
            #expect(try harness.reply(to: call).text == "{}")
        }
        let failure = try harness.failure(of: call)
        #expect(failure.kind == .reset)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func certificateOfAnotherName() throws {
        let server = try TLSServer(name: "10.1.2.3")
        defer { server.stop() }
        let failure = try Harness().failure(
            of: .to("https://127.0.0.1:\(server.port)") { $0.caFile = server.certificate }
        )
        #expect(failure.kind == .tls)
        #expect(!failure.mayHaveBeenSent)
        #expect(!server.received.contains("POST"))
    }

    @Test func missingAuthorityFile() throws {
        let server = try TLSServer(name: "127.0.0.1")
        defer { server.stop() }
        let failure = try Harness().failure(
            of: .to("https://127.0.0.1:\(server.port)") { $0.caFile = "/nonexistent/ca.pem" }
        )
        #expect(failure.kind == .tls)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func plainServerOnATLSPort() throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        }
        let failure = try Harness().failure(of: .to("https://127.0.0.1:\(server.port)"))
        #expect(failure.kind == .tls || failure.kind == .reset)
        #expect(!failure.mayHaveBeenSent)
    }

    /// A server that takes the connection and says nothing.
    @Test func silentHandshakeTimesOut() throws {
        let server = try ScriptedServer { _ in sleep(2) }
        let failure = try Harness().failure(
            of: .to("https://127.0.0.1:\(server.port)") { $0.connectTimeout = 200_000_000 }
        )
        #expect(failure.kind == .timeout)
        #expect(!failure.mayHaveBeenSent)
    }
}

private final class Output: Sendable {
    let text = Mutex("")
}

/// `openssl s_server` with a self-signed certificate made on the spot; answers so many
/// requests with `{}` and dies of the next.
private final class TLSServer {
    /// PEM file, its own authority.
    let certificate: String
    let port: Int
    private let folder: String
    private let process = Process()
    private let output = Output()
    private let replies = Pipe()
    private let printed = Pipe()

    /// What the server printed, requests among it.
    var received: String { output.text.withLock { $0 } }

    init(name: String, replies limit: Int = .max) throws {
        folder = NSTemporaryDirectory() + "leveret-tls-\(UUID().uuidString)"
        certificate = folder + "/cert.pem"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", folder + "/key.pem", "-out", certificate, "-days", "2", "-subj", "/CN=leveret-test",
            "-addext", "subjectAltName=IP:\(name)",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)

        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", folder + "/key.pem",
        ]
        process.standardInput = replies
        process.standardOutput = printed
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("\n") || !text.contains("ACCEPT") {
            let data = printed.fileHandleForReading.availableData
            try #require(!data.isEmpty, "openssl s_server ended")
            text += String(decoding: data, as: UTF8.self)
        }
        let address = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
        port = try #require(address?.split(separator: ":").last.flatMap { Int($0) })
        let input = replies.fileHandleForWriting
        let server = process.processIdentifier
        printed.fileHandleForReading.readabilityHandler = { [output] handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return
            }
            let requests = output.text.withLock { text in
                let before = text.components(separatedBy: "\r\n\r\n{}").count
                text += String(decoding: data, as: UTF8.self)
                let after = text.components(separatedBy: "\r\n\r\n{}").count
                return after > before ? after - 1 : 0
            }
            if requests > limit {
                kill(server, SIGKILL)
            } else if requests > 0 {
                try? input.write(contentsOf: Data("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".utf8))
            }
        }
    }

    func stop() {
        printed.fileHandleForReading.readabilityHandler = nil
        // Not SIGTERM: the child inherits the blocked signals of the thread that started it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
