/// An Authorization header that was good, taken apart, but for its signature.
///
/// It is kept for the next request: for a day a client's differ in nothing else. So are the time, for a second, and the
/// places of the headers.
struct KnownAuthorization: ~Copyable {
    /// Where the parts of a header lie.
    struct Parts {
        let credential: Credential
        let signedHeaders: ByteRange
        let signature: ByteRange

        /// The same, so many bytes on.
        fileprivate func moved(by distance: UInt32) -> Parts {
            Parts(
                credential: credential.moved(by: distance),
                signedHeaders: signedHeaders.moved(by: distance),
                signature: signature.moved(by: distance)
            )
        }
    }

    /// Up to the signature, which is the rest.
    private var text = ByteBuffer(capacity: 512)
    /// From the header's start.
    private var parts: Parts?
    /// By layout, in turn.
    private var headers = InlineArray<4, (layout: UInt64, places: AuthenticationHeaders?)>(repeating: (0, nil))
    private var oldest = 0
    private var time: (date: UInt64, clock: UInt64, seconds: Int64) = (0, 0, 0)

    /// The headers that authentication looks at.
    mutating func headers(of request: ReceivedRequest) throws(SignatureError) -> AuthenticationHeaders {
        guard request.layout != 0 else { return try AuthenticationHeaders(request) }
        for index in headers.indices where headers[index].layout == request.layout {
            if let places = headers[index].places { return places }
        }
        let places = try AuthenticationHeaders(request)
        headers[oldest] = (request.layout, places)
        oldest = (oldest + 1) % headers.count
        return places
    }

    /// The parts of a header in `head`, if it is the known one with another signature.
    func parts(of range: ByteRange, in head: Bytes) -> Parts? {
        let header = head[range]
        guard let parts, header.count == text.count + Self.signatureLength,
            header[0..<text.count].equals(text.bytes), Self.isSignature(header[text.count..<header.count])
        else { return nil }
        return parts.moved(by: range.start)
    }

    /// The seconds since 1970 of a time, as `Timestamp.seconds` tells them.
    mutating func seconds(_ text: Bytes) -> Int64? {
        guard text.count == Timestamp.length else { return nil }
        if text.word(0) == time.date, text.word(8) == time.clock { return time.seconds }
        guard let seconds = Timestamp.seconds(text) else { return nil }
        time = (text.word(0), text.word(8), seconds)
        return seconds
    }

    /// Keeps the header that `authorization`, which all is right with, was read from.
    mutating func keep(_ authorization: Authorization, of range: ByteRange, in head: Bytes) {
        let signature = authorization.signature
        guard signature.end == range.end, Self.isSignature(head[signature]) else { return }
        text.removeAll()
        text.append(head[Int(range.start)..<Int(signature.start)])
        let parts = Parts(
            credential: authorization.credential,
            signedHeaders: authorization.signedHeaders,
            signature: signature
        )
        self.parts = parts.moved(by: 0 &- range.start)
    }

    private static let signatureLength = 64

    /// Whether it is one part of a header, as long as a signature: all separators are below "-".
    private static func isSignature(_ text: Bytes) -> Bool {
        text.count == signatureLength && text.firstIndex(below: UInt8(ascii: "-"), from: 0) == signatureLength
    }
}

extension Credential {
    fileprivate func moved(by distance: UInt32) -> Credential {
        Credential(
            accessKeyID: accessKeyID.moved(by: distance),
            date: date.moved(by: distance),
            region: region.moved(by: distance),
            service: service.moved(by: distance),
            terminator: terminator.moved(by: distance)
        )
    }
}

extension ByteRange {
    fileprivate func moved(by distance: UInt32) -> ByteRange {
        ByteRange(start: start &+ distance, count: count)
    }
}
