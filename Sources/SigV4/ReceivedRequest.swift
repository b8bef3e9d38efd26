/// One request as it came in.
///
/// It refers to the caller's memory and is valid only during the call it is passed to.
@safe public struct ReceivedRequest {
    let method: Bytes
    let target: Bytes
    let head: Bytes
    let headers: UnsafeBufferPointer<HeaderSlice>
    let body: Bytes
    private let knownPayload: PayloadDigest?
    /// Not 0 and the same for requests that have the same header names, and their values in the same places.
    let layout: UInt64

    /// A request.
    ///
    /// `target` is the raw request target, in origin or absolute form; `headers` has offsets relative to `head`, in the
    /// order received, nothing normalised; `body` has any transfer coding taken off. `payload` is the body's
    /// digest where it is known already. `layout` is the same, and not 0, for requests that are known to have the same header
    /// names, and their values in the same places.
    public init(
        method: UnsafeRawBufferPointer,
        target: UnsafeRawBufferPointer,
        head: UnsafeRawBufferPointer,
        headers: UnsafeBufferPointer<HeaderSlice>,
        body: UnsafeRawBufferPointer,
        payload: PayloadDigest? = nil,
        layout: UInt64 = 0
    ) {
        unsafe self.method = Bytes(method)
        unsafe self.target = Bytes(target)
        unsafe self.head = Bytes(head)
        unsafe self.headers = headers
        unsafe self.body = Bytes(body)
        knownPayload = payload
        self.layout = layout
    }

    /// The body's digest.
    func payload() -> Digest {
        knownPayload?.bytes ?? SHA256Hash.digest(of: body)
    }

    var headerCount: Int { unsafe headers.count }

    @inline(__always)
    func headerName(_ index: Int) -> Bytes {
        let slice = unsafe headers[index]
        return head[ByteRange(start: slice.x, count: slice.y)]
    }

    /// Whether a header has this name, given in lower case.
    @inline(__always)
    func isHeader(_ index: Int, named name: Bytes) -> Bool {
        // Most names are told apart by their length.
        guard unsafe headers[index].y == UInt32(truncatingIfNeeded: name.count) else { return false }
        return headerName(index).equalsIgnoringCase(name)
    }

    /// Whether a header's name is as long as one that authentication looks at.
    @inline(__always)
    func mayAuthenticate(_ index: Int) -> Bool {
        let lengths: UInt32 = 1 << 4 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 20
        return unsafe lengths >> min(headers[index].y, 31) & 1 == 1
    }

    /// The value's bounds in the head, white space around it taken off.
    @inline(__always)
    func headerValue(_ index: Int) -> ByteRange {
        let slice = unsafe headers[index]
        return ByteRange(head.trimmed(Int(slice.z)..<Int(slice.z) + Int(slice.w)))
    }
}

/// The headers that authentication looks at, found in one pass.
///
/// Each may occur once.
struct AuthenticationHeaders {
    private(set) var authorization: ByteRange?
    private(set) var host: ByteRange?
    private(set) var date: ByteRange?
    private(set) var amzDate: ByteRange?
    private(set) var target: ByteRange?
    private(set) var contentSHA256: ByteRange?
    private(set) var securityToken: ByteRange?

    init(_ request: ReceivedRequest) throws(SignatureError) {
        for index in 0..<request.headerCount where request.mayAuthenticate(index) {
            let name = request.headerName(index)
            // Most names are told apart by their length.
            switch name.count {
            case 4 where name.equalsIgnoringCase(Bytes("host")):
                try Self.set(&host, request.headerValue(index), "Host")
            case 4 where name.equalsIgnoringCase(Bytes("date")):
                try Self.set(&date, request.headerValue(index), "Date")
            case 10 where name.equalsIgnoringCase(Bytes("x-amz-date")):
                try Self.set(&amzDate, request.headerValue(index), "X-Amz-Date")
            case 12 where name.equalsIgnoringCase(Bytes("x-amz-target")):
                try Self.set(&target, request.headerValue(index), "X-Amz-Target")
            case 13 where name.equalsIgnoringCase(Bytes("authorization")):
                try Self.set(&authorization, request.headerValue(index), "Authorization")
            case 20 where name.equalsIgnoringCase(Bytes("x-amz-content-sha256")):
                try Self.set(&contentSHA256, request.headerValue(index), "X-Amz-Content-Sha256")
            case 20 where name.equalsIgnoringCase(Bytes("x-amz-security-token")):
                try Self.set(&securityToken, request.headerValue(index), "X-Amz-Security-Token")
            default:
                break
            }
        }
    }

    private static func set(
        _ header: inout ByteRange?,
        _ value: ByteRange,
        _ name: StaticString
    ) throws(SignatureError) {
        guard header == nil else { throw .repeatedHeader(name.description) }
        header = value
    }
}
