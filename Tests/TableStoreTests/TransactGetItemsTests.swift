import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct TransactGetItemsTests {
    private static func request(_ gets: String...) -> String {
        "{\"TransactItems\":[\(gets.map { "{\"Get\":\($0)}" }.joined(separator: ","))]}"
    }

    @Test func readsInTheRequestsOrder() throws {
        let store = try BatchFixture()
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"1"},"x":{"N":"1"},"y":{"N":"2"}}}"#)
        try store.call(.putItem, #"{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"2"}}}"#)
        let arn = store.engine.identity.tableARN("Hash")
        let reply = try store.object(
            .transactGetItems,
            Self.request(
                #"{"TableName":"Pairs","Key":{"a":{"S":"1"},"b":{"N":"2.00"}}}"#,
                #"{"TableName":"Hash","Key":{"a":{"S":"missing"}}}"#,
                """
                {"TableName":"\(arn)","Key":{"a":{"S":"1"}},
                "ProjectionExpression":"#y","ExpressionAttributeNames":{"#y":"y"}}
                """
            )
        )
        let expected = try json(#"{"Responses":[{"Item":{"a":{"S":"1"},"b":{"N":"2"}}},{},{"Item":{"y":{"N":"2"}}}]}"#)
        #expect(reply == expected)
        let nothing = try store.object(
            .transactGetItems,
            Self.request(#"{"TableName":"Hash","Key":{"a":{"S":"1"}},"ProjectionExpression":"z"}"#)
        )
        #expect(nothing == (try json(#"{"Responses":[{}]}"#)))
    }

    /// What refuses the whole request (nubo-db/dynamodb-conformance, error-messages/transactGetItems, and
    /// scylladb/scylladb, test/alternator/test_transact.py, which ran against the service).
    static let refusals: [(gets: [String], message: String)] = [
        (
            [#"{"TableName":"Hash","Key":{"a":{"S":"1"}}}"#, #"{"TableName":"Hash","Key":{"a":{"S":"1"}}}"#],
            "Transaction request cannot include multiple operations on one item"
        ),
        ([#"{"TableName":"Hash","Key":{"a":{"S":""}}}"#], emptyKey),
        (
            [#"{"TableName":"Hash","Key":{"a":{"N":"1"}}}"#, #"{"TableName":"Hash","Key":{"a":{"S":""}}}"#], emptyKey
        ),
        (
            [#"{"TableName":"Missing","Key":{},"ProjectionExpression":"!!!"}"#],
            #"Invalid ProjectionExpression: Syntax error; token: "!", near: "!!""#
        ),
        (
            [
                """
                {"TableName":"Hash","Key":{"a":{"S":"1"}},"ProjectionExpression":"a",
                "ExpressionAttributeNames":{"#q":"q"}}
                """
            ],
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#q}"
        ),
    ]

    @Test(arguments: refusals)
    func refuses(_ gets: [String], _ message: String) throws {
        let store = try BatchFixture()
        let request = "{\"TransactItems\":[\(gets.map { "{\"Get\":\($0)}" }.joined(separator: ","))]}"
        #expect(store.refusal(.transactGetItems, request) == .validation(message))
    }

    @Test func aKeyThatDoesNotMatchCancels() throws {
        let store = try BatchFixture()
        let refusal = store.refusal(
            .transactGetItems,
            Self.request(
                #"{"TableName":"Hash","Key":{"a":{"S":"1"}}}"#,
                #"{"TableName":"Hash","Key":{}}"#,
                #"{"TableName":"Hash","Key":{"a":{"N":"1"}}}"#
            )
        )
        let reasons = #"[{"Code":"None"},{"Code":"ValidationError","Message":"\#(mismatch)"},{"Code":"None"}]"#
        #expect(
            refusal == .transactionCanceled(codes: ["None", "ValidationError", "None"], reasons: Array(reasons.utf8))
        )
    }

    @Test func aMissingTableIsNotFound() throws {
        let store = try BatchFixture()
        let request = Self.request(
            #"{"TableName":"Hash","Key":{"a":{"N":"1"}}}"#,
            #"{"TableName":"Missing","Key":{"a":{"S":"1"}}}"#
        )
        #expect(store.refusal(.transactGetItems, request) == .resourceNotFound())
    }

    @Test func reportsTwiceTheCapacity() throws {
        let store = try BatchFixture()
        try store.fillHash(count: 1, size: 4097)
        for shape in ["TOTAL", "INDEXES"] {
            let reply = try store.object(
                .transactGetItems,
                """
                {"ReturnConsumedCapacity":"\(shape)","TransactItems":[{"Get":{"TableName":"Hash","Key":{"a":{"S":"0"}}}},
                {"Get":{"TableName":"Number","Key":{"a":{"N":"1"}}}},{"Get":{"TableName":"Hash","Key":{"a":{"S":"x"}}}}]}
                """
            )
            func entry(_ name: String, _ units: Double) -> String {
                let parts = "\"CapacityUnits\":\(units),\"ReadCapacityUnits\":\(units)"
                return "{\"TableName\":\"\(name)\",\(parts)\(shape == "TOTAL" ? "" : ",\"Table\":{\(parts)}")}"
            }
            let expected = try json("[\(entry("Hash", 6)),\(entry("Number", 2))]")
            #expect(reply["ConsumedCapacity"] == expected)
        }
    }

    @Test func readsUpTo4MB() throws {
        let store = try BatchFixture()
        let limit = 4 << 20
        try store.fillHash(count: 16, size: limit / 16)
        let gets = list(16) { "{\"Get\":{\"TableName\":\"Hash\",\"Key\":{\"a\":{\"S\":\"\($0)\"}}}}" }
        try store.call(.transactGetItems, "{\"TransactItems\":[\(gets)]}")
        try store.fillHash(count: 1, size: limit / 16 + 1)
        let refusal = store.refusal(.transactGetItems, "{\"TransactItems\":[\(gets)]}")
        #expect(refusal?.name == "ValidationException")
        #expect(refusal?.message?.contains("size cannot exceed") == true)
    }

    @Test func aTableWithoutCapacityCancels() throws {
        let store = try BatchFixture()
        try store.exhaust("Hash")
        let refusal = store.refusal(
            .transactGetItems,
            Self.request(
                #"{"TableName":"Number","Key":{"a":{"N":"1"}}}"#,
                #"{"TableName":"Hash","Key":{"a":{"S":"1"}}}"#
            )
        )
        #expect(refusal?.name == "TransactionCanceledException")
        #expect(refusal?.message?.hasSuffix("[None, ProvisionedThroughputExceeded]") == true)
    }
}
