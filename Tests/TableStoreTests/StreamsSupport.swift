import DynamoDB
import Testing

@testable import TableStore

/// A table `Events` with keys `p` and `c` and a stream, and what tests do with it.
struct StreamFixture {
    let store: TestStore
    let arn: String
    let shard: String

    init(_ view: String = "NEW_AND_OLD_IMAGES") throws {
        store = try TestStore()
        let created = try store.call("CreateTable", Self.create(view: view))
        arn = try #require(created["TableDescription"]?["LatestStreamArn"]?.string)
        shard = try #require(try store.shards(of: arn)[0]["ShardId"]?.string)
    }

    static func create(_ name: String = "Events", view: String) -> String {
        TableRequests.create(
            name,
            "p:S c:S",
            "p c",
            #"""
            "BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"\#(view)"}
            """#
        )
    }

    /// Puts an item with keys `x` and `c`.
    func put(_ c: String = "1", _ more: String = "") throws {
        try store.call("PutItem", #"{"TableName":"Events","Item":{"p":{"S":"x"},"c":{"S":"\#(c)"}\#(more)}}"#)
    }

    func delete(_ c: String = "1") throws {
        try store.call("DeleteItem", #"{"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"\#(c)"}}}"#)
    }

    func update(_ expression: String, _ values: String = "") throws {
        try store.call(
            "UpdateItem",
            #"""
            {"TableName":"Events","Key":{"p":{"S":"x"},"c":{"S":"1"}},"UpdateExpression":"\#(expression)"\#(values)}
            """#
        )
    }

    /// Asks for an iterator of a type and further members.
    func iterator(_ type: String, _ more: String = "") throws -> String {
        try #require(try store.call("GetShardIterator", request(type, more))["ShardIterator"]?.string)
    }

    func request(_ type: String, _ more: String = "") -> String {
        #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"\#(type)"\#(more)}"#
    }

    /// All records from the beginning on.
    func records() throws -> [JSON] {
        try store.records(from: iterator("TRIM_HORIZON")).records
    }

    func describe() throws -> JSON? {
        try store.call("DescribeStream", #"{"StreamArn":"\#(arn)"}"#)["StreamDescription"]
    }

    func setStream(_ specification: String) throws -> JSON? {
        let reply = try store.call(
            "UpdateTable",
            #"{"TableName":"Events","StreamSpecification":{\#(specification)}}"#
        )
        return reply["TableDescription"]
    }
}

extension TestStore {
    func shards(of arn: String) throws -> [JSON] {
        let reply = try call("DescribeStream", #"{"StreamArn":"\#(arn)"}"#)
        return try #require(reply["StreamDescription"]?["Shards"]?.array)
    }

    /// One GetRecords.
    func records(from iterator: String, limit: Int = 1000) throws -> (records: [JSON], next: String?) {
        let reply = try call("GetRecords", #"{"ShardIterator":"\#(iterator)","Limit":\#(limit)}"#)
        return (try #require(reply["Records"]?.array), reply["NextShardIterator"]?.string)
    }

    /// Does housekeeping as the store's thread does; returns whether there is more to do.
    @discardableResult
    func keepHouse() throws -> Bool {
        engine.now = now
        try engine.storage.begin()
        let hasMore = try engine.housekeeping()
        try engine.storage.commit()
        return hasMore
    }
}
