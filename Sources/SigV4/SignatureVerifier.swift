/// What of a request's verification has been done.
public enum VerificationStep: Sendable {
    /// The body is hashed.
    case body
    /// The canonical request is hashed.
    case head
}

/// Verifies signatures of received requests, AWS Signature Version 4, as DynamoDB does.
///
/// - The body is always hashed here. `X-Amz-Content-Sha256`, where present, must be that hash, so unsigned and streamed
///   payloads are refused, and with them presigned requests that sign an empty body and carry another.
/// - The signed headers are named in lower case and in order, are all present, and cover the host and the operation.
/// - Where Host carries a port, a signature over the host alone is good too (aiodynamo signs so).
/// - A signature is good for the clock window before and after its time; a presigned request for as long as it says.
///
/// One for each thread: it reuses its buffers and keeps signing keys. With the signing key at hand, accepting a request
/// does not allocate; refusing one may.
public final class SignatureVerifier {
    private let service: ByteBuffer
    private let clockWindow: Int64
    private let signingKeys = SigningKeyCache()
    private var canonical = ByteBuffer(capacity: 8192)
    private var scratch = ByteBuffer(capacity: 2048)
    private var signedHeaders = SignedHeaderList()
    private var knownAuthorization = KnownAuthorization()
    private let canonicalHash = PrefixHash()
    private let innerHash = PrefixHash()

    /// A verifier for requests to one service.
    ///
    /// `clockWindow` is in seconds.
    public init(service: String = "dynamodb", clockWindow: Int64 = 900) {
        self.service = ByteBuffer(service)
        self.clockWindow = clockWindow
    }

    /// Makes room for the signing keys of so many secrets.
    public func makeRoom(forSecrets count: Int) {
        signingKeys.makeRoom(forSecrets: count)
    }

    /// Finds and reads the signature and checks all that needs neither the secret nor the clock.
    public func authorization(of request: ReceivedRequest) throws(SignatureError) -> Authorization {
        try authorization(of: request, requiring: .dynamoDB)
    }

    func authorization(
        of request: ReceivedRequest,
        requiring required: RequiredHeaders
    ) throws(SignatureError) -> Authorization {
        try Authorization(request, service: service.bytes, requiring: required, &signedHeaders, &knownAuthorization)
    }

    /// The access key id, inside the request's memory.
    public func accessKeyID(of authorization: Authorization, in request: ReceivedRequest) -> UnsafeRawBufferPointer {
        unsafe authorization.bytes(authorization.credential.accessKeyID, in: request).buffer
    }

    /// The region of the credential scope, inside the request's memory: 1 to 32 of `a-z0-9-`.
    ///
    /// Whether it is served is for the caller to decide; see `SignatureError.invalidRegion`.
    public func region(of authorization: Authorization, in request: ReceivedRequest) -> UnsafeRawBufferPointer {
        unsafe authorization.bytes(authorization.credential.region, in: request).buffer
    }

    /// The session token, signed or not, decoded if it came in the query; nil when there is none.
    ///
    /// Valid until the verifier is next used. To be compared with `ConstantTime.equal`.
    public func sessionToken(of authorization: Authorization, in request: ReceivedRequest) -> UnsafeRawBufferPointer? {
        guard let range = authorization.sessionToken else { return nil }
        let token = authorization.bytes(range, in: request)
        guard authorization.isPresigned else { return unsafe token.buffer }
        scratch.removeAll()
        scratch.appendPercentDecoded(token)
        return unsafe scratch.bytes.buffer
    }

    /// Checks the signature and its time.
    ///
    /// `authorization` was read from this very request; `now` is in seconds since 1970. `meanwhile` is called after each
    /// step, and may use the time to have memory fetched; whether the signature holds it can't know.
    public func verify(
        _ authorization: Authorization,
        of request: ReceivedRequest,
        secret: SecretKey,
        now: Int64,
        meanwhile: (VerificationStep) -> Void = { _ in }
    ) throws(SignatureError) {
        try checkTime(authorization, request, now)
        let payload = request.payload()
        try checkDeclaredPayload(payload, authorization, request)
        meanwhile(.body)

        let date = authorization.bytes(authorization.credential.date, in: request)
        let region = authorization.bytes(authorization.credential.region, in: request)
        let service = authorization.bytes(authorization.credential.service, in: request)
        let held = signingKeys.key(of: secret, date: date, region: region)
        let key = held ?? secret.signingKey(date: date, region: region, service: service)

        if try !matches(key, authorization, request, payload, host: .asReceived, meanwhile) {
            guard try matches(key, authorization, request, payload, host: .withoutPort, meanwhile) else {
                throw .signatureMismatch
            }
        }
        // Only now: whoever does not hold the secret cannot push keys out.
        if held == nil {
            signingKeys.insert(key, of: secret, date: date, region: region)
        }
    }
}

