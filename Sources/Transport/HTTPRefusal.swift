/// Why HTTP itself refuses a request, before any handler has seen it.
///
/// The connection is closed after the answer.
public enum HTTPRefusal: Error, Sendable, Equatable, CaseIterable {
    /// The first line is not `METHOD SP target SP HTTP/1.1`.
    case malformedRequestLine
    /// A protocol version other than HTTP/1.1 and HTTP/1.0; also the preface of HTTP/2.
    case unsupportedVersion
    /// A header line that is folded, has a bare CR or LF, a control byte, a bad name, or a space before its colon.
    case malformedHeader
    /// `Host` is missing, repeated, or no host.
    case invalidHost
    /// More than one length, or a length as well as a transfer encoding: where the body ends is a matter of opinion.
    case ambiguousLength
    /// `Content-Length` is not a plain decimal number.
    case malformedLength
    /// A POST that says nothing about the length of its body.
    case missingLength
    /// A transfer encoding other than exactly `chunked`.
    case unsupportedTransferEncoding
    /// A chunk size, a chunk's end or a trailer that is not well formed.
    case malformedChunk
    /// The head is longer than `HTTPLimits.headBytes`.
    case headTooLarge
    /// There are more than `HTTPLimits.headerCount` header fields.
    case tooManyHeaders
    /// The body is, or says that it will be, longer than `HTTPLimits.bodyBytes`.
    case bodyTooLarge
    /// The head was not complete in time.
    case headTimeout
    /// The body was not complete in time.
    case bodyTimeout
    /// The server holds `HTTPLimits.bufferedBytes` already.
    case overloaded
    /// The server has `HTTPLimits.connections` connections already.
    case tooManyConnections

    /// The status code HTTP suggests.
    public var status: Int {
        switch self {
        case .headTooLarge, .tooManyHeaders: 431
        case .bodyTooLarge: 413
        case .headTimeout, .bodyTimeout: 408
        case .overloaded, .tooManyConnections: 503
        default: 400
        }
    }
}

/// The answer to a refused request.
public struct HTTPRefusalReply: Sendable {
    /// The status code.
    public var status: Int
    /// Value of the `Content-Type` field.
    public var contentType: StaticString
    /// Further header fields.
    public var headers: [(name: StaticString, value: [UInt8])]
    /// The body.
    public var body: [UInt8]

    /// Makes an answer.
    public init(
        status: Int,
        contentType: StaticString,
        headers: [(name: StaticString, value: [UInt8])] = [],
        body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}
