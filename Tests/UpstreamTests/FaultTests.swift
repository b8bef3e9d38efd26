import Foundation
import Synchronization
import Testing
import Transport

@testable import Upstream

@Suite("What can go wrong on the way", .serialized)
struct FaultTests {
    @Test(arguments: [true, false])
    func refusedConnectionWasNotSent(isRead: Bool) throws {
        let port = try ScriptedServer { _ in }.port  // closed again at once
        let failure = try Harness().failure(of: .to("http://127.0.0.1:\(port)", isRead: isRead))
        #expect(failure.kind == .connect)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func unknownNameWasNotSent() throws {
        let failure = try Harness().failure(
            of: .to("http://no-such-host.invalid") { $0.totalTimeout = 1_000_000_000 }
        )
        #expect(failure.kind == .connect || failure.kind == .timeout)
        #expect(!failure.mayHaveBeenSent)
    }

    /// After a success on the same handle: nothing is carried over.
    @Test func refusedAfterSuccessWasNotSent() throws {
        let harness = try Harness()
        var server: ScriptedServer? = try ScriptedServer { connection in
            if let request = connection.readRequest() {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                _ = request
            }
        }
        let call = try UpstreamCall.to(try #require(server))
        #expect(try harness.reply(to: call).text == "{}")
        server = nil
        let failure = try harness.failure(of: call)
        #expect(failure.kind == .connect)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test(arguments: [true, false])
    func closedBeforeReply(isReset: Bool) throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            if isReset { connection.reset() }
        }
        let failure = try Harness().failure(of: .to(server))
        #expect(failure.kind == .reset)
        #expect(failure.mayHaveBeenSent)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{}",
    ])
    func truncatedReply(_ reply: String) throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.send(reply)
        }
        let failure = try Harness().failure(of: .to(server, isRead: true))
        #expect(failure.kind == .reset || failure.kind == .malformed)
        #expect(failure.mayHaveBeenSent)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: Garbage.allCases)
    func garbageReply(_ garbage: Garbage) throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.send(garbage.text)
        }
        let failure = try Harness().failure(of: .to(server))
        #expect(failure.kind == .malformed || failure.kind == .reset, "\(failure)")
        #expect(failure.mayHaveBeenSent)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [true, false])
    func hugeReplyIsGivenUp(isChunked: Bool) throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            let megabyte = String(repeating: "x", count: 1 << 20)
            if isChunked {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while connection.send("100000\r\n\(megabyte)\r\n") {}
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
                while connection.send(megabyte) {}
            }
        }
        var limits = UpstreamLimits()
        limits.replyBytes = 3 << 20
        let failure = try Harness(limits: limits).failure(of: .to(server, isRead: true))
        #expect(failure.kind == .tooLarge)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func repliesTogetherAreBounded() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.reply(String(repeating: "x", count: 1 << 20))
        }
        var limits = UpstreamLimits()
        limits.heldBytes = 1 << 19
        let harness = try Harness(limits: limits)
        let failure = try harness.failure(of: .to(server, isRead: true))
        #expect(failure.kind == .overloaded)
        #expect(failure.mayHaveBeenSent)
        let large = try UpstreamCall.to(server, body: String(repeating: "x", count: 1 << 20))
        let refused = try harness.failure(of: large)
        #expect(refused.kind == .overloaded)
        #expect(!refused.mayHaveBeenSent)
    }

    @Test func slowReplyTimesOut() throws {
        let server = try ScriptedServer { connection in
            connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            while connection.send(" ") { usleep(50_000) }
        }
        let harness = try Harness()
        let start = harness.reactor.now
        let failure = try harness.failure(of: .to(server, isRead: true) { $0.totalTimeout = 300_000_000 })
        #expect(failure.kind == .timeout)
        #expect(failure.mayHaveBeenSent)
        #expect(harness.reactor.now - start >= 300_000_000)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: ["Table\r\nX-Injected: 1", "a\u{0}b", "a\nb"])
    func headersCannotBeInjected(_ target: String) throws {
        let server = try ScriptedServer(echo)
        var call = try UpstreamCall.to(server)
        call.target = target
        let failure = try Harness().failure(of: call)
        #expect(failure.kind == .malformed)
        #expect(!failure.mayHaveBeenSent)
        #expect(server.connections == 0)
    }
}

/// Answers that are not HTTP, or not to be trusted.
enum Garbage: CaseIterable {
    case tls
    case anotherProtocol
    case badStatus
    case bodyWithoutEnd
    case oldProtocolWithoutEnd
    case unaskedEncoding
    case badChunkSize
    case controlCharacter
    case hugeHead
    case lineWithoutColon
    case endlessInterimAnswers

    var text: String {
        let ok = "HTTP/1.1 200 OK\r\n"
        return switch self {
        case .tls: "\u{16}\u{03}\u{01} this is not HTTP\r\n\r\n"
        case .anotherProtocol: "SSH-2.0-OpenSSH_9.2\r\n"
        case .badStatus: "HTTP/1.1 banana OK\r\nContent-Length: 2\r\n\r\n{}"
        case .bodyWithoutEnd: ok + "\r\n{}"
        case .oldProtocolWithoutEnd: "HTTP/1.0 200 OK\r\n\r\n{\"Item\""
        case .unaskedEncoding: ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
        case .badChunkSize: ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
        case .controlCharacter: ok + "x-amzn-RequestId: a\u{01}b\r\nContent-Length: 2\r\n\r\n{}"
        case .hugeHead: ok + String(repeating: "X-Y: 1234567890\r\n", count: 5_000) + "Content-Length: 2\r\n\r\n{}"
        case .lineWithoutColon: ok + "Content-Length: 2\r\nwhat is this\r\n\r\n{}"
        case .endlessInterimAnswers: String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 5_000)
        }
    }
}
