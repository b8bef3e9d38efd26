import Testing

@testable import SigV4

/// A request in the making, for tests of what verification makes of it.
///
/// Signed with the verifier's own arithmetic, so that requests no signer would write can be signed too; captures and
/// AWS's suite check that arithmetic.
struct SignedRequest {
    static let secret = SecretKey(Array("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8))
    static let date = "20261121T043000Z"
    static let now: Int64 = 1_795_235_400

    var method = "POST"
    var target = "/"
    var headers = [
        ("Host", " 127.0.0.1:8000"), ("X-Amz-Date", " " + date), ("X-Amz-Target", " DynamoDB_20120810.GetItem"),
    ]
    var credential = "AKIDEXAMPLE/20261121/us-east-1/dynamodb/aws4_request"
    var signedHeaders = "host;x-amz-date;x-amz-target"
    var body = Array(#"{"TableName":"Music"}"#.utf8)
    var hostForm = HostForm.asReceived
    /// Added once the signature is made.
    var unsignedHeaders: [(String, String)] = []

    /// With an Authorization header.
    func signed() throws -> RawRequest {
        let draft = raw(authorization: authorization(String(repeating: "0", count: 64)))
        return raw(authorization: authorization(try signature(of: draft)))
    }

    /// With a presigned query of this lifetime; `extra` parameters are signed too.
    func presigned(expires: String? = "300", date: String = date, extra: String = "") throws -> RawRequest {
        var request = self
        request.headers.removeAll { header in header.0 == "X-Amz-Date" }
        request.target +=
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\(credential.replacing("/", with: "%2F"))"
            + "&X-Amz-Date=\(date)" + (expires.map { seconds in "&X-Amz-Expires=\(seconds)" } ?? "")
            + "&X-Amz-SignedHeaders=\(signedHeaders.replacing(";", with: "%3B"))" + extra + "&X-Amz-Signature="
        var draft = request
        draft.target += "0"
        request.target += try signature(of: draft.raw(authorization: nil))
        return request.raw(authorization: nil)
    }

    func raw(authorization: String?) -> RawRequest {
        var lines = ["\(method) \(target) HTTP/1.1"]
        lines += (headers + unsignedHeaders).map { header in header.0 + ":" + header.1 }
        if let authorization { lines.append("Authorization: " + authorization) }
        return RawRequest(head: lines.joined(separator: "\r\n") + "\r\n\r\n", body: body)
    }

    func authorization(_ signature: String) -> String {
        "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(signedHeaders), Signature=\(signature)"
    }

    private func signature(of draft: RawRequest) throws -> String {
        try draft.received { request in
            let verifier = SignatureVerifier()
            let authorization = try verifier.authorization(of: request, requiring: .none)
            let found = try verifier.intermediates(
                of: authorization,
                in: request,
                secret: Self.secret,
                host: hostForm
            )
            return try #require(found).signature
        }
    }
}

extension RawRequest {
    /// What verification says; nil when it accepts.
    func refusal(
        secret: SecretKey = SignedRequest.secret,
        now: Int64 = SignedRequest.now,
        by verifier: SignatureVerifier = SignatureVerifier()
    ) -> SignatureError? {
        received { request in
            do throws(SignatureError) {
                let authorization = try verifier.authorization(of: request)
                try verifier.verify(authorization, of: request, secret: secret, now: now)
                return nil
            } catch {
                return error
            }
        }
    }
}
