import DynamoDB
import Testing

@testable import TableStore

/// How PutItem, UpdateItem and DeleteItem word a ValidationException: paritysuite/dynamodb-conformance, tests/tier3 and
/// captures/, which ran against the service in October 2026.
@Suite struct ItemsWordingTests {
    private static let count = "1 validation error detected: "
    private let store: BatchFixture

    init() throws {
        store = try BatchFixture()
    }

    private func message(_ operation: DynamoDB.Operation, _ members: String) -> String? {
        let refusal = store.refusal(operation, "{\(members)}")
        #expect(refusal?.name == "ValidationException")
        return refusal?.message
    }

    private static let key = #""Key":{"a":{"S":"1"}}"#
    private static let item = #""Item":{"a":{"S":"1"}}"#
    /// What comes before the table is known, and without a count.
    private static let early = [
        (#""ConditionExpression":"""#, "Invalid ConditionExpression: The expression can not be empty;"),
        (
            #""ExpressionAttributeValues":{":v":{"S":"1"}}"#,
            "ExpressionAttributeValues can only be specified when using expressions"
        ),
        (
            #""Expected":{"a":{"Exists":true}}"#,
            "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: a"
        ),
        (
            ##""ConditionExpression":"attribute_exists(b)","ExpressionAttributeNames":{"#b":"b"}"##,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
        ),
    ]

    @Test(arguments: early) func whatComesBeforeTheTableIsCounted(members: String, message: String) {
        for table in ["Hash", "none"] {
            for (operation, what) in [(.putItem, Self.item), (.updateItem, Self.key), (.deleteItem, Self.key)]
                as [(DynamoDB.Operation, String)]
            {
                #expect(
                    self.message(operation, #""TableName":"\#(table)",\#(what),\#(members)"#) == Self.count + message
                )
            }
        }
    }

    @Test func whatTheTableTellsIsNotCounted() {
        let schema = "The provided key element does not match the schema"
        #expect(message(.deleteItem, #""TableName":"Hash","Key":{"b":{"S":"1"}}"#) == schema)
        #expect(message(.updateItem, #""TableName":"Hash","Key":{"a":{"N":"1"}}"#) == schema)
        #expect(
            message(.putItem, #""TableName":"Hash","Item":{}"#)
                == "One or more parameter values were invalid: Missing the key a in the item"
        )
        #expect(
            message(.updateItem, #""TableName":"Hash",\#(Self.key),"UpdateExpression":"SET b.c = a""#)
                == "The document path provided in the update expression is invalid for update"
        )
    }

    @Test func sizesAreNotCounted() {
        let long = String(repeating: "x", count: 409_600)
        #expect(
            message(.putItem, #""TableName":"none","Item":{"a":{"S":"1"},"b":{"S":"\#(long)"}}"#)
                == "Item size has exceeded the maximum allowed size"
        )
        #expect(
            message(
                .updateItem,
                #""TableName":"Hash",\#(Self.key),"AttributeUpdates":{"b":{"Value":{"S":"\#(long)"}}}"#
            ) == "Item size to update has exceeded the maximum allowed size"
        )
    }

    @Test func whatIsCountedStaysAsItIs() {
        #expect(
            message(.putItem, #""TableName":"none""#) == Self.count
                + "Value null at 'item' failed to satisfy constraint: Member must not be null"
        )
        #expect(message(.deleteItem, "")?.hasPrefix("2 validation errors detected: Value null at 'tableName'") == true)
    }

    @Test func readsAreNotCounted() {
        #expect(
            message(.getItem, #""TableName":"none",\#(Self.key),"ProjectionExpression":"""#)
                == "Invalid ProjectionExpression: The expression can not be empty;"
        )
        #expect(
            message(.getItem, #""TableName":"none",\#(Self.key),"ProjectionExpression":"a","AttributesToGet":["a"]"#)
                == "Can not use both expression and non-expression parameters in the same request: "
                + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        )
    }

    /// Requests that are nested deeper than 128 levels are answered as all were before 2026.
    @Test(arguments: [(60, true), (70, false)]) func deepRequestsAreWordedAsBefore(levels: Int, isCounted: Bool) {
        let deep =
            String(repeating: #"{"M":{"n":"#, count: levels) + #"{"S":"x"}"# + String(repeating: "}}", count: levels)
        let depth =
            "Nesting Levels have exceeded supported limits: "
            + "Attributes in the item have nested levels beyond supported limit"
        #expect(
            message(.putItem, #""TableName":"none","Item":{"a":{"S":"1"},"d":\#(deep)}"#)
                == (isCounted ? Self.count : "") + depth
        )
    }
}
