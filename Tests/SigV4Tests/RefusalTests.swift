import Testing

@testable import SigV4

/// What is refused, and in which words.
@Suite struct RefusalTests {
    private let mismatch = SignatureError.signatureMismatch

    @Test func acceptsTheRequestTheOthersAreMadeFrom() throws {
        #expect(try SignedRequest().signed().refusal() == nil)
        #expect(try SignedRequest(signedHeaders: "host;x-amz-target").presigned().refusal() == nil)
    }

    /// Messages as recorded in dynalite's `test/connection.js` and `index.js`.
    @Test(arguments: [
        (nil, SignatureError.Kind.missingAuthenticationToken, "Request is missing Authentication Token"),
        ("", .missingAuthenticationToken, "Request is missing Authentication Token"),
        ("AWS4", .missingAuthenticationToken, "Request is missing Authentication Token"),
        ("Basic YTpi", .missingAuthenticationToken, "Request is missing Authentication Token"),
        (
            "AWS4-", .incompleteSignature,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
                + "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-"
        ),
        (
            "AWS4-HMAC-SHA256 Signature=b,Credential=a", .incompleteSignature,
            "Authorization header requires 'SignedHeaders' parameter. "
                + "Authorization=AWS4-HMAC-SHA256 Signature=b,Credential=a"
        ),
        (
            "AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders", .incompleteSignature,
            "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: "
                + "'AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders'."
        ),
        (
            "AWS4-HMAC-SHA25 Credential=a, Signature=b, SignedHeaders=host;x-amz-date;x-amz-target",
            .incompleteSignature, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). "
        ),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, Signature=b, SignedHeaders=host;x-amz-date;x-amz-target",
            .incompleteSignature,
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). "
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/d, Signature=b, SignedHeaders=host;x-amz-date;x-amz-target",
            .incompleteSignature,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'"
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, Signature=b, SignedHeaders=host;x-amz-date;x-amz-target",
            .incompleteSignature,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
                + "'a/b/c/d/e/f'"
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/C/d/e//, Signature=b, SignedHeaders=host;x-amz-date;x-amz-target",
            .invalidSignature,
            "Credential should be scoped to a valid region, not 'C'. "
                + "Credential should be scoped to correct service: 'dynamodb'. "
                + "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "
                + "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'b' != '20261121', from '20261121T043000Z'."
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261121/b/dynamodb/aws4_request, Credential=c, Signature=b, SignedHeaders=host",
            .incompleteSignature, "Authorization header has more than one 'Credential' parameter."
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261121/b/dynamodb/aws4_request, Signature=b, SignedHeaders=x-amz-date",
            .invalidSignature, "'Host' must be a 'SignedHeader' in the AWS Authorization."
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261121/b/dynamodb/aws4_request, Signature=b, SignedHeaders=host",
            .invalidSignature, "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20261121/b/dynamodb/aws4_request, Signature=b, SignedHeaders=host;x-amz-date",
            .invalidSignature, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."
        ),
    ])
    func malformedHeader(authorization: String?, kind: SignatureError.Kind, message: String) {
        #expect(SignedRequest().raw(authorization: authorization).refusal() == SignatureError(kind, message))
    }

    @Test func malformedQuery() {
        var request = SignedRequest()
        request.target = "/?X-Amz-Algorithm"
        #expect(
            request.raw(authorization: nil).refusal()
                == SignatureError(
                    .incompleteSignature,
                    "AWS query-string parameters must include 'X-Amz-Algorithm'. "
                        + "AWS query-string parameters must include 'X-Amz-Credential'. "
                        + "AWS query-string parameters must include 'X-Amz-Signature'. "
                        + "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
                        + "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."
                )
        )
        request.target += "&X-Amz-Expires=1&X-Amz-Expires=2"
        #expect(
            request.raw(authorization: nil).refusal()
                == SignatureError(.incompleteSignature, "Query-string has more than one 'X-Amz-Expires' parameter.")
        )
    }

    @Test func headerAndQueryTogether() {
        let request = SignedRequest(target: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
        #expect(
            request.raw(authorization: "AWS4-").refusal()
                == SignatureError(
                    .invalidSignature,
                    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
                )
        )
    }

    @Test(arguments: [
        "Host", "Date", "X-Amz-Date", "X-Amz-Target", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "Authorization",
    ])
    func repeatedHeaders(name: String) {
        let request = SignedRequest(unsignedHeaders: [(name, "a"), (name.lowercased(), "a")])
        #expect(
            request.raw(authorization: "AWS4-").refusal()
                == SignatureError(.incompleteSignature, "Request has more than one '\(name)' header.")
        )
    }

    @Test(arguments: [
        ("", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization="),
        ("201", "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"),
    ])
    func badDate(date: String, message: String) {
        var request = SignedRequest()
        request.headers[1].1 = date
        let refusal = request.raw(authorization: request.authorization("0")).refusal()
        #expect(refusal?.kind == .incompleteSignature)
        #expect(refusal?.message.hasPrefix(message) == true)
    }

    @Test func dateHeaderInPlaceOfAmzDate() {
        var request = SignedRequest()
        request.headers[1].0 = "Date"
        #expect(request.raw(authorization: request.authorization("0")).refusal() == .notSigned("X-Amz-Date"))
    }

    @Test(arguments: [
        "x-amz-date;host;x-amz-target", "Host;x-amz-date;x-amz-target", "host;host;x-amz-date;x-amz-target",
        "accept;host;x-amz-date;x-amz-target", ";host;x-amz-date;x-amz-target", "host;;x-amz-date;x-amz-target",
    ])
    func oddSignedHeaders(list: String) {
        let request = SignedRequest(signedHeaders: list)
        let raw = request.raw(authorization: request.authorization(String(repeating: "0", count: 64)))
        #expect(raw.refusal() == mismatch)
    }

    @Test func theWindowIsFifteenMinutesEachWay() throws {
        let request = try SignedRequest().signed()
        let now = SignedRequest.now
        #expect(request.refusal(now: now + 900) == nil)
        #expect(request.refusal(now: now - 900) == nil)
        #expect(
            request.refusal(now: now + 901)
                == SignatureError(
                    .invalidSignature,
                    "Signature expired: 20261121T043000Z is now earlier than 20261121T043001Z "
                        + "(20261121T044501Z - 15 min.)"
                )
        )
        #expect(
            request.refusal(now: now - 901)
                == SignatureError(
                    .invalidSignature,
                    "Signature not yet current: 20261121T043000Z is still later than 20261121T042959Z "
                        + "(20261121T041459Z + 15 min.)"
                )
        )
    }

    @Test func presignedRequestsLastAsLongAsTheySay() throws {
        let request = SignedRequest(signedHeaders: "host;x-amz-target")
        let now = SignedRequest.now
        #expect(try request.presigned().refusal(now: now + 300) == nil)
        #expect(try request.presigned().refusal(now: now + 301)?.message.hasPrefix("Signature expired: ") == true)
        #expect(try request.presigned().refusal(now: now - 901)?.message.hasPrefix("Signature not yet") == true)
        #expect(try request.presigned(expires: "604800").refusal(now: now + 604_800) == nil)
        #expect(try request.presigned(expires: nil).refusal(now: now + 900) == nil)
        #expect(try request.presigned(expires: nil).refusal(now: now + 901)?.kind == .invalidSignature)
    }

    @Test(arguments: ["604801", "99999999999999999999999999", "", "-1", "1x"])
    func oddLifetimes(expires: String) {
        var request = SignedRequest()
        request.target =
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=20261121T043000Z&X-Amz-Signature=0"
            + "&X-Amz-SignedHeaders=host&X-Amz-Expires=" + expires
        let refusal = request.raw(authorization: nil).refusal()
        #expect(refusal?.kind == .incompleteSignature)
        #expect(refusal?.message.hasPrefix("X-Amz-Expires ") == true)
    }

    @Test func theOperationMayBeASignedParameter() throws {
        let target = "&X-Amz-Target=DynamoDB_20120810.GetItem"
        var request = SignedRequest(signedHeaders: "host")
        #expect(try request.presigned(extra: target).refusal() == nil)
        request.headers[2].1 = "DynamoDB_20120810.DeleteItem"
        #expect(try request.presigned(extra: target).refusal() == mismatch)
        request.headers.removeLast()
        #expect(try request.presigned(extra: target).refusal() == mismatch)
    }

    @Test(arguments: [
        "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ])
    func declaredPayloadsOtherThanTheBodys(declared: String) throws {
        let header = SignedRequest(unsignedHeaders: [("X-Amz-Content-Sha256", declared)])
        #expect(try header.signed().refusal() == mismatch)
        let query = SignedRequest(signedHeaders: "host;x-amz-target")
        #expect(try query.presigned(extra: "&X-Amz-Content-Sha256=" + declared).refusal() == mismatch)
    }

    @Test func hostWithoutItsPort() throws {
        #expect(try SignedRequest(hostForm: .withoutPort).signed().refusal() == nil)
        var request = SignedRequest(hostForm: .withoutPort)
        request.headers[0].1 = "[::1]:8000"
        #expect(try request.signed().refusal() == nil)
    }

    @Test func tooManyParameters() throws {
        let target = "/?" + (0..<64).map { number in "p\(number)=" }.joined(separator: "&")
        #expect(try SignedRequest(target: target).signed().refusal() == nil)
        #expect(throws: mismatch) { try SignedRequest(target: target + "&q").signed() }
    }

    /// No error repeats what would let its reader sign, or tell how near a guess was.
    @Test func errorsKeepSecrets() throws {
        let good = try SignedRequest().signed()
        let signature = try #require(good.value(of: "authorization")).suffix(64)
        var changed = good
        changed.replaceBodyByte(at: 0, with: UInt8(ascii: "["))
        let zeros = String(repeating: "0", count: 64)
        let forged = SignedRequest().raw(authorization: SignedRequest().authorization(zeros))
        for refusal in [changed.refusal(), forged.refusal(), good.refusal(secret: SecretKey([]))] {
            #expect(refusal == mismatch)
            #expect(refusal?.message.contains(signature) == false)
        }
    }
}
