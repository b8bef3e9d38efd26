import Foundation

/// One line of Tests/Fixtures/captures.
struct Capture: Decodable {
    var `case`: String
    var client: String?
    var head: String?
    var body: String?
    var expect: String?
    var alpnOffered: [String]?
    private var requestBytesBase64: String

    private enum CodingKeys: String, CodingKey {
        case `case`
        case client
        case head
        case body
        case expect
        case alpnOffered = "alpn_offered"
        case requestBytesBase64 = "request_bytes_base64"
    }

    var request: [UInt8] {
        Array(Data(base64Encoded: requestBytesBase64) ?? Data())
    }
}

enum Captures {
    static func load(_ name: String) throws -> [Capture] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/captures/\(name)")
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Capture.self, from: $0)
        }
    }
}
