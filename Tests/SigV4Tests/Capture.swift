import Foundation
import Testing

@testable import SigV4

/// One line of a capture file: a request as read from a socket, and what verifying it should give.
struct Capture: Decodable, CustomTestStringConvertible {
    struct Verification: Decodable {
        let hmacMatches: Bool?
        let note: String?
        let date: String?
        let region: String?
        let signature: String?
        let payloadHashSource: String?
        let canonicalRequest: String?
        let stringToSign: String?
        let flags: [String]?
    }

    let client: String
    let `case`: String
    let requestBytesBase64: String
    let accessKey: String?
    let secretKey: String?
    let sessionToken: String?
    let expect: String?
    let expectType: String?
    let expectMessage: String?
    /// The clock to use, for crafted requests.
    let now: String?
    let verify: Verification

    var testDescription: String { "\(client) \(`case`)" }

    var request: RawRequest {
        RawRequest(Array(Data(base64Encoded: requestBytesBase64) ?? Data()))
    }

    var clock: Int64 {
        Array((now ?? verify.date ?? "").utf8).withBytes { text in Timestamp.seconds(text) } ?? 0
    }

    static func recorded() throws -> [Capture] { try load(fixtures.appending(path: "recorded.jsonl")) }
    static func crafted() throws -> [Capture] { try load(fixtures.appending(path: "crafted.jsonl")) }

    /// Whether LEVERET_EXTRA_CAPTURES names a folder with more captures.
    static var hasExtra: Bool { extraFolder != nil }

    /// The recorded and crafted captures in that folder.
    static func extra() throws -> [Capture] {
        guard let extraFolder else { return [] }
        let files = try FileManager.default.contentsOfDirectory(
            at: URL(filePath: extraFolder),
            includingPropertiesForKeys: nil
        )
        return try files.filter { file in file.pathExtension == "jsonl" }.flatMap(load)
    }

    private static let extraFolder = ProcessInfo.processInfo.environment["LEVERET_EXTRA_CAPTURES"]

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/captures")

    /// The captures of a file; TLS ClientHellos, which are no HTTP requests, are left out.
    private static func load(_ file: URL) throws -> [Capture] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { line in !line.contains("\"tls-clienthello\"") }
            .map { line in try decoder.decode(Capture.self, from: Data(line.utf8)) }
    }
}
