/// Signs requests, AWS Signature Version 4 with the hash of the body and an Authorization header.
///
/// One for each thread: it reuses its buffers and keeps signing keys.
public final class RequestSigner {
    private var signing: Signing

    /// A signer of requests to one service.
    public init(service: String = "dynamodb") {
        signing = Signing(service: service)
    }

    /// Returns the values of the Authorization and X-Amz-Date headers, as `withSignature` gives them.
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
        unsafe withSignature(
            method: method,
            path: path,
            headers: headers,
            body: body,
            payload: payload,
            credentials: credentials,
            region: region,
            now: now
        ) { authorization, date in
            unsafe (String(decoding: authorization, as: UTF8.self), String(decoding: date, as: UTF8.self))
        }
    }

    /// Calls `use` with the values of the Authorization and X-Amz-Date headers, which are the signer's own memory.
    ///
    /// `path` is what stands in the request line, with a query if there is one; `headers` are those to sign besides
    /// X-Amz-Date, each once, with names in lower case, the session token among them if there is one; `payload` is the
    /// body's digest where it is known already; `now` is in seconds since 1970. Allocates nothing when warm, if the headers come in order of their names.
    public func withSignature<Result>(
        method: String,
        path: String,
        headers: [(name: String, value: String)],
        body: UnsafeRawBufferPointer,
        payload: PayloadDigest? = nil,
        credentials: SigningCredentials,
        region: String,
        now: Int64,
        _ use: (_ authorization: UnsafeRawBufferPointer, _ date: UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let payload = payload?.bytes ?? SHA256Hash.digest(of: unsafe Bytes(body))
        signing.setDate(now)
        signing.writeCanonicalRequest(method, path, headers, payload)
        withBytes(of: region) { region in signing.sign(credentials, region: region) }
        return unsafe use(signing.authorization.bytes.buffer, signing.date.bytes.buffer)
    }
}

/// The reused memory of a signer.
private struct Signing: ~Copyable {
    private let service: ByteBuffer
    private let signingKeys = SigningKeyCache(sets: 16)
    private var buffer = ByteBuffer(capacity: 4096)
    private var scratch = ByteBuffer(capacity: 1024)
    private var signedHeaders = ByteBuffer(capacity: 256)
    private(set) var authorization = ByteBuffer(capacity: 512)
    /// The text of `dateSecond`.
    private(set) var date = ByteBuffer(capacity: Timestamp.length)
    private var dateSecond: Int64?
    private let canonicalHash = PrefixHash()
    private let innerHash = PrefixHash()

    init(service: String) {
        self.service = ByteBuffer(service)
    }

    mutating func setDate(_ now: Int64) {
        guard dateSecond != now else { return }
        date.removeAll()
        date.append(utf8: Timestamp.text(now))
        dateSecond = now
    }

    mutating func writeCanonicalRequest(
        _ method: String,
        _ path: String,
        _ headers: [(name: String, value: String)],
        _ payload: Digest
    ) {
        let headers = Self.areInOrder(headers) ? headers : headers.sorted { Self.isName($0.name, before: $1.name) }
        buffer.removeAll()
        signedHeaders.removeAll()
        buffer.append(utf8: method)
        buffer.append(UInt8(ascii: "\n"))
        withBytes(of: path) { path in
            let target = RequestTarget(path)
            buffer.appendCanonicalPath(path[target.path])
            buffer.append(UInt8(ascii: "\n"))
            // More parameters than the limit do not occur: the path is the operator's.
            _ = buffer.appendCanonicalQuery(of: path, in: target.query, excludingSignature: false, scratch: &scratch)
        }
        buffer.append(UInt8(ascii: "\n"))
        var isDateDue = true
        // An iterator would be allocated in a build without optimisation.
        for index in headers.indices {
            let (name, value) = headers[index]
            if isDateDue, Self.isName(Self.dateHeader, before: name) {
                writeHeader(Self.dateHeader, date.bytes)
                isDateDue = false
            }
            withBytes(of: value) { value in writeHeader(name, value) }
        }
        if isDateDue { writeHeader(Self.dateHeader, date.bytes) }
        buffer.append(UInt8(ascii: "\n"))
        buffer.append(signedHeaders.bytes)
        buffer.append(UInt8(ascii: "\n"))
        buffer.appendHexadecimal(payload)
    }

    private mutating func writeHeader(_ name: String, _ value: Bytes) {
        if signedHeaders.count > 0 { signedHeaders.append(UInt8(ascii: ";")) }
        signedHeaders.append(utf8: name)
        buffer.append(utf8: name)
        buffer.append(UInt8(ascii: ":"))
        buffer.appendCanonicalValue(value)
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Writes the value of the Authorization header for the canonical request that was written.
    mutating func sign(_ credentials: SigningCredentials, region: Bytes) {
        let digest = canonicalHash.digest(of: &buffer)
        let secret = credentials.secretAccessKey
        let timestamp = date.bytes
        let day = timestamp[0..<8]
        let held = signingKeys.key(of: secret, date: day, region: region)
        let key = held ?? secret.signingKey(date: day, region: region, service: service.bytes)
        if held == nil { signingKeys.insert(key, of: secret, date: day, region: region) }

        buffer.removeAll()
        buffer.appendStringToSign(
            timestamp: timestamp,
            date: day,
            region: region,
            service: service.bytes,
            canonicalRequest: digest
        )
        let signature = key.code(for: &buffer, innerHash)
        authorization.removeAll()
        authorization.append(literal: "AWS4-HMAC-SHA256 Credential=")
        authorization.append(utf8: credentials.accessKeyID)
        authorization.append(UInt8(ascii: "/"))
        authorization.appendScope(date: day, region: region, service: service.bytes)
        authorization.append(literal: ", SignedHeaders=")
        authorization.append(signedHeaders.bytes)
        authorization.append(literal: ", Signature=")
        authorization.appendHexadecimal(signature)
    }

    private static let dateHeader = "x-amz-date"

    private static func areInOrder(_ headers: [(name: String, value: String)]) -> Bool {
        for index in 1..<max(headers.count, 1) where isName(headers[index].name, before: headers[index - 1].name) {
            return false
        }
        return true
    }

    private static func isName(_ one: String, before other: String) -> Bool {
        withBytes(of: one) { one in withBytes(of: other) { other in one.compare(other) < 0 } }
    }
}

/// Lends the UTF-8 bytes of a text.
private func withBytes<Result>(of text: String, _ body: (Bytes) -> Result) -> Result {
    var text = text
    return text.withUTF8 { unsafe body(Bytes(UnsafeRawBufferPointer($0))) }
}

extension ByteBuffer {
    fileprivate mutating func append(utf8 text: String) {
        withBytes(of: text) { append($0) }
    }
}
