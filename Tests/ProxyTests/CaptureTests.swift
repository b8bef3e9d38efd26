import Foundation
import Synchronization
import Testing

@testable import Proxy

/// Requests recorded from real clients, and hand-made hostile ones, sent byte for byte through a proxy on a real socket.
///
/// Further files of the same form are read from the folder that LEVERET_EXTRA_CAPTURES names.
@Suite(.serialized) struct CaptureTests {
    /// Recorded requests that are refused on purpose, with the reason.
    private static let refusedOnPurpose: [String: String] = [
        "unsigned": "MissingAuthenticationTokenException",
        "no-sign": "MissingAuthenticationTokenException",
        // botocore signs the hash of an empty body and then sends a body: the signature does not cover it.
        "presigned-url": "InvalidSignatureException",
    ]

    struct Capture: Sendable {
        let name: String
        let bytes: [UInt8]
        let kind: String
        let sessionToken: String?
        let expect: String?
        let expectedType: String?
        let expectedMessage: String?
        /// Unix seconds to be taken for now.
        let now: Int64
        let isHead: Bool
    }

    static func captures(_ kind: String) throws -> [Capture] {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/captures")
        var files = ["recorded", "crafted"].map { fixtures.appendingPathComponent("\($0).jsonl") }
        if let extra = ProcessInfo.processInfo.environment["LEVERET_EXTRA_CAPTURES"] {
            let folder = URL(fileURLWithPath: extra)
            files += try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "jsonl" }
                .sorted { $0.path < $1.path }
        }
        return try files.flatMap { file in
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line -> Capture? in
                guard let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                    json["kind"] as? String == kind,
                    let text = json["request_bytes_base64"] as? String, let bytes = Data(base64Encoded: text)
                else { return nil }
                let verify = json["verify"] as? [String: Any] ?? [:]
                let date = json["now"] as? String ?? verify["date"] as? String ?? "20261121T043000Z"
                return Capture(
                    name: "\(json["client"] as? String ?? "") \(json["case"] as? String ?? "")",
                    bytes: Array(bytes),
                    kind: kind,
                    sessionToken: json["session_token"] as? String,
                    expect: json["expect"] as? String,
                    expectedType: json["expect_type"] as? String,
                    expectedMessage: json["expect_message"] as? String,
                    now: seconds(date),
                    isHead: (json["op"] as? String) == nil
                )
            }
        }
    }

    private static func seconds(_ date: String) -> Int64 {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        return Int64(format.date(from: date)?.timeIntervalSince1970 ?? 0)
    }

    /// A proxy that knows the captures' key, with or without the session token.
    private final class Stage {
        private final class Clock: Sendable {
            let now = Atomic<Int64>(0)
        }

        private let clock = Clock()
        private let plain: ProxyFixture
        private var withToken: [String: ProxyFixture] = [:]

        init() throws {
            plain = try Self.fixture(clock, token: nil)
        }

        private static func fixture(_ clock: Clock, token: String?) throws -> ProxyFixture {
            try ProxyFixture(
                reactors: 1,
                adjust: { configuration in
                    configuration.tenants = [
                        TenantSettings(
                            name: "recorded",
                            keys: [
                                TenantKey(
                                    id: "AKIDEXAMPLE",
                                    secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                                    sessionToken: token.map { Secret($0) }
                                )
                            ],
                            upstream: "fake",
                            operations: .all
                        )
                    ]
                },
                wallClock: { clock.now.load(ordering: .relaxed) }
            )
        }

        func upstreamCount(_ capture: Capture, _ operation: String) throws -> Int {
            try fixture(for: capture).upstream.count(operation)
        }

        func fixture(for capture: Capture) throws -> ProxyFixture {
            // Crafted captures keep the token in the request only.
            let head = String(decoding: capture.bytes.prefix(4096), as: UTF8.self)
            let line = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("x-amz-security-token:") }
            let sent = line.map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
            guard let token = sent ?? capture.sessionToken, sent != nil || head.contains("X-Amz-Security-Token=") else {
                return plain
            }
            if let known = withToken[token] { return known }
            let made = try Self.fixture(clock, token: token)
            withToken[token] = made
            return made
        }

        /// Sends a capture on a connection of its own.
        func send(_ capture: Capture) throws -> TestClient {
            clock.now.store(capture.now, ordering: .relaxed)
            let client = try fixture(for: capture).client()
            try client.sendRaw(capture.bytes)
            return client
        }
    }

    /// The final answer: an interim 100 Continue is passed over.
    private func answer(_ client: TestClient) throws -> TestClient.Reply {
        let reply = try client.receive()
        return reply.status == 100 ? try client.receive() : reply
    }

    @Test func `recorded requests of every client are accepted`() throws {
        let stage = try Stage()
        let captures = try Self.captures("recorded")
        #expect(captures.count >= 194)
        for capture in captures {
            let reply = try answer(stage.send(capture))
            let refused = Self.refusedOnPurpose.first { capture.name.hasSuffix(" \($0.key)") }
            if let refused {
                #expect(reply.errorName == refused.value, "\(capture.name)")
            } else {
                expectAccepted(reply, capture)
            }
        }
    }

    @Test func `crafted requests get the outcome that is expected of them`() throws {
        let stage = try Stage()
        let captures = try Self.captures("crafted")
        #expect(captures.count >= 62)
        for capture in captures {
            let client = try stage.send(capture)
            switch capture.expect {
            case "accept", "accept-if-token-known":
                expectAccepted(try answer(client), capture)
            case "accept-both":
                expectAccepted(try answer(client), capture)
                expectAccepted(try answer(client), capture)
            case "reject":
                expectRefused(try answer(client), capture)
            case "reject-or-policy", "reject-or-forward":
                let reply = try answer(client)
                if reply.status != 200 { expectRefused(reply, capture) }
            case "forward-or-reject-consistently":
                let reply = try answer(client)
                let isRefused = reply.status == 400 && reply.errorName == "SerializationException"
                if !isRefused { expectAccepted(reply, capture) }
            case "400-and-close":
                let reply = try answer(client)
                #expect(reply.status == 400, "\(capture.name): \(reply.status)")
                #expect(reply.headers["connection"] == "close", "\(capture.name)")
                #expect(reply.errorName == "SerializationException", "\(capture.name)")
            default:
                Issue.record("\(capture.name): unknown expectation \(capture.expect ?? "none")")
            }
        }
    }

    private func expectAccepted(_ reply: TestClient.Reply, _ capture: Capture) {
        if let text = capture.expectedType, text.hasPrefix("200 healthy") {
            #expect(reply.status == 200)
            #expect(reply.text == "healthy: dynamodb.us-east-1.amazonaws.com ")
            return
        }
        // The fake upstream has none of the captures' tables: its answer shows that the request went through.
        let isThrough = reply.status == 200 || reply.errorName == "ResourceNotFoundException"
        #expect(isThrough, "\(capture.name): \(reply.status) \(reply.text)")
    }

    private func expectRefused(_ reply: TestClient.Reply, _ capture: Capture) {
        if let type = capture.expectedType, type.hasPrefix("404") {
            #expect(reply.status == 404, "\(capture.name)")
            #expect(reply.text == "<UnknownOperationException/>\n", "\(capture.name)")
            return
        }
        // An operation nobody knows is the upstream's to refuse for a tenant that may do everything.
        if capture.expectedType?.hasSuffix("UnknownOperationException") == true, reply.status == 200 { return }
        #expect(reply.status == 400, "\(capture.name): \(reply.status)")
        if let type = capture.expectedType {
            #expect(reply.json["__type"] as? String == type, "\(capture.name): \(reply.text)")
        }
        if let wanted = capture.expectedMessage?.trimmingCharacters(in: .whitespaces), !wanted.isEmpty {
            let message = reply.json["message"] as? String ?? reply.json["Message"] as? String ?? ""
            #expect(message.hasPrefix(wanted), "\(capture.name): \(message)")
        }
    }
}
