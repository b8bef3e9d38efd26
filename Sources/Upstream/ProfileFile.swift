internal import SigV4

/// One profile of AWS's shared credentials file: `[name]` lines, `key = value` lines, `#` and `;` comments.
///
/// Profile names are exact, keys in any case; a profile may be given in parts, later values win.
struct ProfileFile {
    /// Values by lower-case key; as bytes, so that a secret is nowhere a string.
    private(set) var values: [String: [UInt8]] = [:]

    /// - Throws: `CredentialsError` when the profile is absent or has a line that is none of the above.
    init(_ bytes: [UInt8], profile: String) throws(CredentialsError) {
        var isPresent = false
        var isInside = false
        var number = 0
        for var line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let isIndented = line.first.map(isBlank) ?? false
            line = trimmed(line)
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if first == UInt8(ascii: "[") {
                guard let end = line.firstIndex(of: UInt8(ascii: "]")) else {
                    throw CredentialsError("line \(number) has a [ without a ]")
                }
                isInside = trimmed(line[(line.startIndex + 1)..<end]).elementsEqual(profile.utf8)
                isPresent = isPresent || isInside
            } else if isInside {
                guard let sign = line.firstIndex(of: UInt8(ascii: "=")) else {
                    // The rest of a value over several lines; none of the keys read here has one.
                    if isIndented { continue }
                    throw CredentialsError("line \(number) is neither a [profile], nor key = value, nor a comment")
                }
                let key = String(decoding: trimmed(line[..<sign]), as: UTF8.self).lowercased()
                values[key] = Array(withoutComment(trimmed(line[(sign + 1)...])))
            }
        }
        guard isPresent else { throw CredentialsError("there is no profile [\(profile)]") }
    }

    /// The profile's access key.
    func credentials(profile: String) throws(CredentialsError) -> SigningCredentials {
        func value(_ key: String) throws(CredentialsError) -> [UInt8] {
            if let value = values[key], !value.isEmpty { return value }
            var text = "profile [\(profile)] has no \(key)"
            if let other = Self.otherSources.first(where: { values[$0] != nil }) {
                text += "; it names \(other), which is not supported here"
            }
            throw CredentialsError(text)
        }
        return try SigningCredentials(
            checking: String(decoding: value("aws_access_key_id"), as: UTF8.self),
            secret: value("aws_secret_access_key"),
            token: values["aws_session_token"].map { String(decoding: $0, as: UTF8.self) },
            from: "profile [\(profile)]"
        )
    }

    /// Keys by which the AWS tools get credentials from elsewhere.
    private static let otherSources = [
        "credential_process", "role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "source_profile",
    ]
}

private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
}

private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let start = bytes.firstIndex(where: { !isBlank($0) }),
        let end = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[start...end]
}

/// A `#` or `;` after a blank starts a comment.
private func withoutComment(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var isAfterBlank = false
    for (index, byte) in zip(value.indices, value) {
        if isAfterBlank, byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
            return trimmed(value[..<index])
        }
        isAfterBlank = isBlank(byte)
    }
    return value
}
