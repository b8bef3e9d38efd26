import DynamoDB
import Testing

@testable import TableStore

@Suite struct StreamsRecordTests {
    private static let set = #","ExpressionAttributeValues":{":v":{"N":"1"}}"#

    @Test func recordsAreAsTheDeveloperGuideShowsThem() throws {
        // Developer Guide, "DynamoDB Streams and AWS Lambda triggers", with its sizes.
        let store = try TestStore()
        let specification = #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#
        let created = try store.call(
            "CreateTable",
            TableRequests.create("Guide", "Id:N", "Id", #""BillingMode":"PAY_PER_REQUEST",\#(specification)"#)
        )
        let arn = try #require(created["TableDescription"]?["LatestStreamArn"]?.string)
        let shard = try #require(try store.shards(of: arn)[0]["ShardId"]?.string)
        let put = { (text: String) in
            #"{"TableName":"Guide","Item":{"Id":{"N":"101"},"Message":{"S":"\#(text)"}}}"#
        }
        try store.call("PutItem", put("New item!"))
        try store.call("PutItem", put("This item has changed"))
        try store.call("DeleteItem", #"{"TableName":"Guide","Key":{"Id":{"N":"101"}}}"#)
        let iterator = try store.call(
            "GetShardIterator",
            #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#
        )
        let records = try store.records(from: #require(iterator["ShardIterator"]?.string)).records
        #expect(records.map { $0["eventName"] } == ["INSERT", "MODIFY", "REMOVE"])
        #expect(records.map { $0["dynamodb"]?["SizeBytes"] } == [26, 59, 38])
        let new: JSON = ["Id": ["N": "101"], "Message": ["S": "New item!"]]
        let changed: JSON = ["Id": ["N": "101"], "Message": ["S": "This item has changed"]]
        #expect(records.map { $0["dynamodb"]?["NewImage"] } == [new, changed, nil])
        #expect(records.map { $0["dynamodb"]?["OldImage"] } == [nil, new, changed])
        for record in records {
            #expect(
                record.object.map { Set($0.keys) }
                    == ["eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"]
            )
            #expect(record["eventVersion"] == "1.1")
            #expect(record["eventSource"] == "aws:dynamodb")
            #expect(record["awsRegion"] == "us-east-1")
            #expect(record["eventID"]?.string?.count == 32)
            #expect(record["dynamodb"]?["Keys"] == ["Id": ["N": "101"]])
            #expect(record["dynamodb"]?["StreamViewType"] == "NEW_AND_OLD_IMAGES")
            #expect(record["dynamodb"]?["ApproximateCreationDateTime"] == 1_700_000_000)
            let number = record["dynamodb"]?["SequenceNumber"]?.string ?? ""
            #expect((21...40).contains(number.count) && number.allSatisfy(\.isNumber))
        }
        #expect(Set(records.map { $0["eventID"]?.string }).count == 3)
        let numbers = records.compactMap { $0["dynamodb"]?["SequenceNumber"]?.string }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
    }

    @Test(arguments: ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
    func aViewSaysWhichImagesThereAre(view: String) throws {
        let fixture = try StreamFixture(view)
        try fixture.put("1", #","a":{"N":"1"}"#)
        try fixture.put("1", #","b":{"N":"2"}"#)
        try fixture.delete()
        let key: [String: JSON] = ["p": ["S": "x"], "c": ["S": "1"]]
        let first = JSON.object(key.merging(["a": ["N": "1"]]) { $1 })
        let second = JSON.object(key.merging(["b": ["N": "2"]]) { $1 })
        let images = { (name: String) in
            { (image: JSON) in view.contains(name) ? image : Optional<JSON>.none }
        }
        let (new, old) = (images("NEW"), images("OLD"))
        let records = try fixture.records()
        #expect(records.map { $0["dynamodb"]?["StreamViewType"] } == Array(repeating: .string(view), count: 3))
        #expect(records.map { $0["dynamodb"]?["Keys"] } == Array(repeating: .object(key), count: 3))
        #expect(records.map { $0["dynamodb"]?["NewImage"] } == [new(first), new(second), .none])
        #expect(records.map { $0["dynamodb"]?["OldImage"] } == [.none, old(first), old(second)])
    }

    /// scylladb/scylladb, test/alternator/test_streams.py, do_updates_1 and test_streams_updateitem_equal_but_not_identical,
    /// which run against the service.
    @Test func writesThatChangeNothingHaveNoRecord() throws {
        let fixture = try StreamFixture()
        try fixture.put("1", #","x":{"N":"2"},"s":{"SS":["a","b"]},"m":{"M":{"k":{"N":"1"},"l":{"N":"2"}}}"#)
        try fixture.put("1", #","m":{"M":{"l":{"N":"2.0"},"k":{"N":"1"}}},"s":{"SS":["b","a"]},"x":{"N":"2"}"#)
        try fixture.update("SET x = :v", #","ExpressionAttributeValues":{":v":{"N":"2"}}"#)
        try fixture.update("REMOVE nothing")
        try fixture.delete("absent")
        #expect(try fixture.records().map { $0["eventName"] } == ["INSERT"])
        fixture.store.expectError(
            "DeleteItem",
            #"{"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"1"}},"ConditionExpression":"attribute_exists(y)"}"#,
            "ConditionalCheckFailedException",
            "The conditional request failed"
        )
        #expect(try fixture.records().count == 1)
    }

    @Test func updatesAreInsertsOrModifications() throws {
        let fixture = try StreamFixture()
        try fixture.update("SET x = :v", Self.set)
        try fixture.update("ADD x :v", Self.set)
        try fixture.update("REMOVE x")
        let records = try fixture.records()
        #expect(records.map { $0["eventName"] } == ["INSERT", "MODIFY", "MODIFY"])
        // An item with nothing but its key is an image all the same.
        let key: JSON = ["p": ["S": "x"], "c": ["S": "1"]]
        #expect(records.last?["dynamodb"]?["NewImage"] == key)
    }

    @Test func batchesAndTransactionsHaveARecordOfEachItem() throws {
        let fixture = try StreamFixture()
        let put = { (c: String) in #"{"PutRequest":{"Item":{"p":{"S":"x"},"c":{"S":"\#(c)"}}}}"# }
        try fixture.store.call(
            "BatchWriteItem",
            #"{"RequestItems":{"Events":[\#(put("1")),\#(put("2"))]}}"#
        )
        try fixture.store.call(
            "BatchWriteItem",
            #"""
            {"RequestItems":{"Events":[{"DeleteRequest":{"Key":{"p":{"S":"x"},"c":{"S":"2"}}}},\#(put("1")),
            {"DeleteRequest":{"Key":{"p":{"S":"x"},"c":{"S":"9"}}}}]}}
            """#
        )
        let transaction = #"""
            {"ClientRequestToken":"once","TransactItems":[
            {"Put":{"TableName":"Events","Item":{"p":{"S":"x"},"c":{"S":"3"}}}},
            {"Update":{"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"1"}},"UpdateExpression":"SET a = :v",
            "ExpressionAttributeValues":{":v":{"N":"1"}}}},
            {"ConditionCheck":{"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"4"}},
            "ConditionExpression":"attribute_not_exists(p)"}}]}
            """#
        try fixture.store.call("TransactWriteItems", transaction)
        try fixture.store.call("TransactWriteItems", transaction)
        let records = try fixture.records()
        let events = records.map { record in
            [record["eventName"], record["dynamodb"]?["Keys"]?["c"]?["S"]].compactMap { $0?.string }
                .joined(separator: " ")
        }
        #expect(events.prefix(2).sorted() == ["INSERT 1", "INSERT 2"])
        #expect(events.dropFirst(2) == ["REMOVE 2", "INSERT 3", "MODIFY 1"])
    }

    @Test func aRefusedTransactionHasNoRecord() throws {
        let fixture = try StreamFixture()
        let transaction = #"""
            {"TransactItems":[{"Put":{"TableName":"Events","Item":{"p":{"S":"x"},"c":{"S":"3"}}}},
            {"ConditionCheck":{"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"4"}},
            "ConditionExpression":"attribute_exists(p)"}}]}
            """#
        #expect(throws: ErrorReply.self) { try fixture.store.call("TransactWriteItems", transaction) }
        #expect(try fixture.records().isEmpty)
    }

    @Test func aReplyIsOfOneMegabyteOrAThousandRecords() throws {
        let fixture = try StreamFixture("NEW_IMAGE")
        for number in 0..<4 {
            try fixture.put("\(number)", #","a":{"S":"\#(String(repeating: "a", count: 300_000))"}"#)
        }
        let (first, next) = try fixture.store.records(from: fixture.iterator("TRIM_HORIZON"))
        #expect(first.count == 3)
        #expect(try fixture.store.records(from: #require(next)).records.count == 1)

        let latest = try fixture.iterator("LATEST")
        for number in 0..<1001 { try fixture.put("n\(number)") }
        let (many, rest) = try fixture.store.records(from: latest)
        #expect(many.count == 1000)
        #expect(try fixture.store.records(from: #require(rest)).records.count == 1)
        #expect(try fixture.store.records(from: latest, limit: 7).records == Array(many.prefix(7)))
    }
}
