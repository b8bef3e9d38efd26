import DynamoDB
import SigV4

extension Worker {
    /// Makes the client's idempotency token the tenant's own, then calls `then`.
    ///
    /// DynamoDB keeps tokens by account, which tenants share: without this one tenant's token could answer, or refuse,
    /// another's transaction. The same token always becomes the same one, so a retry is still known as one, also by
    /// another proxy. Tokens DynamoDB would refuse, and development mode, are left alone.
    func withOwnToken(_ request: HeldRequest, _ touched: TouchedResources, then: @escaping () -> Void) {
        guard let token = touched.clientRequestToken, case .credentials = request.tenant.route.identity else {
            return then()
        }
        let body = request.body
        let tenant = request.tenant.name
        aside(body.count, for: request.tenant) {
            ClientRequestToken.separating(token, in: body, for: tenant)
        } then: { separated in
            request.replacement = separated
            then()
        }
    }
}

/// The member by which DynamoDB knows a request that is sent again.
enum ClientRequestToken {
    /// Characters (API reference, TransactWriteItems).
    private static let maximumLength = 36
    /// Bytes of a character at most, as UTF-16 escapes.
    private static let maximumCharacter = 12

    /// The body with the tenant's own token in the place of its client's; nil for a token that DynamoDB would refuse.
    static func separating(_ token: JSONString, in body: [UInt8], for tenant: String) -> [UInt8]? {
        guard token.range.end - token.range.start <= maximumLength * maximumCharacter else { return nil }
        return unsafe body.withUnsafeBytes { bytes in
            let text = unsafe JSONText.unescaped(token.range.slice(of: bytes))
            let length = String(decoding: text, as: UTF8.self).unicodeScalars.count
            guard (1...maximumLength).contains(length) else { return nil }
            let digest = MessageDigest.sha256(hexadecimal: Array(tenant.utf8) + [0] + text)
            return unsafe RequestWriter.replacing(token.range, of: bytes, with: digest.prefix(maximumLength))
        }
    }
}
