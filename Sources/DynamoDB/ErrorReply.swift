/// An error as DynamoDB words it: `{"__type":"<namespace>#<Name>","message":"..."}` with an HTTP status.
///
/// SDKs read the name after the `#`; the namespaces and the capital letter of `Message` are DynamoDB's.
public struct ErrorReply: Error, Sendable, Equatable {
    /// How the member that holds the message is spelled.
    public enum MessageKey: String, Sendable {
        case lowercase = "message"
        case capitalized = "Message"
    }

    /// The HTTP status.
    public let status: Int
    /// Namespace and name, as in `__type`; empty for the two replies that are not JSON.
    public let type: String
    /// The message; nil leaves the member out, as DynamoDB does for bodies it could not parse.
    public let message: String?
    /// How the message's member is spelled.
    public let messageKey: MessageKey
    /// Further members, as raw JSON (`"Name":value`, comma between), written before the message.
    public let details: [UInt8]
    /// The body of a reply that is not JSON.
    private let text: String?

    /// An error with DynamoDB's JSON body.
    ///
    /// `type` is the full `namespace#Name`.
    public init(
        status: Int = 400,
        type: String,
        message: String?,
        messageKey: MessageKey = .lowercase,
        details: [UInt8] = []
    ) {
        self.status = status
        self.type = type
        self.message = message
        self.messageKey = messageKey
        self.details = details
        text = nil
    }

    private init(status: Int, text: String) {
        self.status = status
        type = ""
        message = nil
        messageKey = .lowercase
        details = []
        self.text = text
    }

    /// The name alone, such as `ValidationException`; empty when the reply is not JSON.
    public var name: Substring {
        type.firstIndex(of: "#").map { type[type.index(after: $0)...] } ?? type[...]
    }

    /// Whether the body is JSON.
    ///
    /// The two replies without a JSON body carry no Content-Type.
    public var isJSON: Bool { text == nil }

