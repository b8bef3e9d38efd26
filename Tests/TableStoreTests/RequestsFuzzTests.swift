import DynamoDB
import Testing

@testable import TableStore

/// Damaged requests end in a refusal or in members, never in a crash.
struct RequestsFuzzTests {
    @Test(arguments: [UInt64(1), 2, 3, 4]) func survivesDamage(_ seed: UInt64) throws {
        var random = Generator(state: seed)
        for (operation, body) in Self.bodies {
            let shape = try #require(RequestsSupport.shapes[operation])
            let original = Array(body.utf8)
            for _ in 0..<200 {
                var bytes = original
                for _ in 0...Int.random(in: 0...3, using: &random) { Self.damage(&bytes, &random) }
                do {
                    _ = try Members(bytes, as: shape)
                } catch {
                    #expect(error.status == 400)
                    #expect(error.body().count < 1 << 20)
                }
            }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout Generator) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: index)
        case 3: bytes.removeSubrange(index...)
        default:
            let end = Int.random(in: index..<bytes.count, using: &random)
            bytes.insert(contentsOf: bytes[index...end], at: index)
        }
    }

    private static let fragments: [[UInt8]] = [
        "{}", "[]", "null", "1e999", "-", "\"", "\\u0000", "\\ud800", "true", ",", ":", "{\"S\":\"a\"}", "[null]", "9",
        "\"no\"", "{\"\":{}}", "[[[[", "\u{FFFD}",
    ].map { Array($0.utf8) }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let bodies: [(String, String)] = [
        (
            "PutItem",
            ##"""
            {"TableName":"abc","Item":{"a":{"S":"b"},"c":{"M":{"d":{"L":[{"N":"1"},{"BOOL":true}]}}},"e":{"BS":["YQ=="]}},
             "ExpressionAttributeNames":{"#a":"b"},"ExpressionAttributeValues":{":a":{"NS":["1","2"]}},
             "ReturnValues":"NONE","Expected":{"x":{"Exists":false}}}
            """##
        ),
        ("Query", #"{"TableName":"abc","Limit":5,"KeyConditions":{"a":{"ComparisonOperator":"EQ"}},"Select":"COUNT"}"#),
        ("Scan", #"{"TableName":"abc","Segment":1,"TotalSegments":2,"ConsistentRead":"no","AttributesToGet":["a"]}"#),
        (
            "CreateTable",
            #"""
            {"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",
             "ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":9000000000},"Tags":[{"Key":"a","Value":""}],
             "GlobalSecondaryIndexes":[{"IndexName":"xyz","KeySchema":[],"Projection":{"NonKeyAttributes":["b"]}}]}
            """#
        ),
        (
            "BatchGetItem",
            #"{"RequestItems":{"abc":{"Keys":[{"a":{"S":"b"}}],"AttributesToGet":["a"]},"bcd":{"Keys":[]}}}"#
        ),
        ("BatchWriteItem", #"{"RequestItems":{"abc":[{"PutRequest":{"Item":{"a":{"S":"b"}}}},{"DeleteRequest":{}}]}}"#),
        (
            "TransactWriteItems",
            #"{"TransactItems":[{"Put":{"TableName":"abc","Item":{}}},{"Update":{"Key":{}}}],"ClientRequestToken":"x"}"#
        ),
        ("TagResource", #"{"ResourceArn":"arn:aws:dynamodb:us-east-1:1:table/abc","Tags":[{"Key":"a","Value":"b"}]}"#),
        ("GetShardIterator", #"{"StreamArn":"a","ShardId":"b","ShardIteratorType":"LATEST","Timestamp":1.5}"#),
    ]
}
