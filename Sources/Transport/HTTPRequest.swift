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
    /// The same, and not 0, for requests whose fields are known to have the same names and to lie in the same places.
    public let layout: UInt64

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
        observer: (any BodyObserver)? = nil,
        layout: UInt64 = 0
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
        self.layout = layout
    }

    /// The value of the first field with this name (in lower case), compared without regard to case.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        guard let index = firstHeader(name, from: 0) else { return nil }
        return unsafe value(index)
    }

    /// The value of a field that must come once; nil when it is missing or repeated.
    ///
    /// `name` in lower case.
    public func onlyHeader(_ name: StaticString) -> UnsafeRawBufferPointer? {
        guard let index = firstHeader(name, from: 0), firstHeader(name, from: index + 1) == nil else { return nil }
        return unsafe value(index)
    }

    @inline(__always)
    private func firstHeader(_ name: StaticString, from start: Int) -> Int? {
        let length = UInt32(truncatingIfNeeded: name.utf8CodeUnitCount)
        let count = unsafe headers.count
        guard let head = unsafe head.baseAddress, let headers = unsafe headers.baseAddress else { return nil }
        let wanted = unsafe UnsafeRawPointer(name.utf8Start)
        var index = start
        while index < count {
            // Most names are told apart by their length.
            let slice = unsafe headers[index]
            if slice.y == length, unsafe (head + Int(slice.x)).equalsIgnoringCase(wanted, count: Int(length)) {
                return index
            }
            index &+= 1
        }
        return nil
    }

    private func value(_ index: Int) -> UnsafeRawBufferPointer {
        let slice = unsafe headers[index]
        return unsafe UnsafeRawBufferPointer(rebasing: head[Int(slice.z)..<Int(slice.z &+ slice.w)])
    }
}
