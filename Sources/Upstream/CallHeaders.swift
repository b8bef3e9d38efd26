internal import SigV4

extension HeaderList {
    /// Writes the header lines of one call.
    ///
    /// `isValid` tells whether all its values can stand in a header.
    mutating func write(_ call: UpstreamCall, authority: String, signer: RequestSigner, now: Int64) {
        append("Content-Type", call.contentType)
        append("X-Amz-Target", call.target)
        // Asked for explicitly: the reply's bytes are handed on as they are.
        append("Accept-Encoding", "identity")
        switch call.authentication {
        case .sign(let credentials):
            append("Host", authority)
            appendSignature(of: call, authority: authority, credentials: credentials, signer: signer, now: now)
        case .passThrough(let headers):
            if !headers.contains(where: { $0.name.lowercased() == "host" }) {
                append("Host", authority)
            }
            for header in headers where !headersOfTheCall.contains(header.name.lowercased()) {
                append(checking: header.name, header.value)
            }
        }
        // Else libcurl adds `Accept: */*`, and waits for a 100 before it sends a body over 1 MiB.
        suppress("Accept")
        suppress("Expect")
    }

    private mutating func appendSignature(
        of call: UpstreamCall,
        authority: String,
        credentials: SigningCredentials,
        signer: RequestSigner,
        now: Int64
    ) {
        // In order of their names, as the signer likes them best.
        var signed: [(name: String, value: String)] = []
        signed.reserveCapacity(4)
        signed.append((name: "content-type", value: call.contentType))
        signed.append((name: "host", value: authority))
        if let token = credentials.sessionToken {
            signed.append((name: "x-amz-security-token", value: token))
            append("X-Amz-Security-Token", token)
        }
        signed.append((name: "x-amz-target", value: call.target))
        unsafe call.body.withUnsafeBytes { body in
            unsafe signer.withSignature(
                method: "POST",
                path: call.endpoint.path,
                headers: signed,
                body: body,
                payload: call.payload,
                credentials: credentials,
                region: call.endpoint.region,
                now: now
            ) { authorization, date in
                unsafe append("X-Amz-Date", date)
                unsafe append("Authorization", authorization)
            }
        }
    }
}

/// Headers a caller's own list does not decide: they frame the message, belong to the hop, or are set by every call.
private let headersOfTheCall: Set<String> = [
    "accept", "accept-encoding", "connection", "content-length", "content-type", "expect",
    "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "x-amz-target",
]
