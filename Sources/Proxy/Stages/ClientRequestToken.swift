import DynamoDB
import SigV4

extension HeldRequest {
    /// Makes the client's idempotency token the tenant's own.
    ///
    /// DynamoDB keeps tokens by account, which tenants share: without this one tenant's token could answer, or refuse,
    /// another's transaction. The same token always becomes the same one, so a retry is still known as one, also by
    /// another proxy. Tokens DynamoDB would refuse, and development mode, are left alone.
    func separateToken(_ token: JSONString?) {
        guard let token, case .credentials = tenant.route.identity else { return }
        replacement = unsafe body.withUnsafeBytes { bytes in
            let text = unsafe JSONText.unescaped(token.range.slice(of: bytes))
            let length = String(decoding: text, as: UTF8.self).unicodeScalars.count
            guard (1...Self.maximumTokenLength).contains(length) else { return nil }
            let digest = MessageDigest.sha256(hexadecimal: Array(tenant.name.utf8) + [0] + text)
            return unsafe RequestWriter.replacing(token.range, of: bytes, with: digest.prefix(Self.maximumTokenLength))
        }
    }

    /// Characters (API reference, TransactWriteItems).
    private static let maximumTokenLength = 36
}
