import DynamoDB
import Testing

@testable import TableStore

/// The parameters that expressions have superseded.
///
/// Facts: mhart/dynalite, test/{putItem,updateItem,deleteItem,query,scan}.js, and scylladb/scylladb,
/// test/alternator/test_expected.py, which ran against the service.
@Suite struct ExpressionsLegacyTests {
    private static let invalid = "One or more parameter values were invalid: "
    private static let subject: Item = [
        "p": .string("x"), "a": .number(Number(1)), "b": .number(Number(2)), "s": .string("hello"),
    ]

    private func expecting(_ expected: String, _ others: String = "") throws -> Bool {
        let json = #"{"TableName":"abc","Key":{},"Expected":\#(expected)\#(others)}"#
        return try #require(try expressions(.deleteItem, json).condition).evaluate(Self.subject)
    }

    @Test(
        arguments: [
            (
                #"{"ComparisonOperator":"EQ","Exists":true,"Value":{"S":"a"}}"#,
                "Exists and ComparisonOperator cannot be used together"
            ),
            (
                #"{"ComparisonOperator":"EQ","Exists":false,"AttributeValueList":[]}"#,
                "Exists and ComparisonOperator cannot be used together"
            ),
            (#"{"Value":{"S":"a"},"AttributeValueList":[]}"#, "Value and AttributeValueList cannot be used together"),
            (
                #"{"Value":{"S":"a"},"AttributeValueList":[],"ComparisonOperator":"EQ"}"#,
                "Value and AttributeValueList cannot be used together"
            ),
            (#"{"AttributeValueList":[]}"#, "AttributeValueList can only be used with a ComparisonOperator"),
            (
                #"{"Exists":true,"AttributeValueList":[]}"#,
                "AttributeValueList can only be used with a ComparisonOperator"
            ),
            (#"{"Exists":false,"Value":{"S":"a"}}"#, "Value cannot be used when Exists is false"),
            ("{}", "Value must be provided when Exists is null"),
            (#"{"Exists":true}"#, "Value must be provided when Exists is true"),
            (#"{"ComparisonOperator":"EQ"}"#, "Value or AttributeValueList must be used with ComparisonOperator: EQ"),
            (
                #"{"ComparisonOperator":"BETWEEN"}"#,
                "Value or AttributeValueList must be used with ComparisonOperator: BETWEEN"
            ),
        ]
    )
    func refusesExpectations(expectation: String, message: String) {
        for operation in [DynamoDB.Operation.putItem, .updateItem, .deleteItem] {
            let json = #"{"TableName":"abc","Key":{},"Item":{},"Expected":{"attr":\#(expectation)}}"#
            #expect(refusal(operation, json) == "\(Self.invalid)\(message) for Attribute: attr")
        }
    }

    @Test(
        arguments: [
            (
                #"{"ComparisonOperator":"EQ","AttributeValueList":[]}"#,
                "Invalid number of argument(s) for the EQ ComparisonOperator"
            ),
            (
                #"{"ComparisonOperator":"NULL","Value":{"S":"a"}}"#,
                "Invalid number of argument(s) for the NULL ComparisonOperator"
            ),
            (
                #"{"ComparisonOperator":"BETWEEN","Value":{"S":"a"}}"#,
                "Invalid number of argument(s) for the BETWEEN ComparisonOperator"
            ),
            (
                #"{"ComparisonOperator":"IN","AttributeValueList":[{"S":"b"},{"N":"1"}]}"#,
                "AttributeValues inside AttributeValueList must be of same type"
            ),
            (
                #"{"ComparisonOperator":"LT","Value":{"SS":["a"]}}"#,
                "ComparisonOperator LT is not valid for SS AttributeValue type"
            ),
            (#"{"Value":{"NS":[]}}"#, "An number set  may not be empty"),
        ]
    )
    func refusesArguments(expectation: String, message: String) {
        let json = #"{"TableName":"abc","Item":{},"Expected":{"attr":\#(expectation)}}"#
        #expect(refusal(.putItem, json) == Self.invalid + message)
    }

    @Test(
        arguments: [
            (#"{"a":{"Value":{"N":"1.0"}}}"#, true), (#"{"a":{"Value":{"N":"2"}}}"#, false),
            (#"{"a":{"Value":{"S":"1"}}}"#, false), (#"{"z":{"Value":{"N":"1"}}}"#, false),
            (#"{"a":{"Exists":true,"Value":{"N":"1"}}}"#, true), (#"{"a":{"Exists":true,"Value":{"N":"2"}}}"#, false),
            (#"{"z":{"Exists":false}}"#, true), (#"{"a":{"Exists":false}}"#, false),
            (#"{"a":{"ComparisonOperator":"NOT_NULL"}}"#, true), (#"{"z":{"ComparisonOperator":"NULL"}}"#, true),
            (#"{"a":{"ComparisonOperator":"NULL","AttributeValueList":[]}}"#, false),
            (#"{"a":{"ComparisonOperator":"NE","Value":{"S":"1"}}}"#, true),
            (#"{"z":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"1"}]}}"#, true),
            (#"{"z":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"N":"1"}]}}"#, false),
            (#"{"a":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"N":"1"}]}}"#, true),
            (#"{"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"hell"}]}}"#, true),
            (#"{"a":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"0"},{"N":"1"}]}}"#, true),
            (
                #"{"a":{"Value":{"N":"1"}},"b":{"ComparisonOperator":"EQ","Value":{"N":"2"}},"z":{"Exists":false}}"#,
                true
            ),
            (
                #"{"a":{"Value":{"N":"1"}},"b":{"ComparisonOperator":"EQ","Value":{"N":"3"}},"z":{"Exists":false}}"#,
                false
            ),
        ]
    )
    func expects(expected: String, holds: Bool) throws {
        #expect(try expecting(expected) == holds)
    }

    @Test func anyIsEnoughWithOr() throws {
        let either = #"{"a":{"Value":{"N":"74"}},"b":{"Value":{"N":"2"}}}"#
        #expect(try expecting(either, #","ConditionalOperator":"OR""#))
        #expect(try !expecting(either, #","ConditionalOperator":"AND""#))
        let neither = #"{"a":{"Value":{"N":"74"}},"b":{"Value":{"N":"3"}}}"#
        #expect(try !expecting(neither, #","ConditionalOperator":"OR""#))
    }

    @Test(
        arguments: [
            (
                #"{"Value":{"a":""}}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (#"{"Action":"PUT"}"#, "\(invalid)Only DELETE action is allowed when no attribute value is specified"),
            ("{}", "\(invalid)Only DELETE action is allowed when no attribute value is specified"),
            (#"{"Action":"ADD"}"#, "\(invalid)Only DELETE action is allowed when no attribute value is specified"),
            (
                #"{"Action":"DELETE","Value":{"N":"1"}}"#,
                "\(invalid)DELETE action with value is not supported for the type N"
            ),
            (#"{"Action":"ADD","Value":{"BOOL":true}}"#, "\(invalid)ADD action is not supported for the type BOOL"),
        ]
    )
    func refusesUpdates(update: String, message: String) {
        let json = #"{"TableName":"abc","Key":{},"AttributeUpdates":{"a":\#(update)},"Expected":{"a":{}}}"#
        #expect(refusal(.updateItem, json) == message)
    }

    @Test func updatesInAnyOrder() throws {
        let json = """
            {"TableName":"abc","Key":{},"AttributeUpdates":{"s":{"Value":{"S":"new"}},"a":{"Action":"ADD","Value":{"N":"9"}},
            "b":{"Action":"DELETE"},"c":{"Action":"PUT","Value":{"NULL":true}}}}
            """
        let update = try #require(try expressions(.updateItem, json).update)
        let expected: Item = ["p": .string("x"), "a": .number(Number(10)), "c": .null, "s": .string("new")]
        #expect(try update.apply(to: Self.subject) == expected)
    }

    @Test(arguments: [(DynamoDB.Operation.query, "QueryFilter"), (.scan, "ScanFilter")])
    func filters(operation: DynamoDB.Operation, name: String) throws {
        let key = #""KeyConditions":{"p":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}}"#
        let filter = { (conditions: String) in
            try expressions(operation, #"{"TableName":"abc",\#(key),"\#(name)":\#(conditions)}"#).filter
        }
        let matching = #"{"a":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"0"}]}}"#
        #expect(try filter(matching)?.evaluate(Self.subject) == true)
        let other = #"{"a":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"1"}]}}"#
        #expect(try filter(other)?.evaluate(Self.subject) == false)
        #expect(try filter(matching)?.attributes.map(\.name) == [Array("a".utf8)])
    }

    @Test(
        arguments: [
            (#"{"ComparisonOperator":"EQ"}"#, "Invalid number of argument(s) for the EQ ComparisonOperator"),
            (
                #"{"ComparisonOperator":"LE","AttributeValueList":[{"SS":["a"]}]}"#,
                "ComparisonOperator LE is not valid for SS AttributeValue type"
            ),
            (
                #"{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"N":"3"}]}"#,
                "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"
            ),
            (
                #"{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"1"},{"NULL":false},{}]}"#,
                "Null attribute value types must have the value of true"
            ),
        ]
    )
    func refusesConditions(condition: String, message: String) {
        let key = #"{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}"#
        for json in [
            #"{"TableName":"abc","KeyConditions":{"a":\#(condition)}}"#,
            #"{"TableName":"abc","KeyConditions":{"p":\#(key)},"QueryFilter":{"a":\#(condition)}}"#,
        ] {
            #expect(refusal(.query, json) == Self.invalid + message)
        }
        #expect(refusal(.scan, #"{"TableName":"abc","ScanFilter":{"a":\#(condition)}}"#) == Self.invalid + message)
    }
}
