// Requests to the embedded store, as its thread has them done: whatever they are, nothing crashes, replies are JSON,
// refusals are DynamoDB's, and what the store keeps twice stays the same (see TableStoreFuzz+Checks.swift).

@testable import DynamoDB
@testable import TableStore

/// libFuzzer's entry point.
///
/// Each line of the input is an operation's name, a space and a body; all lines are done in one transaction, as calls
/// that wait together are. It is undone in the end, so that every input begins with the same tables.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTableStore(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    do {
        let calls = input.split(separator: UInt8(ascii: "\n")).prefix(FuzzedStore.maximumCalls)
        // Most of an input's time.
        let isChecked = count.isMultiple(of: 3)
        try FuzzedStore.shared.run(calls, isChecked: isChecked)
    } catch {
        fail("the store itself failed: \(error)")
    }
    return 0
}

/// Ends the process with a message.
func fail(_ message: String) -> Never { fatalError(message) }

/// A store in memory with some tables and items.
final class FuzzedStore {
    static let maximumCalls = 16
    nonisolated(unsafe) static let shared = FuzzedStore()

    let engine: Engine
    private let start: Int64 = 1_700_000_000_123
    /// The tables that every input begins with.
    private var tables: [String: Table] = [:]
    /// What the database holds, as long as nothing has been written.
    private var known: StoreContents?
    /// Whether items, and whether tables may have been written.
    private var hasWritten = (items: false, tables: false)

    private init() {
        do {
            engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
            engine.now = start
            try engine.storage.begin()
            for (operation, body) in Self.contents { _ = try engine.perform(operation, Array(body.utf8)) }
            try engine.storage.commit()
            tables = engine.tables.mapValues(\.copy)
        } catch {
            fail("the tables can't be made: \(error)")
        }
    }

    /// Does the calls, checks what is left if so wished, and undoes it all.
    func run(_ calls: some Sequence<Slice<UnsafeBufferPointer<UInt8>>>, isChecked: Bool) throws {
        engine.now = start
        engine.capacity = CapacityModel()
        try engine.storage.begin()
        known = nil
        hasWritten = (false, false)
        for line in calls { try run(line) }
        if hasWritten.items, isChecked { try checkItems() }
        if hasWritten.tables { try checkTables() }
        engine.storage.rollback()
        engine.tables = tables.mapValues(\.copy)
    }

    private func run(_ line: Slice<UnsafeBufferPointer<UInt8>>) throws {
        let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
        let name = String(decoding: line[..<end], as: UTF8.self)
        // The store's thread also does these.
        switch name {
        case "Housekeeping":
            engine.now += 13 * 3_600_000
            _ = try engine.housekeeping()
            known = nil
            hasWritten.items = true
        case "Enforce":
            engine.capacity.isEnforced.toggle()
            engine.capacity.follow(engine.tables.values, now: engine.now)
        default:
            let other = Self.operations[Int(line.first ?? 0) % Self.operations.count]
            try call(DynamoDB.Operation(rawValue: name) ?? other, Array(line[end...].dropFirst()))
        }
    }

    private func call(_ operation: DynamoDB.Operation, _ body: [UInt8]) throws {
        let isWrite = [.write, .controlWrite].contains(operation.category)
        // A comparison of everything takes longer than most calls.
        let isCompared = isWrite && body.count.isMultiple(of: 4)
        if isCompared, known == nil { known = try contents() }
        do throws(ErrorReply) {
            let reply = try engine.perform(operation, body)
            if isWrite {
                known = nil
                hasWritten.items = true
                if operation.category == .controlWrite { hasWritten.tables = true }
            }
            guard engine.storage.failure == nil else { fail("a failure is not reported") }
            if !reply.isEmpty { checkJSON(reply) }
        } catch {
            check(error)
            if isCompared, try known != contents() { fail("a refused \(operation.name) has changed something") }
        }
        if operation.category == .controlWrite { engine.capacity.follow(engine.tables.values, now: engine.now) }
    }

    private static let operations: [DynamoDB.Operation] = [
        .getItem, .putItem, .updateItem, .deleteItem, .query, .scan, .batchGetItem, .batchWriteItem, .transactGetItems,
        .transactWriteItems, .createTable, .describeTable, .deleteTable, .listTables, .updateTable, .updateTimeToLive,
        .describeTimeToLive, .tagResource, .untagResource, .listTagsOfResource, .describeLimits, .describeEndpoints,
        .describeContinuousBackups, .listStreams, .describeStream, .getShardIterator, .getRecords,
    ]

