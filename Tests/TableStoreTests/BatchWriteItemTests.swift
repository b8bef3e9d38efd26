import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct BatchWriteItemTests {
    /// Refusals (mhart/dynalite, test/batchWriteItem.js, and nubo-db/dynamodb-conformance; both ran against the service).
    static let refusals: [(items: String, message: String)] = [
        (#""Hash":[{"PutRequest":{"Item":{"a":{"S":"1"}}}},{"DeleteRequest":{"Key":{"a":{"S":"1"}}}}]"#, duplicates),
        (#""Hash":[{"DeleteRequest":{"Key":{"a":{"S":"1"}}}},{"PutRequest":{"Item":{"a":{"S":"1"}}}}]"#, duplicates),
        (#""Number":[{"PutRequest":{"Item":{"a":{"N":"1"}}}},{"PutRequest":{"Item":{"a":{"N":"1e0"}}}}]"#, duplicates),
        (#""Hash":[{"PutRequest":{"Item":{}}}]"#, mismatch),
        (#""Hash":[{"PutRequest":{"Item":{"b":{"S":"1"}}}}]"#, mismatch),
        (#""Hash":[{"PutRequest":{"Item":{"a":{"N":"1"}}}}]"#, mismatch),
        (#""Hash":[{"PutRequest":{"Item":{"a":{"L":[]}}}}]"#, mismatch),
        (#""Hash":[{"DeleteRequest":{"Key":{"a":{"S":"1"},"b":{"S":"1"}}}}]"#, mismatch),
        (#""Pairs":[{"PutRequest":{"Item":{"a":{"S":"1"}}}}]"#, mismatch),
        (#""Hash":[{"PutRequest":{"Item":{"a":{"S":""}}}}]"#, emptyKey),
        (#""Hash":[{"DeleteRequest":{"Key":{"a":{"S":""}}}}]"#, emptyKey),
        (
            #""Missing":[{}]"#,
            "Supplied AttributeValue has more than one datatypes set, "
                + "must contain exactly one of the supported datatypes"
        ),
        (
            #""Missing":[{"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]"#,
            "Supplied AttributeValue has more than one datatypes set, "
                + "must contain exactly one of the supported datatypes"
        ),
        (
            #""Missing":[{"PutRequest":{"Item":{"a":{"SS":[]}}}}]"#,
            "One or more parameter values were invalid: An string set  may not be empty"
        ),
        (
            #""Missing":[{"DeleteRequest":{"Key":{"a":{"N":"x"}}}}]"#,
            "The parameter cannot be converted to a numeric value: x"
        ),
        (
            #""Pairs":[{"PutRequest":{"Item":{"a":{"S":"1"},"b":{"N":"1"},"d":{"N":"1"}}}}]"#,
            "One or more parameter values were invalid: "
                + "Type mismatch for Index Key d Expected: S Actual: N IndexName: global"
        ),
        (
            #""Hash":[{"PutRequest":{"Item":{"a":{"S":"\#(String(repeating: "a", count: 2049))"}}}}]"#,
            "One or more parameter values were invalid: "
                + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
        ),
        (
            #""Missing":[{"PutRequest":{"Item":{"a":{"S":"\#(String(repeating: "a", count: 409_600))"}}}}]"#,
            "Item size has exceeded the maximum allowed size"
        ),
        (
            """
            "Hash":[\(list(13) { "{\"DeleteRequest\":{\"Key\":{\"a\":{\"S\":\"\($0)\"}}}}" })],
            "Number":[\(list(13) { "{\"DeleteRequest\":{\"Key\":{\"a\":{\"N\":\"\($0)\"}}}}" })]
            """,
            "Too many items requested for the BatchWriteItem call"
        ),
    ]

    @Test(arguments: refusals)
    func refuses(_ items: String, _ message: String) throws {
        let store = try BatchFixture()
        #expect(store.refusal(.batchWriteItem, "{\"RequestItems\":{\(items)}}") == .validation(message))
    }

    @Test func aMissingTableIsToldAfterTheRequestIsChecked() throws {
        let store = try BatchFixture()
        let item = "{\"a\":{\"S\":\"\(String(repeating: "a", count: 409_599))\"}}"
        for requests in [
            #"{"PutRequest":{"Item":{}}}"#, "{\"PutRequest\":{\"Item\":\(item)}}",
            list(25) { "{\"DeleteRequest\":{\"Key\":{\"a\":{\"S\":\"\($0)\"}}}}" },
        ] {
            #expect(
                store.refusal(.batchWriteItem, "{\"RequestItems\":{\"Missing\":[\(requests)]}}") == .resourceNotFound()
            )
        }
    }

    @Test func writesAndDeletes() throws {
        let store = try BatchFixture()
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"old"},"x":{"S":"x"}}}"#)
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"gone"}}}"#)
        let reply = try store.object(
            .batchWriteItem,
            """
            {"RequestItems":{"Hash":[{"PutRequest":{"Item":{"a":{"S":"old"},"y":{"S":"y"}}}},
            {"DeleteRequest":{"Key":{"a":{"S":"gone"}}}},{"DeleteRequest":{"Key":{"a":{"S":"never"}}}}],
            "Pairs":[{"PutRequest":{"Item":{"a":{"S":"1"},"b":{"N":"1"},"c":{"S":"c"},"d":{"S":"d"}}}}]}}
            """
        )
        #expect(reply == (try json(#"{"UnprocessedItems":{}}"#)))
        let read = try store.object(
            .batchGetItem,
            """
            {"RequestItems":{"Hash":{"Keys":[{"a":{"S":"old"}},{"a":{"S":"gone"}}]},
            "Pairs":{"Keys":[{"a":{"S":"1"},"b":{"N":"1"}}]}}}
            """
        )
        let expected = try json(
            """
            {"Hash":[{"a":{"S":"old"},"y":{"S":"y"}}],
            "Pairs":[{"a":{"S":"1"},"b":{"N":"1"},"c":{"S":"c"},"d":{"S":"d"}}]}
            """
        )
        #expect(read["Responses"] == expected)
    }

    @Test func aFaultInTheLastWriteRefusesAll() throws {
        let store = try BatchFixture()
        let before = try store.contents("Pairs")
        let good = (1...24).map { "{\"PutRequest\":{\"Item\":{\"a\":{\"S\":\"a\"},\"b\":{\"N\":\"\($0)\"}}}}" }
        let bad = #"{"PutRequest":{"Item":{"a":{"S":"a"},"b":{"N":"25"},"c":{"S":""}}}}"#
        let request = "{\"RequestItems\":{\"Pairs\":[\((good + [bad]).joined(separator: ","))]}}"
        #expect(store.refusal(.batchWriteItem, request)?.name == "ValidationException")
        #expect(try store.contents("Pairs") == before)
    }

    @Test func acceptsAnItemOfExactlyTheLimit() throws {
        let store = try BatchFixture()
        let text = String(repeating: "a", count: 409_600 - 3)
        try store.call(
            .batchWriteItem,
            "{\"RequestItems\":{\"Hash\":[{\"PutRequest\":{\"Item\":{\"a\":{\"S\":\"k\"},\"b\":{\"S\":\"\(text)\"}}}}]}}"
        )
        #expect(try store.engine.table(named: "Hash").statistics == Table.Statistics(items: 1, bytes: 409_600))
    }

    @Test func reportsCapacityAndMetricsByTable() throws {
        let store = try BatchFixture()
        let text = String(repeating: "x", count: 1024)
        let reply = try store.object(
            .batchWriteItem,
            """
            {"ReturnConsumedCapacity":"TOTAL","ReturnItemCollectionMetrics":"SIZE","RequestItems":{
            "Hash":[{"PutRequest":{"Item":{"a":{"S":"1"},"b":{"S":"\(text)"}}}},{"DeleteRequest":{"Key":{"a":{"S":"2"}}}}],
            "Pairs":[{"PutRequest":{"Item":{"a":{"S":"p"},"b":{"N":"1"},"c":{"S":"c"}}}},
            {"PutRequest":{"Item":{"a":{"S":"p"},"b":{"N":"2"}}}},{"PutRequest":{"Item":{"a":{"S":"q"},"b":{"N":"2"}}}}]}}
            """
        )
        let capacity = try json(
            #"[{"TableName":"Hash","CapacityUnits":3.0},{"TableName":"Pairs","CapacityUnits":4.0}]"#
        )
        #expect(reply["ConsumedCapacity"] == capacity)
        let metrics = try #require(reply["ItemCollectionMetrics"]?.object)
        #expect(Array(metrics.keys) == ["Pairs"])
        #expect(metrics["Pairs"]?.array?.map { $0["ItemCollectionKey"]?["a"]?["S"] } == ["p", "q"])
    }

    @Test func leavesWritesToATableWithoutCapacity() throws {
        let store = try BatchFixture()
        try store.exhaust("Hash")
        let hash = #""Hash":[{"PutRequest":{"Item":{"a":{"S":"1"}}}},{"DeleteRequest":{"Key":{"a":{"S":"2"}}}}]"#
        let refusal = store.refusal(.batchWriteItem, "{\"RequestItems\":{\(hash)}}")
        #expect(refusal?.name == "ProvisionedThroughputExceededException")
        let reply = try store.object(
            .batchWriteItem,
            "{\"RequestItems\":{\(hash),\"Number\":[{\"PutRequest\":{\"Item\":{\"a\":{\"N\":\"1\"}}}}]}}"
        )
        #expect(reply == (try json("{\"UnprocessedItems\":{\(hash)}}")))
        #expect(try store.engine.table(named: "Number").statistics.items == 1)
        #expect(try store.engine.table(named: "Hash").statistics.items == 0)
    }
}
