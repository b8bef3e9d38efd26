import DynamoDB
import Foundation
import Synchronization
import Testing

@testable import TableStore

/// The store with its engine.
@Suite struct EmbeddedStoreTests {
    private static func create(_ name: String, read: Int = 5, write: Int = 5, index: String = "") -> String {
        #"{"TableName":"\#(name)","AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}"#
            + (index.isEmpty ? "" : #",{"AttributeName":"g","AttributeType":"S"}"#)
            + #"],"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],"ProvisionedThroughput":"#
            + #"{"ReadCapacityUnits":\#(read),"WriteCapacityUnits":\#(write)}\#(index)}"#
    }

    private static func put(_ table: String, _ key: String, size: Int = 0) -> String {
        let text = String(repeating: "x", count: size)
        return #"{"TableName":"\#(table)","Item":{"k":{"S":"\#(key)"},"v":{"S":"\#(text)"}}}"#
    }

    private static func get(_ table: String, _ key: String) -> String {
        #"{"TableName":"\#(table)","Key":{"k":{"S":"\#(key)"}},"ConsistentRead":true}"#
    }

    private static func temporaryFile() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("embedded-\(UUID().uuidString).db").path
    }

    private static func remove(_ file: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: file + suffix) }
    }

    @Test func itemsAreKept() async throws {
        let store = try EmbeddedDynamoDB(EmbeddedDynamoDB.Settings())
        #expect(await store.call(.createTable, Self.create("Music")).status == 200)
        #expect(await store.call(.putItem, Self.put("Music", "a")) == .reply(status: 200, body: Array("{}".utf8)))
        #expect(await store.call(.getItem, Self.get("Music", "a")).text == #"{"Item":{"k":{"S":"a"},"v":{"S":""}}}"#)
        let missing = await store.call(.getItem, Self.get("Other", "a"))
        #expect(missing == .reply(status: 400, body: ErrorReply.resourceNotFound().body()))
        #expect(await store.call(.searchVectors, "{}").text.contains("UnknownOperationException"))
        #expect(store.statistics.calls == 5)
    }

    @Test func aFileOutlivesTheStore() async throws {
        let file = Self.temporaryFile()
        defer { Self.remove(file) }
        var settings = EmbeddedDynamoDB.Settings(file: file)
        settings.region = "eu-west-1"
        let first = try EmbeddedDynamoDB(settings)
        #expect(await first.call(.createTable, Self.create("Music")).text.contains("arn:aws:dynamodb:eu-west-1:"))
        let writes = (0..<200).map { first.submit(Self.put("Music", "\($0)")) }
        for write in writes { #expect(await write.outcome.status == 200) }
        #expect(throws: EmbeddedDynamoDBError.self) { try EmbeddedDynamoDB(settings) }
        first.close()
        let second = try EmbeddedDynamoDB(settings)
        for number in 0..<200 {
            #expect(await second.call(.getItem, Self.get("Music", "\(number)")).text.contains("\"\(number)\""))
        }
        second.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let file = Self.temporaryFile()
        defer { Self.remove(file) }
        try Data("not a database, and long enough to be read as the head of one, if not as more than that".utf8)
            .write(to: URL(fileURLWithPath: file))
        #expect {
            try EmbeddedDynamoDB(EmbeddedDynamoDB.Settings(file: file))
        } throws: { error in
            (error as? EmbeddedDynamoDBError)?.description.contains(file) == true
        }
    }

    @Test func whatIsRolledBackIsForgotten() throws {
        let engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        let runner = EngineRunner(engine)
        var model = ServiceModel()
        model.enforcesThroughput = true
        runner.adopt(model)
        try runner.begin()
        _ = try runner.perform(.createTable, Array(Self.create("Kept", write: 1).utf8))
        try runner.commit()
        try runner.begin()
        _ = try runner.perform(.createTable, Array(Self.create("Lost").utf8))
        _ = try runner.perform(.putItem, Array(Self.put("Kept", "a", size: 50_000).utf8))
        #expect(throws: ErrorReply.self) { try runner.perform(.putItem, Array(Self.put("Kept", "b").utf8)) }
        runner.rollback()
        try runner.begin()
        let list = try runner.perform(.listTables, Array("{}".utf8))
        #expect(String(decoding: list, as: UTF8.self) == #"{"TableNames":["Kept"]}"#)
        #expect(try runner.perform(.getItem, Array(Self.get("Kept", "a").utf8)) == Array("{}".utf8))
        // Nothing was charged.
        _ = try runner.perform(.putItem, Array(Self.put("Kept", "b").utf8))
        try runner.commit()
    }

    /// Statistics that are kept over a rollback are those that would be counted.
    @Test func statisticsAreThoseOfTheDatabaseAfterARollback() throws {
        let engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        let runner = EngineRunner(engine)
        let run = { (calls: [(DynamoDB.Operation, String)], isKept: Bool) in
            try runner.begin()
            for (operation, body) in calls { _ = try runner.perform(operation, Array(body.utf8)) }
            if isKept { try runner.commit() } else { runner.rollback() }
        }
        let index = """
            {"TableName":"Kept","AttributeDefinitions":[{"AttributeName":"v","AttributeType":"S"}],
            "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byV","Projection":{"ProjectionType":"KEYS_ONLY"},
            "KeySchema":[{"AttributeName":"v","KeyType":"HASH"}],
            "ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}}]}
            """
        let puts = ["a", "b", "c"].map { (DynamoDB.Operation.putItem, Self.put("Kept", $0, size: 100)) }
        try run([(.createTable, Self.create("Kept"))] + puts, true)
        let deletion = (DynamoDB.Operation.deleteTable, #"{"TableName":"Kept"}"#)
        let writes = ["a", "d"].map { (DynamoDB.Operation.putItem, Self.put("Kept", $0, size: 7)) }
        for calls in [writes, [(.updateTable, index)] + writes, writes + [deletion]] {
            try run(calls, false)
            try runner.begin()
            let kept = engine.tables["Kept"].map { ($0.statistics, $0.indexStatistics) }
            try engine.reload()
            #expect(kept?.0 == engine.tables["Kept"]?.statistics)
            #expect(kept?.1 == engine.tables["Kept"]?.indexStatistics)
            #expect(kept?.0.items == 3)
            try runner.commit()
        }
        // What was committed stays, when the next transaction does not even begin.
        try run([writes[1]], true)
        runner.rollback()
        runner.rollback()
        try run([(.updateTable, index)], true)
        #expect(engine.tables["Kept"]?.statistics.items == 4)
        try run(writes, false)
        try run([], true)
        #expect(engine.tables["Kept"]?.statistics.items == 4)
        #expect(engine.tables["Kept"]?.indexStatistics.values.map(\.items) == [4])
    }

    @Test func aDatabaseThatIsFullIsTold() throws {
        let engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        let told = Mutex<[String]>([])
        let runner = EngineRunner(engine) { failure in told.withLock { $0.append(failure) } }
        try runner.begin()
        _ = try runner.perform(.createTable, Array(Self.create("Music").utf8))
        try runner.commit()
        try engine.storage.connection.execute("PRAGMA max_page_count = 1")
        try runner.begin()
        #expect(throws: ErrorReply.self) {
            for _ in 0..<100 { _ = try runner.perform(.putItem, Array(Self.put("Music", "a", size: 300_000).utf8)) }
        }
        #expect(told.withLock { $0 }.isEmpty)
        runner.rollback()
        #expect(told.withLock { $0.count == 1 && $0[0].contains("full") })
        runner.rollback()
        #expect(told.withLock { $0.count } == 1)
    }

    @Test func throughputIsEnforcedOnceSwitchedOn() async throws {
        let store = try EmbeddedDynamoDB(EmbeddedDynamoDB.Settings())
        #expect(await store.call(.createTable, Self.create("Music", read: 1, write: 1)).status == 200)
        let large = Self.put("Music", "a", size: 390_000)
        #expect(await store.call(.putItem, large).status == 200)
        #expect(await store.call(.putItem, large).status == 200)
        store.service.enforcesThroughput = true
        #expect(await store.call(.putItem, large).status == 200)
        let refusal = await store.call(.putItem, large)
        #expect(refusal.status == 400)
        #expect(refusal.text.contains("#ProvisionedThroughputExceededException"))
        #expect(await store.call(.getItem, Self.get("Music", "a")).status == 200)
        #expect(await store.call(.getItem, Self.get("Music", "a")).text.contains("TableReadProvisioned"))
        #expect(store.statistics.throttled == 2)

        let unprocessed = #"{"RequestItems":{"Music":[{"PutRequest":{"Item":{"k":{"S":"b"}}}}]}}"#
        #expect(await store.call(.batchWriteItem, unprocessed).text.contains("ProvisionedThroughputExceeded"))
        store.service.enforcesThroughput = false
        #expect(await store.call(.putItem, large).status == 200)
    }

    @Test func aBatchKeepsWhatOneTableDoesNotTake() async throws {
        var settings = EmbeddedDynamoDB.Settings()
        settings.service.enforcesThroughput = true
        let store = try EmbeddedDynamoDB(settings)
        #expect(await store.call(.createTable, Self.create("One", write: 1)).status == 200)
        #expect(await store.call(.createTable, Self.create("Two", write: 1)).status == 200)
        #expect(await store.call(.putItem, Self.put("One", "a", size: 390_000)).status == 200)
        let batch =
            #"{"RequestItems":{"One":[{"PutRequest":{"Item":{"k":{"S":"b"}}}}],"#
            + #""Two":[{"PutRequest":{"Item":{"k":{"S":"b"}}}}]}}"#
        let reply = await store.call(.batchWriteItem, batch)
        #expect(reply.text == #"{"UnprocessedItems":{"One":[{"PutRequest":{"Item":{"k":{"S":"b"}}}}]}}"#)
        #expect(await store.call(.getItem, Self.get("Two", "b")).text.contains("Item"))
        #expect(await store.call(.getItem, Self.get("One", "b")).text == "{}")
    }

    @Test func aSlowIndexHoldsItsTablesWrites() async throws {
        var settings = EmbeddedDynamoDB.Settings()
        settings.service.enforcesThroughput = true
        let store = try EmbeddedDynamoDB(settings)
        let index =
            #","GlobalSecondaryIndexes":[{"IndexName":"ByG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"#
            + #""Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":"#
            + #"{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}]"#
        let table = Self.create("Music", read: 1000, write: 1000, index: index)
        #expect(await store.call(.createTable, table).status == 200)
        let text = String(repeating: "x", count: 390_000)
        let put = #"{"TableName":"Music","Item":{"k":{"S":"a"},"g":{"S":"g"},"v":{"S":"\#(text)"}}}"#
        #expect(await store.call(.putItem, put).status == 200)
        let again = put.replacingOccurrences(of: #""S":"a""#, with: #""S":"b""#)
        #expect(await store.call(.putItem, again).text.contains("IndexWriteProvisionedThroughputExceeded"))
        // A write that leaves the index alone goes on.
        #expect(await store.call(.putItem, Self.put("Music", "c")).status == 200)
    }

    @Test func manyThreadsWorkOnOneStore() async throws {
        let store = try EmbeddedDynamoDB(EmbeddedDynamoDB.Settings())
        #expect(await store.call(.createTable, Self.create("Music")).status == 200)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<25 {
                        #expect(await store.call(.putItem, Self.put("Music", "\(task) \(step)")).status == 200)
                        let read = await store.call(.getItem, Self.get("Music", "\(task) \(step)"))
                        #expect(read.text.contains("\"\(task) \(step)\""))
                    }
                }
            }
        }
        #expect(store.statistics.calls == 401)
    }
}
