import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// A store in memory whose tables are made without CreateTable.
///
///     Hash     a S                      Number   a N                      Binary   a B
///     Range    a S, b S                 with the indexes of mhart/dynalite's tests (test/helpers.js):
///              local index1 on c (all), index2 on d (c); global index3 on c (all), index4 on c, d (e)
///     Ladder   pk S, sk S               with the indexes of nubo-db/dynamodb-conformance's indexConsumedCapacity.test.ts:
///              local lsi1 on lsiSk (all); global gsi-inc on gsiPk (proj)
final class ItemsFixture {
    let engine: Engine

    init() throws {
        engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        engine.now = 1_700_000_000_000
        add("Hash", Self.schema("a", .string))
        add("Number", Self.schema("a", .number))
        add("Binary", Self.schema("a", .binary))
        add(
            "Range",
            Self.schema("a", .string, "b"),
            local: [
                Self.index(11, "index1", Self.schema("a", .string, "c")),
                Self.index(12, "index2", Self.schema("a", .string, "d"), .include(["c"])),
            ],
            global: [
                Self.index(13, "index3", Self.schema("c", .string)),
                Self.index(14, "index4", Self.schema("c", .string, "d"), .include(["e"])),
            ]
        )
        add(
            "Ladder",
            Self.schema("pk", .string, "sk"),
            local: [Self.index(21, "lsi1", Self.schema("pk", .string, "lsiSk"))],
            global: [Self.index(22, "gsi-inc", Self.schema("gsiPk", .string), .include(["proj"]))]
        )
    }

    static func schema(_ partition: String, _ type: ScalarAttributeType, _ sort: String? = nil) -> KeySchema {
        KeySchema(
            partitionKey: KeySchema.Attribute(name: partition, type: type),
            sortKey: sort.map { KeySchema.Attribute(name: $0, type: .string) }
        )
    }

    private static func index(
        _ number: Int64,
        _ name: String,
        _ schema: KeySchema,
        _ projection: Index.Projection = .all
    ) -> Index {
        Index(number: number, name: name, isGlobal: false, keySchema: schema, projection: projection)
    }

    private func add(_ name: String, _ schema: KeySchema, local: [Index] = [], global: [Index] = []) {
        var definition = TableDefinition(
            number: Int64(engine.tables.count + 1),
            tableID: name,
            name: name,
            createdAt: 0,
            keySchema: schema,
            attributes: [],
            billing: .payPerRequest
        )
        definition.localIndexes = local
        definition.globalIndexes = global
        for index in definition.globalIndexes.indices { definition.globalIndexes[index].isGlobal = true }
        engine.tables[name] = Table(definition)
    }

    func table(_ name: String) throws -> Table { try engine.table(named: name) }

    /// Runs one operation in a transaction.
    func call<Operation: StoreOperation>(
        _ operation: Operation.Type,
        _ request: String
    ) throws(ErrorReply) -> String {
        try engine.storage.begin()
        do {
            let body = try Operation(try Members(Array(request.utf8), as: Operation.shape)).run(on: engine)
            try engine.storage.commit()
            return String(decoding: body, as: UTF8.self)
        } catch {
            engine.storage.rollback()
            throw error
        }
    }

    /// The reply, or the refusal's name and message.
    func answer<Operation: StoreOperation>(_ operation: Operation.Type, _ request: String) -> String {
        do {
            return try call(operation, request)
        } catch {
            return "\(error.name): \(error.message ?? "-")"
        }
    }

    /// Puts an item: the insides of its JSON.
    func put(_ item: String, into table: String) throws(ErrorReply) {
        _ = try call(PutItem.self, "{\"TableName\":\"\(table)\",\"Item\":{\(item)}}")
    }

    /// The item with a key, both as the insides of their JSON; nil when there is none.
    func item(_ key: String, in table: String) throws(ErrorReply) -> String? {
        let reply = try call(GetItem.self, "{\"TableName\":\"\(table)\",\"Key\":{\(key)}}")
        return reply == "{}" ? nil : String(reply.dropFirst("{\"Item\":{".count).dropLast(2))
    }

    /// Checks that what is counted of a table and its indexes is what the storage has.
    func checkStatistics(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let table = try table(name)
        #expect(
            try engine.storage.itemStatistics(of: table.definition.number) == table.statistics,
            sourceLocation: sourceLocation
        )
        for index in table.definition.indexes {
            #expect(
                try engine.storage.entryStatistics(of: index.number)
                    == table.indexStatistics[index.number, default: Table.Statistics()],
                "\(index.name)",
                sourceLocation: sourceLocation
            )
        }
    }
}
