import Foundation
import SigV4
import Synchronization
import Transport

/// What a fake DynamoDB does besides answering.
struct Behaviour: Sendable {
    /// Stops for so many milliseconds at this request, once.
    var stall: (request: Int, milliseconds: UInt32)?
    /// Each so manyth request is throttled.
    var throttleEach = 0
    /// Closes the connection after each so manyth reply.
    var closeEach = 0
    /// Status and body of the answer to an operation, in place of the usual one.
    var answers: [String: (status: Int, body: String)] = [:]
}

/// A DynamoDB that checks signatures and answers anything, on a reactor and thread of its own.
final class FakeServer: Sendable {
    static let secret = "secret-of-the-tests"
    let port: UInt16
    private let stopper: Mailbox<Void>
    private let seen: Log

    final class Log: Sendable {
        struct Entries: Sendable {
            var requests: [(target: String, body: String)] = []
            var refused: [String] = []
        }
        let entries = Mutex(Entries())
    }

    /// Requests with a good signature.
    var requests: [(target: String, body: String)] { seen.entries.withLock { $0.requests } }
    /// What was wrong with others.
    var refused: [String] { seen.entries.withLock { $0.refused } }

    init(_ behaviour: Behaviour = Behaviour(), tls: TLSContext? = nil) throws {
        let seen = Log()
        let started = Mutex<(UInt16, Mailbox<Void>)?>(nil)
        let isStarted = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            if let reactor = try? Reactor() {
                let handler = FakeHandler(behaviour, seen, reactor)
                let address = ListenAddress(host: "127.0.0.1", port: 0)
                if let server = try? HTTPServer(reactor: reactor, address: address, tls: tls, handler: handler) {
                    let stopper = reactor.mailbox { [unowned server, unowned reactor] in
                        server.drain(within: 0) { reactor.stop() }
                    }
                    started.withLock { $0 = (server.port, stopper) }
                    isStarted.signal()
                    reactor.run()
                    withExtendedLifetime((server, handler)) {}
                    return
                }
            }
            isStarted.signal()
        }
        isStarted.wait()
        guard let (port, stopper) = started.withLock({ $0 }) else { throw TransportError("start a server") }
        self.port = port
        self.stopper = stopper
        self.seen = seen
    }

    func stop() { stopper.send(()) }
}

private final class FakeHandler: HTTPHandler {
    private let behaviour: Behaviour
    private let seen: FakeServer.Log
    private unowned let reactor: Reactor
    private let verifier = SignatureVerifier()
    private let secret = SecretKey(Array(FakeServer.secret.utf8))
    private var count = 0

    init(_ behaviour: Behaviour, _ seen: FakeServer.Log, _ reactor: Reactor) {
        self.behaviour = behaviour
        self.seen = seen
        self.reactor = reactor
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        count += 1
        let received = ReceivedRequest(
            method: request.methodBytes,
            target: request.target,
            head: request.head,
            headers: request.headers,
            body: request.body
        )
        do {
            let authorization = try verifier.authorization(of: received)
            try verifier.verify(authorization, of: received, secret: secret, now: reactor.wallClock)
        } catch {
            seen.entries.withLock { $0.refused.append("\(error)") }
            return exchange.reply(
                status: 403,
                headers: { _ in },
                body: Array(#"{"__type":"x#SignatureMismatch"}"#.utf8)
            )
        }
        let target = request.header("x-amz-target").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let body = String(decoding: request.body, as: UTF8.self)
        seen.entries.withLock { $0.requests.append((target, body)) }
        if let stall = behaviour.stall, count == stall.request { usleep(stall.milliseconds * 1000) }
        if behaviour.throttleEach > 0, count % behaviour.throttleEach == 0 {
            let body = #"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#
            return exchange.reply(status: 400, headers: { _ in }, body: Array(body.utf8))
        }
        let operation = target.split(separator: ".").last.map(String.init) ?? ""
        if let answer = behaviour.answers[operation] {
            return exchange.reply(status: answer.status, headers: { _ in }, body: Array(answer.body.utf8))
        }
        let reply = target.hasSuffix("DescribeTable") ? #"{"Table":{"TableStatus":"ACTIVE"}}"# : "{}"
        let closes = behaviour.closeEach > 0 && count % behaviour.closeEach == 0
        if closes {
            // Closed between two requests, without a word.
            reactor.schedule(after: 0) { exchange.abandon() }
            return
        }
        exchange.reply(status: 200, headers: { $0.header("X-Leveret-Cache", "hit") }, body: Array(reply.utf8))
    }

    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        HTTPRefusalReply(status: reason.status, contentType: "text/plain", headers: [], body: [])
    }
}

/// Answers each request of a connection with bytes as they are, in pieces with a pause after each; nil closes.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32

    init(_ script: [[String?]], pause: UInt32 = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard bound else { throw TransportError("listen") }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread.detachNewThread {
            var rest = script[...]
            while let descriptor = Optional(accept(listener, nil, nil)), descriptor >= 0 {
                serve: while let pieces = rest.first, Self.readRequest(descriptor) {
                    rest = rest.dropFirst()
                    for piece in pieces {
                        guard let piece else { break serve }
                        _ = Array(piece.utf8).withUnsafeBytes {
                            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                        }
                        usleep(pause)
                    }
                }
                close(descriptor)
            }
            // Here, since another thread could be given its number while this one still accepts on it.
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Reads one request with a short body; false at the end.
    private static func readRequest(_ descriptor: Int32) -> Bool {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n"), let field = text.range(of: "Content-Length: ") {
                let length = Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
                if text[end.upperBound...].utf8.count >= length { return true }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            bytes += buffer[..<count]
        }
    }
}
