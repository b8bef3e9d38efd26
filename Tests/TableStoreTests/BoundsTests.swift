import DynamoDB
import Testing

@testable import TableStore

/// Requests that would hold up the store, or take much memory.
@Suite(.timeLimit(.minutes(1)))
struct BoundsTests {
    private let store: TestStore

    init() throws {
        store = try TestStore()
        try store.call("CreateTable", Self.table("ABC", []))
    }

    private static func table(_ name: String, _ members: [String]) -> String {
        let required = [
            #""TableName":"\#(name)""#, #""BillingMode":"PAY_PER_REQUEST""#,
            #""KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]"#,
        ]
        let definitions = #""AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]"#
        let hasDefinitions = members.contains { $0.hasPrefix(#""AttributeDefinitions""#) }
        return "{\((required + members + (hasDefinitions ? [] : [definitions])).joined(separator: ","))}"
    }

    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        "[" + (0..<count).map(element).joined(separator: ",") + "]"
    }

    @Test func manyTags() {
        let tags = Self.list(50_000) { #"{"Key":"k\#($0)","Value":"v"}"# }
        let message = "Number of Tags exceed the current limit for the provided ResourceArn"
        store.expectError("CreateTable", Self.table("DEF", [#""Tags":\#(tags)"#]), "ValidationException", message)
    }

    @Test func manyIndexesAndDefinitions() {
        let names = Self.list(30_000) { #"{"AttributeName":"\#($0 == 0 ? "k" : "a\($0)")","AttributeType":"S"}"# }
        let indexes = Self.list(30_000) {
            let schema = #"[{"AttributeName":"\#($0 == 0 ? "k" : "a\($0)")","KeyType":"HASH"}]"#
            return #"{"IndexName":"i\#($0)xx","KeySchema":\#(schema),"Projection":{"ProjectionType":"ALL"}}"#
        }
        store.expectError(
            "CreateTable",
            Self.table("DEF", [#""AttributeDefinitions":\#(names)"#, #""GlobalSecondaryIndexes":\#(indexes)"#]),
            "ValidationException",
            "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20"
        )
    }

    @Test func manyIndexUpdates() {
        let updates = Self.list(30_000) { #"{"Delete":{"IndexName":"i\#($0)xx"}}"# }
        store.expectError(
            "UpdateTable",
            #"{"TableName":"ABC","GlobalSecondaryIndexUpdates":\#(updates)}"#,
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    }

    /// Items whose JSON is far longer than they are.
    private func putLongItems() throws {
        guard let table = store.engine.tables["ABC"] else { return }
        let filling = String(repeating: "x", count: 20 << 20)
        for name in ["a", "b", "c", "d", "e"] {
            let key = StorageKey(PrimaryKey(partition: .string(name)))
            let json = Array(#"{"k":{"S":"\#(name)"},"x":{"S":"\#(filling)"}}"#.utf8)
            let item = StoredItem(json: json, size: 10)
            try store.engine.storage.put(item, expiry: nil, at: key, in: table.definition.number)
        }
    }

    @Test func aPageOfLongItems() throws {
        try putLongItems()
        let first = try store.call("Scan", #"{"TableName":"ABC","Select":"COUNT"}"#)
        #expect(first["Count"] == 4)
        guard let key = first["LastEvaluatedKey"]?["k"]?["S"]?.string else {
            Issue.record("the page has all")
            return
        }
        let rest = try store.call(
            "Scan",
            #"{"TableName":"ABC","Select":"COUNT","ExclusiveStartKey":{"k":{"S":"\#(key)"}}}"#
        )
        #expect(rest["Count"] == 1)
    }

    @Test func aBatchOfLongItems() throws {
        try putLongItems()
        let keys = ["a", "b", "c", "d", "e"].map { #"{"k":{"S":"\#($0)"}}"# }.joined(separator: ",")
        let body = Array(#"{"RequestItems":{"ABC":{"Keys":[\#(keys)],"ProjectionExpression":"k"}}}"#.utf8)
        let reply = try JSON(try store.perform(.batchGetItem, body))
        #expect(reply["UnprocessedKeys"]?["ABC"]?["Keys"]?[0]?["k"]?["S"] == "e")
        #expect(reply["UnprocessedKeys"]?["ABC"]?["Keys"]?[1] == nil)
    }
}
