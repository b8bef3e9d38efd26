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
}

extension Credential {
    /// Reads `id/date/region/service/terminator`; slashes at the end do not count, and in a query each slash may be
    /// written `%2F`.
    init(_ range: ByteRange, of bytes: Bytes) throws(SignatureError) {
        let credential = bytes[range]
        var items = SeparatedItems(credential, separator: UInt8(ascii: "/"))
        guard let accessKeyID = items.next(), let date = items.next(), let region = items.next(),
            let service = items.next(), let terminator = items.next(), !terminator.isEmpty, items.restIsEmpty()
        else {
            throw SignatureError(
                .incompleteSignature,
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"
                    + credential.text + "'"
            )
        }
        self.accessKeyID = ByteRange(accessKeyID, after: range.start)
        self.date = ByteRange(date, after: range.start)
        self.region = ByteRange(region, after: range.start)
        self.service = ByteRange(service, after: range.start)
        self.terminator = ByteRange(terminator, after: range.start)
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
            if text.hasPrefix("Credential=") {
                try Self.set(&credential, item, "Credential")
            } else if text.hasPrefix("SignedHeaders=") {
                try Self.set(&signedHeaders, item, "SignedHeaders")
            } else if text.hasPrefix("Signature=") {
                try Self.set(&signature, item, "Signature")
            } else if text.firstIndex(of: UInt8(ascii: "=")) == text.count {
                throw SignatureError(
                    .incompleteSignature,
                    "'\(text.text)' not a valid key=value pair (missing equal-sign) in Authorization header: '"
                        + header.text + "'."
                )
            }
        }
    }

    private static func nextItem(_ header: Bytes, _ next: inout Int, offset: UInt32) -> ByteRange? {
        var start = next
        while start < header.count, isSeparator(header[start]) { start &+= 1 }
        next = start
        while true {
            // All separators are below "-", and little else in the header is.
            next = header.firstIndex(below: UInt8(ascii: "-"), from: next)
            guard next < header.count, !isSeparator(header[next]) else { break }
            next &+= 1
        }
        return start == next ? nil : ByteRange(start..<next, after: offset)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: ",") && (byte == UInt8(ascii: ",") || byte.isWhiteSpace)
    }

    /// Takes note of the value of an item, which begins with its name and "=".
    @inline(__always)
    private static func set(
        _ part: inout ByteRange?,
        _ item: ByteRange,
        _ name: StaticString
    ) throws(SignatureError) {
        guard part == nil else {
            throw SignatureError(
                .incompleteSignature,
                "Authorization header has more than one '\(name)' parameter."
            )
        }
        let length = UInt32(truncatingIfNeeded: name.utf8CodeUnitCount + 1)
        part = ByteRange(start: item.start + length, count: item.count - length)
    }
}
