import Foundation
import SigV4
import Testing
import Transport

@testable import Upstream

/// An upstream on a reactor of its own, run by the test's thread until what it waits for has happened.
final class Harness {
    let reactor: Reactor
    let upstream: HTTPUpstream

    init(limits: UpstreamLimits = UpstreamLimits()) throws {
        reactor = try Reactor()
        upstream = try HTTPUpstream(reactor: reactor, limits: limits)
    }

    /// Sends the calls at once and returns their results in the calls' order; nil for one that did not come in time.
    func results(of calls: [UpstreamCall]) -> [UpstreamResult?] {
        var results = [UpstreamResult?](repeating: nil, count: calls.count)
        var left = calls.count
        var isSending = true
        for (index, call) in calls.enumerated() {
            upstream.send(call) { [reactor] result in
                #expect(!isSending, "completed inside send")
                #expect(results[index] == nil, "completed twice")
                results[index] = result
                left -= 1
                if left == 0 { reactor.stop() }
            }
        }
        isSending = false
        run(seconds: 8)
        return results
    }

    func result(of call: UpstreamCall) throws -> UpstreamResult {
        try #require(results(of: [call])[0], "no result")
    }

    func reply(to call: UpstreamCall) throws -> UpstreamReply {
        try result(of: call).get()
    }

    func failure(of call: UpstreamCall) throws -> UpstreamFailure {
        switch try result(of: call) {
        case .failure(let failure): return failure
        case .success(let reply):
            Issue.record("a reply with status \(reply.status) instead of a failure")
            throw CancellationError()
        }
    }

    /// Runs until something stops the reactor, so many seconds at most.
    func run(seconds: Double) {
        let limit = reactor.schedule(after: UInt64(seconds * 1e9)) { [reactor] in reactor.stop() }
        reactor.run()
        reactor.cancel(limit)
    }
}

extension UpstreamCall {
    /// A signed call to a scripted server.
    static func to(
        _ server: ScriptedServer,
        body: String = #"{"TableName":"t"}"#,
        isRead: Bool = false,
        _ change: (inout UpstreamEndpoint) -> Void = { _ in }
    ) throws -> UpstreamCall {
        try to("http://127.0.0.1:\(server.port)", body: body, isRead: isRead, change)
    }

    static func to(
        _ url: String,
        body: String = "{}",
        isRead: Bool = false,
        _ change: (inout UpstreamEndpoint) -> Void = { _ in }
    ) throws -> UpstreamCall {
        var endpoint = try UpstreamEndpoint(url: url, region: "eu-west-1")
        change(&endpoint)
        return UpstreamCall(
            endpoint: endpoint,
            target: "DynamoDB_20120810." + (isRead ? "GetItem" : "PutItem"),
            body: Array(body.utf8),
            authentication: .sign(exampleCredentials),
            isRead: isRead
        )
    }
}

let exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
let exampleCredentials = SigningCredentials(
    accessKeyID: "AKIDEXAMPLE",
    secretAccessKey: SecretKey(Array(exampleSecret.utf8)),
    sessionToken: nil
)

extension UpstreamReply {
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        headers.first { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
            .map { String(decoding: $0.value, as: UTF8.self) }
    }
}

/// Answers every request on a connection with its own body.
@Sendable func echo(_ connection: Connection) {
    while let request = connection.readRequest() {
        connection.reply(String(decoding: request.body, as: UTF8.self))
    }
}
