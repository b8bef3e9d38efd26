import Foundation

@testable import DynamoDB

/// Test data and helpers for the request half of the module.
enum RequestFixtures {
    /// A request as some client sent it.
    struct Capture {
        let name: String
        let operation: String
        let body: [UInt8]
        /// What Foundation makes of the body; nil when it is not a JSON object.
        var object: [String: Any]? {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
        }
    }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func json(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent(path)))
    }

    /// The captures of a file whose bodies are not chunked.
    static func captures(_ file: String) throws -> [Capture] {
        let text = try Data(contentsOf: folder.appendingPathComponent("captures/" + file))
        return try text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let row = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let name = row["case"] as? String, let encoded = row["request_bytes_base64"] as? String,
                let raw = Data(base64Encoded: encoded),
                let split = raw.range(of: Data("\r\n\r\n".utf8))
            else { return nil }
            let head = String(decoding: raw[..<split.lowerBound], as: UTF8.self).lowercased()
            guard !head.contains("chunked"), let target = head.range(of: "x-amz-target: ") else { return nil }
            guard head.contains("content-length:") else { return nil }
            let rest = String(decoding: raw[..<split.lowerBound], as: UTF8.self)[target.upperBound...]
            let value = rest.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }
            let operation = value.split(separator: ".").last.map(String.init) ?? ""
            return Capture(name: name, operation: operation, body: Array(raw[split.upperBound...]))
        }
    }
}

/// Calls `body` with the UTF-8 bytes of `text`.
func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try Array(text.utf8).withUnsafeBytes(body)
}

/// The error that `body` throws, as a RequestError; nil when it throws none.
func requestError(_ body: () throws -> Void) -> RequestError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RequestError
    }
}

/// The bytes of `text` in a range, as text.
func slice(_ text: String, _ range: ByteRange) -> String {
    String(decoding: Array(text.utf8)[range.start..<range.end], as: UTF8.self)
}

/// A generator of the same numbers in each run (SplitMix64, by Steele, Lea and Flood).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
