import DynamoDB
import Testing

@testable import TableStore

/// Members of a wrong JSON type (mhart/dynalite, test/*.js "serializations" and test/helpers.js `assertType`, which ran
/// against the service).
struct RequestsTypeTests {
    @Test(arguments: rows) func refusesWrongTypes(_ row: Row) throws {
        for (json, message) in row.type.mistakes {
            let body = row.body(json)
            let error = try #require(try RequestsSupport.refusal(row.operation, body), "\(row.operation) \(body)")
            #expect(error == .serialization(message), "\(row.operation) \(body)")
            #expect(String(decoding: error.body(), as: UTF8.self).contains(#""Message":""#))
        }
    }

    @Test(arguments: attributeRows) func refusesWrongTypesInAttributeValues(_ row: Row) throws {
        for (suffix, type) in RequestsType.insideAttributeValues {
            try refusesWrongTypes(Row(row.operation, row.path + suffix, type))
        }
    }

    @Test func firstInTheBodyCounts() throws {
        let integer = ErrorReply.serialization("STRING_VALUE cannot be converted to Integer")
        let string = ErrorReply.serialization("NUMBER_VALUE cannot be converted to String")
        #expect(try RequestsSupport.refusal("Scan", #"{"TableName":"t","Limit":"5","IndexName":5}"#) == integer)
        #expect(try RequestsSupport.refusal("Scan", #"{"TableName":"t","IndexName":5,"Limit":"5"}"#) == string)
        // Types come before constraints.
        #expect(try RequestsSupport.refusal("Scan", #"{"TableName":"","IndexName":5}"#) == string)
    }

