import DynamoDB
import TableStore
import Transport
import Upstream

/// The embedded store as the upstream of one reactor.
///
/// Confined to the reactor's thread; several reactors have one each for the same store.
final class EmbeddedUpstream: Upstream {
    private struct Landing: Sendable {
        let ticket: UInt64
        let outcome: EmbeddedDynamoDB.Outcome
    }

    private struct Call {
        let isRead: Bool
        let timeout: UInt64
        let completion: (UpstreamResult) -> Void
    }

    private let store: EmbeddedDynamoDB
    private let reactor: Reactor
    private var calls: [UInt64: Call] = [:]
    private var lastTicket: UInt64 = 0
    private var isShutDown = false
    private var landings: Mailbox<Landing>?

    init(store: EmbeddedDynamoDB, reactor: Reactor) {
        self.store = store
        self.reactor = reactor
        // The reactor keeps the mailbox, and the worker keeps both.
        landings = reactor.mailbox { [weak self] landing in self?.land(landing) }
    }

    func send(_ call: UpstreamCall, completion: @escaping (UpstreamResult) -> Void) {
        lastTicket += 1
        let ticket = lastTicket
        calls[ticket] = Call(isRead: call.isRead, timeout: call.endpoint.totalTimeout, completion: completion)
        guard !isShutDown, let landings else {
            _ = reactor.schedule(after: 0) { [weak self] in
                self?.fail(ticket, .shutdown, mayHaveBeenSent: false, "the embedded store was shut down")
            }
            return
        }
        let target = Array(call.target.utf8)
        guard case .known(let operation) = unsafe target.withUnsafeBytes({ unsafe Target.parse($0) }) else {
            let error = ErrorReply.unknownOperation
            landings.send(Landing(ticket: ticket, outcome: .reply(status: error.status, body: error.body())))
            return
        }
        store.submit(operation, body: call.body) { outcome in
            landings.send(Landing(ticket: ticket, outcome: outcome))
        }
    }

    func shutdown() {
        isShutDown = true
        for ticket in calls.keys.sorted() {
            fail(ticket, .shutdown, mayHaveBeenSent: true, "the embedded store was shut down")
        }
    }

    private func land(_ landing: Landing) {
        switch landing.outcome {
        case .reply(let status, let body):
            calls.removeValue(forKey: landing.ticket)?.completion(.success(UpstreamReply(status: status, body: body)))
        case .dropped:
            fail(landing.ticket, .reset, mayHaveBeenSent: true, "the embedded store dropped the call")
        case .overloaded:
            fail(landing.ticket, .overloaded, mayHaveBeenSent: false, "too many calls wait for the embedded store")
        case .silent:
            guard let call = calls[landing.ticket] else { return }
            _ = reactor.schedule(after: call.timeout) { [weak self] in
                self?.fail(landing.ticket, .timeout, mayHaveBeenSent: true, "the embedded store did not answer")
            }
        }
    }

    private func fail(
        _ ticket: UInt64,
        _ kind: UpstreamFailure.Kind,
        mayHaveBeenSent: Bool,
        _ description: String
    ) {
        let failure = UpstreamFailure(kind: kind, mayHaveBeenSent: mayHaveBeenSent, description: description)
        calls.removeValue(forKey: ticket)?.completion(.failure(failure))
    }
}
