import DynamoDB
import Testing

@testable import TableStore

@Suite struct TimeToLiveTests {
    /// A table `Ttl` with an index of each kind, a stream, and TTL by `ttl`.
    private static func store(attribute: String? = "ttl", file: String? = nil) throws -> TestStore {
        let store = try TestStore(file: file)
        let indexes = #"""
            "GlobalSecondaryIndexes":[\#(TableRequests.index("byG", "g"))],
            "LocalSecondaryIndexes":[\#(TableRequests.index("byL", "a l"))]
            """#
        let stream = #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"OLD_IMAGE"}"#
        try store.call(
            "CreateTable",
            TableRequests.create(
                "Ttl",
                "a:S b:N g:S l:S",
                "a b",
                #""BillingMode":"PAY_PER_REQUEST",\#(indexes),\#(stream)"#
            )
        )
        if let attribute { try set(attribute, true, in: store) }
        return store
    }

    @discardableResult
    private static func set(_ attribute: String, _ isEnabled: Bool, in store: TestStore) throws -> JSON {
        try store.call("UpdateTimeToLive", request(attribute, isEnabled))
    }

    private static func request(_ attribute: String, _ isEnabled: Bool) -> String {
        #"{"TableName":"Ttl","TimeToLiveSpecification":{"AttributeName":"\#(attribute)","Enabled":\#(isEnabled)}}"#
    }

    private static func put(_ number: Int, _ ttl: String?, in store: TestStore) throws {
        let ttl = ttl.map { #","ttl":\#($0)"# } ?? ""
        try store.call(
            "PutItem",
            #"{"TableName":"Ttl","Item":{"a":{"S":"x"},"b":{"N":"\#(number)"},"g":{"S":"y"},"l":{"S":"z"}\#(ttl)}}"#
        )
    }

    private static func numbers(in store: TestStore, _ more: String = "") throws -> [Int] {
        let items = try store.call("Scan", #"{"TableName":"Ttl"\#(more)}"#)["Items"]?.array ?? []
        return items.compactMap { $0["b"]?["N"]?.string.flatMap { Int($0) } }.sorted()
    }

    @Test func expiredItemsGoFromEverywhere() throws {
        let store = try Self.store()
        try Self.put(1, #"{"N":"1700000100"}"#, in: store)
        try Self.put(2, #"{"N":"1700000200"}"#, in: store)
        try Self.put(3, nil, in: store)
        #expect(try !store.keepHouse())
        #expect(try Self.numbers(in: store) == [1, 2, 3])
        store.now = 1_700_000_100_999
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1, 2, 3])
        store.now = 1_700_000_101_000
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [2, 3])
        for index in ["byG", "byL"] { #expect(try Self.numbers(in: store, #","IndexName":"\#(index)""#) == [2, 3]) }
        let table = try store.engine.table(named: "Ttl")
        #expect(table.statistics.items == 2)
        let (statistics, indexes) = (table.statistics, table.indexStatistics)
        #expect(indexes.values.map(\.items) == [2, 2])
        try store.reload()
        let reloaded = try store.engine.table(named: "Ttl")
        #expect(reloaded.statistics == statistics && reloaded.indexStatistics == indexes)
    }

    /// Developer Guide, "DynamoDB Streams and Time to Live".
    @Test func theRecordNamesTheService() throws {
        let store = try Self.store()
        try Self.put(1, #"{"N":"1700000100"}"#, in: store)
        try Self.put(2, #"{"N":"1700000100"}"#, in: store)
        try store.call("DeleteItem", #"{"TableName":"Ttl","Key":{"a":{"S":"x"},"b":{"N":"2"}}}"#)
        store.now += 200_000
        try store.keepHouse()
        let arn = try #require(try store.call("ListStreams")["Streams"]?[0]?["StreamArn"]?.string)
        let shard = try #require(try store.shards(of: arn)[0]["ShardId"]?.string)
        let iterator = try store.call(
            "GetShardIterator",
            #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#
        )
        let records = try store.records(from: #require(iterator["ShardIterator"]?.string)).records
        #expect(records.map { $0["eventName"] } == ["INSERT", "INSERT", "REMOVE", "REMOVE"])
        let service: JSON = ["PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"]
        #expect(records.map { $0["userIdentity"] } == [nil, nil, nil, service])
        #expect(records.last?["dynamodb"]?["Keys"] == ["a": ["S": "x"], "b": ["N": "1"]])
        #expect(records.last?["dynamodb"]?["OldImage"]?["ttl"] == ["N": "1700000100"])
        #expect(records.last?["dynamodb"]?["ApproximateCreationDateTime"] == 1_700_000_200)
    }

    /// Items as in scylladb/scylladb, test/alternator/test_ttl.py, test_ttl_expiration, which runs against the service.
    @Test(arguments: [
        (#"{"N":"1699999940"}"#, true),
        (#"{"N":"169999994e1"}"#, true),
        (#"{"N":"1699999940.1234"}"#, true),
        (#"{"N":"1600000000"}"#, true),
        // More than five years ago.
        (#"{"N":"162777600"}"#, false), (#"{"N":"0"}"#, false), (#"{"N":"-5.5"}"#, false),
        // Milliseconds, and more than fits.
        (#"{"N":"1699999940000"}"#, false), (#"{"N":"9E+125"}"#, false),
        (#"{"S":"1699999940"}"#, false), (#"{"NS":["1699999940"]}"#, false), (#"{"NULL":true}"#, false),
        (#"{"N":"1700003600"}"#, false),
    ])
    func someNumbersExpire(value: String, expires: Bool) throws {
        let store = try Self.store()
        try Self.put(1, value, in: store)
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == (expires ? [] : [1]))
        // The same for an item that was there before TTL was enabled.
        let late = try Self.store(attribute: nil)
        try Self.put(1, value, in: late)
        try late.keepHouse()
        #expect(try Self.numbers(in: late) == [1])
        try Self.set("ttl", true, in: late)
        try late.keepHouse()
        #expect(try Self.numbers(in: late) == (expires ? [] : [1]))
    }

    @Test func aKeyMayBeTheExpiry() throws {
        let store = try Self.store(attribute: "b")
        try Self.put(1_699_999_940, nil, in: store)
        try Self.put(1_700_003_600, nil, in: store)
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1_700_003_600])
    }

    @Test func anUpdateMovesTheExpiry() throws {
        let store = try Self.store()
        for number in 1...3 { try Self.put(number, #"{"N":"1700000100"}"#, in: store) }
        try store.call(
            "UpdateItem",
            #"""
            {"TableName":"Ttl","Key":{"a":{"S":"x"},"b":{"N":"1"}},"UpdateExpression":"REMOVE #t",
            "ExpressionAttributeNames":{"#t":"ttl"}}
            """#
        )
        try store.call(
            "UpdateItem",
            #"""
            {"TableName":"Ttl","Key":{"a":{"S":"x"},"b":{"N":"2"}},"UpdateExpression":"SET #t = #t + :v",
            "ExpressionAttributeNames":{"#t":"ttl"},"ExpressionAttributeValues":{":v":{"N":"1000"}}}
            """#
        )
        store.now = 1_700_000_500_000
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1, 2])
        store.now = 1_700_001_101_000
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1])
    }

    @Test func disablingStopsIt() throws {
        let store = try Self.store()
        try Self.put(1, #"{"N":"1700000100"}"#, in: store)
        try Self.set("ttl", false, in: store)
        store.now += 200_000
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1])
        // By another attribute, which no item has.
        try Self.set("other", true, in: store)
        try store.keepHouse()
        #expect(try Self.numbers(in: store) == [1])
    }

    @Test func manyItemsGoAPortionAtATime() throws {
        let store = try Self.store()
        for number in 1...250 { try Self.put(number, #"{"N":"1700000100"}"#, in: store) }
        try Self.put(999, nil, in: store)
        store.now += 200_000
        var calls = 1
        while try store.keepHouse() { calls += 1 }
        #expect(try Self.numbers(in: store) == [999])
        #expect(calls == 3)
    }

    /// mhart/dynalite knows none of it; scylladb/scylladb, test/alternator/test_ttl.py, and the live service (2026-10).
    @Test func settingsAreToldAndGuarded() throws {
        let store = try Self.store(attribute: nil)
        let describe = { try store.call("DescribeTimeToLive", #"{"TableName":"Ttl"}"#)["TimeToLiveDescription"] }
        let refuse = { (request: String, message: String) in
            store.expectError("UpdateTimeToLive", request, "ValidationException", message)
        }
        #expect(try describe() == ["TimeToLiveStatus": "DISABLED"])
        refuse(Self.request("ttl", false), "TimeToLive is already disabled")
        #expect(
            try Self.set("ttl", true, in: store)
                == ["TimeToLiveSpecification": ["AttributeName": "ttl", "Enabled": true]]
        )
        #expect(try describe() == ["TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"])
        refuse(Self.request("ttl", true), "TimeToLive is already enabled")
        for isEnabled in [true, false] {
            refuse(
                Self.request("dog", isEnabled),
                "TimeToLive is active on a different AttributeName: current AttributeName is ttl"
            )
        }
        try store.reload()
        #expect(try describe() == ["TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"])
        try Self.set("ttl", false, in: store)
        #expect(try describe() == ["TimeToLiveStatus": "DISABLED"])
        for name in ["UpdateTimeToLive", "DescribeTimeToLive"] {
            store.expectError(
                name,
                Self.request("ttl", true).replacing("\"Ttl\"", with: "\"NoSuchTable\""),
                "ResourceNotFoundException",
                "Requested resource not found: Table: NoSuchTable not found"
            )
        }
    }
}
