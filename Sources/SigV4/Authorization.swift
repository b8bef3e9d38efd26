/// What a request's Authorization header or presigned query says, as parts of the request.
///
/// Plain data that owns nothing; of use only together with the request it was read from.
public struct Authorization: Sendable {
    /// The time of signing, in seconds since 1970.
    public let timestamp: Int64
    /// Whether it was read from the query: the parts below then lie in the target, else in the head.
    public let isPresigned: Bool
    /// The seconds for which a presigned request is good, where it says so.
    let expires: Int64?
    let timestampText: ByteRange
    let credential: Credential
    let signedHeaders: ByteRange
    let signature: ByteRange
    let sessionToken: ByteRange?
    /// The X-Amz-Content-Sha256 header, in the head.
    let contentSHA256: ByteRange?
    /// The same as a query parameter, in the target.
    let contentSHA256Parameter: ByteRange?
}

/// An access key id and the credential scope.
struct Credential {
    let accessKeyID: ByteRange
    let date: ByteRange
    let region: ByteRange
    let service: ByteRange
    let terminator: ByteRange

    /// Reads `id/date/region/service/terminator`; slashes at the end do not count, and in a query each slash may be
    /// written `%2F`.
    init(_ range: ByteRange, of bytes: Bytes) throws(SignatureError) {
        let credential = bytes[range]
        var parts = InlineArray<5, ByteRange>(repeating: ByteRange(start: range.start, count: 0))
        var found = 0
        var extra = false
        var items = SeparatedItems(credential, separator: UInt8(ascii: "/"))
        while let item = items.next() {
            if found < 5 {
                parts[found] = ByteRange(Int(range.start) + item.lowerBound..<Int(range.start) + item.upperBound)
                found += 1
            } else if !item.isEmpty {
                extra = true
            }
        }
        while found > 0, parts[found - 1].count == 0 { found -= 1 }
        guard found == 5, !extra else {
            throw SignatureError(
                .incompleteSignature,
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"
                    + credential.text + "'"
            )
        }
        accessKeyID = parts[0]
        date = parts[1]
        region = parts[2]
        service = parts[3]
        terminator = parts[4]
    }
}

/// The parts of an Authorization header, `Algorithm Credential=..., SignedHeaders=..., Signature=...`.
///
/// Commas and white space both separate, in any number.
struct AuthorizationHeader {
    let algorithm: ByteRange
    private(set) var credential: ByteRange?
    private(set) var signature: ByteRange?
    private(set) var signedHeaders: ByteRange?

    /// Nil when this is not a version 4 signature at all.
    init?(_ range: ByteRange, of head: Bytes) throws(SignatureError) {
        let header = head[range]
        guard header.count >= 5, header[0..<5].equals("AWS4-") else { return nil }
        var next = 0
        algorithm = Self.nextItem(header, &next, offset: range.start) ?? range
        while let item = Self.nextItem(header, &next, offset: range.start) {
            let text = head[item]
            let equals = text.firstIndex(of: UInt8(ascii: "="))
            guard equals < text.count else {
                throw SignatureError(
                    .incompleteSignature,
                    "'\(text.text)' not a valid key=value pair (missing equal-sign) in Authorization header: '"
                        + header.text + "'."
                )
            }
            let name = text[0..<equals]
            let value = ByteRange(Int(item.start) + equals + 1..<item.end)
            if name.equals("Credential") {
                try Self.set(&credential, value, name)
            } else if name.equals("Signature") {
                try Self.set(&signature, value, name)
            } else if name.equals("SignedHeaders") {
                try Self.set(&signedHeaders, value, name)
            }
        }
    }

    private static func nextItem(_ header: Bytes, _ next: inout Int, offset: UInt32) -> ByteRange? {
        var start = next
        while start < header.count, isSeparator(header[start]) { start += 1 }
        // All separators are below "-", and little else in the header is.
        next = header.firstIndex(below: UInt8(ascii: "-"), from: start)
        while next < header.count, !isSeparator(header[next]) {
            next = header.firstIndex(below: UInt8(ascii: "-"), from: next + 1)
        }
        return start == next ? nil : ByteRange(Int(offset) + start..<Int(offset) + next)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: ",") && (byte == UInt8(ascii: ",") || byte.isWhiteSpace)
    }

    private static func set(_ part: inout ByteRange?, _ value: ByteRange, _ name: Bytes) throws(SignatureError) {
        guard part == nil else {
            throw SignatureError(
                .incompleteSignature,
                "Authorization header has more than one '\(name.text)' parameter."
            )
        }
        part = value
    }
}
