import JSON
import Transport

/// The admin API: what the allocator has decided, over HTTP.
///
/// docs/allocation.md describes it. Reads only, holds no secrets, asks for no credentials. Runs on the control loop's thread.
final class AdminAPI: HTTPHandler {
    /// A few clients with short requests.
    static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.headBytes = 8 << 10
        limits.bodyBytes = 1 << 10
        limits.connections = 64
        limits.bufferedBytes = 64 << 20
        return limits
    }

    private static let allocationPath = "/v1/allocation"
    private static let roundsPath = "/v1/allocation/rounds"
    private static let defaultRounds = 10

    private let desk: ControlDesk

    init(_ desk: ControlDesk) {
        self.desk = desk
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let target = unsafe String(decoding: request.target.prefix(1024), as: UTF8.self)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "")
        guard [Self.allocationPath, Self.roundsPath].contains(path) else {
            return refuse(404, "there are only \(Self.allocationPath) and \(Self.roundsPath)?last=N", exchange)
        }
        guard request.method == .get else {
            return refuse(405, "\(path) can be read with GET only", exchange, allow: true)
        }
        if path == Self.allocationPath { return reply(200, AllocationView.now(desk), exchange) }
        guard let last = Self.last(parts.count > 1 ? String(parts[1]) : "") else {
            return refuse(400, "last is the number of rounds, 1 or more: \(path)?last=\(Self.defaultRounds)", exchange)
        }
        reply(200, AllocationView.rounds(desk, last: last), exchange)
    }

    func refusal(_ reason: HTTPRefusal) -> HTTPRefusalReply {
        HTTPRefusalReply(
            status: reason.status,
            contentType: "application/json",
            body: JSONValue.object([("error", .string("the request can't be read: \(reason)"))]).line
        )
    }

    /// The number of rounds that a query asks for; nil when it can't be understood.
    static func last(_ query: String) -> Int? {
        var last = defaultRounds
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == "last" else { continue }
            guard parts.count == 2, let number = Int(parts[1]), number > 0 else { return nil }
            last = number
        }
        return last
    }

    private func refuse(_ status: Int, _ message: String, _ exchange: HTTPExchange, allow: Bool = false) {
        reply(status, .object([("error", .string(message))]), exchange, allow: allow)
    }

    private func reply(_ status: Int, _ value: JSONValue, _ exchange: HTTPExchange, allow: Bool = false) {
        exchange.reply(
            status: status,
            headers: { writer in
                writer.header("Content-Type", "application/json")
                writer.header("Cache-Control", "no-store")
                if allow { writer.header("Allow", "GET") }
            },
            body: value.line
        )
    }
}

extension JSONValue {
    /// The text in UTF-8 with a line feed, as a shell likes it.
    fileprivate var line: [UInt8] { Array("\(text)\n".utf8) }
}
