import DynamoDB
import Foundation
import Testing

@testable import TableStore

@Suite struct TransactWriteItemsTests {
    private static let put = #"{"Put":{"TableName":"Hash","Item":{"a":{"S":"1"}}}}"#

    @Test func doesEveryKindOfAction() throws {
        let store = try BatchFixture()
        for key in ["update", "delete", "check"] {
            try store.call(.putItem, "{\"TableName\":\"Hash\",\"Item\":{\"a\":{\"S\":\"\(key)\"},\"n\":{\"N\":\"1\"}}}")
        }
        let arn = store.engine.identity.tableARN("Hash")
        let reply = try store.call(
            .transactWriteItems,
            """
            {"TransactItems":[
            {"Put":{"TableName":"\(arn)","Item":{"a":{"S":"put"}},"ConditionExpression":"attribute_not_exists(a)"}},
            {"Update":{"TableName":"Hash","Key":{"a":{"S":"update"}},"UpdateExpression":"SET n = n + :one",
            "ExpressionAttributeValues":{":one":{"N":"1"}}}},
            {"Update":{"TableName":"Hash","Key":{"a":{"S":"new"}},"UpdateExpression":"ADD n :one",
            "ExpressionAttributeValues":{":one":{"N":"1"}}}},
            {"Delete":{"TableName":"Hash","Key":{"a":{"S":"delete"}}}},
            {"ConditionCheck":{"TableName":"Hash","Key":{"a":{"S":"check"}},"ConditionExpression":"#n = :n",
            "ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":n":{"N":"1.0"}}}},
            {"Put":{"TableName":"Number","Item":{"a":{"N":"1"}}}}]}
            """
        )
        #expect(reply == "{}")
        let keys = ["put", "update", "new", "delete", "check"]
        let gets = list(5) { "{\"Get\":{\"TableName\":\"Hash\",\"Key\":{\"a\":{\"S\":\"\(keys[$0])\"}}}}" }
        let read = try store.object(.transactGetItems, "{\"TransactItems\":[\(gets)]}")
        let expected = try json(
            """
            {"Responses":[{"Item":{"a":{"S":"put"}}},{"Item":{"a":{"S":"update"},"n":{"N":"2"}}},
            {"Item":{"a":{"S":"new"},"n":{"N":"1"}}},{},{"Item":{"a":{"S":"check"},"n":{"N":"1"}}}]}
            """
        )
        #expect(read == expected)
        #expect(try store.engine.table(named: "Number").statistics.items == 1)
    }

