/// SHA-256 (FIPS 180-4) for the rest of the house, which does not see libcrypto.
public enum MessageDigest {
    /// The digest of `bytes` as 64 lower-case hexadecimal digits.
    public static func sha256(hexadecimal bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        let digest = bytes.withBytes { SHA256Hash.digest(of: $0) }
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for index in digest.indices {
            text.append(digits[Int(digest[index] >> 4)])
            text.append(digits[Int(digest[index] & 15)])
        }
        return text
    }
}
