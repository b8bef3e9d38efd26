import Foundation
import Synchronization
import Transport

/// A DynamoDB as coherence tests need one: tables with the string key `id`, every write numbered, and each call held
/// back, refused, lost or answered late as the test's script says.
final class FakeDynamoDB: Sendable {
    /// One call as it arrives.
    struct Call: Sendable {
        let operation: String
        let body: [UInt8]
        /// Calls of this operation so far, this one included.
        let ordinal: Int
        /// By lower-case name.
        var headers: [String: String] = [:]

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }

        var isConsistent: Bool { json["ConsistentRead"] as? Bool ?? false }
    }

    /// What a call waits for.
    enum Wait: Sendable {
        case nothing
        /// Nanoseconds.
        case delay(UInt64)
        /// `release(_:)` of that gate.
        case gate(String)
    }

    enum Ending: Sendable {
        case answer
        /// This status and body, whatever was applied.
        case error(status: Int, body: String)
        /// No answer at all.
        case silence
        /// An answer that ends too early.
        case truncation
    }

    /// What is done with one call.
    struct Plan: Sendable {
        var beforeApply = Wait.nothing
        var beforeReply = Wait.nothing
        var isApplied = true
        var ending = Ending.answer
        /// Header fields of the answer, besides its content type.
        var headers: [String: String] = [:]
    }

    private struct State {
        var script: @Sendable (Call) -> Plan = { _ in Plan() }
        var counts: [String: Int] = [:]
        var held: [String: [UInt64]] = [:]
        var released: Set<String> = []
        var data = FakeData()
    }

    private enum Message: Sendable {
        case release([UInt64])
        case stop
    }

    private let state = Mutex(State())
    private let mailbox: Mailbox<Message>
    private let finished: DispatchSemaphore
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    init() throws {
        final class Start: Sendable {
            let value = Mutex<(port: Int, mailbox: Mailbox<Message>)?>(nil)
            let owner = Mutex<FakeDynamoDB?>(nil)
        }
        let start = Start()
        let ready = DispatchSemaphore(value: 0)
        let owned = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        let thread = Thread {
            guard let reactor = try? Reactor() else {
                ready.signal()
                return
            }
            let handler = FakeHandler(reactor: reactor)
            var limits = HTTPLimits()
            limits.headBytes = 64 << 10
            guard
                let server = try? HTTPServer(
                    reactor: reactor,
                    address: ListenAddress(host: "127.0.0.1", port: 0),
                    limits: limits,
                    handler: handler
                )
            else {
                ready.signal()
                return
            }
            let mailbox = reactor.mailbox { (message: Message) in
                switch message {
                case .release(let tickets): handler.resume(tickets)
                case .stop: server.drain(within: 0) { reactor.stop() }
                }
            }
            start.value.withLock { $0 = (Int(server.port), mailbox) }
            ready.signal()
            owned.wait()
            handler.owner = start.owner.withLock { $0 }
            reactor.run()
            handler.owner = nil
            start.owner.withLock { $0 = nil }
            finished.signal()
        }
        thread.start()
        ready.wait()
        guard let (port, mailbox) = start.value.withLock({ $0 }) else { throw TestFailure("no fake upstream") }
        self.port = port
        self.mailbox = mailbox
        self.finished = finished
        start.owner.withLock { $0 = self }
        owned.signal()
    }

    func stop() {
        mailbox.send(.stop)
        finished.wait()
    }

    // MARK: What tests say and ask

    /// Decides what is done with each call from now on.
    func script(_ script: @escaping @Sendable (Call) -> Plan) {
        state.withLock { $0.script = script }
    }

    /// How many calls of an operation have arrived.
    func count(_ operation: String) -> Int {
        state.withLock { $0.counts[operation] ?? 0 }
    }

    /// The string attribute `v` of an item as it is now.
    func value(of key: String) -> String? {
        withData { data in
            (data.current(key)?.attributes?["v"] as? [String: String])?["S"]
        }
    }

    /// Lets everything held at a gate go on, now and from now on.
    func release(_ gate: String) {
        let tickets = state.withLock { state in
            state.released.insert(gate)
            return state.held.removeValue(forKey: gate) ?? []
        }
        mailbox.send(.release(tickets))
    }

    /// Waits until something is held at a gate.
    func waitForArrival(at gate: String) throws {
        try waitUntil("somebody is at the gate \(gate)") { state.withLock { $0.held[gate]?.isEmpty == false } }
    }

    /// The data, for direct reads and out-of-band writes.
    func withData<Result: Sendable>(_ body: (inout FakeData) -> Result) -> Result {
        state.withLock { body(&$0.data) }
    }

    // MARK: For the handler

    fileprivate func plan(_ operation: String, _ body: [UInt8], _ headers: [String: String]) -> Plan {
        let (script, call) = state.withLock { state in
            state.counts[operation, default: 0] += 1
            let ordinal = state.counts[operation] ?? 0
            let call = Call(operation: operation, body: body, ordinal: ordinal, headers: headers)
            return (state.script, call)
        }
        return script(call)
    }

    /// False when the gate is open.
    fileprivate func hold(_ ticket: UInt64, at gate: String) -> Bool {
        state.withLock { state in
            if state.released.contains(gate) { return false }
            state.held[gate, default: []].append(ticket)
            return true
        }
    }
}