    @Test(arguments: [
        "", "hi", "[]", "7", "null", "\"a\"", "{", "{}}", "{\"a\"}", "{,}", "{}{}", "{\"TableName\":\"a\",}",
    ])
    func refusesWhatIsNoObject(_ body: String) throws {
        for operation in RequestsSupport.shapes.keys {
            #expect(try RequestsSupport.refusal(operation, body) == .malformedJSON, "\(operation)")
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var operation: String
        var path: String
        var type: RequestsType

        init(_ operation: String, _ path: String, _ type: RequestsType) {
            self.operation = operation
            self.path = path
            self.type = type
        }

        var testDescription: String { "\(operation) \(path)" }

        /// A request with `json` at the path, where a number is the first element of a list.
        func body(_ json: String) -> String {
            path.split(separator: ".").reversed().reduce(json) { $1 == "0" ? "[\($0)]" : "{\"\($1)\":\($0)}" }
        }
    }

    static let attributeRows: [Row] = [
        Row("PutItem", "Item.Attr", .valueStructure("AttributeValue")),
        Row("PutItem", "ExpressionAttributeValues.Attr", .valueStructure("AttributeValue")),
        Row("GetItem", "Key.Attr", .valueStructure("AttributeValue")),
        Row("DeleteItem", "Key.Attr", .valueStructure("AttributeValue")),
        Row("UpdateItem", "Key.Attr", .valueStructure("AttributeValue")),
        Row("Query", "ExclusiveStartKey.Attr", .valueStructure("AttributeValue")),
        Row("Query", "QueryFilter.Attr.AttributeValueList.0", .valueStructure("AttributeValue")),
        Row("Query", "KeyConditions.Attr.AttributeValueList.0", .valueStructure("AttributeValue")),
        Row("Scan", "ScanFilter.Attr.AttributeValueList.0", .valueStructure("AttributeValue")),
        Row("BatchGetItem", "RequestItems.Attr.Keys.0.Attr", .valueStructure("AttributeValue")),
        Row("BatchWriteItem", "RequestItems.Attr.0.DeleteRequest.Key.Attr", .valueStructure("AttributeValue")),
        Row("BatchWriteItem", "RequestItems.Attr.0.PutRequest.Item.Attr", .valueStructure("AttributeValue")),
        Row("TransactWriteItems", "TransactItems.0.Put.Item.Attr", .valueStructure("AttributeValue")),
        Row("TransactGetItems", "TransactItems.0.Get.Key.Attr", .valueStructure("AttributeValue")),
        Row("UpdateItem", "AttributeUpdates.Attr.Value", .fieldStructure("AttributeValue")),
        Row("UpdateItem", "Expected.Attr.Value", .fieldStructure("AttributeValue")),
    ]

    static let rows: [Row] =
        attributeRows
        + [
            Row("PutItem", "TableName", .string),
            Row("PutItem", "Item", .map("AttributeValue")),
            Row("PutItem", "Expected", .map("ExpectedAttributeValue")),
            Row("PutItem", "Expected.Attr", .valueStructure("ExpectedAttributeValue")),
            Row("PutItem", "Expected.Attr.Exists", .boolean),
            Row("PutItem", "Expected.Attr.ComparisonOperator", .string),
            Row("PutItem", "Expected.Attr.AttributeValueList", .list),
            Row("PutItem", "ReturnConsumedCapacity", .string),
            Row("PutItem", "ReturnItemCollectionMetrics", .string),
            Row("PutItem", "ReturnValues", .string),
            Row("PutItem", "ReturnValuesOnConditionCheckFailure", .string),
            Row("PutItem", "ConditionalOperator", .string),
            Row("PutItem", "ConditionExpression", .string),
            Row("PutItem", "ExpressionAttributeValues", .map("AttributeValue")),
            Row("PutItem", "ExpressionAttributeNames", .map("java.lang.String")),
            Row("PutItem", "ExpressionAttributeNames.Attr", .string),
            Row("GetItem", "TableName", .string),
            Row("GetItem", "Key", .map("AttributeValue")),
            Row("GetItem", "AttributesToGet", .list),
            Row("GetItem", "AttributesToGet.0", .string),
            Row("GetItem", "ConsistentRead", .boolean),
            Row("GetItem", "ReturnConsumedCapacity", .string),
            Row("GetItem", "ExpressionAttributeNames", .map("java.lang.String")),
            Row("GetItem", "ExpressionAttributeNames.Attr", .string),
            Row("GetItem", "ProjectionExpression", .string),
            Row("DeleteItem", "TableName", .string),
            Row("DeleteItem", "Key", .map("AttributeValue")),
            Row("DeleteItem", "Expected", .map("ExpectedAttributeValue")),
            Row("DeleteItem", "Expected.Attr", .valueStructure("ExpectedAttributeValue")),
            Row("DeleteItem", "ReturnValues", .string),
            Row("DeleteItem", "ConditionExpression", .string),
            Row("DeleteItem", "ExpressionAttributeNames.Attr", .string),
            Row("UpdateItem", "TableName", .string),
            Row("UpdateItem", "Key", .map("AttributeValue")),
            Row("UpdateItem", "Expected", .map("ExpectedAttributeValue")),
            Row("UpdateItem", "Expected.Attr", .valueStructure("ExpectedAttributeValue")),
            Row("UpdateItem", "Expected.Attr.Exists", .boolean),
            Row("UpdateItem", "AttributeUpdates", .map("AttributeValueUpdate")),
            Row("UpdateItem", "AttributeUpdates.Attr", .valueStructure("AttributeValueUpdate")),
            Row("UpdateItem", "AttributeUpdates.Attr.Action", .string),
            Row("UpdateItem", "ReturnConsumedCapacity", .string),
            Row("UpdateItem", "ReturnItemCollectionMetrics", .string),
            Row("UpdateItem", "ReturnValues", .string),
            Row("UpdateItem", "ConditionExpression", .string),
            Row("UpdateItem", "UpdateExpression", .string),
            Row("UpdateItem", "ExpressionAttributeValues", .map("AttributeValue")),
            Row("UpdateItem", "ExpressionAttributeNames", .map("java.lang.String")),
            Row("Query", "TableName", .string),
            Row("Query", "ExclusiveStartKey", .map("AttributeValue")),
            Row("Query", "AttributesToGet", .list),
            Row("Query", "ConsistentRead", .boolean),
            Row("Query", "ReturnConsumedCapacity", .string),
            Row("Query", "QueryFilter", .map("Condition")),
            Row("Query", "QueryFilter.Attr", .valueStructure("Condition")),
            Row("Query", "QueryFilter.Attr.ComparisonOperator", .string),
            Row("Query", "QueryFilter.Attr.AttributeValueList", .list),
            Row("Query", "IndexName", .string),
            Row("Query", "ScanIndexForward", .boolean),
            Row("Query", "Select", .string),
            Row("Query", "Limit", .integer),
            Row("Query", "ConditionalOperator", .string),
            Row("Query", "KeyConditions", .map("Condition")),
            Row("Query", "KeyConditions.Attr", .valueStructure("Condition")),
            Row("Query", "KeyConditions.Attr.ComparisonOperator", .string),
            Row("Query", "KeyConditions.Attr.AttributeValueList", .list),
            Row("Query", "KeyConditionExpression", .string),
            Row("Query", "FilterExpression", .string),
            Row("Query", "ProjectionExpression", .string),
            Row("Scan", "TableName", .string),
            Row("Scan", "Select", .string),
            Row("Scan", "Limit", .integer),
            Row("Scan", "Segment", .integer),
            Row("Scan", "TotalSegments", .integer),
            Row("Scan", "ScanFilter", .map("Condition")),
            Row("Scan", "ScanFilter.Attr", .valueStructure("Condition")),
            Row("Scan", "ScanFilter.Attr.ComparisonOperator", .string),
            Row("Scan", "FilterExpression", .string),
            Row("Scan", "IndexName", .string),
            Row("Scan", "ConsistentRead", .boolean),
            Row("BatchGetItem", "RequestItems", .map("KeysAndAttributes")),
            Row("BatchGetItem", "RequestItems.Attr", .valueStructure("KeysAndAttributes")),
            Row("BatchGetItem", "RequestItems.Attr.Keys", .list),
            Row("BatchGetItem", "RequestItems.Attr.Keys.0", .elementMap),
            Row("BatchGetItem", "RequestItems.Attr.AttributesToGet", .list),
            Row("BatchGetItem", "RequestItems.Attr.ConsistentRead", .boolean),
            Row("BatchGetItem", "RequestItems.Attr.ExpressionAttributeNames", .map("java.lang.String")),
            Row("BatchGetItem", "RequestItems.Attr.ExpressionAttributeNames.Attr", .string),
            Row("BatchGetItem", "RequestItems.Attr.ProjectionExpression", .string),
            Row("BatchGetItem", "ReturnConsumedCapacity", .string),
            Row(
                "BatchWriteItem",
                "RequestItems",
                .map("java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>")
            ),
            Row("BatchWriteItem", "RequestItems.Attr", .elementList),
            Row("BatchWriteItem", "RequestItems.Attr.0", .valueStructure("WriteRequest")),
            Row("BatchWriteItem", "RequestItems.Attr.0.DeleteRequest", .fieldStructure("DeleteRequest")),
            Row("BatchWriteItem", "RequestItems.Attr.0.DeleteRequest.Key", .map("AttributeValue")),
            Row("BatchWriteItem", "RequestItems.Attr.0.PutRequest", .fieldStructure("PutRequest")),
            Row("BatchWriteItem", "RequestItems.Attr.0.PutRequest.Item", .map("AttributeValue")),
            Row("BatchWriteItem", "ReturnItemCollectionMetrics", .string),
            Row("TransactGetItems", "TransactItems", .list),
            Row("TransactGetItems", "TransactItems.0", .valueStructure("TransactGetItem")),
            Row("TransactGetItems", "TransactItems.0.Get", .fieldStructure("Get")),
            Row("TransactGetItems", "TransactItems.0.Get.TableName", .string),
            Row("TransactWriteItems", "ClientRequestToken", .string),
            Row("TransactWriteItems", "TransactItems", .list),
            Row("TransactWriteItems", "TransactItems.0", .valueStructure("TransactWriteItem")),
            Row("TransactWriteItems", "TransactItems.0.Put", .fieldStructure("Put")),
            Row("TransactWriteItems", "TransactItems.0.Update", .fieldStructure("Update")),
            Row("TransactWriteItems", "TransactItems.0.Update.UpdateExpression", .string),
            Row("TransactWriteItems", "TransactItems.0.Delete", .fieldStructure("Delete")),
            Row("TransactWriteItems", "TransactItems.0.Delete.Key", .map("AttributeValue")),
            Row("TransactWriteItems", "TransactItems.0.ConditionCheck", .fieldStructure("ConditionCheck")),
            Row("CreateTable", "TableName", .string),
            Row("CreateTable", "AttributeDefinitions", .list),
            Row("CreateTable", "AttributeDefinitions.0", .valueStructure("AttributeDefinition")),
            Row("CreateTable", "AttributeDefinitions.0.AttributeName", .string),
            Row("CreateTable", "AttributeDefinitions.0.AttributeType", .string),
            Row("CreateTable", "KeySchema", .list),
            Row("CreateTable", "KeySchema.0", .valueStructure("KeySchemaElement")),
            Row("CreateTable", "KeySchema.0.KeyType", .string),
            Row("CreateTable", "LocalSecondaryIndexes", .list),
            Row("CreateTable", "LocalSecondaryIndexes.0", .valueStructure("LocalSecondaryIndex")),
            Row("CreateTable", "LocalSecondaryIndexes.0.IndexName", .string),
            Row("CreateTable", "LocalSecondaryIndexes.0.KeySchema", .list),
            Row("CreateTable", "LocalSecondaryIndexes.0.Projection", .fieldStructure("Projection")),
            Row("CreateTable", "LocalSecondaryIndexes.0.Projection.NonKeyAttributes.0", .string),
            Row("CreateTable", "GlobalSecondaryIndexes", .list),
            Row("CreateTable", "GlobalSecondaryIndexes.0", .valueStructure("GlobalSecondaryIndex")),
            Row(
                "CreateTable",
                "GlobalSecondaryIndexes.0.ProvisionedThroughput",
                .fieldStructure("ProvisionedThroughput")
            ),
            Row("CreateTable", "ProvisionedThroughput", .fieldStructure("ProvisionedThroughput")),
            Row("CreateTable", "ProvisionedThroughput.WriteCapacityUnits", .long),
            Row("CreateTable", "BillingMode", .string),
            Row("CreateTable", "StreamSpecification", .fieldStructure("StreamSpecification")),
            Row("CreateTable", "StreamSpecification.StreamEnabled", .boolean),
            Row("CreateTable", "SSESpecification", .fieldStructure("SSESpecification")),
            Row("CreateTable", "Tags.0", .valueStructure("Tag")),
            Row("CreateTable", "TableClass", .string),
            Row("CreateTable", "DeletionProtectionEnabled", .boolean),
            Row("CreateTable", "OnDemandThroughput.MaxReadRequestUnits", .long),
            Row("CreateTable", "WarmThroughput.ReadUnitsPerSecond", .long),
            Row("CreateTable", "ResourcePolicy", .string),
            Row("UpdateTable", "TableName", .string),
            Row("UpdateTable", "GlobalSecondaryIndexUpdates", .list),
            Row("UpdateTable", "GlobalSecondaryIndexUpdates.0", .valueStructure("GlobalSecondaryIndexUpdate")),
            Row(
                "UpdateTable",
                "GlobalSecondaryIndexUpdates.0.Update",
                .fieldStructure("UpdateGlobalSecondaryIndexAction")
            ),
            Row("UpdateTable", "GlobalSecondaryIndexUpdates.0.Delete.IndexName", .string),
            Row("UpdateTable", "ProvisionedThroughput.ReadCapacityUnits", .long),
            Row("UpdateTable", "ReplicaUpdates.0.Create.RegionName", .string),
            Row("DescribeTable", "TableName", .string),
            Row("DeleteTable", "TableName", .string),
            Row("ListTables", "ExclusiveStartTableName", .string),
            Row("ListTables", "Limit", .integer),
            Row("UpdateTimeToLive", "TableName", .string),
            Row("UpdateTimeToLive", "TimeToLiveSpecification", .fieldStructure("TimeToLiveSpecification")),
            Row("UpdateTimeToLive", "TimeToLiveSpecification.Enabled", .boolean),
            Row("UpdateTimeToLive", "TimeToLiveSpecification.AttributeName", .string),
            Row("DescribeTimeToLive", "TableName", .string),
            Row("DescribeContinuousBackups", "TableName", .string),
            Row("TagResource", "ResourceArn", .string),
            Row("TagResource", "Tags", .list),
            Row("TagResource", "Tags.0", .valueStructure("Tag")),
            Row("TagResource", "Tags.0.Key", .string),
            Row("TagResource", "Tags.0.Value", .string),
            Row("UntagResource", "ResourceArn", .string),
            Row("UntagResource", "TagKeys", .list),
            Row("UntagResource", "TagKeys.0", .string),
            Row("ListTagsOfResource", "ResourceArn", .string),
            Row("ListTagsOfResource", "NextToken", .string),
            Row("ListStreams", "TableName", .string),
            Row("ListStreams", "Limit", .integer),
            Row("DescribeStream", "StreamArn", .string),
            Row("GetShardIterator", "ShardIteratorType", .string),
            Row("GetRecords", "ShardIterator", .string),
            Row("GetRecords", "Limit", .integer),
        ]
}

/// What a member should be, and what DynamoDB says when it is not.
enum RequestsType: Sendable {
    case boolean, string, integer, long, blob, list
    /// A list or map inside a map or list.
    case elementList, elementMap
    case map(String)
    case valueStructure(String)
    case fieldStructure(String)

