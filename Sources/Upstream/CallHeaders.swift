internal import SigV4

/// Writes the header lines of one call.
///
/// - Returns: nil when a value cannot stand in a header.
func headerList(of call: UpstreamCall, authority: String, signer: RequestSigner, now: Int64) -> HeaderList? {
    var list = HeaderList()
    list.append("Content-Type", call.contentType.utf8)
    list.append("X-Amz-Target", call.target.utf8)
    // Asked for explicitly: the reply's bytes are handed on as they are.
    list.append("Accept-Encoding", "identity".utf8)
    switch call.authentication {
    case .sign(let credentials):
        list.append("Host", authority.utf8)
        list.appendSignature(of: call, authority: authority, credentials: credentials, signer: signer, now: now)
    case .passThrough(let headers):
        if !headers.contains(where: { $0.name.lowercased() == "host" }) {
            list.append("Host", authority.utf8)
        }
        for header in headers where !headersOfTheCall.contains(header.name.lowercased()) {
            list.append(header.name, header.value)
        }
    }
    // Else libcurl adds `Accept: */*`, and waits for a 100 before it sends a body over 1 MiB.
    list.suppress("Accept")
    list.suppress("Expect")
    guard list.isValid else { return nil }
    return list
}

/// Headers a caller's own list does not decide: they frame the message, belong to the hop, or are set by every call.
private let headersOfTheCall: Set<String> = [
    "accept", "accept-encoding", "connection", "content-length", "content-type", "expect",
    "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "x-amz-target",
]

extension HeaderList {
    fileprivate mutating func appendSignature(
        of call: UpstreamCall,
        authority: String,
        credentials: SigningCredentials,
        signer: RequestSigner,
        now: Int64
    ) {
        var signed = [
            (name: "content-type", value: call.contentType), (name: "host", value: authority),
            (name: "x-amz-target", value: call.target),
        ]
        if let token = credentials.sessionToken {
            signed.append((name: "x-amz-security-token", value: token))
            append("X-Amz-Security-Token", token.utf8)
        }
        let signature = unsafe call.body.withUnsafeBytes { body in
            unsafe signer.sign(
                method: "POST",
                path: call.endpoint.path,
                headers: signed,
                body: body,
                payload: call.payload,
                credentials: credentials,
                region: call.endpoint.region,
                now: now
            )
        }
        append("X-Amz-Date", signature.date.utf8)
        append("Authorization", signature.authorization.utf8)
    }
}
