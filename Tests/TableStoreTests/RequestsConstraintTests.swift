import DynamoDB
import Testing

@testable import TableStore

/// Broken constraints: the whole message, or the list of what it lists in order.
///
/// Rows are of mhart/dynalite, test/*.js "validations", which ran against the service; where nubo-db/dynamodb-conformance,
/// which ran against it in 2026, says otherwise, they are of its tests/tier3.
struct RequestsConstraintTests {
    @Test(arguments: items + batches + tables + streams) func refuses(_ row: Row) throws {
        let error = try #require(try RequestsSupport.refusal(row.operation, row.body))
        #expect(error == .validation(row.message), "\(row.body)")
    }

    @Test(arguments: ["TagResource", "UntagResource", "ListTagsOfResource"])
    func demandsAResource(operation: String) throws {
        #expect(try RequestsSupport.refusal(operation, "{}") == .validation("Invalid TableArn"))
    }

    @Test func showsManyValuesCut() throws {
        let keys = Array(repeating: #"{"PutRequest":{"Item":{"a":{"S":"b"}}}}"#, count: 20_000).joined(separator: ",")
        let error = try #require(try RequestsSupport.refusal("BatchWriteItem", #"{"RequestItems":{"abc":[\#(keys)]}}"#))
        let message = try #require(error.message)
        #expect(message.hasPrefix("1 validation error detected: Value '{abc=[WriteRequest(putRequest="))
        #expect(
            message.hasSuffix(
                "]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have "
                    + "length less than or equal to 25, Member must have length greater than or equal to 1]"
            )
        )
        #expect(message.utf8.count < 20_000)
    }

    @Test func showsLongTextCut() throws {
        let long = String(repeating: "x;", count: 500_000)
        for body in [#"{"RequestItems":{"\#(long)":{}}}"#, #"{"RequestItems":{},"ReturnConsumedCapacity":"\#(long)"}"#]
        {
            let error = try #require(try RequestsSupport.refusal("BatchGetItem", body))
            #expect(error.body().count < 250_000)
        }
    }

    @Test func listsTenAtMost() throws {
        let definitions = Array(repeating: "{}", count: 50).joined(separator: ",")
        let body = #"{"TableName":"abc","AttributeDefinitions":[\#(definitions)]}"#
        let message = try #require(try RequestsSupport.refusal("CreateTable", body)?.message)
        #expect(message.hasPrefix("10 validation errors detected: "))
        #expect(message.split(separator: "; ").count == 10)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var operation: String
        var body: String
        var message: String

        /// The failures are listed.
        init(_ operation: String, _ body: String, _ failures: [String]) {
            self.operation = operation
            self.body = body
            message = RequestsSupport.listing(
                failures.map {
                    $0.hasPrefix("null at ") ? "Value \($0) failed to satisfy constraint: Member must not be null" : $0
                }
            )
        }

        /// A failure that is listed, or a sentence that is all that is said.
        init(_ operation: String, _ body: String, _ failure: String) {
            self.init(operation, body, [failure])
            if !failure.hasPrefix("Value "), !failure.hasPrefix("null at ") { message = failure }
        }
        var testDescription: String { "\(operation) \(body.prefix(80))" }
    }
}

// MARK: Wording

extension RequestsConstraintTests {
    static func value(_ text: String, _ place: String, _ constraint: String) -> String {
        "Value '\(text)' at '\(place)' failed to satisfy constraint: Member must \(constraint)"
    }
    static func pattern(_ text: String, _ place: String) -> String {
        value(text, place, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    }
    static func short(_ text: String, _ place: String, _ length: Int) -> String {
        value(text, place, "have length greater than or equal to \(length)")
    }
    static func long(_ text: String, _ place: String, _ length: Int) -> String {
        value(text, place, "have length less than or equal to \(length)")
    }
    static func low(_ text: String, _ place: String, _ bound: Int) -> String {
        value(text, place, "have value greater than or equal to \(bound)")
    }
    static func high(_ text: String, _ place: String, _ bound: Int) -> String {
        value(text, place, "have value less than or equal to \(bound)")
    }
    static func values(_ text: String, _ place: String, _ values: String) -> String {
        value(text, place, "satisfy enum value set: [\(values)]")
    }
    static func capacity(_ text: String) -> String {
        values(text, "returnConsumedCapacity", "INDEXES, TOTAL, NONE")
    }
    static func metrics(_ text: String) -> String {
        values(text, "returnItemCollectionMetrics", "SIZE, NONE")
    }
    static func returned(_ text: String) -> String {
        values(text, "returnValues", "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW")
    }
    static let unnamed =
        "1 validation error detected: Value at 'TableName' failed to satisfy constraint: "
        + "Member must have length greater than or equal to 1"
    static let unreturned =
        "Failed to satisfy constraint: Member must satisfy enum value set: "
        + "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    static let operators =
        "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS"
    static let selections = "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"
    static let sentence = "TableName must be at least 3 characters long and at most 255 characters long"
    static let demanded = "The parameter 'TableName' is required but was not present in the request"
    static let keys =
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to "
        + "255, Member must have length greater than or equal to 3, "
        + "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    static let counts =
        "failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to "
        + "25, Member must have length greater than or equal to 1]"
    static let name = String(repeating: "a", count: 256)
    static let hundredOne = Array(repeating: "{}", count: 101).joined(separator: ",")
}