    /// What refuses the whole request (nubo-db/dynamodb-conformance, error-messages/transactWriteItems, and
    /// scylladb/scylladb, test/alternator/test_transact.py, which ran against the service).
    static let refusals: [(items: String, message: String)] = [
        ("{}", "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
        (
            """
            {"Put":{"TableName":"Hash","Item":{"a":{"S":"1"}}},"Delete":{"TableName":"Hash","Key":{"a":{"S":"1"}}}}
            """,
            "TransactItems can only contain one of Check, Put, Update or Delete"
        ),
        ("\(put),\(put)", "Transaction request cannot include multiple operations on one item"),
        (
            """
            \(put),{"ConditionCheck":{"TableName":"Hash","Key":{"a":{"S":"1"}},"ConditionExpression":"attribute_exists(a)"}}
            """,
            "Transaction request cannot include multiple operations on one item"
        ),
        (
            """
            {"Delete":{"TableName":"Number","Key":{"a":{"N":"1"}}}},{"Delete":{"TableName":
            "arn:aws:dynamodb:us-east-1:123456789012:table/Number","Key":{"a":{"N":"1.0"}}}}
            """,
            "Transaction request cannot include multiple operations on one item"
        ),
        (#"{"Put":{"TableName":"Hash","Item":{"a":{"S":""}}}}"#, emptyKey),
        (#"{"Delete":{"TableName":"Hash","Key":{"a":{"S":""}}}}"#, emptyKey),
        (
            #"{"Delete":{"TableName":"Hash","Key":{"a":{"N":"1"}}}},{"Delete":{"TableName":"Hash","Key":{"a":{"S":""}}}}"#,
            emptyKey
        ),
        (
            #"{"Put":{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"1"},"d":{"S":""}}}}"#,
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
                + "The AttributeValue for a key attribute cannot contain an empty string value. "
                + "IndexName: global, IndexKey: d"
        ),
        (
            """
            {"Update":{"TableName":"Pairs","Key":{"a":{"S":"1"},"b":{"N":"1"}},"UpdateExpression":"SET d = :v",
            "ExpressionAttributeValues":{":v":{"S":""}}}}
            """,
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
                + "to a value that is not supported. "
                + "The AttributeValue for a key attribute cannot contain an empty string value."
        ),
        (
            """
            {"Put":{"TableName":"Missing","Item":{"a":{"S":"1"},"b":{"S":"\(String(repeating: "b", count: 409_600))"}}}}
            """,
            "Item size has exceeded the maximum allowed size"
        ),
        (
            #"{"Put":{"TableName":"Missing","Item":{"a":{"N":"x"}}}}"#,
            "The parameter cannot be converted to a numeric value: x"
        ),
        // Expressions are checked before tables, keys and doubles, wherever they stand.
        (
            """
            \(put),\(put),{"Delete":{"TableName":"Missing","Key":{"a":{"N":"1"}},"ConditionExpression":"#m = :v",
            "ExpressionAttributeValues":{":v":{"S":"x"}}}}
            """,
            "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; "
                + "attribute name: #m"
        ),
        (
            """
            {"Delete":{"TableName":"Missing","Key":{}}},{"Update":{"TableName":"Hash","Key":{"a":{"S":"1"}},
            "UpdateExpression":"SET n = :v +","ExpressionAttributeValues":{":v":{"N":"1"}}}}
            """,
            #"Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "+""#
        ),
        (
            """
            {"Put":{"TableName":"Hash","Item":{"a":{"S":"1"}},"ConditionExpression":"attribute_exists(a)",
            "ExpressionAttributeValues":{":v":{"N":"1"}}}}
            """,
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"
        ),
    ]

    @Test(arguments: refusals)
    func refuses(_ items: String, _ message: String) throws {
        let store = try BatchFixture()
        #expect(store.refusal(.transactWriteItems, "{\"TransactItems\":[\(items)]}") == .validation(message))
        #expect(try store.engine.table(named: "Hash").statistics.items == 0)
    }

    /// ExtendDB/extenddb, pull request 169, which was compared with the service.
    @Test func substitutesWithoutAnExpressionAreIgnored() throws {
        let store = try BatchFixture()
        let substitutes = ##""ExpressionAttributeNames":{"#n":"n"}"##
        try store.call(
            .transactWriteItems,
            """
            {"TransactItems":[{"Put":{"TableName":"Hash","Item":{"a":{"S":"1"}},\(substitutes)}},{"Delete":{"TableName":
            "Hash","Key":{"a":{"S":"2"}},"ExpressionAttributeValues":{":v":{"N":"1"}}}}]}
            """
        )
        let get = "{\"Get\":{\"TableName\":\"Hash\",\"Key\":{\"a\":{\"S\":\"1\"}},\(substitutes)}}"
        let reply = try store.object(.transactGetItems, "{\"TransactItems\":[\(get)]}")
        #expect(reply == (try json(#"{"Responses":[{"Item":{"a":{"S":"1"}}}]}"#)))
    }

    @Test func aMissingTableIsToldBeforeKeysAndDoubles() throws {
        let store = try BatchFixture()
        for items in [
            "\(Self.put),\(Self.put),{\"Delete\":{\"TableName\":\"Missing\",\"Key\":{\"a\":{\"S\":\"1\"}}}}",
            #"{"Delete":{"TableName":"Hash","Key":{}}},{"Delete":{"TableName":"Missing","Key":{"a":{"S":"1"}}}}"#,
        ] {
            #expect(store.refusal(.transactWriteItems, "{\"TransactItems\":[\(items)]}") == .resourceNotFound())
        }
    }

    /// Faults of one action beside an action whose condition fails, which is not looked at when the fault shows without
    /// the item (same sources).
    static let validationErrors: [(action: String, codes: [String], message: String)] = [
        (
            #"{"Put":{"TableName":"Hash","Item":{"a":{"N":"7"}}}}"#, ["ValidationError", "None"],
            "One or more parameter values were invalid: Type mismatch for key a expected: S actual: N"
        ),
        (#"{"Delete":{"TableName":"Hash","Key":{"a":{"N":"7"}}}}"#, ["ValidationError", "None"], mismatch),
        (
            #"{"Put":{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"1"},"d":{"N":"5"}}}}"#,
            ["ValidationError", "None"],
            "One or more parameter values were invalid: "
                + "Type mismatch for Index Key d Expected: S Actual: N IndexName: global"
        ),
        (
            #"{"Update":{"TableName":"Hash","Key":{"a":{"S":"1"}},"UpdateExpression":"REMOVE a"}}"#,
            ["ValidationError", "None"],
            "One or more parameter values were invalid: Cannot update attribute a. This attribute is part of the key"
        ),
        (
            """
            {"Update":{"TableName":"Hash","Key":{"a":{"S":"1"}},"UpdateExpression":"SET n = m"}}
            """,
            ["ValidationError", "ConditionalCheckFailed"],
            "The provided expression refers to an attribute that does not exist in the item"
        ),
        (
            """
            {"Update":{"TableName":"Pairs","Key":{"a":{"S":"1"},"b":{"N":"1"}},"UpdateExpression":"SET d = :v",
            "ExpressionAttributeValues":{":v":{"N":"5"}}}}
            """,
            ["ValidationError", "None"],
            "One or more parameter values were invalid: "
                + "Type mismatch for Index Key d Expected: S Actual: N IndexName: global"
        ),
        (
            """
            {"Update":{"TableName":"Hash","Key":{"a":{"S":"k"}},"UpdateExpression":"SET n = :v",
            "ExpressionAttributeValues":{":v":{"S":"\(String(repeating: "n", count: 409_600 - 2))"}}}}
            """,
            ["ValidationError", "ConditionalCheckFailed"],
            "Item size to update has exceeded the maximum allowed size"
        ),
    ]

    @Test(arguments: validationErrors)
    func aFaultOfOneActionCancels(_ action: String, _ codes: [String], _ message: String) throws {
        let store = try BatchFixture()
        let failing = #"{"Delete":{"TableName":"Hash","Key":{"a":{"S":"2"}},"ConditionExpression":"a = z"}}"#
        let refusal = try #require(
            store.refusal(.transactWriteItems, "{\"TransactItems\":[\(action),\(failing)]}")
        )
        #expect(refusal.name == "TransactionCanceledException")
        let details = try json("{\(String(decoding: refusal.details, as: UTF8.self))}")
        let reasons = try #require(details["CancellationReasons"]?.array)
        #expect(reasons.map { $0["Code"]?.string } == codes)
        #expect(reasons.first?["Message"]?.string == message)
        #expect(refusal.message?.hasSuffix("[\(codes.joined(separator: ", "))]") == true)
    }

    @Test func reportsEveryFailedConditionAndTheItemsAskedFor() throws {
        let store = try BatchFixture()
        try store.call(.putItem, #"{"TableName":"Hash","Item":{"a":{"S":"1"},"x":{"N":"42"}}}"#)
        let refusal = store.refusal(
            .transactWriteItems,
            """
            {"TransactItems":[{"Put":{"TableName":"Hash","Item":{"a":{"S":"0"}}}},
            {"Update":{"TableName":"Hash","Key":{"a":{"S":"1"}},"UpdateExpression":"SET x = :v",
            "ConditionExpression":"x = :v","ExpressionAttributeValues":{":v":{"N":"43"}},
            "ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
            {"Delete":{"TableName":"Hash","Key":{"a":{"S":"2"}},"ConditionExpression":"attribute_exists(a)",
            "ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
            {"ConditionCheck":{"TableName":"Number","Key":{"a":{"N":"1"}},"ConditionExpression":"attribute_exists(a)",
            "ReturnValuesOnConditionCheckFailure":"NONE"}}]}
            """
        )
        let failed = #"{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}"#
        let withItem = failed.replacing("\"Message\"", with: #""Item":{"a":{"S":"1"},"x":{"N":"42"}},"Message""#)
        let expected = ErrorReply.transactionCanceled(
            codes: ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "ConditionalCheckFailed"],
            reasons: Array("[{\"Code\":\"None\"},\(withItem),\(failed),\(failed)]".utf8)
        )
        #expect(refusal == expected)
        #expect(try store.engine.table(named: "Hash").statistics.items == 1)
    }

    @Test func aFailureInTheThirdActionChangesNothing() throws {
        let store = try BatchFixture()
        try store.call(
            .putItem,
            #"{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"1"},"c":{"S":"c"},"d":{"S":"d"}}}"#
        )
        let before = try store.contents("Pairs")
        let refusal = store.refusal(
            .transactWriteItems,
            """
            {"TransactItems":[
            {"Put":{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"2"},"c":{"S":"cc"},"d":{"S":"dd"}}}},
            {"Delete":{"TableName":"Pairs","Key":{"a":{"S":"1"},"b":{"N":"1"}}}},
            {"Update":{"TableName":"Pairs","Key":{"a":{"S":"1"},"b":{"N":"3"}},"UpdateExpression":"SET c = :v",
            "ConditionExpression":"attribute_exists(a)","ExpressionAttributeValues":{":v":{"S":"x"}}}}]}
            """
        )
        #expect(refusal?.message?.hasSuffix("[None, None, ConditionalCheckFailed]") == true)
        #expect(try store.contents("Pairs") == before)
    }

    @Test func writesUpTo100ActionsAnd4MB() throws {
        let store = try BatchFixture()
        let small = list(100) { "{\"Put\":{\"TableName\":\"Number\",\"Item\":{\"a\":{\"N\":\"\($0)\"}}}}" }
        try store.call(.transactWriteItems, "{\"TransactItems\":[\(small)]}")
        #expect(try store.engine.table(named: "Number").statistics.items == 100)

        func puts(_ last: Int) -> String {
            let actions = list(16) { index in
                let text = String(repeating: "x", count: (index < 15 ? 262_144 : last) - 4)
                let key = index < 10 ? "0\(index)" : "\(index)"
                return #"{"Put":{"TableName":"Hash","Item":{"a":{"S":"\#(key)"},"b":{"S":"\#(text)"}}}}"#
            }
            return "{\"TransactItems\":[\(actions)]}"
        }
        let refusal = store.refusal(.transactWriteItems, puts(262_145))
        #expect(refusal?.name == "ValidationException")
        #expect(refusal?.message?.contains("size cannot exceed") == true)
        try store.call(.transactWriteItems, puts(262_144))
        #expect(try store.engine.table(named: "Hash").statistics == Table.Statistics(items: 16, bytes: 4 << 20))
    }

    @Test func anUpdateMayMakeAnItemOfExactlyTheLimit() throws {
        let store = try BatchFixture()
        let text = String(repeating: "n", count: 409_600 - 3)
        try store.call(
            .transactWriteItems,
            """
            {"TransactItems":[{"Update":{"TableName":"Hash","Key":{"a":{"S":"k"}},"UpdateExpression":"SET n = :v",
            "ExpressionAttributeValues":{":v":{"S":"\(text)"}}}}]}
            """
        )
        #expect(try store.engine.table(named: "Hash").statistics.bytes == 409_600)
    }

    @Test func reportsTwiceTheCapacityAndTheMetrics() throws {
        let store = try BatchFixture()
        let reply = try store.object(
            .transactWriteItems,
            """
            {"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE","TransactItems":[
            {"Put":{"TableName":"Hash","Item":{"a":{"S":"1"},"b":{"S":"\(String(repeating: "b", count: 1024))"}}}},
            {"ConditionCheck":{"TableName":"Number","Key":{"a":{"N":"1"}},
            "ConditionExpression":"attribute_not_exists(a)"}},
            {"Put":{"TableName":"Pairs","Item":{"a":{"S":"1"},"b":{"N":"1"},"d":{"S":"d"}}}}]}
            """
        )
        let two = #""CapacityUnits":2.0,"WriteCapacityUnits":2.0"#
        let expected = try json(
            """
            [{"TableName":"Hash","CapacityUnits":4.0,"WriteCapacityUnits":4.0,
            "Table":{"CapacityUnits":4.0,"WriteCapacityUnits":4.0}},
            {"TableName":"Number",\(two),"Table":{\(two)}},
            {"TableName":"Pairs","CapacityUnits":4.0,"WriteCapacityUnits":4.0,"Table":{\(two)},
            "GlobalSecondaryIndexes":{"global":{\(two)}}}]
            """
        )
        #expect(reply["ConsumedCapacity"] == expected)
        #expect(reply["ItemCollectionMetrics"]?.object?.keys.sorted() == ["Pairs"])
    }

    @Test func aTableWithoutCapacityCancels() throws {
        let store = try BatchFixture()
        try store.exhaust("Hash")
        let refusal = store.refusal(
            .transactWriteItems,
            "{\"TransactItems\":[{\"Put\":{\"TableName\":\"Number\",\"Item\":{\"a\":{\"N\":\"1\"}}}},\(Self.put)]}"
        )
        #expect(refusal?.name == "TransactionCanceledException")
        #expect(refusal?.message?.hasSuffix("[None, ProvisionedThroughputExceeded]") == true)
        #expect(try store.engine.table(named: "Number").statistics.items == 0)
    }
}
