import DynamoDB
import Testing

@testable import TableStore

/// What operations on items take of a table's throughput when it is enforced.
@Suite struct ItemsCapacityTests {
    private static let exceeded = "ProvisionedThroughputExceededException: "
    private static let tableExceeded =
        exceeded + "The level of configured provisioned throughput for the table was exceeded. "
        + "Consider increasing your provisioning level with the UpdateTable API."

    /// A store that enforces little throughput of Hash, and little of Ladder's global index.
    private func store() throws -> ItemsFixture {
        let store = try ItemsFixture()
        let little = Throughput(read: 1, write: 1)
        try store.table("Hash").definition.billing = .provisioned(little)
        let ladder = try store.table("Ladder")
        ladder.definition.billing = .provisioned(Throughput(read: 1000, write: 1000))
        ladder.definition.globalIndexes[0].throughput = little
        return store
    }

    private let large = String(repeating: "x", count: 400_000)

    @Test func aWriteTakesItsUnits() throws {
        let store = try store()
        let put = #"{"TableName":"Hash","Item":{"a":{"S":"a"},"b":{"S":"\#(large)"}}}"#
        store.engine.capacity.isEnforced = true
        #expect(store.answer(PutItem.self, put) == "{}")
        #expect(store.answer(PutItem.self, put) == Self.tableExceeded)
        let other = #"{"TableName":"Hash","Key":{"a":{"S":"b"}}}"#
        #expect(store.answer(UpdateItem.self, other) == Self.tableExceeded)
        #expect(store.answer(DeleteItem.self, other) == Self.tableExceeded)
        #expect(store.answer(GetItem.self, other) == "{}")
    }

    @Test func aFailedConditionTakesTheItemsUnits() throws {
        let store = try store()
        try store.put(#""a":{"S":"a"},"b":{"S":"\#(large)"}"#, into: "Hash")
        store.engine.capacity.isEnforced = true
        let put = #"{"TableName":"Hash","Item":{"a":{"S":"a"}},"ConditionExpression":"attribute_not_exists(a)"}"#
        #expect(
            store.answer(PutItem.self, put) == "ConditionalCheckFailedException: The conditional request failed"
        )
        #expect(store.answer(PutItem.self, put) == Self.tableExceeded)
    }

    @Test func aReadTakesItsUnits() throws {
        let store = try store()
        try store.put(#""a":{"S":"a"},"b":{"S":"\#(large)"}"#, into: "Hash")
        store.engine.capacity.isEnforced = true
        let get = #"{"TableName":"Hash","Key":{"a":{"S":"a"}},"ConsistentRead":true,"ProjectionExpression":"a"}"#
        let reply = #"{"Item":{"a":{"S":"a"}}}"#
        #expect(store.answer(GetItem.self, get) == reply)
        #expect(store.answer(GetItem.self, get) == Self.tableExceeded)
        // It has taken 98 units, whatever it returned; one is earned a second.
        store.engine.now += 96_000
        #expect(store.answer(GetItem.self, get) == Self.tableExceeded)
        store.engine.now += 2_000
        #expect(store.answer(GetItem.self, get) == reply)
    }

    @Test func aWriteNeedsCapacityOfTheIndexesItChanges() throws {
        let store = try store()
        store.engine.capacity.isEnforced = true
        func put(_ sort: String, _ attributes: String) -> String {
            store.answer(
                PutItem.self,
                #"{"TableName":"Ladder","Item":{"pk":{"S":"p"},"sk":{"S":"\#(sort)"}\#(attributes)}}"#
            )
        }
        let indexed = #","gsiPk":{"S":"g"},"proj":{"S":"\#(large)"}"#
        #expect(put("1", indexed) == "{}")
        #expect(put("2", indexed).hasPrefix(Self.exceeded))
        #expect(try store.item(#""pk":{"S":"p"},"sk":{"S":"2"}"#, in: "Ladder") == nil)
        #expect(put("2", "") == "{}")
        // The same item again changes nothing in the index.
        #expect(put("1", indexed) == "{}")
        let delete = #"{"TableName":"Ladder","Key":{"pk":{"S":"p"},"sk":{"S":"1"}}}"#
        #expect(store.answer(DeleteItem.self, delete).hasPrefix(Self.exceeded))
    }
}
