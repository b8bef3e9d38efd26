/// Signs requests, AWS Signature Version 4 with the hash of the body and an Authorization header.
///
/// One for each thread: it reuses its buffers and keeps signing keys.
public final class RequestSigner {
    private let service: ByteBuffer
    private let signingKeys = SigningKeyCache(sets: 16)
    private var buffer = ByteBuffer(capacity: 4096)
    private var scratch = ByteBuffer(capacity: 1024)

    /// A signer of requests to one service.
    public init(service: String = "dynamodb") {
        self.service = ByteBuffer(service)
    }

    /// Returns the values of the Authorization and X-Amz-Date headers.
    ///
    /// `path` is what stands in the request line, with a query if there is one; `headers` are those to sign besides
    /// X-Amz-Date, each once, with names in lower case, the session token among them if there is one; `payload` is the
    /// body's digest where it is known already; `now` is in seconds since 1970.
    public func sign(
        method: String,
        path: String,
        headers: [(name: String, value: String)],
        body: UnsafeRawBufferPointer,
        payload: PayloadDigest? = nil,
        credentials: SigningCredentials,
        region: String,
        now: Int64
    ) -> (authorization: String, date: String) {
        let date = Timestamp.text(now)
        var headers = headers
        headers.append((name: "x-amz-date", value: date))
        headers.sort { one, other in one.name.utf8.lexicographicallyPrecedes(other.name.utf8) }
        let signedHeaders = headers.map(\.name).joined(separator: ";")
        let payload = payload?.bytes ?? SHA256Hash.digest(of: unsafe Bytes(body))
        writeCanonicalRequest(method, path, headers, signedHeaders, payload)

        let (scope, signature) = Array(date.utf8).withBytes { date in
            Array(region.utf8).withBytes { region in scopeAndSignature(date, region, credentials.secretAccessKey) }
        }
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(signedHeaders), Signature=\(signature)"
        return (authorization, date)
    }

    private func writeCanonicalRequest(
        _ method: String,
        _ path: String,
        _ headers: [(name: String, value: String)],
        _ signedHeaders: String,
        _ payload: Digest
    ) {
        buffer.removeAll()
        buffer.append(method)
        buffer.append(UInt8(ascii: "\n"))
        Array(path.utf8).withBytes { path in
            let target = RequestTarget(path)
            buffer.appendCanonicalPath(path[target.path])
            buffer.append(UInt8(ascii: "\n"))
            // More parameters than the limit do not occur: the path is the operator's.
            _ = buffer.appendCanonicalQuery(of: path, in: target.query, excludingSignature: false, scratch: &scratch)
        }
        buffer.append(UInt8(ascii: "\n"))
        for header in headers {
            buffer.append(header.name)
            buffer.append(UInt8(ascii: ":"))
            Array(header.value.utf8).withBytes { value in buffer.appendCanonicalValue(value) }
            buffer.append(UInt8(ascii: "\n"))
        }
        buffer.append(UInt8(ascii: "\n"))
        buffer.append(signedHeaders)
        buffer.append(UInt8(ascii: "\n"))
        buffer.appendHexadecimal(payload)
    }

    /// The scope and the signature in hexadecimal, of the canonical request in the buffer.
    private func scopeAndSignature(
        _ timestamp: Bytes,
        _ region: Bytes,
        _ secret: SecretKey
    ) -> (scope: String, signature: String) {
        let day = timestamp[0..<8]
        let held = signingKeys.key(of: secret, date: day, region: region)
        let key = held ?? secret.signingKey(date: day, region: region, service: service.bytes)
        if held == nil { signingKeys.insert(key, of: secret, date: day, region: region) }

        let digest = SHA256Hash.digest(of: buffer.bytes)
        buffer.removeAll()
        buffer.appendStringToSign(
            timestamp: timestamp,
            date: day,
            region: region,
            service: service.bytes,
            canonicalRequest: digest
        )
        let signature = key.code(for: buffer.bytes)
        scratch.removeAll()
        scratch.appendHexadecimal(signature)
        buffer.removeAll()
        buffer.appendScope(date: day, region: region, service: service.bytes)
        return (buffer.bytes.text, scratch.bytes.text)
    }
}
