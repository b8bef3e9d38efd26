import DynamoDB
import Testing

@testable import TableStore

/// A store in memory with three tables, driven as the store's thread drives it.
///
///     Hash     a S
///     Number   a N
///     Pairs    a S, b N; local index "local" on c S; global index "global" on d S; a stream
final class BatchFixture {
    let store: TestStore
    var engine: Engine { store.engine }

    /// Opens a store; `file` keeps it in a file, with the tables that are there.
    init(file: String? = nil) throws {
        store = try TestStore(file: file)
        guard engine.tables.isEmpty else { return }
        try call(
            .createTable,
            """
            {"TableName":"Hash","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
            "ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}
            """
        )
        try call(
            .createTable,
            """
            {"TableName":"Number","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"N"}],
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}
            """
        )
        try call(
            .createTable,
            """
            {"TableName":"Pairs","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
            {"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"},
            {"AttributeName":"c","AttributeType":"S"},{"AttributeName":"d","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],
            "LocalSecondaryIndexes":[{"IndexName":"local","Projection":{"ProjectionType":"ALL"},
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}]}],
            "GlobalSecondaryIndexes":[{"IndexName":"global","Projection":{"ProjectionType":"KEYS_ONLY"},
            "KeySchema":[{"AttributeName":"d","KeyType":"HASH"}]}],
            "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}
            """
        )
    }

    /// Runs one operation in a transaction.
    @discardableResult
    func call(_ operation: DynamoDB.Operation, _ request: String) throws(ErrorReply) -> String {
        String(decoding: try store.perform(operation, Array(request.utf8)), as: UTF8.self)
    }

    /// The error that an operation is refused with.
    func refusal(_ operation: DynamoDB.Operation, _ request: String) -> ErrorReply? {
        do {
            try call(operation, request)
            return nil
        } catch {
            return error
        }
    }

    /// A reply, parsed.
    func object(_ operation: DynamoDB.Operation, _ request: String) throws -> JSON {
        try json(call(operation, request))
    }

    /// Puts small items that count as `size` bytes each into Hash, with keys 0, 1, ...
    func fillHash(count: Int, size: Int) throws {
        let table = try engine.table(named: "Hash")
        try engine.storage.begin()
        for index in 0..<count {
            let key = PrimaryKey(partition: .string("\(index)"))
            let stored = StoredItem(json: Array("{\"a\":{\"S\":\"\(index)\"}}".utf8), size: size)
            try engine.storage.put(stored, expiry: nil, at: StorageKey(key), in: table.definition.number)
        }
        try engine.storage.commit()
    }

    /// Takes a table's capacity away.
    func exhaust(_ table: String) throws {
        engine.capacity.isEnforced = true
        var used = Consumption(tableName: table)
        used.table = Consumption.Units(read: 1e6, write: 1e6)
        engine.capacity.charge(used, to: try engine.table(named: table), now: engine.now)
    }

    /// What a table, its indexes and its stream hold, to be compared.
    func contents(_ name: String) throws -> [String] {
        let table = try engine.table(named: name)
        var contents = [try call(.scan, "{\"TableName\":\"\(name)\"}"), "\(table.statistics)"]
        for index in table.definition.indexes {
            contents.append(try call(.scan, "{\"TableName\":\"\(name)\",\"IndexName\":\"\(index.name)\"}"))
        }
        if let stream = table.definition.stream {
            contents.append("\(try engine.storage.lastRecord(of: stream.number) ?? 0)")
        }
        return contents
    }
}

/// Parses JSON.
func json(_ text: String) throws -> JSON { try JSON(text.utf8) }

/// Text of `count` elements with commas between them.
func list(_ count: Int, _ element: (Int) -> String) -> String {
    (0..<count).map(element).joined(separator: ",")
}

let mismatch = "The provided key element does not match the schema"
let duplicates = "Provided list of item keys contains duplicates"
let emptyKey =
    "One or more parameter values are not valid. "
    + "The AttributeValue for a key attribute cannot contain an empty string value. Key: a"
