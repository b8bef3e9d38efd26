/// A request kept beyond `HTTPHandler.handle`.
@safe
public struct KeptRequest {
    private let method: HTTPMethod
    private let methodRange: Range<Int>
    private let target: Range<Int>
    private let head: [UInt8]
    private let headers: [HeaderSlice]
    private let isTLS: Bool
    /// The body.
    public let body: [UInt8]

    /// Copies what is not the request's own.
    public init(_ request: HTTPRequest) {
        method = request.method
        unsafe methodRange = Self.range(of: request.methodBytes, in: request.head)
        unsafe target = Self.range(of: request.target, in: request.head)
        unsafe head = Array(request.head)
        unsafe headers = Array(request.headers)
        isTLS = request.isTLS
        body = unsafe request.ownedBody ?? Array(request.body)
    }

    /// Calls `use` with the request, whose views are valid only during the call.
    public func withRequest<Result>(_ use: (HTTPRequest) -> Result) -> Result {
        unsafe head.withUnsafeBytes { head in
            unsafe headers.withUnsafeBufferPointer { headers in
                unsafe body.withUnsafeBytes { bytes in
                    unsafe use(
                        HTTPRequest(
                            method: method,
                            methodBytes: UnsafeRawBufferPointer(rebasing: head[methodRange]),
                            target: UnsafeRawBufferPointer(rebasing: head[target]),
                            head: head,
                            headers: headers,
                            body: bytes,
                            isTLS: isTLS,
                            ownedBody: body
                        )
                    )
                }
            }
        }
    }

    private static func range(of part: UnsafeRawBufferPointer, in whole: UnsafeRawBufferPointer) -> Range<Int> {
        guard let start = part.baseAddress, let base = whole.baseAddress else { return 0..<0 }
        let offset = unsafe start - base
        return offset..<offset + part.count
    }
}
