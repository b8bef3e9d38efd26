import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// Definitions in the catalog.
@Suite struct TablesCatalogTests {
    private static let attributes: [KeySchema.Attribute] = [
        .init(name: "b", type: .number), .init(name: "a\"\u{1F511}", type: .string), .init(name: "c", type: .binary),
    ]

    /// A definition in which every field differs from its default.
    private static var full: TableDefinition {
        let schema = KeySchema(partitionKey: attributes[1], sortKey: attributes[0])
        let local = Index(
            number: 8,
            name: "local",
            isGlobal: false,
            keySchema: KeySchema(partitionKey: attributes[1], sortKey: attributes[2]),
            projection: .keysOnly
        )
        var global = Index(
            number: 9,
            name: "global",
            isGlobal: true,
            keySchema: KeySchema(partitionKey: attributes[2]),
            projection: .include(["x", "y"])
        )
        global.throughput = Throughput(read: 3, write: 4)
        global.onDemandLimits = OnDemandLimits(read: 5, write: nil)
        (global.lastIncrease, global.lastDecrease, global.decreasesToday) = (1, 2, 3)
        global.warmThroughput = Throughput(read: 6, write: 7)
        var definition = TableDefinition(
            number: 7,
            tableID: "id",
            name: "Music",
            createdAt: 1_700_000_000_123,
            keySchema: schema,
            attributes: attributes,
            billing: .provisioned(Throughput(read: 1, write: 2)),
            localIndexes: [local],
            globalIndexes: [global],
            stream: StreamDefinition(number: 10, label: "label", view: .newAndOldImages),
            timeToLiveAttribute: "ttl",
            isDeletionProtected: true,
            tableClass: "STANDARD",
            encryptionKey: "",
            onDemandLimits: OnDemandLimits(read: nil, write: 8),
            tags: [.init(key: "k", value: "v")]
        )
        (definition.lastIncrease, definition.lastDecrease, definition.decreasesToday) = (4, 5, 6)
        (definition.payPerRequestSince, definition.tableClassSince) = (11, 12)
        definition.warmThroughput = Throughput(read: 13, write: 14)
        definition.latestStreamLabel = "earlier"
        return definition
    }

    @Test func readsWhatItWrites() throws {
        #expect(TableDefinition(saved: Self.full.saved(), number: 7) == Self.full)
        let plain = TableDefinition(
            number: 1,
            tableID: "id",
            name: "Music",
            createdAt: 0,
            keySchema: KeySchema(partitionKey: Self.attributes[0]),
            attributes: [Self.attributes[0]],
            billing: .payPerRequest
        )
        #expect(TableDefinition(saved: plain.saved(), number: 1) == plain)
    }

    @Test func everyFieldIsSaved() throws {
        // A field that is forgotten in the writer would be missing here.
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(Self.full.saved())) as? [String: Any]
        )
        let fields = Mirror(reflecting: Self.full).children.compactMap(\.label)
        let saved = Set(object.keys).union(["number", "billing"])
        #expect(fields.filter { !saved.contains($0) } == [])
    }

    @Test func ignoresMembersOfLaterVersions() throws {
        var text = String(decoding: Self.full.saved(), as: UTF8.self)
        text.insert(contentsOf: #""later":{"x":[1]},"#, at: text.index(after: text.startIndex))
        #expect(TableDefinition(saved: Array(text.utf8), number: 7) == Self.full)
    }

    @Test func refusesWhatIsNoDefinition() throws {
        let text = String(decoding: Self.full.saved(), as: UTF8.self)
        let broken = [
            "", "{", "{}", "[]", text.replacingOccurrences(of: #""type":"N""#, with: #""type":"X""#),
            text.replacingOccurrences(of: #""sort":"b""#, with: #""sort":"z""#),
            text.replacingOccurrences(of: #""projection":"KEYS_ONLY""#, with: #""projection":"""#),
            text.replacingOccurrences(of: "NEW_AND_OLD_IMAGES", with: "NONE"),
            text.replacingOccurrences(of: #""createdAt":1700000000123"#, with: #""createdAt":"now""#),
            text.replacingOccurrences(of: #""name":"global","#, with: ""),
        ]
        for text in broken { #expect(TableDefinition(saved: Array(text.utf8), number: 7) == nil, "\(text)") }
        let storage = try Storage(file: nil)
        try storage.begin()
        try storage.save(Array("{}".utf8), of: 3)
        try storage.commit()
        #expect(
            throws: ErrorReply.internalServerError("The definition of table number 3 in the database can't be read.")
        ) {
            try Engine(storage: storage, identity: StoreIdentity())
        }
    }

    @Test func findsTablesAgainInAFile() throws {
        let file = NSTemporaryDirectory() + "tables-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) } }
        let before: JSON
        do {
            let store = try TestStore(file: file)
            try store.call("CreateTable", TableRequests.create("Music", "a:S b:N", "a b"))
            try store.call("PutItem", #"{"TableName":"Music","Item":{"a":{"S":"x"},"b":{"N":"1"}}}"#)
            before = try store.call("DescribeTable", #"{"TableName":"Music"}"#)
        }
        let store = try TestStore(file: file)
        #expect(try store.call("DescribeTable", #"{"TableName":"Music"}"#) == before)
        #expect(before["Table"]?["ItemCount"] == 1)
    }

    @Test func writesTimes() {
        #expect(TimestampText.label(1_437_785_285_899) == "2015-07-25T00:48:05.899")
        #expect(TimestampText.label(951_782_400_000) == "2000-02-29T00:00:00.000")
        #expect(
            TimestampText.long(1_791_504_000_000) == "Friday, October 9, 2026 at 12:00:00 AM Coordinated Universal Time"
        )
        #expect(TimestampText.label(.min) == "1970-01-01T00:00:00.000")
    }
}
