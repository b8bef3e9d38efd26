public import SigV4

/// Anything that answers DynamoDB calls.
///
/// Confined to one reactor's thread.
public protocol Upstream: AnyObject {
    /// Sends a call. `completion` is called exactly once, on the reactor's thread, never inside `send`.
    func send(_ call: UpstreamCall, completion: @escaping (UpstreamResult) -> Void)

    /// Fails every call that is waiting or under way with kind `shutdown`, before it returns, and all later ones.
    func shutdown()
}

/// The answer of an upstream, or why there is none.
public typealias UpstreamResult = Result<UpstreamReply, UpstreamFailure>

/// One DynamoDB call to forward.
public struct UpstreamCall: Sendable {
    /// Where to.
    public var endpoint: UpstreamEndpoint
    /// Value of `X-Amz-Target`, such as `DynamoDB_20120810.GetItem`.
    public var target: String
    /// Value of `Content-Type`, such as `application/x-amz-json-1.0`.
    public var contentType: String
    /// The JSON body, byte for byte.
    public var body: [UInt8]
    /// The body's digest where it is known already: a large one is not gone through again to be signed.
    public var payload: PayloadDigest?
    /// Who calls.
    public var authentication: UpstreamAuthentication
    /// True when the call changes nothing upstream, so that it may be tried again while no byte of it was sent.
    public var isRead: Bool

    /// Makes a call from its parts.
    public init(
        endpoint: UpstreamEndpoint,
        target: String,
        contentType: String = "application/x-amz-json-1.0",
        body: [UInt8],
        payload: PayloadDigest? = nil,
        authentication: UpstreamAuthentication,
        isRead: Bool
    ) {
        self.endpoint = endpoint
        self.target = target
        self.contentType = contentType
        self.body = body
        self.payload = payload
        self.authentication = authentication
        self.isRead = isRead
    }
}

/// How a call proves who it comes from.
public enum UpstreamAuthentication: Sendable {
    /// Signed here, with the upstream's own credentials, when the call leaves.
    case sign(SigningCredentials)
    /// The caller's own headers (`Authorization`, `X-Amz-Date`, `X-Amz-Security-Token`, `Host`...), untouched.
    ///
    /// Headers that frame the message or that every call sets itself (content type, target, lengths) are left out;
    /// a `Content-Encoding` is kept, so name it only when the call's body is still so encoded.
    case passThrough(headers: [(name: String, value: [UInt8])])
}

/// A complete HTTP answer, whatever its status.
///
/// A class, since it is handed from one to the next and never changed.
public final class UpstreamReply: Sendable {
    /// HTTP status, 200 to 999.
    public let status: Int
    /// Value of `x-amzn-RequestId`.
    public let requestID: [UInt8]?
    /// Value of `Content-Type`.
    public let contentType: [UInt8]?
    /// Value of `x-amz-crc32`, the CRC-32 of the body, when it is a number; for the caller to check.
    public let checksum: UInt32?
    /// Other headers meant for the caller: `x-amz-*` and `x-amzn-*` but for the checksum, and `Retry-After`.
    public let headers: [(name: [UInt8], value: [UInt8])]
    /// The body, byte for byte, never content-encoded.
    public let body: [UInt8]

    /// Makes a reply from its parts.
    public init(
        status: Int,
        requestID: [UInt8]? = nil,
        contentType: [UInt8]? = nil,
        checksum: UInt32? = nil,
        headers: [(name: [UInt8], value: [UInt8])] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.requestID = requestID
        self.contentType = contentType
        self.checksum = checksum
        self.headers = headers
        self.body = body
    }

    /// The reply with another body and its checksum, if that is known.
    public func replacing(body: [UInt8], checksum: UInt32? = nil) -> UpstreamReply {
        UpstreamReply(
            status: status,
            requestID: requestID,
            contentType: contentType,
            checksum: checksum,
            headers: headers,
            body: body
        )
    }
}

/// Why a call has no answer.
public struct UpstreamFailure: Error, Sendable, CustomStringConvertible {
    /// What went wrong, in classes that a caller tells apart.
    public enum Kind: String, Sendable {
        /// No connection: name not resolved, refused, unreachable.
        case connect
        /// The deadline passed.
        case timeout
        /// The connection ended before the whole answer had come.
        case reset
        /// The TLS handshake failed, or the certificate was not trusted.
        case tls
        /// What came is not an HTTP/1.1 answer that can be trusted, or the call itself cannot be written as HTTP.
        case malformed
        /// The answer is larger than allowed.
        case tooLarge
        /// Too many calls or bytes are waiting here already.
        case overloaded
        /// This upstream was shut down.
        case shutdown
    }

    /// The class of failure.
    public let kind: Kind
    /// False only when it is certain that no byte of the request left: a write then cannot have been applied.
    public let mayHaveBeenSent: Bool
    /// What happened, for a log: names the upstream's host at most, no secrets, no item data.
    public let description: String

    /// Makes a failure from its parts.
    public init(kind: Kind, mayHaveBeenSent: Bool, description: String) {
        self.kind = kind
        self.mayHaveBeenSent = mayHaveBeenSent
        self.description = description
    }
}
