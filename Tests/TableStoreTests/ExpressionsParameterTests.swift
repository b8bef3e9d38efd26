import DynamoDB
import Testing

@testable import TableStore

/// Which parameters go together, and in which order a request is checked.
///
/// Facts: mhart/dynalite, test/{getItem,putItem,updateItem,deleteItem,query,scan}.js, and ExtendDB/extenddb,
/// tests/test_conditional_operator.py, which ran against the service.
@Suite struct ExpressionsParameterTests {
    private static let mixing = "Can not use both expression and non-expression parameters in the same request: "
    private static let condition = #"{"ComparisonOperator":"EQ","AttributeValueList":[{}]}"#
    private static let right = #"{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}"#

    private static func body(_ members: String) -> String { #"{"TableName":"abc","Key":{},"Item":{},\#(members)}"# }

    @Test(
        arguments: [
            (
                .getItem, #""AttributesToGet":["a","a"],"ProjectionExpression":"""#, "AttributesToGet",
                "ProjectionExpression"
            ),
            (.putItem, #""Expected":{"a":{}},"ConditionExpression":"""#, "Expected", "ConditionExpression"),
            (
                .deleteItem, #""Expected":{"a":{}},"ConditionalOperator":"OR","ConditionExpression":"""#,
                "Expected, ConditionalOperator", "ConditionExpression"
            ),
            (
                .updateItem,
                #""Expected":{},"AttributeUpdates":{},"ConditionalOperator":"OR","UpdateExpression":"","ConditionExpression":"""#,
                "AttributeUpdates, Expected, ConditionalOperator", "UpdateExpression, ConditionExpression"
            ),
            (.updateItem, #""Expected":{},"UpdateExpression":"""#, "Expected", "UpdateExpression"),
            (
                .updateItem, #""AttributeUpdates":{},"ConditionExpression":"""#, "AttributeUpdates",
                "ConditionExpression"
            ),
            (
                .query,
                #""KeyConditions":{"a":\#(condition)},"AttributesToGet":["a","a"],"QueryFilter":{"a":\#(condition)},"#
                    + #""ConditionalOperator":"OR","ProjectionExpression":"","FilterExpression":"","KeyConditionExpression":"""#,
                "AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions",
                "ProjectionExpression, FilterExpression, KeyConditionExpression"
            ),
            (
                .query,
                #""KeyConditions":{"a":\#(condition)},"AttributesToGet":["a"],"QueryFilter":{},"FilterExpression":"""#,
                "AttributesToGet, QueryFilter", "FilterExpression"
            ),
            (
                .scan,
                #""AttributesToGet":["a"],"ScanFilter":{},"ConditionalOperator":"OR","FilterExpression":"","ProjectionExpression":"""#,
                "AttributesToGet, ScanFilter, ConditionalOperator", "ProjectionExpression, FilterExpression"
            ),
            (
                .scan, #""ConditionalOperator":"AND","ProjectionExpression":"a""#, "ConditionalOperator",
                "ProjectionExpression"
            ),
        ] as [(DynamoDB.Operation, String, String, String)]
    )
    func expressionsDoNotMix(operation: DynamoDB.Operation, members: String, legacy: String, expressions: String) {
        let message = Self.mixing + "Non-expression parameters: {\(legacy)} Expression parameters: {\(expressions)}"
        #expect(refusal(operation, Self.body(members)) == message)
        let substitutes = #","ExpressionAttributeNames":{},"ExpressionAttributeValues":{}"#
        #expect(refusal(operation, Self.body(members + substitutes)) == message)
    }

    @Test(
        arguments: [
            (.putItem, #""Expected":{"a":{}}"#, ""),
            (.deleteItem, #""Expected":{"a":{}}"#, ""),
            (.updateItem, #""Expected":{"a":{}}"#, ""),
            (.query, #""QueryFilter":{"a":\#(condition)}"#, ": FilterExpression and KeyConditionExpression are null"),
            (.query, #""ProjectionExpression":"a""#, ": FilterExpression and KeyConditionExpression are null"),
            (.scan, #""ScanFilter":{"a":\#(condition)}"#, ": FilterExpression is null"),
            (.scan, #""ProjectionExpression":"a""#, ": FilterExpression is null"),
        ] as [(DynamoDB.Operation, String, String)]
    )
    func substitutesGoWithExpressions(operation: DynamoDB.Operation, members: String, nulls: String) {
        let values = Self.body(members + #","ExpressionAttributeValues":{}"#)
        #expect(
            refusal(operation, values)
                == "ExpressionAttributeValues can only be specified when using expressions\(nulls)"
        )
        guard !members.contains("ProjectionExpression") else { return }
        let both = Self.body(members + #","ExpressionAttributeValues":{},"ExpressionAttributeNames":{}"#)
        let message = "ExpressionAttributeNames can only be specified when using expressions"
        #expect(refusal(operation, both) == message)
        #expect(refusal(.getItem, Self.body(##""ExpressionAttributeNames":{"#a":"b"}"##)) == message)
    }

    @Test(
        arguments: [
            (.scan, #""ConditionalOperator":"AND""#, 0), (.scan, #""ConditionalOperator":"OR","ScanFilter":{}"#, 0),
            (.scan, #""ConditionalOperator":"AND","ScanFilter":{"a":\#(right)}"#, 1),
            (.scan, #""ConditionalOperator":"AND","AttributesToGet":["a","b"]"#, 0),
            (.scan, #""ConditionalOperator":"AND","ScanFilter":{"a":\#(right),"b":\#(right)}"#, 2),
            (.query, #""ConditionalOperator":"AND""#, 0),
            (.query, #""ConditionalOperator":"AND","KeyConditions":{"a":\#(right),"b":\#(right)}"#, 0),
            (.query, #""ConditionalOperator":"AND","KeyConditions":{"a":\#(right)},"QueryFilter":{"b":\#(right)}"#, 1),
            (.putItem, #""ConditionalOperator":"AND""#, 0),
            (.putItem, #""ConditionalOperator":"AND","Expected":{"a":\#(right)}"#, 1),
            (.putItem, #""ConditionalOperator":"OR","Expected":{"a":\#(right),"b":{"Exists":false}}"#, 2),
            (.deleteItem, #""ConditionalOperator":"AND""#, 0),
            (.updateItem, #""ConditionalOperator":"AND","AttributeUpdates":{"a":{"Value":{"S":"v"}}}"#, 0),
            (.updateItem, #""ConditionalOperator":"AND""#, 0),
            (.updateItem, #""ConditionalOperator":"AND","Expected":{}"#, 0),
        ] as [(DynamoDB.Operation, String, Int)]
    )
    func conditionalOperatorNeedsTwoConditions(operation: DynamoDB.Operation, members: String, count: Int) {
        let message: String? =
            switch count {
            case 0: "ConditionalOperator cannot be used without Filter or Expected"
            case 1: "ConditionalOperator can only be used when Filter or Expected has two or more elements"
            default: nil
            }
        #expect(refusal(operation, Self.body(members)) == message)
    }

    @Test(
        arguments: [
            // The values of the request, then the substitutes, then the expressions.
            (
                .updateItem, #""Key":{"a":{}},"UpdateExpression":"","ExpressionAttributeNames":{}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                .putItem, #""Item":{"a":{"SS":[]}},"ConditionExpression":"","ReturnValues":"ALL_NEW""#,
                "One or more parameter values were invalid: An string set  may not be empty"
            ),
            (
                .putItem, #""Item":{},"Expected":{"a":{}},"ReturnValues":"ALL_NEW""#,
                "ReturnValues can only be ALL_OLD or NONE"
            ),
            (
                .deleteItem, #""Key":{},"ConditionExpression":"","ReturnValues":"UPDATED_OLD""#,
                "ReturnValues can only be ALL_OLD or NONE"
            ),
            (
                .updateItem,
                #""Key":{},"UpdateExpression":"","ExpressionAttributeNames":{},"ExpressionAttributeValues":{}"#,
                "ExpressionAttributeNames must not be empty"
            ),
            (
                .updateItem, #""Key":{},"UpdateExpression":"","ExpressionAttributeValues":{}"#,
                "ExpressionAttributeValues must not be empty"
            ),
            (
                .updateItem,
                #""Key":{},"UpdateExpression":"","ExpressionAttributeNames":{"a":"b"},"ExpressionAttributeValues":{"b":{}}"#,
                #"ExpressionAttributeNames contains invalid key: Syntax error; key: "a""#
            ),
            (
                .updateItem, #""Key":{},"UpdateExpression":"","ExpressionAttributeValues":{":b":{"N":""}}"#,
                "The parameter cannot be converted to a numeric value: "
            ),
            (
                .updateItem, #""Key":{},"UpdateExpression":"","ConditionExpression":"""#,
                "Invalid UpdateExpression: The expression can not be empty;"
            ),
            (
                .updateItem, #""Key":{},"UpdateExpression":"REMOVE a","ConditionExpression":"""#,
                "Invalid ConditionExpression: The expression can not be empty;"
            ),
            (
                .updateItem,
                ##""Key":{},"UpdateExpression":"REMOVE #a","ExpressionAttributeNames":{"#a":"a","#c":"c"}"##,
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}"
            ),
            (
                .updateItem,
                #""Key":{},"UpdateExpression":"SET a = :a","ConditionExpression":"b = :b","#
                    + #""ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"},":d":{"S":"d"},":c":{"S":"c"}}"#,
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {:c, :d}"
            ),
            (
                .query, "",
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            ),
            (
                .query, #""KeyConditionExpression":"","FilterExpression":"","ProjectionExpression":"""#,
                "Invalid KeyConditionExpression: The expression can not be empty;"
            ),
            (
                .query, #""KeyConditions":{},"FilterExpression":"","ProjectionExpression":"""#,
                "Invalid FilterExpression: The expression can not be empty;"
            ),
            (
                .query, #""KeyConditions":{},"ProjectionExpression":"""#,
                "Invalid ProjectionExpression: The expression can not be empty;"
            ),
            (.query, #""KeyConditions":{}"#, "Conditions can be of length 1 or 2 only"),
            (
                .query, #""KeyConditions":{"a":{"ComparisonOperator":"EQ"}},"FilterExpression":"a = :x""#,
                "Invalid FilterExpression: An expression attribute value used in expression is not defined; "
                    + "attribute value: :x"
            ),
            // What a key condition asks is looked at after all expressions.
            (
                .query, #""KeyConditionExpression":"a = b OR c = d","FilterExpression":"""#,
                "Invalid FilterExpression: The expression can not be empty;"
            ),
            (
                .query, ##""KeyConditionExpression":"a = b OR c = d","ExpressionAttributeNames":{"#a":"b"}"##,
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"
            ),
            (
                .query, #""KeyConditionExpression":"a = b OR c = d""#,
                "Invalid operator used in KeyConditionExpression: OR"
            ),
            (
                .query, #""ExclusiveStartKey":{"a":{}},"QueryFilter":{"a":\#(condition)},"AttributesToGet":["a","a"]"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                .query, #""ExclusiveStartKey":{"a":{}},"QueryFilter":{"a":\#(right)},"AttributesToGet":["a","a"]"#,
                "One or more parameter values were invalid: Duplicate value in attribute name: a"
            ),
            (
                .query, #""ExclusiveStartKey":{"a":{}},"FilterExpression":"""#,
                "The provided starting key is invalid: "
                    + "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                .scan, #""Segment":1,"ScanFilter":{"a":\#(condition)},"AttributesToGet":["a","a"]"#,
                "One or more parameter values were invalid: Duplicate value in attribute name: a"
            ),
            (
                .scan, #""Segment":1,"ExclusiveStartKey":{"a":{}},"ScanFilter":{"a":\#(condition)}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                .scan, #""Segment":1,"FilterExpression":"""#,
                "The TotalSegments parameter is required but was not present in the request "
                    + "when Segment parameter is present"
            ),
        ] as [(DynamoDB.Operation, String, String)]
    )
    func checksInOrder(operation: DynamoDB.Operation, members: String, message: String) {
        let separator = members.isEmpty ? "" : ","
        #expect(refusal(operation, #"{"TableName":"abc"\#(separator)\#(members)}"#) == message)
    }

    @Test(arguments: [("ConditionExpression", " expression size: 4097"), ("UpdateExpression", "")])
    func expressionsAreBounded(name: String, size: String) {
        let expression = String(repeating: "a", count: 4097)
        #expect(
            refusal(.updateItem, Self.body(#""\#(name)":"\#(expression)""#))
                == "Invalid \(name): Expression size has exceeded the maximum allowed size;" + size
        )
    }

    @Test func aRequestWithoutExpressionsHasNone() throws {
        for operation in [DynamoDB.Operation.getItem, .putItem, .updateItem, .deleteItem, .scan] {
            let none = try expressions(operation, #"{"TableName":"abc","Key":{},"Item":{}}"#)
            #expect(none.condition == nil && none.filter == nil && none.keyCondition == nil)
            #expect(none.update == nil && none.projection == nil)
        }
    }

    @Test func emptyLegacyParametersAskNothing() throws {
        let update = try expressions(.updateItem, Self.body(#""Expected":{},"AttributeUpdates":{}"#))
        #expect(update.condition == nil && update.update == nil)
        #expect(try expressions(.scan, Self.body(#""ScanFilter":{}"#)).filter == nil)
    }

    @Test func keyConditionsGoWithOtherExpressions() throws {
        let query = try expressions(
            .query,
            Self.body(
                #""KeyConditions":{"a":\#(Self.right)},"FilterExpression":"b = :b","ProjectionExpression":"c","#
                    + #""ExpressionAttributeValues":{":b":{"S":"b"}}"#
            )
        )
        #expect(query.keyCondition != nil && query.filter != nil && query.projection != nil)
    }
}
