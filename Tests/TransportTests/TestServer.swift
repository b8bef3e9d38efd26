import Foundation
import Synchronization

@testable import Transport

/// Answers by target, so that a test says with its request what the handler shall do.
final class TestHandler: HTTPHandler {
    private unowned let reactor: Reactor
    /// Exchanges that are answered when told so.
    var kept: [HTTPExchange] = []
    /// A test's own.
    var state: AnyObject?

    init(reactor: Reactor) {
        self.reactor = reactor
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let target = String(decoding: request.target, as: UTF8.self)
        let parts = target.split(separator: "/")
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        switch parts.first {
        case "later":
            let body = Array(request.body)
            reactor.schedule(after: UInt64(number) * 1_000_000) {
                exchange.reply(status: 200, headers: { _ in }, body: body)
            }
        case "never": kept.append(exchange)
        case "keep": kept.append(exchange)
        case "release":
            // Answers others in the course of this one's turn, and in the middle of its reply.
            exchange.reply(
                status: 200,
                contentLength: 8,
                headers: { _ in releaseAll() },
                body: {
                    $0.append("rele")
                    releaseAll()
                    // The request is still as it was.
                    $0.append(request.header("x-tail").map { Array($0) } ?? [])
                }
            )
        case "twice":
            exchange.reply(status: 200, headers: { _ in }, body: Array("once".utf8))
            exchange.reply(status: 200, headers: { _ in }, body: Array("again".utf8))
        case "large":
            exchange.reply(
                status: 200,
                contentLength: number,
                headers: { _ in },
                body: { $0.append([UInt8](repeating: UInt8(ascii: "x"), count: number)) }
            )
        case "whole":
            exchange.reply(status: 200, headers: { _ in }, body: TestHandler.pattern(number))
        case "observed":
            let observer = request.observer as? TestObserver
            let isOwned = request.ownedBody.map { $0.elementsEqual(request.body) } ?? false
            exchange.reply(
                status: 200,
                headers: { writer in
                    writer.header("X-Pieces", UInt64(observer?.pieces ?? 0))
                    writer.header("X-Longest", UInt64(observer?.longest ?? 0))
                    writer.header("X-Owned", isOwned ? "yes" : "no")
                },
                body: observer?.bytes ?? []
            )
        case "wrong":
            exchange.reply(status: 200, contentLength: number, headers: { _ in }, body: { $0.append("four") })
        case "headers":
            exchange.reply(
                status: 200,
                headers: { writer in
                    writer.header("X-Text", "text")
                    writer.header("X-Number", 18_446_744_073_709_551_615)
                    writer.header("X-Zero", 0)
                    writer.header("X-Evil", Array("a\r\nX-Injected: b".utf8))
                    writer.header(Array("x-passed".utf8), Array("on".utf8))
                    writer.header(Array("x bad".utf8), Array("off".utf8))
                },
                body: []
            )
        default:
            let body = Array(request.body)
            let method = Array(request.methodBytes)
            let host = request.header("host").map { Array($0) } ?? []
            exchange.reply(
                status: 200,
                headers: { writer in
                    writer.header("X-Method", method)
                    writer.header("X-Host", host)
                    writer.header("X-Target", Array(target.utf8))
                },
                body: body
            )
        }
    }

    func bodyObserver() -> (any BodyObserver)? { TestObserver() }

    /// Bytes that are not all the same.
    static func pattern(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count + period.count <= count { bytes += period }
        return bytes + period.prefix(count - bytes.count)
    }

    private static let period = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        HTTPRefusalReply(
            status: reason.status,
            contentType: "text/plain",
            headers: [("X-Refused", Array("yes".utf8))],
            body: Array("\(reason)".utf8)
        )
    }

    func releaseAll() {
        let exchanges = kept
        kept = []
        for exchange in exchanges where exchange.isOpen {
            exchange.reply(status: 200, headers: { _ in }, body: Array("kept".utf8))
        }
    }
}

/// Keeps what it is shown.
final class TestObserver: BodyObserver {
    private(set) var bytes: [UInt8] = []
    private(set) var pieces = 0
    private(set) var longest = 0

    func take(_ piece: UnsafeRawBufferPointer) {
        bytes += piece
        pieces += 1
        longest = max(longest, piece.count)
    }
}

/// A server on a reactor on a thread of its own.
final class TestServer: Sendable {
    typealias Task = @Sendable (HTTPServer, TestHandler) -> Void

    let port: UInt16
    private let tasks: Mailbox<Task>
    private let finished: DispatchSemaphore

    init(
        limits: HTTPLimits = HTTPLimits(),
        tls: TLSContext? = nil,
        host: String = "127.0.0.1",
        port: UInt16 = 0,
        sharing: PortSharing = .claim
    ) throws {
        let started = Box<Result<(UInt16, Mailbox<Task>), TransportError>?>(nil)
        let isStarted = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do {
                let reactor = try Reactor()
                let handler = TestHandler(reactor: reactor)
                let server = try HTTPServer(
                    reactor: reactor,
                    address: ListenAddress(host: host, port: port),
                    sharing: sharing,
                    limits: limits,
                    tls: tls,
                    handler: handler
                )
                // Unowned, since the reactor holds the closure, and the server the reactor.
                let tasks = reactor.mailbox { [unowned server, unowned handler] (task: Task) in
                    task(server, handler)
                }
                started.set(.success((server.port, tasks)))
                isStarted.signal()
                reactor.run()
                handler.kept = []
                withExtendedLifetime(server) {}
            } catch {
                let error = error as? TransportError ?? TransportError("start")
                started.set(.failure(error))
                isStarted.signal()
            }
            finished.signal()
        }
        isStarted.wait()
        guard let result = started.get() else { throw TransportError("start") }
        (self.port, tasks) = try result.get()
        self.finished = finished
    }

    /// Runs the task on the reactor's thread and waits for it.
    func perform(_ task: @escaping Task) {
        let done = DispatchSemaphore(value: 0)
        tasks.send { server, handler in
            task(server, handler)
            done.signal()
        }
        _ = done.wait(timeout: .now() + 5)
    }

    /// The same, with a result.
    func read<Value: Sendable>(_ task: @escaping @Sendable (HTTPServer, TestHandler) -> Value) -> Value? {
        let box = Box<Value?>(nil)
        perform { server, handler in
            let value = task(server, handler)
            box.set(value)
        }
        return box.get()
    }

    /// Waits, up to five seconds, until the condition holds.
    func waitUntil(_ condition: @escaping @Sendable (HTTPServer, TestHandler) -> Bool) -> Bool {
        for _ in 0..<500 {
            if read(condition) == true { return true }
            usleep(10_000)
        }
        return false
    }

    /// Closes everything and ends the thread.
    func stop() {
        tasks.send { server, _ in
            server.drain(within: 0) { server.reactor.stop() }
        }
        _ = finished.wait(timeout: .now() + 5)
    }
}

/// A value that threads share.
final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func get() -> Value {
        value.withLock { $0 }
    }

    func set(_ new: Value) {
        value.withLock { $0 = new }
    }
}
