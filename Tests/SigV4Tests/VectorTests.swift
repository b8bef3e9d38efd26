import Foundation
import Testing

@testable import SigV4

/// AWS's own test suite for Signature Version 4, as one JSON file that is not part of this repository.
@Suite struct VectorTests {
    private struct File: Decodable { let cases: [Vector] }

    private struct Vector: Decodable {
        struct Query: Decodable {
            let canonicalRequest: String
            let stringToSign: String
            let signature: String
            let signedRequest: String
        }

        let name: String
        let secretAccessKey: String
        let sessionToken: String?
        let region: String
        let omitSessionToken: Bool
        let normalizePath: Bool
        let canonicalRequest: String
        let stringToSign: String
        let signature: String
        let signedRequest: String
        let query: Query?
    }

    /// LEVERET_SIGV4_VECTORS, or a folder beside the package.
    private static var file: URL {
        if let path = ProcessInfo.processInfo.environment["LEVERET_SIGV4_VECTORS"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/vectors/sigv4.json")
    }

    static var isPresent: Bool { FileManager.default.fileExists(atPath: file.path()) }

    private static func load() throws -> [Vector] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(File.self, from: Data(contentsOf: file)).cases
    }

    @Test(.enabled(if: isPresent, "no AWS test suite: set LEVERET_SIGV4_VECTORS to its file"))
    func headers() throws {
        let vectors = try Self.load().filter(Self.applies)
        #expect(vectors.count >= 31)
        for vector in vectors {
            try check(
                vector,
                request: vector.signedRequest,
                (vector.canonicalRequest, vector.stringToSign, vector.signature)
            )
        }
    }

    @Test(.enabled(if: isPresent, "no AWS test suite: set LEVERET_SIGV4_VECTORS to its file"))
    func queries() throws {
        var checked = 0
        // Tokens added to a query after signing are for services other than DynamoDB.
        for vector in try Self.load().filter(Self.applies) where !vector.omitSessionToken {
            guard let query = vector.query else { continue }
            try check(
                vector,
                request: query.signedRequest,
                (query.canonicalRequest, query.stringToSign, query.signature)
            )
            checked += 1
        }
        #expect(checked >= 30)
    }

    /// Only S3 signs paths as they stand.
    ///
    /// Where normalising changes nothing, such a vector applies all the same.
    private static func applies(_ vector: Vector) -> Bool {
        vector.normalizePath || vector.name == "get-space-unnormalized"
    }

    private func check(
        _ vector: Vector,
        request text: String,
        _ expected: (canonicalRequest: String, stringToSign: String, signature: String)
    ) throws {
        // The head in the file ends its lines with a line feed alone.
        let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let raw = RawRequest(
            head: parts[0].replacing("\n", with: "\r\n") + "\r\n",
            body: parts.count > 1 ? Array(parts[1].utf8) : []
        )
        let context: Comment = "\(vector.name)"
        try raw.received { request in
            let verifier = SignatureVerifier(service: "service")
            let secret = SecretKey(Array(vector.secretAccessKey.utf8))
            let authorization = try verifier.authorization(of: request, requiring: .none)
            let found = try #require(
                try verifier.intermediates(of: authorization, in: request, secret: secret),
                context
            )
            #expect(found.canonicalRequest == expected.canonicalRequest, context)
            #expect(found.stringToSign == expected.stringToSign, context)
            #expect(found.signature == expected.signature, context)
            #expect(verifier.region(of: authorization, in: request).text == vector.region, context)
            #expect(verifier.sessionToken(of: authorization, in: request)?.text == vector.sessionToken, context)
            #expect(throws: Never.self, context) {
                try verifier.verify(authorization, of: request, secret: secret, now: authorization.timestamp)
            }
        }
    }
}