    /// The bytes of the body.
    public func body() -> [UInt8] {
        if let text { return Array(text.utf8) }
        var output = Array("{\"__type\":".utf8)
        JSONText.appendQuoted(type.utf8, to: &output)
        if !details.isEmpty {
            output.append(UInt8(ascii: ","))
            output += details
        }
        if let message {
            output.append(UInt8(ascii: ","))
            JSONText.appendQuoted(messageKey.rawValue.utf8, to: &output)
            output.append(UInt8(ascii: ":"))
            JSONText.appendQuoted(message.utf8, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }
}

// MARK: - What the front of the service answers (com.amazon.coral)

extension ErrorReply {
    private static func coral(_ name: String, _ message: String?, key: MessageKey = .lowercase) -> ErrorReply {
        ErrorReply(type: "com.amazon.coral.service#" + name, message: message, messageKey: key)
    }

    /// A request whose values break a rule.
    public static func validation(_ message: String) -> ErrorReply {
        ErrorReply(type: "com.amazon.coral.validate#ValidationException", message: message)
    }

    /// A body that is not JSON: no message at all.
    public static let malformedJSON = coral("SerializationException", nil)

    /// A member of the wrong type.
    public static func serialization(_ message: String) -> ErrorReply {
        coral("SerializationException", message, key: .capitalized)
    }

    /// No such operation, or no usable X-Amz-Target.
    public static let unknownOperation = coral("UnknownOperationException", nil)

    /// No credentials in the request.
    public static let missingAuthenticationToken = coral(
        "MissingAuthenticationTokenException",
        "Request is missing Authentication Token"
    )

    /// An Authorization header with parts missing.
    public static func incompleteSignature(_ message: String) -> ErrorReply {
        coral("IncompleteSignatureException", message)
    }

    /// A signature that does not match, or a date outside the window.
    public static func invalidSignature(_ message: String) -> ErrorReply {
        coral("InvalidSignatureException", message)
    }

    /// An access key id or session token nobody knows.
    public static let unrecognizedClient = coral(
        "UnrecognizedClientException",
        "The security token included in the request is invalid."
    )

    /// A session token past its time.
    public static let expiredToken = coral(
        "ExpiredTokenException",
        "The security token included in the request is expired"
    )

    /// An operation the caller may not do.
    ///
    /// `message` as `accessDenied(user:operation:resource:)` words it.
    public static func accessDenied(_ message: String) -> ErrorReply {
        coral("AccessDeniedException", message, key: .capitalized)
    }

    /// An operation `user` (an ARN) may not do on `resource` (an ARN, or `*` when the request names none).
    public static func accessDenied(user: String, operation: String, resource: String) -> ErrorReply {
        accessDenied("User: \(user) is not authorized to perform: dynamodb:\(operation) on resource: \(resource)")
    }

    /// The control plane's throttling.
    public static func throttling(_ message: String = "Rate exceeded") -> ErrorReply {
        ErrorReply(type: "com.amazon.coral.availability#ThrottlingException", message: message)
    }

    /// A method, path or content type DynamoDB does not speak.
    public static let notFound = ErrorReply(status: 404, text: "<UnknownOperationException/>\n")

    /// A request of more than 16 MiB.
    public static let requestTooLarge = ErrorReply(status: 413, text: "")
}

// MARK: - What DynamoDB itself answers (com.amazonaws.dynamodb.v20120810)

extension ErrorReply {
    private static func dynamoDB(
        _ name: String,
        _ message: String?,
        status: Int = 400,
        key: MessageKey = .lowercase,
        details: [UInt8] = []
    ) -> ErrorReply {
        ErrorReply(
            status: status,
            type: "com.amazonaws.dynamodb.v20120810#" + name,
            message: message,
            messageKey: key,
            details: details
        )
    }

    /// A table or another resource that does not exist.
    public static func resourceNotFound(_ message: String = "Requested resource not found") -> ErrorReply {
        dynamoDB("ResourceNotFoundException", message)
    }

    /// A table in a state that forbids the operation.
    public static func resourceInUse(_ message: String) -> ErrorReply {
        dynamoDB("ResourceInUseException", message)
    }

    /// A condition that did not hold; `item` is the raw item when the request asked for it.
    public static func conditionalCheckFailed(item: [UInt8]? = nil) -> ErrorReply {
        dynamoDB(
            "ConditionalCheckFailedException",
            "The conditional request failed",
            details: item.map { Array("\"Item\":".utf8) + $0 } ?? []
        )
    }

    /// A cancelled transaction: one code for each of its actions, `None` for those without fault, and the raw
    /// `CancellationReasons` array.
    public static func transactionCanceled(codes: [String], reasons: [UInt8]) -> ErrorReply {
        dynamoDB(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons ["
                + codes.joined(separator: ", ") + "]",
            key: .capitalized,
            details: Array("\"CancellationReasons\":".utf8) + reasons
        )
    }

    /// An item another transaction is at work on.
    public static let transactionConflict = dynamoDB(
        "TransactionConflictException",
        "Transaction is ongoing for the item"
    )

    /// The same client token is at work already.
    public static let transactionInProgress = dynamoDB(
        "TransactionInProgressException",
        "Transaction with the given token is in progress",
        key: .capitalized
    )

    /// The same client token with another request.
    public static let idempotentParameterMismatch = dynamoDB(
        "IdempotentParameterMismatchException",
        "The transaction with the given idempotency token has a different request",
        key: .capitalized
    )

    /// More capacity than the table, or the tenant, has.
    ///
    /// SDKs retry it.
    public static let provisionedThroughputExceeded = dynamoDB(
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded. "
            + "Consider increasing your provisioning level with the UpdateTable API."
    )

    /// More requests than the account may make.
    public static func requestLimitExceeded(_ message: String) -> ErrorReply {
        dynamoDB("RequestLimitExceeded", message)
    }

    /// More tables or control-plane operations at once than allowed.
    public static func limitExceeded(_ message: String) -> ErrorReply {
        dynamoDB("LimitExceededException", message)
    }

    /// An item collection of more than 10 GB.
    public static let itemCollectionSizeLimitExceeded = dynamoDB(
        "ItemCollectionSizeLimitExceededException",
        "Collection size exceeded."
    )

    /// A write another region is replicating to the same item.
    public static let replicatedWriteConflict = dynamoDB(
        "ReplicatedWriteConflictException",
        "One or more items in this request are being modified by a request in another Region.",
        status: 409
    )

    /// A PartiQL INSERT of a key that exists.
    public static let duplicateItem = dynamoDB(
        "DuplicateItemException",
        "Duplicate primary key exists in table"
    )

    /// The outcome is unknown: a write may or may not have happened.
    public static func internalServerError(_ message: String = "Internal server error") -> ErrorReply {
        dynamoDB("InternalServerError", message, status: 500)
    }

    /// DynamoDB, or the way to it, cannot be used now.
    public static func serviceUnavailable(
        _ message: String = "Service is unavailable. Please retry."
    ) -> ErrorReply {
        dynamoDB("ServiceUnavailable", message, status: 503)
    }
}
