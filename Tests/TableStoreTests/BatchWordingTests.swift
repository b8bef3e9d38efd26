import DynamoDB
import Testing

@testable import TableStore

/// In which words and which order requests are refused: paritysuite/dynamodb-conformance, tests/tier3 (error-messages and
/// validation-ordering), which ran against the service in October 2026.
@Suite struct BatchWordingTests {
    private let store: BatchFixture

    init() throws {
        store = try BatchFixture()
    }

    private func expect(
        _ operation: DynamoDB.Operation,
        _ request: String,
        _ message: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        let refusal = store.refusal(operation, request)
        #expect(refusal?.name == "ValidationException", sourceLocation: location)
        #expect(refusal?.message == message, sourceLocation: location)
    }

    private static let numeric = "The parameter cannot be converted to a numeric value"
    private static let overflow =
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    private static let underflow =
        "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    private static let duplicates = "One or more parameter values were invalid: Input collection "

    /// A value, and what is wrong with it in the newer and in the older words.
    private static let values = [
        (#"{"N":"abc"}"#, numeric + ": abc", numeric + ": abc"), (#"{"N":""}"#, numeric + ": ", numeric),
        (#"{"N":"1e126"}"#, overflow, overflow), (#"{"N":"1e2147483647"}"#, overflow, underflow),
        (
            #"{"SS":["b","a","b"]}"#, duplicates + #"["a", "b", "b"] contains duplicates."#,
            duplicates + "[b, a, b] contains duplicates."
        ),
        (
            #"{"BS":["/w==","AA==","AA=="]}"#,
            duplicates + #"["AA==","/w==","AA=="]of type BS contains duplicates."#,
            duplicates + "[/w==, AA==, AA==]of type BS contains duplicates."
        ),
        (
            #"{"NS":["2","1","2"]}"#, duplicates + "contains duplicates.", "Input collection contains duplicates"
        ),
    ]

    @Test(arguments: values)
    func valuesAreWordedByOperation(value: String, current: String, older: String) {
        let put = #"{"TableName":"Hash","Item":{"a":{"S":"1"},"v":\#(value)}}"#
        let update =
            #""TableName":"Hash","Key":{"a":{"S":"1"}},"UpdateExpression":"SET v = :v","#
            + #""ExpressionAttributeValues":{":v":\#(value)}"#
        let query =
            #"{"TableName":"Hash","KeyConditionExpression":"a = :a","FilterExpression":"v = :v","#
            + #""ExpressionAttributeValues":{":a":{"S":"1"},":v":\#(value)}}"#
        let counted = "1 validation error detected: " + current
        expect(.putItem, put, counted)
        expect(.updateItem, "{\(update)}", counted)
        expect(.deleteItem, #"{"TableName":"Hash","Key":{"a":\#(value)}}"#, counted)
        expect(.getItem, #"{"TableName":"Hash","Key":{"a":\#(value)}}"#, current)
        expect(.batchGetItem, #"{"RequestItems":{"Hash":{"Keys":[{"a":\#(value)}]}}}"#, current)
        expect(.query, query, current)

        let inExpression = "ExpressionAttributeValues contains invalid value: \(older) for key :v"
        let scan = #"{"TableName":"Hash","FilterExpression":"v = :v","ExpressionAttributeValues":{":v":\#(value)}}"#
        let write = #"{"RequestItems":{"Hash":[{"PutRequest":{"Item":{"a":{"S":"1"},"v":\#(value)}}}]}}"#
        expect(.batchWriteItem, write, older)
        expect(.scan, scan, inExpression)
        expect(.transactWriteItems, #"{"TransactItems":[{"Put":\#(put)}]}"#, older)
        expect(.transactWriteItems, #"{"TransactItems":[{"Update":{\#(update)}}]}"#, inExpression)
        expect(.transactGetItems, #"{"TransactItems":[{"Get":{"TableName":"Hash","Key":{"a":\#(value)}}}]}"#, older)
    }

    /// A value of so many maps in each other.
    private func deep(_ depth: Int) -> String {
        String(repeating: #"{"M":{"n":"#, count: depth) + #"{"S":"x"}"# + String(repeating: "}}", count: depth)
    }

    @Test func actionsOfATransactionAreCheckedInOrder() {
        let depth =
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
        let syntax = #"Invalid ConditionExpression: Syntax error; token: "=", near: "= = b""#
        let item = { (more: String) in #"{"Put":{"TableName":"none","Item":{"a":{"S":"1"},\#(more)}}}"# }
        let (unnamed, deepest) = (item(#""":{"S":"x"}"#), item(#""d":\#(deep(100))"#))
        let condition = #""ConditionExpression":"a = = b""#
        let put = #"{"Put":{"TableName":"none","Item":{"a":{"S":"1"}},\#(condition)}}"#
        let key = #"{"Delete":{"TableName":"none","Key":{"a":\#(deep(100))}}}"#
        let keyAndCondition = #"{"Delete":{"TableName":"none","Key":{"a":\#(deep(100))},\#(condition)}}"#
        for (actions, message) in [
            ([unnamed, deepest], "Empty attribute name"), ([deepest, unnamed], depth), ([put, key], syntax),
            ([key, put], depth), ([keyAndCondition], syntax),
        ] {
            expect(.transactWriteItems, #"{"TransactItems":[\#(actions.joined(separator: ","))]}"#, message)
        }
    }

    @Test func namesOfBatchesAndEnumerations() {
        let capacity =
            "Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: "
            + "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
        expect(
            .batchWriteItem,
            #"{"RequestItems":{"a!":[{"PutRequest":{"Item":{}}}]},"ReturnConsumedCapacity":"X"}"#,
            "1 validation error detected: " + capacity
        )
        expect(
            .batchGetItem,
            #"{"ReturnConsumedCapacity":"X","RequestItems":{"a!":{"ConsistentRead":true,"Keys":[{"a":{"N":"1"}}]}}}"#,
            #"2 validation errors detected: Value '{"a!":{"ConsistentRead":true,"Keys":[{"a":{"N":"1"}}]}}' "#
                + "at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: "
                + "[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, "
                + "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]; " + capacity
        )
        let token = String(repeating: "x", count: 37)
        expect(
            .transactWriteItems,
            #"{"ReturnConsumedCapacity":"X","ClientRequestToken":"\#(token)","TransactItems":[{}]}"#,
            "2 validation errors detected: Value '\(token)' at 'clientRequestToken' failed to satisfy constraint: "
                + "Member must have length less than or equal to 36; " + capacity
        )
    }

    @Test func anUnknownConditionalOperatorOfAQueryIsToldAlone() {
        let conditions = #"{"b":{"ComparisonOperator":"NULL"},"c":{"ComparisonOperator":"NULL"}}"#
        expect(
            .query,
            #"{"TableName":"none","QueryFilter":\#(conditions),"ConditionalOperator":"XOR","Select":"X"}"#,
            "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
        )
    }

    @Test func keyConditionsAreCountedWhenTheTableIsKnown() {
        let query = { (table: String) in
            #"{"TableName":"\#(table)","KeyConditionExpression":"a = :a AND b > :b AND c = :b","#
                + #""ExpressionAttributeValues":{":a":{"S":"1"},":b":{"N":"1"}}}"#
        }
        expect(
            .query,
            query("Pairs"),
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"
        )
        #expect(store.refusal(.query, query("none"))?.name == "ResourceNotFoundException")
    }
}
