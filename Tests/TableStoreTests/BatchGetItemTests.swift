import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct BatchGetItemTests {
    /// Refusals (mhart/dynalite, test/batchGetItem.js, and nubo-db/dynamodb-conformance, which ran against the service).
    static let refusals: [(items: String, message: String)] = [
        (#""Hash":{"Keys":[{"a":{"S":"1"}},{"a":{"S":"2"}},{"a":{"S":"1"}}]}"#, duplicates),
        (#""Number":{"Keys":[{"a":{"N":"1"}},{"a":{"N":"1.0"}}]}"#, duplicates),
        (#""Hash":{"Keys":[{}]}"#, mismatch),
        (#""Hash":{"Keys":[{"b":{"S":"1"}}]}"#, mismatch),
        (#""Hash":{"Keys":[{"a":{"S":"1"},"b":{"S":"1"}}]}"#, mismatch),
        (#""Hash":{"Keys":[{"a":{"N":"1"}}]}"#, mismatch),
        (#""Hash":{"Keys":[{"a":{"SS":["1"]}}]}"#, mismatch),
        (#""Pairs":{"Keys":[{"a":{"S":"1"}}]}"#, mismatch),
        (#""Hash":{"Keys":[{"a":{"S":""}}]}"#, emptyKey),
        (
            #""Hash":{"Keys":[{"a":{}}]}"#,
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        ),
        (
            #""Missing":{"Keys":[{"a":{"N":"b"}}]}"#,
            "The parameter cannot be converted to a numeric value: b"
        ),
        (
            #""Missing":{"Keys":[{}],"AttributesToGet":["a","a"]}"#,
            "One or more parameter values were invalid: Duplicate value in attribute name: a"
        ),
        (
            #""Hash":{"Keys":[{"a":{"S":"1"}}],"AttributesToGet":["a"],"ProjectionExpression":"a"}"#,
            "Can not use both expression and non-expression parameters in the same request: "
                + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        ),
        (
            """
            "Hash":{"Keys":[{"a":{"S":"1"}}],"AttributesToGet":["a"]},
            "Number":{"Keys":[{"a":{"N":"1"}}],"ProjectionExpression":"a"}
            """,
            "Can not use both expression and non-expression parameters in the same request: "
                + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        ),
        (
            """
            "Number":{"Keys":[{"a":{"N":"1"}}],"ProjectionExpression":"a"},
            "Hash":{"Keys":[{"a":{"S":"1"}}],"ProjectionExpression":"x, x"}
            """,
            "Invalid ProjectionExpression: Two document paths overlap with each other; "
                + "must remove or rewrite one of these paths; path one: [x], path two: [x]"
        ),
        (
            ##""Hash":{"Keys":[{"a":{"S":"1"}}],"ProjectionExpression":"a","ExpressionAttributeNames":{"#b":"b"}}"##,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
        ),
        (
            """
            "Missing":{"Keys":[\(list(100) { "{\"a\":{\"S\":\"\($0)\"}}" })]},"Hash":{"Keys":[{"a":{"S":"1"}}]}
            """,
            "Too many items requested for the BatchGetItem call"
        ),
    ]

    @Test(arguments: refusals)
    func refuses(_ items: String, _ message: String) throws {
        let store = try BatchFixture()
        #expect(store.refusal(.batchGetItem, "{\"RequestItems\":{\(items)}}") == .validation(message))
    }

    @Test func aMissingTableIsToldAfterTheRequestIsChecked() throws {
        let store = try BatchFixture()
        for items in [
            #""Missing":{"Keys":[{}]}"#,
            #""Hash":{"Keys":[{"a":{"N":"1"}}]},"Missing":{"Keys":[{"a":{"S":"1"}}]}"#,
            "\"Missing\":{\"Keys\":[\(list(100) { "{\"a\":{\"S\":\"\($0)\"}}" })]}",
        ] {
            let refusal = store.refusal(.batchGetItem, "{\"RequestItems\":{\(items)}}")
            // The first table's keys may be looked at first.
            #expect(refusal == .resourceNotFound() || refusal == .validation(mismatch))
        }
        #expect(
            store.refusal(.batchGetItem, #"{"RequestItems":{"Missing":{"Keys":[{}]}}}"#) == .resourceNotFound()
        )
    }

    @Test func readsItemsOfSeveralTables() throws {
        let store = try BatchFixture()
        try store.call(
            .putItem,
            #"{"TableName":"Hash","Item":{"a":{"S":"1"},"x":{"M":{"y":{"N":"1"},"z":{"N":"2"}}}}}"#
        )
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"2"}}}"#)
        try store.call(.putItem, #"{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"2"}}}"#)
        let arn = store.engine.identity.tableARN("Pairs")
        let reply = try store.object(
            .batchGetItem,
            """
            {"RequestItems":{"Hash":{"Keys":[{"a":{"S":"1"}},{"a":{"S":"2"}},{"a":{"S":"3"}}],
            "ProjectionExpression":"#x.y","ExpressionAttributeNames":{"#x":"x"}},
            "\(arn)":{"Keys":[{"b":{"N":"2.0"},"a":{"S":"1"}}],"AttributesToGet":null},
            "Number":{"Keys":[{"a":{"N":"1"}}]}}}
            """
        )
        let expected = try json(
            """
            {"Responses":{"Hash":[{"x":{"M":{"y":{"N":"1"}}}},{}],"\(arn)":[{"a":{"S":"1"},"b":{"N":"2"}}],
            "Number":[]},"UnprocessedKeys":{}}
            """
        )
        #expect(reply == expected)
    }

    /// By consistency and shape: the units of one item of 4,097 bytes and a missing one, and of a missing one.
    static let capacities: [(isConsistent: Bool, units: (Double, Double))] = [(false, (1.5, 0.5)), (true, (3, 1))]

    @Test(arguments: capacities)
    func reportsCapacityByTable(_ isConsistent: Bool, _ units: (Double, Double)) throws {
        let store = try BatchFixture()
        try store.fillHash(count: 1, size: 4097)
        for shape in ["TOTAL", "INDEXES"] {
            let reply = try store.object(
                .batchGetItem,
                """
                {"ReturnConsumedCapacity":"\(shape)","RequestItems":{
                "Hash":{"ConsistentRead":\(isConsistent),"Keys":[{"a":{"S":"0"}},{"a":{"S":"x"}}]},
                "Number":{"ConsistentRead":\(isConsistent),"Keys":[{"a":{"N":"1"}}]}}}
                """
            )
            func table(_ units: Double) -> String { shape == "TOTAL" ? "" : ",\"Table\":{\"CapacityUnits\":\(units)}" }
            let expected = try json(
                """
                [{"TableName":"Hash","CapacityUnits":\(units.0)\(table(units.0))},
                {"TableName":"Number","CapacityUnits":\(units.1)\(table(units.1))}]
                """
            )
            #expect(reply["ConsumedCapacity"] == expected)
        }
    }

    @Test func leavesKeysBeyondTheReplysSize() throws {
        let store = try BatchFixture()
        try store.fillHash(count: 42, size: 400_000)
        let keys = list(42) { "{\"a\":{\"S\":\"\($0)\"}}" }
        let reply = try store.object(
            .batchGetItem,
            """
            {"ReturnConsumedCapacity":"TOTAL","RequestItems":{"Hash":{"Keys":[\(keys)],"ConsistentRead":true,
            "ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"a"}},"Number":{"Keys":[{"a":{"N":"1"}}]}}}
            """
        )
        let left = try #require(reply["UnprocessedKeys"])
        let expected = try json(
            """
            {"Hash":{"Keys":[{"a":{"S":"40"}},{"a":{"S":"41"}}],"ConsistentRead":true,"ProjectionExpression":"#a",
            "ExpressionAttributeNames":{"#a":"a"}},"Number":{"Keys":[{"a":{"N":"1"}}]}}
            """
        )
        #expect(left == expected)
        #expect(reply["Responses"]?["Hash"]?.array?.count == 40)
        #expect(reply["Responses"]?["Number"] == [])

        let rest = try store.object(.batchGetItem, "{\"RequestItems\":\(left)}")
        #expect(rest["UnprocessedKeys"] == .object([:]))
        #expect(rest["Responses"]?["Hash"]?.array?.count == 2)
    }

    @Test func leavesKeysOfATableWithoutCapacity() throws {
        let store = try BatchFixture()
        try store.exhaust("Hash")
        let request = #"{"RequestItems":{"Hash":{"Keys":[{"a":{"S":"1"}}],"AttributesToGet":["a","b"]}}}"#
        #expect(store.refusal(.batchGetItem, request)?.name == "ProvisionedThroughputExceededException")

        let reply = try store.object(
            .batchGetItem,
            """
            {"RequestItems":{"Hash":{"Keys":[{"a":{"S":"1"}}],"AttributesToGet":["a","b"]},
            "Number":{"Keys":[{"a":{"N":"1"}}],"AttributesToGet":["a"]}}}
            """
        )
        let expected = try json(
            """
            {"Responses":{"Hash":[],"Number":[]},
            "UnprocessedKeys":{"Hash":{"Keys":[{"a":{"S":"1"}}],"AttributesToGet":["a","b"]}}}
            """
        )
        #expect(reply == expected)
    }

    /// Nulls in place of elements.
    @Test(arguments: [
        (DynamoDB.Operation.batchGetItem, #"{"RequestItems":{"Hash":null}}"#),
        (.batchGetItem, #"{"RequestItems":{"Hash":{"Keys":[null]}}}"#),
        (.batchWriteItem, #"{"RequestItems":{"Hash":[null]}}"#),
        (.batchWriteItem, #"{"RequestItems":{"Hash":[{"PutRequest":null,"DeleteRequest":null}]}}"#),
        (.transactGetItems, #"{"TransactItems":[null]}"#),
        (.transactGetItems, #"{"TransactItems":[{"Get":null}]}"#),
        (.transactWriteItems, #"{"TransactItems":[null]}"#),
        (.transactWriteItems, #"{"TransactItems":[{"Put":null}]}"#),
    ])
    func nothingIsNotAnItem(_ operation: DynamoDB.Operation, _ request: String) throws {
        let store = try BatchFixture()
        #expect(store.refusal(operation, request)?.name == "ValidationException")
    }
}
