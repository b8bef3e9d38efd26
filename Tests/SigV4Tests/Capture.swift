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

    static let recorded = load(fixtures.appending(path: "recorded.jsonl"))
    static let crafted = load(fixtures.appending(path: "crafted.jsonl"))

    /// Recorded and crafted captures from the folder that LEVERET_EXTRA_CAPTURES names.
    static let extra: [Capture] = {
        guard let folder = ProcessInfo.processInfo.environment["LEVERET_EXTRA_CAPTURES"] else { return [] }
        let files = try? FileManager.default.contentsOfDirectory(
            at: URL(filePath: folder),
            includingPropertiesForKeys: nil
        )
        return (files ?? []).filter { file in file.pathExtension == "jsonl" }.flatMap(load)
    }()

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/captures")

    /// The captures of a file; lines that are no HTTP request (TLS ClientHellos) are left out.
    private static func load(_ file: URL) -> [Capture] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            try? decoder.decode(Capture.self, from: Data(line.utf8))
        }
    }
}
