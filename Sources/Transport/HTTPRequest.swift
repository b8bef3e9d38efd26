/// Where one header field is: (name offset, name count, value offset, value count), in bytes from the start of the
/// head.
///
/// The value is without the white space around it.
public typealias HeaderSlice = SIMD4<UInt32>

/// The methods that are told apart.
public enum HTTPMethod: Sendable, Equatable {
    /// GET
    case get
    /// POST
    case post
    /// Any other; see `HTTPRequest.methodBytes`.
    case other
}

/// A complete request.
///
/// All views are valid only during `HTTPHandler.handle`.
@safe
public struct HTTPRequest {
    /// The method, if it is one of those told apart.
    public let method: HTTPMethod
    /// The method as sent.
    public let methodBytes: UnsafeRawBufferPointer
    /// The request target as sent: origin form (`/path?query`) or absolute form (`http://host/path?query`).
    public let target: UnsafeRawBufferPointer
    /// The whole head as sent, from the method to the empty line.
    public let head: UnsafeRawBufferPointer
    /// The header fields in the order sent; offsets into `head`.
    public let headers: UnsafeBufferPointer<HeaderSlice>
    /// The body, with any chunked coding removed.
    public let body: UnsafeRawBufferPointer
    /// Whether it came over TLS.
    public let isTLS: Bool
    /// The body's bytes, to be kept without copying; nil when `body` lies in a buffer that is used again.
    public let ownedBody: [UInt8]?
    /// What has seen the body as it came, if it was large.
    public let observer: (any BodyObserver)?

    /// Makes a request; for handlers' own tests, since servers make theirs.
    public init(
        method: HTTPMethod,
        methodBytes: UnsafeRawBufferPointer,
        target: UnsafeRawBufferPointer,
        head: UnsafeRawBufferPointer,
        headers: UnsafeBufferPointer<HeaderSlice>,
        body: UnsafeRawBufferPointer,
        isTLS: Bool,
        ownedBody: [UInt8]? = nil,
        observer: (any BodyObserver)? = nil
    ) {
        self.method = method
        unsafe self.methodBytes = methodBytes
        unsafe self.target = target
        unsafe self.head = head
        unsafe self.headers = headers
        unsafe self.body = body
        self.isTLS = isTLS
        self.ownedBody = ownedBody
        self.observer = observer
    }

    /// The value of the first field with this name (in lower case), compared without regard to case.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        let wanted = unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        let length = UInt32(truncatingIfNeeded: wanted.count)
        for index in unsafe 0..<headers.count {
            let slice = unsafe headers[index]
            guard slice.y == length else { continue }
            let found = unsafe UnsafeRawBufferPointer(rebasing: head[Int(slice.x)..<Int(slice.x &+ slice.y)])
            if unsafe found.equalsIgnoringCase(wanted) {
                return unsafe UnsafeRawBufferPointer(rebasing: head[Int(slice.z)..<Int(slice.z &+ slice.w)])
            }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes, of the same count, are `lowercase` but for the case of ASCII letters.
    fileprivate func equalsIgnoringCase(_ lowercase: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < count {
            guard unsafe self[index].asciiLowercased == lowercase[index] else { return false }
            index &+= 1
        }
        return true
    }
}
