import DynamoDB
import Testing

@testable import TableStore

@Suite struct StreamsSwitchTests {
    private static let disable = #""StreamEnabled":false"#
    private static let enable = #""StreamEnabled":true,"StreamViewType":"KEYS_ONLY""#

    @Test func anOpenStreamIsDescribed() throws {
        let fixture = try StreamFixture()
        let description = try #require(try fixture.describe())
        #expect(description["StreamArn"] == .string(fixture.arn))
        #expect(description["StreamLabel"] == "2023-11-14T22:13:20.123")
        #expect(fixture.arn.hasSuffix(":table/Events/stream/2023-11-14T22:13:20.123"))
        #expect(description["StreamStatus"] == "ENABLED")
        #expect(description["StreamViewType"] == "NEW_AND_OLD_IMAGES")
        #expect(description["TableName"] == "Events")
        #expect(description["CreationRequestDateTime"] == 1_700_000_000.123)
        #expect(
            description["KeySchema"]
                == [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "c", "KeyType": "RANGE"]]
        )
        #expect(description["LastEvaluatedShardId"] == nil)
        let shard = try #require(description["Shards"]?[0])
        #expect(description["Shards"]?.array?.count == 1)
        #expect((28...65).contains(fixture.shard.count))
        // localstack, tests/aws/services/dynamodbstreams/test_dynamodb_streams.py.
        #expect(fixture.shard.wholeMatch(of: /shardId-[0-9]{20}-[a-zA-Z0-9]{1,36}/) != nil)
        #expect(shard["ParentShardId"] == nil)
        #expect(shard["SequenceNumberRange"]?["EndingSequenceNumber"] == nil)
        #expect((21...40).contains(shard["SequenceNumberRange"]?["StartingSequenceNumber"]?.string?.count ?? 0))
    }

    @Test func shardsAreListedAfterOne() throws {
        let fixture = try StreamFixture()
        let shards = { (more: String) in
            try fixture.store.call("DescribeStream", #"{"StreamArn":"\#(fixture.arn)",\#(more)}"#)[
                "StreamDescription"
            ]?["Shards"]?.array?.count
        }
        #expect(try shards(#""ExclusiveStartShardId":"\#(fixture.shard)""#) == 0)
        #expect(try shards(#""ExclusiveStartShardId":"\#(String(repeating: "z", count: 50))""#) == 0)
        #expect(try shards(#""ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"\#(fixture.shard)"}"#) == 0)
        #expect(try shards(#""Limit":1"#) == 1)
    }

    /// scylladb/scylladb, test/alternator/test_streams.py, test_streams_closed_read and test_streams_disabled_stream.
    @Test func aDisabledStreamCanBeReadToItsEnd() throws {
        let fixture = try StreamFixture()
        let early = try fixture.iterator("LATEST")
        try fixture.put("1")
        try fixture.put("2")
        _ = try fixture.setStream(Self.disable)
        try fixture.put("3")
        let description = try #require(try fixture.describe())
        #expect(description["StreamStatus"] == "DISABLED")
        let range = description["Shards"]?[0]?["SequenceNumberRange"]
        let (first, next) = try fixture.store.records(from: early, limit: 1)
        let (second, end) = try fixture.store.records(from: #require(next), limit: 1)
        #expect(first.count == 1 && second.count == 1 && end == nil)
        #expect(range?["EndingSequenceNumber"] == second[0]["dynamodb"]?["SequenceNumber"])
        #expect(try fixture.records().count == 2)
        let latest = try fixture.store.records(from: fixture.iterator("LATEST"))
        #expect(latest.records.isEmpty && latest.next == nil)
    }

    @Test func anEmptyDisabledStreamEnds() throws {
        let fixture = try StreamFixture()
        _ = try fixture.setStream(Self.disable)
        for type in ["TRIM_HORIZON", "LATEST"] {
            let (records, next) = try fixture.store.records(from: fixture.iterator(type))
            #expect(records.isEmpty && next == nil)
        }
    }

    /// aws-controllers-k8s's record of the live service (2026-10), DDB-TABLE-378.
    @Test func eachEnablingMakesAnotherStream() throws {
        let fixture = try StreamFixture()
        try fixture.put("1")
        _ = try fixture.setStream(Self.disable)
        let again = try #require(try fixture.setStream(Self.enable)?["LatestStreamArn"]?.string)
        #expect(again != fixture.arn)
        try fixture.put("2")
        #expect(try fixture.records().count == 1)
        try fixture.store.call("DeleteTable", #"{"TableName":"Events"}"#)
        let created = try fixture.store.call("CreateTable", StreamFixture.create(view: "NEW_IMAGE"))
        let third = try #require(created["TableDescription"]?["LatestStreamArn"]?.string)
        let listed = try fixture.store.call("ListStreams", #"{"TableName":"Events"}"#)["Streams"]?.array
        #expect(listed?.map { $0["StreamArn"]?.string } == [fixture.arn, again, third])
        let status = try [fixture.arn, again, third].map {
            try fixture.store.call("DescribeStream", #"{"StreamArn":"\#($0)"}"#)["StreamDescription"]?["StreamStatus"]
        }
        #expect(status == ["DISABLED", "DISABLED", "ENABLED"])
        #expect(try fixture.store.call("DescribeTable", #"{"TableName":"Events"}"#)["Table"]?["ItemCount"] == 0)
    }

    @Test func aDeletedTablesStreamIsKeptForADay() throws {
        let fixture = try StreamFixture()
        try fixture.put("1")
        try fixture.store.call("DeleteTable", #"{"TableName":"Events"}"#)
        #expect(try fixture.describe()?["StreamStatus"] == "DISABLED")
        #expect(try fixture.records().count == 1)
        fixture.store.now += TableStream.retention
        try fixture.store.keepHouse()
        #expect(try fixture.records().count == 1)
        fixture.store.now += 1
        try fixture.store.keepHouse()
        fixture.store.expectError(
            "DescribeStream",
            #"{"StreamArn":"\#(fixture.arn)"}"#,
            "ResourceNotFoundException",
            "Requested resource not found: Stream: \(fixture.arn) not found"
        )
        #expect(try fixture.store.call("ListStreams")["Streams"] == [])
    }

    @Test func streamsAreListedPageByPage() throws {
        let store = try TestStore()
        for name in ["One", "Two", "Three"] {
            try store.call("CreateTable", StreamFixture.create(name, view: "KEYS_ONLY"))
        }
        try store.call("CreateTable", TableRequests.create("Plain"))
        var names: [String?] = []
        var start: String?
        repeat {
            let more = start.map { #","ExclusiveStartStreamArn":"\#($0)""# } ?? ""
            let page = try store.call("ListStreams", #"{"Limit":1\#(more)}"#)
            names += page["Streams"]?.array?.map { $0["TableName"]?.string } ?? []
            start = page["LastEvaluatedStreamArn"]?.string
        } while start != nil
        #expect(names == ["One", "Two", "Three"])
        let of = { (name: String) in try store.call("ListStreams", #"{"TableName":"\#(name)"}"#)["Streams"]?.array }
        #expect(try of("Two")?.count == 1)
        #expect(try of("Plain") == [])
        #expect(try of("NoSuchTable") == [])
    }

    @Test func streamsOfTwoTablesAreApart() throws {
        let fixture = try StreamFixture()
        let other = try fixture.store.call("CreateTable", StreamFixture.create("Other", view: "KEYS_ONLY"))
        let arn = try #require(other["TableDescription"]?["LatestStreamArn"]?.string)
        let shard = try #require(try fixture.store.shards(of: arn)[0]["ShardId"]?.string)
        #expect(shard != fixture.shard)
        try fixture.put("1")
        try fixture.store.call("PutItem", #"{"TableName":"Other","Item":{"p":{"S":"x"},"c":{"S":"o"}}}"#)
        try fixture.put("2")
        #expect(try fixture.records().map { $0["dynamodb"]?["Keys"]?["c"]?["S"] } == ["1", "2"])
        fixture.store.expectError(
            "GetShardIterator",
            #"{"StreamArn":"\#(arn)","ShardId":"\#(fixture.shard)","ShardIteratorType":"LATEST"}"#,
            "ResourceNotFoundException",
            "Requested resource not found: Shard does not exist"
        )
    }

    @Test func aStreamIsKeptInTheCatalog() throws {
        let fixture = try StreamFixture()
        try fixture.put("1")
        try fixture.store.reload()
        try fixture.put("2")
        #expect(try fixture.records().count == 2)
        _ = try fixture.setStream(Self.disable)
        try fixture.store.reload()
        try fixture.put("3")
        #expect(try fixture.records().count == 2)
        #expect(try fixture.describe()?["StreamStatus"] == "DISABLED")
    }
}