    /// The requests that make the tables; the seeds name them (TableStoreFuzz.seeds).
    private static let contents: [(DynamoDB.Operation, String)] = [
        (
            .createTable,
            #"""
            {"TableName":"Music","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
            {"AttributeName":"Artist","AttributeType":"S"},{"AttributeName":"Song","AttributeType":"S"},
            {"AttributeName":"Year","AttributeType":"N"},{"AttributeName":"Genre","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"Artist","KeyType":"HASH"},{"AttributeName":"Song","KeyType":"RANGE"}],
            "LocalSecondaryIndexes":[{"IndexName":"ByYear","Projection":{"ProjectionType":"KEYS_ONLY"},"KeySchema":[
            {"AttributeName":"Artist","KeyType":"HASH"},{"AttributeName":"Year","KeyType":"RANGE"}]}],
            "GlobalSecondaryIndexes":[{"IndexName":"ByGenre","Projection":{"ProjectionType":"ALL"},"KeySchema":[
            {"AttributeName":"Genre","KeyType":"HASH"},{"AttributeName":"Year","KeyType":"RANGE"}]},
            {"IndexName":"Genres","Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["Note","Tags"]},
            "KeySchema":[{"AttributeName":"Genre","KeyType":"HASH"}]}],
            "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}
            """#
        ),
        (
            .createTable,
            #"""
            {"TableName":"Numbers","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},
            "AttributeDefinitions":[{"AttributeName":"N","AttributeType":"N"},{"AttributeName":"B","AttributeType":"B"}],
            "KeySchema":[{"AttributeName":"N","KeyType":"HASH"}],
            "GlobalSecondaryIndexes":[{"IndexName":"ByB","Projection":{"ProjectionType":"KEYS_ONLY"},
            "ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},
            "KeySchema":[{"AttributeName":"B","KeyType":"HASH"},{"AttributeName":"N","KeyType":"RANGE"}]}]}
            """#
        ),
        (
            .createTable,
            #"""
            {"TableName":"Bytes","BillingMode":"PAY_PER_REQUEST","DeletionProtectionEnabled":true,
            "AttributeDefinitions":[{"AttributeName":"B","AttributeType":"B"},{"AttributeName":"N","AttributeType":"N"}],
            "KeySchema":[{"AttributeName":"B","KeyType":"HASH"},{"AttributeName":"N","KeyType":"RANGE"}],
            "Tags":[{"Key":"k","Value":"v"}]}
            """#
        ),
        (
            .updateTimeToLive,
            #"{"TableName":"Music","TimeToLiveSpecification":{"AttributeName":"Expiry","Enabled":true}}"#
        ),
        (
            .batchWriteItem,
            #"""
            {"RequestItems":{"Music":[
            {"PutRequest":{"Item":{"Artist":{"S":"A"},"Song":{"S":"a"},"Year":{"N":"1999"},"Genre":{"S":"pop"},
            "Note":{"L":[{"S":"x"},{"N":"1"},{"M":{"k":{"BOOL":true}}}]},"Tags":{"SS":["a","b"]}}}},
            {"PutRequest":{"Item":{"Artist":{"S":"A"},"Song":{"S":"b"},"Year":{"N":"1999"},"Genre":{"S":"pop"},
            "Expiry":{"N":"1700000100"}}}},
            {"PutRequest":{"Item":{"Artist":{"S":"A"},"Song":{"S":"c"},"Year":{"N":"-5.5"},"Price":{"N":"10"}}}},
            {"PutRequest":{"Item":{"Artist":{"S":"B"},"Song":{"S":"a"},"Genre":{"S":"rock"},"Doc":{"M":{"a":{"M":{
            "b":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}}},"n":{"NULL":true}}}}}},
            {"PutRequest":{"Item":{"Artist":{"S":"C"},"Song":{"S":"z"},"Genre":{"S":"pop"},"Expiry":{"N":"1"}}}}],
            "Numbers":[{"PutRequest":{"Item":{"N":{"N":"0"},"B":{"B":"AA=="},"NS":{"NS":["1","2.5"]}}}},
            {"PutRequest":{"Item":{"N":{"N":"-1"},"B":{"B":"AA=="},"BS":{"BS":["AQ==","/w=="]}}}},
            {"PutRequest":{"Item":{"N":{"N":"1E125"}}}}],
            "Bytes":[{"PutRequest":{"Item":{"B":{"B":"YQ=="},"N":{"N":"1"},"S":{"S":""}}}},
            {"PutRequest":{"Item":{"B":{"B":"YQ=="},"N":{"N":"2"}}}},{"PutRequest":{"Item":{"B":{"B":"/w=="},"N":{"N":"1"}}}}]}}
            """#
        ),
    ]
}