    /// The members of an attribute value.
    static let insideAttributeValues: [(String, RequestsType)] = [
        (".S", .string), (".N", .string), (".B", .blob), (".BOOL", .boolean), (".NULL", .boolean), (".SS", .list),
        (".SS.0", .string), (".NS", .list), (".NS.0", .string), (".BS", .list), (".BS.0", .blob), (".L", .list),
        (".L.0", .valueStructure("AttributeValue")), (".L.0.BS", .list), (".L.0.BS.0", .blob),
        (".M", .map("AttributeValue")), (".M.a", .valueStructure("AttributeValue")), (".M.a.BS", .list),
        (".M.a.BS.0", .blob),
    ]

    private static let package = "com.amazonaws.dynamodb.v20120810."
    private static let object = ("{}", "Start of structure or map found where not expected")
    private static let scalars = [#""23""#, "true", "23", "-2147483648", "2147483648", "34.56"]
    private static let numbers = [
        ("23", "NUMBER"), ("-2147483648", "NUMBER"), ("2147483648", "NUMBER"), ("34.56", "DECIMAL"),
    ]
    private static let cast =
        "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
        + "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
        + "of loader 'bootstrap')"

    /// Wrong JSON and its message.
    var mistakes: [(String, String)] {
        switch self {
        case .boolean:
            return [
                (#""23""#, "Unexpected token received from parser"),
                ("[]", "Unrecognized collection type class java.lang.Boolean"), Self.object,
            ] + Self.numbers.map { ($0, "\($1)_VALUE cannot be converted to Boolean") }
        case .string:
            return [
                ("true", "TRUE_VALUE cannot be converted to String"),
                ("false", "FALSE_VALUE cannot be converted to String"),
                ("[]", "Unrecognized collection type class java.lang.String"), Self.object,
            ] + Self.numbers.map { ($0, "\($1)_VALUE cannot be converted to String") }
        case .integer: return Self.number("Integer")
        case .long: return Self.number("Long")
        case .blob:
            return [
                ("[]", "Unrecognized collection type class java.nio.ByteBuffer"), Self.object,
                (#""23456""#, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
                (#""=+/=""#, "Invalid last non-pad Base64 character dectected"),
                (#""+/+=""#, "Invalid last non-pad Base64 character dectected"),
            ]
                + ["true", "23", "-2147483648", "34.56"].map {
                    ($0, "only base-64-encoded strings are convertible to bytes")
                }
        case .list:
            return Self.all("Unexpected field type") + [Self.object]
        case .elementList:
            return Self.all(Self.cast) + [Self.object]
        case .elementMap:
            return Self.all(Self.cast)
                + [
                    (
                        "[]",
                        "Unrecognized collection type java.util.Map<java.lang.String, \(Self.package)AttributeValue>"
                    )
                ]
        case .map(let element):
            let element = element.contains(".") ? element : Self.package + element
            return Self.all("Unexpected field type")
                + [("[]", "Unrecognized collection type java.util.Map<java.lang.String, \(element)>")]
        case .valueStructure(let name):
            return Self.all("Unexpected value type in payload")
                + [("[]", "Unrecognized collection type class \(Self.package)\(name)")]
        case .fieldStructure(let name):
            return Self.all("Unexpected field type")
                + [("[]", "Unrecognized collection type class \(Self.package)\(name)")]
        }
    }

    private static func all(_ message: String) -> [(String, String)] { scalars.map { ($0, message) } }

    private static func number(_ name: String) -> [(String, String)] {
        [
            (#""23""#, "STRING_VALUE cannot be converted to \(name)"),
            ("true", "TRUE_VALUE cannot be converted to \(name)"),
            ("false", "FALSE_VALUE cannot be converted to \(name)"),
            ("[]", "Unrecognized collection type class java.lang.\(name)"), object,
        ]
    }
}
