import DynamoDB
import Testing

@testable import TableStore

/// Legacy parameters through whole operations.
@Suite struct ExpressionsOperationTests {
    private let store: TestStore

    init() throws {
        store = try TestStore()
        try store.call(
            "CreateTable",
            #"{"TableName":"Music","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],"#
                + #""AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"N"}],"#
                + #""BillingMode":"PAY_PER_REQUEST"}"#
        )
        for number in 1...4 {
            let parity = number.isMultiple(of: 2) ? "even" : "odd"
            try store.call(
                "PutItem",
                #"{"TableName":"Music","Item":{"p":{"S":"x"},"s":{"N":"\#(number)"},"parity":{"S":"\#(parity)"}}}"#
            )
        }
    }

    private func numbers(_ operation: String, _ members: String) throws -> [String] {
        let reply = try store.call(operation, #"{"TableName":"Music",\#(members)}"#)
        return (reply["Items"]?.array ?? []).compactMap { $0["s"]?["N"]?.string }
    }

    private static func condition(_ comparison: String, _ values: String) -> String {
        #"{"ComparisonOperator":"\#(comparison)","AttributeValueList":[\#(values)]}"#
    }

    @Test(
        arguments: [
            (condition("GE", #"{"N":"2"}"#), ["2", "3", "4"]), (condition("EQ", #"{"N":"3.0"}"#), ["3"]),
            (condition("BETWEEN", #"{"N":"2"},{"N":"3"}"#), ["2", "3"]), (condition("LT", #"{"N":"1"}"#), []),
        ] as [(String, [String])]
    )
    func queriesByKeyConditions(sort: String, expected: [String]) throws {
        let partition = Self.condition("EQ", #"{"S":"x"}"#)
        #expect(try numbers("Query", #""KeyConditions":{"p":\#(partition),"s":\#(sort)}"#) == expected)
        #expect(try numbers("Query", #""KeyConditions":{"s":\#(sort),"p":\#(partition)}"#) == expected)
    }

    @Test func filtersQueriesAndScans() throws {
        let partition = Self.condition("EQ", #"{"S":"x"}"#)
        let odd = #"{"parity":\#(Self.condition("BEGINS_WITH", #"{"S":"o"}"#))}"#
        #expect(try numbers("Query", #""KeyConditions":{"p":\#(partition)},"QueryFilter":\#(odd)"#) == ["1", "3"])
        #expect(try numbers("Scan", #""ScanFilter":\#(odd)"#) == ["1", "3"])
        #expect(try numbers("Scan", #""ScanFilter":\#(odd),"AttributesToGet":["parity"]"#) == [])
    }

    @Test func refusesKeysThatCannotBeLookedUp() {
        let refuse = { (conditions: String, message: String) in
            let body = #"{"TableName":"Music","KeyConditions":{\#(conditions)}}"#
            store.expectError("Query", body, "ValidationException", message)
        }
        let partition = #""p":\#(Self.condition("EQ", #"{"S":"x"}"#))"#
        let indexable = "Attempted conditional constraint is not an indexable operation"
        refuse(partition + #","s":\#(Self.condition("NE", #"{"N":"1"}"#))"#, indexable)
        refuse(#""p":\#(Self.condition("IN", #"{"S":"x"}"#))"#, indexable)
        refuse(#""s":\#(Self.condition("EQ", #"{"N":"1"}"#))"#, "Query condition missed key schema element: p")
        refuse(
            partition + #","z":\#(Self.condition("EQ", #"{"N":"1"}"#))"#,
            "Query condition missed key schema element: s"
        )
        refuse(#""p":\#(Self.condition("GT", #"{"S":"x"}"#))"#, "Query key condition not supported")
    }

    @Test func updatesAttributes() throws {
        let key = #""Key":{"p":{"S":"x"},"s":{"N":"9"}}"#
        let update = { (updates: String, returning: String) in
            try store.call(
                "UpdateItem",
                #"{"TableName":"Music",\#(key),"AttributeUpdates":{\#(updates)},"ReturnValues":"\#(returning)"}"#
            )["Attributes"]
        }
        let first = #""n":{"Action":"ADD","Value":{"N":"2"}},"m":{"Value":{"M":{"k":{"S":"v"}}}}"#
        #expect(
            try update(first, "ALL_NEW")
                == ["p": ["S": "x"], "s": ["N": "9"], "n": ["N": "2"], "m": ["M": ["k": ["S": "v"]]]]
        )
        let second = #""n":{"Action":"ADD","Value":{"N":"3"}},"m":{"Action":"DELETE"}"#
        #expect(try update(second, "UPDATED_NEW") == ["n": ["N": "5"]])
        #expect(try update(#""n":{"Value":{"S":"six"}}"#, "UPDATED_OLD") == ["n": ["N": "5"]])
        store.expectError(
            "UpdateItem",
            #"{"TableName":"Music",\#(key),"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"1"}}}}"#,
            "ValidationException",
            "Type mismatch for attribute to update"
        )
        store.expectError(
            "UpdateItem",
            #"{"TableName":"Music",\#(key),"AttributeUpdates":{"s":{"Value":{"N":"1"}}}}"#,
            "ValidationException",
            "One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key"
        )
    }

    @Test(arguments: ["PutItem", "UpdateItem", "DeleteItem"])
    func writesWhenTheExpectationHolds(operation: String) throws {
        let write = { (expected: String) in
            let key = #"{"p":{"S":"x"},"s":{"N":"1"}}"#
            let member = operation == "PutItem" ? "Item" : "Key"
            return #"{"TableName":"Music","\#(member)":\#(key),"Expected":\#(expected)}"#
        }
        for expected in [#"{"parity":{"Value":{"S":"even"}}}"#, #"{"parity":{"Exists":false}}"#] {
            store.expectError(
                operation,
                write(expected),
                "ConditionalCheckFailedException",
                "The conditional request failed"
            )
        }
        try store.call(operation, write(#"{"parity":{"Value":{"S":"odd"}},"gone":{"Exists":false}}"#))
    }
}
