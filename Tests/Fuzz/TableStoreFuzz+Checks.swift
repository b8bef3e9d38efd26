@testable import DynamoDB
@testable import TableStore

/// All that a refused call must leave as it is.
struct StoreContents: Equatable {
    var definitions: [String: TableDefinition] = [:]
    /// Of tables and indexes.
    var statistics: [Int64: Table.Statistics] = [:]
    var items: [Int64: [StoredItem]] = [:]
    var entries: [Int64: [IndexEntry]] = [:]
    var streams: [TableStream] = []
    var lastRecords: [Int64?] = []
}

extension Table {
    var copy: Table {
        let table = Table(definition, statistics: statistics)
        table.indexStatistics = indexStatistics
        return table
    }
}

extension FuzzedStore {
    private static let everything = StorageRange(extent: .slots(0...Int64(UInt32.max)))

    private static let errorNames: Set<Substring> = [
        "AccessDeniedException", "ConditionalCheckFailedException", "ExpiredIteratorException",
        "IdempotentParameterMismatchException", "ItemCollectionSizeLimitExceededException", "LimitExceededException",
        "ProvisionedThroughputExceededException", "ResourceInUseException", "ResourceNotFoundException",
        "SerializationException", "TableNotFoundException", "ThrottlingException", "TransactionCanceledException",
        "TrimmedDataAccessException", "UnknownOperationException", "ValidationException",
    ]

    /// A refusal: one of the service's for bad requests, told in JSON.
    func check(_ error: ErrorReply) {
        guard error.status == 400, Self.errorNames.contains(error.name) else { fail("\(error)") }
        guard engine.storage.failure == nil else { fail("a failure of the database is told as \(error)") }
        checkJSON(error.body())
    }

    /// One JSON text without two members of one name.
    func checkJSON(_ text: [UInt8]) {
        text.withUnsafeBytes { bytes in
            do throws(RequestError) {
                var reader = JSONReader(bytes)
                try reader.skipUniqueValue()
                try reader.finish()
            } catch {
                fail("\(error): \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    func contents() throws(ErrorReply) -> StoreContents {
        var contents = StoreContents()
        for table in engine.tables.values {
            contents.definitions[table.definition.name] = table.definition
            contents.statistics.merge(table.indexStatistics) { $1 }
            contents.statistics[table.definition.number] = table.statistics
            contents.items[table.definition.number] = try items(of: table).map(\.item)
            for index in table.definition.indexes { contents.entries[index.number] = try entries(of: index, table) }
        }
        contents.streams = try engine.streams()
        for stream in contents.streams { contents.lastRecords.append(try engine.storage.lastRecord(of: stream.number)) }
        return contents
    }

    /// Indexes, statistics and expiries are what the items make them.
    func checkItems() throws {
        for table in engine.tables.values { try check(table) }
    }

    /// The engine's tables are the database's; those it reads are the engine's from now on.
    func checkTables() throws {
        let tables = engine.tables
        try engine.reload()
        guard tables.count == engine.tables.count else { fail("other tables after a restart") }
        for (name, table) in tables {
            guard let read = engine.tables[name], read.definition == table.definition else {
                fail("another definition of \(name) after a restart: \(table.definition)")
            }
        }
    }

    private func check(_ table: Table) throws {
        let definition = table.definition
        var statistics = Table.Statistics()
        var expected: [Int64: [StorageKey: IndexEntry]] = [:]
        var expiring: Set<StorageKey> = []
        for (key, stored) in try items(of: table) {
            let item = try stored.item()
            guard let primaryKey = PrimaryKey(of: item, in: definition.keySchema), key == StorageKey(primaryKey) else {
                fail("an item is not at its key: \(item)")
            }
            let size = stored.json.withUnsafeBytes { ItemSize.bytes(ofItem: $0) }
            guard stored.size == item.size, stored.size == size, 1...ItemChange.maximumSize ~= stored.size else {
                fail("\(stored.size) bytes are kept of an item of \(item.size), or \(size ?? -1): \(item)")
            }
            statistics.items += 1
            statistics.bytes += stored.size
            if definition.expiry(of: item) != nil { expiring.insert(key) }
            for index in definition.indexes {
                let entry = index.entry(of: item, at: key, table: definition.keySchema)
                if let entry { expected[index.number, default: [:]][key] = entry }
            }
        }
        guard table.statistics == statistics else { fail("\(definition.name): \(table.statistics), not \(statistics)") }
        let expired = try engine.storage.expired(in: definition.number, before: .max, limit: .max)
        guard Set(expired) == expiring else { fail("\(definition.name): other items expire: \(expired)") }
        for index in definition.indexes { try check(index, of: table, expected[index.number, default: [:]]) }
    }

    private func check(_ index: Index, of table: Table, _ expected: [StorageKey: IndexEntry]) throws {
        let found = try entries(of: index, table)
        guard found.count == expected.count, found.allSatisfy({ expected[$0.base] == $0 }) else {
            fail("\(index.name) has \(found), but its table \(expected)")
        }
        let statistics = Table.Statistics(items: found.count, bytes: found.reduce(0) { $0 + $1.size })
        // What is counted in the database includes entries without an item.
        guard table.indexStatistics[index.number, default: Table.Statistics()] == statistics,
            try engine.storage.entryStatistics(of: index.number) == statistics
        else { fail("\(index.name): \(table.indexStatistics), not \(statistics)") }
    }

    private func items(of table: Table) throws(ErrorReply) -> [(key: StorageKey, item: StoredItem)] {
        var items: [(key: StorageKey, item: StoredItem)] = []
        try engine.storage.items(in: table.definition.number, Self.everything) { (key, item) throws(ErrorReply) in
            items.append((key, item))
            return true
        }
        return items
    }

    private func entries(of index: Index, _ table: Table) throws(ErrorReply) -> [IndexEntry] {
        var entries: [IndexEntry] = []
        try engine.storage.entries(
            of: index.number,
            table: table.definition.number,
            Self.everything
        ) { (entry, _) throws(ErrorReply) in
            entries.append(entry)
            return true
        }
        return entries
    }
}
