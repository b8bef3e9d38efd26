import DynamoDB
import Foundation
import Testing

@Suite struct ErrorReplyTests {
    private struct Row: Decodable {
        let name: String
        let http: Int
        let type: String
        let messageKey: String

        enum CodingKeys: String, CodingKey {
            case name, http, type
            case messageKey = "message_key"
        }
    }

    private static let replies: [ErrorReply] = [
        .validation("m"), .serialization("m"), .unknownOperation, .missingAuthenticationToken,
        .incompleteSignature("m"), .invalidSignature("m"), .unrecognizedClient, .expiredToken, .accessDenied("m"),
        .resourceNotFound(), .resourceInUse("m"), .conditionalCheckFailed(),
        .transactionCanceled(codes: [], reasons: Array("[]".utf8)),
        .transactionConflict, .transactionInProgress, .idempotentParameterMismatch, .provisionedThroughputExceeded,
        .throttling(), .requestLimitExceeded("m"), .limitExceeded("m"), .itemCollectionSizeLimitExceeded,
        .replicatedWriteConflict, .duplicateItem, .internalServerError(), .serviceUnavailable(),
    ]

    /// All 27 rows: the statuses, the namespaces and the spelling of the message's member.
    @Test func rows() throws {
        let rows = try vectors("errors.json", as: Row.self)
        #expect(rows.count == 27)
        for row in rows {
            if row.http == 404 || row.http == 413 {
                let reply = row.http == 404 ? ErrorReply.notFound : .requestTooLarge
                #expect(reply.status == row.http)
                #expect(!reply.isJSON)
                continue
            }
            let reply = try #require(Self.replies.first { $0.name == row.name }, "\(row.name)")
            #expect(reply.status == row.http, "\(row.name)")
            #expect(reply.type == row.type)
            #expect(reply.isJSON)
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(row.type.isEmpty ? [] : reply.body())) as? [String: Any]
            )
            #expect(object["__type"] as? String == row.type)
            let key: String? =
                switch row.messageKey {
                case "absent": nil
                case "message": "message"
                default: "Message"
                }
            #expect(Set(object.keys).subtracting(["CancellationReasons"]) == Set(["__type"] + (key.map { [$0] } ?? [])))
        }
    }

    private static let wellKnown: [(ErrorReply, String)] = [
        (.malformedJSON, #"{"__type":"com.amazon.coral.service#SerializationException"}"#),
        (.unknownOperation, #"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#),
        (
            .missingAuthenticationToken,
            """
            {"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",\
            "message":"Request is missing Authentication Token"}
            """
        ),
        (.notFound, "<UnknownOperationException/>\n"),
        (.requestTooLarge, ""),
        (
            .accessDenied(
                user: "arn:aws:iam::1:user/a",
                operation: "GetItem",
                resource: "arn:aws:dynamodb:r:1:table/t"
            ),
            """
            {"__type":"com.amazon.coral.service#AccessDeniedException",\
            "Message":"User: arn:aws:iam::1:user/a is not authorized to perform: dynamodb:GetItem on resource: \
            arn:aws:dynamodb:r:1:table/t"}
            """
        ),
        (
            .transactionCanceled(
                codes: ["None", "ConditionalCheckFailed"],
                reasons: Array(#"[{"Code":"None"}]"#.utf8)
            ),
            """
            {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",\
            "CancellationReasons":[{"Code":"None"}],\
            "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons \
            [None, ConditionalCheckFailed]"}
            """
        ),
        (
            .conditionalCheckFailed(item: Array(#"{"id":{"N":"1"}}"#.utf8)),
            """
            {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",\
            "Item":{"id":{"N":"1"}},"message":"The conditional request failed"}
            """
        ),
    ]

    @Test(arguments: wellKnown)
    func bodies(reply: ErrorReply, body: String) {
        #expect(text(reply.body()) == body)
    }

    @Test func escapesMessages() throws {
        let message = "quote \" backslash \\ line\nnul \u{0} bell \u{7} \u{E9}\u{1F600} </script>"
        let body = ErrorReply.validation(message).body()
        let object = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: String])
        #expect(object["message"] == message)
        #expect(!body.contains { $0 < 0x20 })
    }

    @Test func names() {
        #expect(ErrorReply.replicatedWriteConflict.name == "ReplicatedWriteConflictException")
        #expect(ErrorReply.notFound.name.isEmpty)
    }
}