private final class FakeHandler: HTTPHandler {
    private let reactor: Reactor
    private var waiting: [UInt64: () -> Void] = [:]
    private var lastTicket: UInt64 = 0
    var owner: FakeDynamoDB?

    init(reactor: Reactor) {
        self.reactor = reactor
    }

    func resume(_ tickets: [UInt64]) {
        for ticket in tickets {
            waiting.removeValue(forKey: ticket)?()
        }
    }

    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        HTTPRefusalReply(status: 400, contentType: "text/plain", body: Array("\(reason)".utf8))
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let owner, let target = request.header("x-amz-target") else { return }
        let operation = String(decoding: target, as: UTF8.self).split(separator: ".").last.map(String.init) ?? ""
        let body = Array(request.body)
        let plan = owner.plan(operation, body, Self.headers(of: request))
        wait(for: plan.beforeApply) { [self] in
            var reply = FakeData.Reply(status: 200, body: "{}")
            if plan.isApplied {
                let json = FakeDynamoDB.Call(operation: operation, body: body, ordinal: 0).json
                reply = owner.withData { $0.apply(operation, json, now: reactor.now) }
            }
            wait(for: plan.beforeReply) {
                switch plan.ending {
                case .answer: Self.send(reply, plan.headers, exchange)
                case .error(let status, let body):
                    Self.send(FakeData.Reply(status: status, body: body), plan.headers, exchange)
                case .silence: break
                case .truncation:
                    exchange.reply(status: 200, contentLength: 1000, headers: { _ in }, body: { $0.append("{") })
                }
            }
        }
    }

    private static func headers(of request: HTTPRequest) -> [String: String] {
        var headers: [String: String] = [:]
        for slice in request.headers {
            func text(_ offset: UInt32, _ count: UInt32) -> String {
                String(decoding: request.head[Int(offset)..<Int(offset + count)], as: UTF8.self)
            }
            headers[text(slice.x, slice.y).lowercased()] = text(slice.z, slice.w)
        }
        return headers
    }

    private static func send(_ reply: FakeData.Reply, _ headers: [String: String], _ exchange: HTTPExchange) {
        exchange.reply(
            status: reply.status,
            headers: { writer in
                writer.header("Content-Type", "application/x-amz-json-1.0")
                if let sequence = reply.sequence { writer.header("x-amzn-test-sequence", UInt64(sequence)) }
                for (name, value) in headers {
                    writer.header(Array(name.utf8), Array(value.utf8))
                }
            },
            body: Array(reply.body.utf8)
        )
    }

    private func wait(for wait: FakeDynamoDB.Wait, then: @escaping () -> Void) {
        switch wait {
        case .nothing: then()
        case .delay(let nanoseconds): _ = reactor.schedule(after: nanoseconds, then)
        case .gate(let gate):
            lastTicket += 1
            waiting[lastTicket] = then
            if owner?.hold(lastTicket, at: gate) != true {
                waiting[lastTicket] = nil
                then()
            }
        }
    }
}

/// Waits, at most ten seconds.
func waitUntil(_ what: String, _ condition: () -> Bool) throws {
    for _ in 0..<10_000 {
        if condition() { return }
        usleep(1000)
    }
    throw TestFailure("waited in vain until \(what)")
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
