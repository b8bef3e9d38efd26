/// Why a request is not accepted, in DynamoDB's words.
///
/// The texts are those that dynalite's `index.js` records from production. They repeat parts of what the client sent,
/// and never the secret, the expected signature or what it was computed from.
public struct SignatureError: Error, Equatable {
    /// DynamoDB's exception; the raw value is its name.
    public enum Kind: String, Sendable {
        /// There is no signature.
        case missingAuthenticationToken = "MissingAuthenticationTokenException"
        /// There is a signature, but parts are missing or malformed.
        case incompleteSignature = "IncompleteSignatureException"
        /// The signature is complete and wrong, out of date or for another scope.
        case invalidSignature = "InvalidSignatureException"
        /// The access key or the session token is not known.
        case unrecognizedClient = "UnrecognizedClientException"
        /// The session token is known and no longer valid.
        case expiredToken = "ExpiredTokenException"
    }

    /// DynamoDB's exception.
    public let kind: Kind
    /// DynamoDB's message.
    public var message: String

    /// An error of this kind with this message.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Neither an Authorization header nor a presigned query.
    public static var missingAuthenticationToken: SignatureError {
        SignatureError(.missingAuthenticationToken, "Request is missing Authentication Token")
    }

    /// The signature is not the one this request should have.
    public static var signatureMismatch: SignatureError {
        SignatureError(
            .invalidSignature,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                + "Access Key and signing method. Consult the service documentation for details."
        )
    }

    /// No such access key; for whoever looks it up.
    public static var unknownAccessKey: SignatureError {
        SignatureError(.unrecognizedClient, "The security token included in the request is invalid.")
    }

    /// The session token is absent where one is needed, or is another; for whoever knows the tokens.
    public static var invalidSessionToken: SignatureError {
        SignatureError(.unrecognizedClient, "The security token included in the request is invalid")
    }

    /// The session token has expired; for whoever knows the tokens.
    public static var expiredSessionToken: SignatureError {
        SignatureError(.expiredToken, "The security token included in the request is expired")
    }

    /// The scope names a region that is not served; for whoever knows the regions.
    public static func invalidRegion(_ region: UnsafeRawBufferPointer) -> SignatureError {
        SignatureError(.invalidSignature, invalidRegionMessage(unsafe Bytes(region)))
    }

    static func invalidRegionMessage(_ region: Bytes) -> String {
        "Credential should be scoped to a valid region, not '\(region.text)'. "
    }

    static func repeatedHeader(_ name: String) -> SignatureError {
        SignatureError(.incompleteSignature, "Request has more than one '\(name)' header.")
    }

    static func notSigned(_ name: String) -> SignatureError {
        SignatureError(.invalidSignature, "'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
    }
}
