import DynamoDB
import Testing

@testable import TableStore

/// What writes do to indexes: entries, their sizes, and the capacity they cost.
@Suite struct ItemsIndexTests {
    /// The counts of a write to Ladder, as nubo-db/dynamodb-conformance's indexConsumedCapacity.test.ts measured them at
    /// the service; nil is an index that is not reported.
    struct Units: Equatable, CustomStringConvertible {
        var total: Double
        var table: Double
        var global: Double?
        var local: Double?

        var description: String {
            var text = #"{"ConsumedCapacity":{"TableName":"Ladder","CapacityUnits":\#(total)"#
            text += #","Table":{"CapacityUnits":\#(table)}"#
            if let local { text += #","LocalSecondaryIndexes":{"lsi1":{"CapacityUnits":\#(local)}}"# }
            if let global { text += #","GlobalSecondaryIndexes":{"gsi-inc":{"CapacityUnits":\#(global)}}"# }
            return text + "}}"
        }
    }

    private static let key = #""pk":{"S":"p"},"sk":{"S":"1"}"#
    private static let full = key + #","gsiPk":{"S":"g"},"lsiSk":{"S":"L1"},"proj":{"S":"p"},"extra":{"S":"o"}"#

    private func put(_ store: ItemsFixture, _ item: String) -> String {
        store.answer(PutItem.self, #"{"TableName":"Ladder","Item":{\#(item)},"ReturnConsumedCapacity":"INDEXES"}"#)
    }

    @Test(arguments: [
        (#","gsiPk":{"S":"g"},"proj":{"S":"p"}"#, Units(total: 2, table: 1, global: 1)),
        (#","extra":{"S":"o"}"#, Units(total: 1, table: 1)),
        (#","lsiSk":{"S":"L1"}"#, Units(total: 2, table: 1, local: 1)),
        (#","gsiPk":{"S":"g"},"lsiSk":{"S":"L1"},"proj":{"S":"p"}"#, Units(total: 3, table: 1, global: 1, local: 1)),
    ])
    func putsOfNewItems(attributes: String, units: Units) throws {
        let store = try ItemsFixture()
        #expect(put(store, Self.key + attributes) == "\(units)")
        // The same again changes nothing in the indexes.
        #expect(put(store, Self.key + attributes) == "\(Units(total: 1, table: 1))")
        try store.checkStatistics("Ladder")
        let delete = #"{"TableName":"Ladder","Key":{\#(Self.key)},"ReturnConsumedCapacity":"INDEXES"}"#
        #expect(store.answer(DeleteItem.self, delete) == "\(units)")
        try store.checkStatistics("Ladder")
        #expect(try store.table("Ladder").indexStatistics.values.allSatisfy { $0 == Table.Statistics() })
    }

    @Test(arguments: [
        ("SET extra = :v", Units(total: 2, table: 1, local: 1)),
        ("SET proj = :v", Units(total: 3, table: 1, global: 1, local: 1)),
        ("SET gsiPk = :v", Units(total: 4, table: 1, global: 2, local: 1)),
        ("REMOVE gsiPk", Units(total: 3, table: 1, global: 1, local: 1)),
        ("SET lsiSk = :v", Units(total: 3, table: 1, local: 2)),
    ])
    func updates(expression: String, units: Units) throws {
        let store = try ItemsFixture()
        try store.put(Self.full, into: "Ladder")
        let values = expression.contains(":v") ? #","ExpressionAttributeValues":{":v":{"S":"moved"}}"# : ""
        let request =
            #"{"TableName":"Ladder","Key":{\#(Self.key)},"UpdateExpression":"\#(expression)","#
            + #""ReturnConsumedCapacity":"INDEXES"\#(values)}"#
        #expect(store.answer(UpdateItem.self, request) == "\(units)")
        try store.checkStatistics("Ladder")
    }

    @Test func theTotalIncludesTheIndexes() throws {
        let store = try ItemsFixture()
        #expect(
            store.answer(
                PutItem.self,
                #"{"TableName":"Ladder","Item":{\#(Self.full)},"ReturnConsumedCapacity":"TOTAL"}"#
            ) == #"{"ConsumedCapacity":{"TableName":"Ladder","CapacityUnits":3.0}}"#
        )
    }

    @Test func writesInTransactionsCostTwice() throws {
        let store = try ItemsFixture()
        let table = try store.table("Ladder")
        let item: Item = ["pk": .string("p"), "sk": .string("1"), "gsiPk": .string("g")]
        let key = try PrimaryKey(putting: item, into: table)
        let change = ItemChange(key: key, storageKey: StorageKey(key), old: nil, oldSize: 0, new: item)
        try store.engine.storage.begin()
        let used = try store.engine.apply(change, to: table, isTransactional: true)
        try store.engine.storage.commit()
        #expect(used.table.write == 2)
        #expect(used.globalIndexes["gsi-inc"]?.write == 2)
        #expect(used.localIndexes.isEmpty)
        var output: [UInt8] = []
        used.append(.indexes, separatesDirections: true, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == #"{"TableName":"Ladder","CapacityUnits":4.0,"WriteCapacityUnits":4.0,"#
                + #""Table":{"CapacityUnits":2.0,"WriteCapacityUnits":2.0},"#
                + #""GlobalSecondaryIndexes":{"gsi-inc":{"CapacityUnits":2.0,"WriteCapacityUnits":2.0}}}"#
        )
    }

    /// An entry has the keys of the table and the index, and what the index projects.
    @Test func entriesCountWhatTheIndexHas() throws {
        let store = try ItemsFixture()
        let table = try store.table("Range")
        func bytes() -> [Int] { [11, 12, 13, 14].map { table.indexStatistics[$0, default: Table.Statistics()].bytes } }

        try store.put(#""a":{"S":"a"},"b":{"S":"b"},"e":{"S":"1234"},"f":{"S":"123"}"#, into: "Range")
        #expect(bytes() == [0, 0, 0, 0])
        try store.put(#""a":{"S":"a"},"b":{"S":"b"},"c":{"S":"c"},"e":{"S":"1234"},"f":{"S":"123"}"#, into: "Range")
        #expect(bytes() == [15, 0, 15, 0])
        try store.put(
            #""a":{"S":"a"},"b":{"S":"b"},"c":{"S":"c"},"d":{"S":"d"},"e":{"S":"1234"},"f":{"S":"123"}"#,
            into: "Range"
        )
        // index2 has a, b, c, d; index4 has a, b, c, d, e.
        #expect(bytes() == [17, 8, 17, 13])
        try store.checkStatistics("Range")
        try store.put(#""a":{"S":"a"},"b":{"S":"b"},"d":{"S":"d"}"#, into: "Range")
        #expect(bytes() == [0, 6, 0, 0])
        try store.checkStatistics("Range")
    }

    @Test func anIndexFindsTheItemsThatHaveItsKey() throws {
        let store = try ItemsFixture()
        for (b, c) in [("1", "x"), ("2", "y"), ("3", "x")] {
            try store.put(#""a":{"S":"a"},"b":{"S":"\#(b)"},"c":{"S":"\#(c)"}"#, into: "Range")
        }
        try store.put(#""a":{"S":"a"},"b":{"S":"1"},"c":{"S":"y"}"#, into: "Range")
        func found(_ value: String) throws -> [String] {
            let key = StorageKey(PrimaryKey(partition: .string(value)))
            let table = try store.table("Range").definition
            var found: [String] = []
            try store.engine.storage.begin()
            try store.engine.storage.entries(
                of: 13,
                table: table.number,
                StorageRange(extent: .partition(slot: key.slot, key.partition, SortKeyRange()))
            ) { (entry, item) throws(ErrorReply) in
                found.append(String(decoding: entry.base.sort, as: UTF8.self))
                return true
            }
            try store.engine.storage.commit()
            return found.sorted()
        }
        #expect(try found("x") == ["3"])
        #expect(try found("y") == ["1", "2"])
        #expect(try found("z") == [])
    }

    /// Statistics and entries after many random writes are those of the items there are.
    @Test func randomWrites() throws {
        let store = try ItemsFixture()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let key = #""a":{"S":"a"},"b":{"S":"\#(Int.random(in: 0..<8, using: &random))"}"#
            let attributes = ["c", "d", "e", "f"].compactMap { name in
                Bool.random() ? #""\#(name)":{"S":"\#(Int.random(in: 8..<12, using: &random))"}"# : nil
            }
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                _ = try store.call(DeleteItem.self, #"{"TableName":"Range","Key":{\#(key)}}"#)
            case 1:
                let name = ["c", "d", "e"].randomElement(using: &random) ?? "c"
                _ = try store.call(
                    UpdateItem.self,
                    #"{"TableName":"Range","Key":{\#(key)},"UpdateExpression":"SET \#(name) = :v","#
                        + #""ExpressionAttributeValues":{":v":{"S":"\#(Int.random(in: 8..<12, using: &random))"}}}"#
                )
            default:
                try store.put(([key] + attributes).joined(separator: ","), into: "Range")
            }
        }
        try store.checkStatistics("Range")
    }
}
