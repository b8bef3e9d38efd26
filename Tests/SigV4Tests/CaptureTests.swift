import Testing

@testable import SigV4

/// Requests recorded from SDKs, and crafted ones.
@Suite struct CaptureTests {
    @Test func everyRecordedRequestVerifies() throws {
        let captures = try Capture.recorded()
        #expect(captures.count == 194)
        for capture in captures { try check(capture) }
    }

    @Test func everyCraftedRequestHasItsOutcome() throws {
        let captures = try Capture.crafted()
        #expect(captures.count == 62)
        for capture in captures { try check(capture) }
    }

    @Test(.enabled(if: Capture.hasExtra, "LEVERET_EXTRA_CAPTURES names no folder"))
    func everyExtraRequestHasItsOutcome() throws {
        let captures = try Capture.extra()
        #expect(!captures.isEmpty)
        for capture in captures { try check(capture) }
    }

    private func check(_ capture: Capture) throws {
        let outcome = try capture.request.received { request in try Self.outcome(of: capture, request) }
        let context: Comment = "\(capture.client) \(capture.case)"
        switch Self.expectation(for: capture) {
        case .verifies:
            #expect(outcome.error == nil, context)
            #expect(outcome.canonicalRequest == capture.verify.canonicalRequest, context)
            #expect(outcome.stringToSign == capture.verify.stringToSign, context)
            #expect(outcome.region == capture.verify.region, context)
            #expect(outcome.accessKeyID == capture.accessKey, context)
            if let token = capture.sessionToken {
                #expect(outcome.sessionToken == token, context)
            }
        case .fails(let kind, let message):
            #expect(outcome.error?.kind == kind, context)
            if let message { #expect(outcome.error?.message.hasPrefix(message) == true, context) }
        case .unreadable:
            #expect(outcome.error != nil, context)
        }
    }

    private enum Expectation {
        case verifies
        case fails(SignatureError.Kind, String?)
        /// HTTP refuses it before there is anything to authenticate.
        case unreadable
    }

    private static func expectation(for capture: Capture) -> Expectation {
        // The signature is right; which regions are served is the caller's policy.
        if capture.case == "bad-scope-region" { return .verifies }
        // botocore moves the members of the JSON body into the query and signs an empty body, so the signature does not
        // cover the body that is sent.
        if capture.verify.payloadHashSource == "sha256(empty)", !capture.request.body.isEmpty {
            return .fails(.invalidSignature, SignatureError.signatureMismatch.message)
        }
        if capture.expect == "reject",
            let name = capture.expectType?.split(separator: "#").last,
            let kind = SignatureError.Kind(rawValue: String(name))
        {
            return .fails(kind, capture.expectMessage)
        }
        if capture.verify.note == "none:no Authorization" {
            return .fails(.missingAuthenticationToken, SignatureError.missingAuthenticationToken.message)
        }
        return switch capture.verify.hmacMatches {
        case true?: .verifies
        case false?: .fails(.invalidSignature, SignatureError.signatureMismatch.message)
        case nil: .unreadable
        }
    }

    private struct Outcome {
        var error: SignatureError?
        var canonicalRequest: String?
        var stringToSign: String?
        var region: String?
        var accessKeyID: String?
        var sessionToken: String?
    }

    private static func outcome(of capture: Capture, _ request: ReceivedRequest) throws -> Outcome {
        var outcome = Outcome()
        let verifier = SignatureVerifier()
        let secret = SecretKey(Array((capture.secretKey ?? "").utf8))
        do throws(SignatureError) {
            let authorization = try verifier.authorization(of: request)
            try verifier.verify(authorization, of: request, secret: secret, now: capture.clock)
            let signedWithoutPort = capture.verify.flags?.contains("host-signed-without-port") == true
            let intermediates = try verifier.intermediates(
                of: authorization,
                in: request,
                secret: secret,
                host: signedWithoutPort ? .withoutPort : .asReceived
            )
            outcome.canonicalRequest = intermediates?.canonicalRequest
            outcome.stringToSign = intermediates?.stringToSign
            outcome.region = verifier.region(of: authorization, in: request).text
            outcome.accessKeyID = verifier.accessKeyID(of: authorization, in: request).text
            outcome.sessionToken = verifier.sessionToken(of: authorization, in: request)?.text
        } catch {
            outcome.error = error
        }
        return outcome
    }
}
