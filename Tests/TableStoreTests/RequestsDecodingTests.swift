import DynamoDB
import Testing

@testable import TableStore

struct RequestsDecodingTests {
    @Test func givesMembers() throws {
        let members = try RequestsSupport.decode(
            "PutItem",
            ##"""
            {"TableName":"abc","Item":{"a":{"S":"b"}},"ReturnValues":null,"Unknown":{"x":[1,{}]},
             "ExpressionAttributeNames": {"#a":"b"} ,"ExpressionAttributeValues":{":a":{"N":"1"}},
             "Expected":{"x":{"Exists":false},"y":{"Value":{"S":"z"}}}}
            """##
        )
        #expect(members.string("TableName") == "abc")
        #expect(try members.attributeMap("Item")?.checked(for: .putItem) == ["a": .string(Array("b".utf8))])
        #expect(members.raw("ExpressionAttributeNames") == Array(##"{"#a":"b"}"##.utf8))
        #expect(members.raw("ExpressionAttributeValues") == Array(#"{":a":{"N":"1"}}"#.utf8))
        #expect(members.raw("TableName") == nil)
        #expect(!members.has("ReturnValues"))
        #expect(!members.has("Unknown"))
        let expected = try #require(members.map("Expected"))
        #expect(expected.map(\.key) == ["x", "y"])
        guard case .structure(let first) = expected[0].value else { throw Mismatch() }
        #expect(first.boolean("Exists") == false)
    }

    @Test func givesNestedStructures() throws {
        let members = try RequestsSupport.decode(
            "CreateTable",
            #"""
            {"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
             "ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":9000000000},
             "GlobalSecondaryIndexes":[{"IndexName":"xyz","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
               "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["b","c"]}}]}
            """#
        )
        #expect(members.structures("KeySchema")?.first?.string("AttributeName") == "a")
        #expect(members.structure("ProvisionedThroughput")?.integer("WriteCapacityUnits") == 9_000_000_000)
        let index = try #require(members.structures("GlobalSecondaryIndexes")?.first)
        #expect(index.structure("Projection")?.strings("NonKeyAttributes") == ["b", "c"])
    }

    @Test(
        arguments: [
            ("5", 5), ("5.5", 5), ("5.99e0", 5), ("1e2", 100), ("99999999999", 2_147_483_647),
            ("1e400", 2_147_483_647), ("12345678901234567890123", 2_147_483_647), ("1.0", 1), ("100e-2", 1),
        ]
    )
    func cutsIntegers(_ json: String, _ value: Int) throws {
        #expect(try RequestsSupport.decode("Scan", #"{"TableName":"abc","Limit":\#(json)}"#).integer("Limit") == value)
    }

    @Test func boundsLongs() throws {
        for (json, value) in [("1e400", Int.max), ("9223372036854775808", Int.max), ("-1e300", Int.min), ("-0.5", 0)] {
            let body = #"{"TableName":"abc","OnDemandThroughput":{"MaxReadRequestUnits":\#(json)}}"#
            let throughput = try RequestsSupport.decode("UpdateTable", body).structure("OnDemandThroughput")
            #expect(throughput?.integer("MaxReadRequestUnits") == value, "\(json)")
        }
    }

    @Test(
        arguments: [
            (#""true""#, true), (#""FALSE""#, false), (#""yes""#, true), (#""no""#, false), (#""1""#, true),
            (#""0""#, false), ("true", true), ("false", false),
        ]
    )
    func takesWordsForBooleans(_ json: String, _ value: Bool) throws {
        let members = try RequestsSupport.decode("Scan", #"{"TableName":"abc","ConsistentRead":\#(json)}"#)
        #expect(members.boolean("ConsistentRead") == value)
        let put = try RequestsSupport.decode("PutItem", #"{"TableName":"abc","Item":{"a":{"BOOL":\#(json)}}}"#)
        #expect(try put.attributeMap("Item")?.checked(for: .putItem) == ["a": .bool(value)])
    }

    @Test(
        arguments: [
            #"{"TableName":"abc","TableName":"abc"}"#,
            #"{"TableName":"abc","Tabl\u0065Name":"abc"}"#,
            #"{"TableName":null,"TableName":"abc"}"#,
            #"{"TableName":"abc","Item":{"a":{"S":"b"},"a":{"S":"b"}}}"#,
            #"{"TableName":"abc","Item":{"a":{"S":"b","S":"b"}}}"#,
            #"{"TableName":"abc","Item":{"a":{"x":1,"x":1}}}"#,
            #"{"TableName":"abc","Item":{"a":{"x":{"y":1,"y":2},"S":"b"}}}"#,
            #"{"TableName":"abc","Item":{"a":{"M":{"b":{"S":"c"},"\u0062":{"S":"c"}}}}}"#,
            #"{"TableName":"abc","x":1,"x":1}"#,
            #"{"TableName":"abc","x":[{"y":1,"y":1}]}"#,
            #"{"TableName":"abc","Expected":{"x":{},"x":{}}}"#,
            #"{"TableName":"abc","Expected":{"x":{"Exists":true,"Exists":true}}}"#,
            ##"{"TableName":"abc","ExpressionAttributeNames":{"#a":"a","#a":"a"}}"##,
            #"{"TableName":"abc","ExpressionAttributeValues":{":a":{"S":"a"},":a":{"S":"a"}}}"#,
        ]
    )
    func refusesDuplicates(_ body: String) throws {
        #expect(try RequestsSupport.refusal("PutItem", body) == .malformedJSON)
    }

    @Test func refusesDeepNesting() throws {
        let deep = String(repeating: #"{"M":{"a":"#, count: 100_000)
        #expect(try RequestsSupport.refusal("PutItem", #"{"TableName":"abc","Item":{"a":"# + deep) == .malformedJSON)
        let unknown = String(repeating: "[", count: 100_000)
        #expect(try RequestsSupport.refusal("PutItem", #"{"x":"# + unknown) == .malformedJSON)
    }

    @Test func keepsFailuresOfValuesForLater() throws {
        let members = try RequestsSupport.decode("PutItem", #"{"TableName":"abc","Item":{"a":{}}}"#)
        let failure = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        #expect(throws: ErrorReply.validation(failure)) { try members.attributeMap("Item")?.checked(for: .putItem) }
        let null = try RequestsSupport.decode("PutItem", #"{"TableName":"abc","Item":{"a":null}}"#)
        #expect(null.attributeMap("Item")?.failure?.message(.current) == failure)
    }

    @Test(
        arguments: [
            ("GetItem", #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/abc","Key":{}}"#),
            (
                "CreateTable",
                #"{"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}"#
            ),
            ("UpdateTable", #"{"TableName":"abc","GlobalSecondaryIndexUpdates":[{}]}"#),
            ("DescribeTable", #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/abc"}"#),
            ("DeleteTable", #"{"TableName":"abc"}"#), ("ListTables", #"{"ExclusiveStartTableName":null,"Limit":100}"#),
            (
                "UpdateTimeToLive",
                #"{"TableName":"abc","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"a"}}"#
            ),
            ("DescribeTimeToLive", #"{"TableName":"abc"}"#), ("DescribeContinuousBackups", #"{"TableName":"abc"}"#),
            ("TagResource", #"{"ResourceArn":"a:b:c:d:e:f/g","Tags":[]}"#),
            ("UntagResource", #"{"ResourceArn":"a:b:c:d:e:f/g","TagKeys":[]}"#),
            ("ListTagsOfResource", #"{"ResourceArn":"a:b:c:d:e:f/g"}"#), ("DescribeLimits", "{}"),
            ("DescribeEndpoints", #"{"a":1}"#), ("DeleteItem", #"{"TableName":"abc","Key":{}}"#),
            ("UpdateItem", #"{"TableName":"abc","Key":{},"AttributeUpdates":{"a":{"x":"whatever"}}}"#),
            ("Query", #"{"TableName":"abc","KeyConditions":{"a":{"ComparisonOperator":"EQ"}}}"#),
            ("Scan", #"{"TableName":"abc","Segment":0,"TotalSegments":1000000}"#),
            ("BatchGetItem", #"{"RequestItems":{"arn:aws:dynamodb:us-east-1:123456789012:table/abc":{"Keys":[{}]}}}"#),
            ("BatchWriteItem", #"{"RequestItems":{"abc":[{}]}}"#),
            ("TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"abc","Key":{}}}]}"#),
            ("TransactWriteItems", #"{"TransactItems":[{}],"ClientRequestToken":"a"}"#), ("ListStreams", "{}"),
            ("DescribeStream", #"{"StreamArn":"arn:aws:dynamodb:us-east-1:123456789012:table/abc/stream/x"}"#),
            ("GetRecords", #"{"ShardIterator":"a"}"#),
        ]
    )
    func takes(_ operation: String, _ body: String) throws {
        #expect(try RequestsSupport.refusal(operation, body) == nil)
    }

    private struct Mismatch: Error {}
}