extension SignatureVerifier {
    private func checkTime(
        _ authorization: Authorization,
        _ request: ReceivedRequest,
        _ now: Int64
    ) throws(SignatureError) {
        let timestamp = authorization.timestamp
        let lifetime = authorization.expires ?? clockWindow
        if timestamp < now - lifetime {
            let limit = Self.limit(now, "-", lifetime)
            throw SignatureError(
                .invalidSignature,
                "Signature expired: \(Timestamp.text(timestamp)) is now earlier than "
                    + "\(Timestamp.text(now - lifetime)) (\(limit))"
            )
        }
        if timestamp > now + clockWindow {
            let limit = Self.limit(now, "+", clockWindow)
            throw SignatureError(
                .invalidSignature,
                "Signature not yet current: \(Timestamp.text(timestamp)) is still later than "
                    + "\(Timestamp.text(now + clockWindow)) (\(limit))"
            )
        }
    }

    private static func limit(_ now: Int64, _ sign: String, _ seconds: Int64) -> String {
        let length = seconds % 60 == 0 ? "\(seconds / 60) min." : "\(seconds) sec."
        return "\(Timestamp.text(now)) \(sign) \(length)"
    }

    private func checkDeclaredPayload(
        _ payload: Digest,
        _ authorization: Authorization,
        _ request: ReceivedRequest
    ) throws(SignatureError) {
        if let header = authorization.contentSHA256 {
            try checkDeclaredPayload(payload, request.head[header])
        }
        if let parameter = authorization.contentSHA256Parameter {
            try checkDeclaredPayload(payload, request.target[parameter])
        }
    }

    private func checkDeclaredPayload(_ payload: Digest, _ declared: Bytes) throws(SignatureError) {
        scratch.removeAll()
        scratch.appendHexadecimal(payload)
        guard scratch.bytes.equals(declared) else { throw .signatureMismatch }
    }

    private func matches(
        _ key: HMACKey,
        _ authorization: Authorization,
        _ request: ReceivedRequest,
        _ payload: Digest,
        host: HostForm,
        _ meanwhile: (VerificationStep) -> Void
    ) throws(SignatureError) -> Bool {
        guard try writeCanonicalRequest(authorization, request, payload, host: host) else { return false }
        writeStringToSign(authorization, request)
        meanwhile(.head)
        let signature = key.code(for: &canonical, innerHash)
        scratch.removeAll()
        scratch.appendHexadecimal(signature)
        let given = authorization.bytes(authorization.signature, in: request)
        return unsafe ConstantTime.equal(scratch.bytes.buffer, given.buffer)
    }

    /// Leaves the canonical request in `canonical`.
    ///
    /// False when the host has no such form.
    private func writeCanonicalRequest(
        _ authorization: Authorization,
        _ request: ReceivedRequest,
        _ payload: Digest,
        host: HostForm
    ) throws(SignatureError) -> Bool {
        canonical.removeAll()
        return try canonical.appendCanonicalRequest(
            authorization,
            request,
            payload,
            host: host,
            &signedHeaders,
            scratch: &scratch
        )
    }

    /// Replaces the canonical request in `canonical` by the string to sign.
    private func writeStringToSign(_ authorization: Authorization, _ request: ReceivedRequest) {
        let digest = canonicalHash.digest(of: &canonical)
        canonical.removeAll()
        canonical.appendStringToSign(
            timestamp: authorization.bytes(authorization.timestampText, in: request),
            date: authorization.bytes(authorization.credential.date, in: request),
            region: authorization.bytes(authorization.credential.region, in: request),
            service: authorization.bytes(authorization.credential.service, in: request),
            canonicalRequest: digest
        )
    }

    /// What verification computes, for tests.
    func intermediates(
        of authorization: Authorization,
        in request: ReceivedRequest,
        secret: SecretKey,
        host: HostForm = .asReceived
    ) throws(SignatureError) -> (canonicalRequest: String, stringToSign: String, signature: String)? {
        let payload = request.payload()
        guard try writeCanonicalRequest(authorization, request, payload, host: host) else { return nil }
        let canonicalRequest = canonical.bytes.text
        writeStringToSign(authorization, request)
        let stringToSign = canonical.bytes.text
        let key = secret.signingKey(
            date: authorization.bytes(authorization.credential.date, in: request),
            region: authorization.bytes(authorization.credential.region, in: request),
            service: authorization.bytes(authorization.credential.service, in: request)
        )
        let signature = key.code(for: canonical.bytes)
        scratch.removeAll()
        scratch.appendHexadecimal(signature)
        return (canonicalRequest, stringToSign, scratch.bytes.text)
    }

    /// The number of signing keys held.
    var signingKeyCount: Int { signingKeys.count }
}

extension Authorization {
    @inline(__always)
    func bytes(_ range: ByteRange, in request: ReceivedRequest) -> Bytes {
        isPresigned ? request.target[range] : request.head[range]
    }
}
