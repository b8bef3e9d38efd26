import DynamoDB
import Foundation
import Testing

@testable import TableStore

/// A JSON object.
typealias Object = [String: Any]

/// An engine with the tables of mhart/dynalite's tests (test/helpers.js): a hash table, a range table with two local and
/// two global indexes, and range tables of the other key types.
final class ReadingStore {
    let engine: Engine

    init() throws {
        engine = try Engine(storage: Storage(file: nil), identity: StoreIdentity())
        try createTable("hash", ["a": "S"], ["a"])
        try createTable("hashN", ["a": "N"], ["a"])
        try createTable("rangeN", ["a": "S", "b": "N"], ["a", "b"])
        try createTable("rangeB", ["a": "S", "b": "B"], ["a", "b"])
        try createTable(
            "range",
            ["a": "S", "b": "S", "c": "S", "d": "S"],
            ["a", "b"],
            local: [Self.index("index1", ["a", "c"]), Self.index("index2", ["a", "d"], including: ["c"])],
            global: [Self.index("index3", ["c"]), Self.index("index4", ["c", "d"], including: ["e"])]
        )
    }

    private func createTable(
        _ name: String,
        _ types: [String: String],
        _ keys: [String],
        local: [Object] = [],
        global: [Object] = []
    ) throws {
        var request: Object = [
            "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": Self.schema(keys),
            "AttributeDefinitions": types.map { ["AttributeName": $0.key, "AttributeType": $0.value] },
        ]
        if !local.isEmpty { request["LocalSecondaryIndexes"] = local }
        if !global.isEmpty { request["GlobalSecondaryIndexes"] = global }
        try call(.createTable, request)
    }

    private static func schema(_ keys: [String]) -> [Object] {
        zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": $0, "KeyType": $1] }
    }

    private static func index(_ name: String, _ keys: [String], including names: [String]? = nil) -> Object {
        var projection: Object = ["ProjectionType": names == nil ? "ALL" : "INCLUDE"]
        projection["NonKeyAttributes"] = names
        return ["IndexName": name, "KeySchema": schema(keys), "Projection": projection]
    }

    /// Performs an operation in a transaction.
    @discardableResult
    func call(_ operation: DynamoDB.Operation, _ request: Object) throws -> Object {
        let body = Array(try JSONSerialization.data(withJSONObject: request))
        try engine.storage.begin()
        do {
            let reply = try engine.perform(operation, body)
            try engine.storage.commit()
            return try #require(try JSONSerialization.jsonObject(with: Data(reply)) as? Object)
        } catch {
            engine.storage.rollback()
            throw error
        }
    }

    func put(_ items: [Object], into table: String) throws {
        for item in items { try call(.putItem, ["TableName": table, "Item": item]) }
    }

    /// What a request is refused with: type and message.
    func refusal(_ operation: DynamoDB.Operation, _ request: Object) -> String? {
        do {
            try call(operation, request)
            return nil
        } catch let error as ErrorReply {
            return "\(error.name): \(error.message ?? "")"
        } catch {
            return "\(error)"
        }
    }
}

/// An item of strings.
func strings(_ attributes: [String: String]) -> Object {
    attributes.mapValues { ["S": $0] }
}

/// A Query of a partition, with more members.
func query(_ table: String, _ name: String, _ value: String, _ more: Object = [:]) -> Object {
    var request: Object = ["TableName": table, "KeyConditionExpression": "\(name) = :key"]
    var values: Object = [":key": ["S": value]]
    for (member, value) in more where member != "ExpressionAttributeValues" { request[member] = value }
    values.merge(more["ExpressionAttributeValues"] as? Object ?? [:]) { $1 }
    request["ExpressionAttributeValues"] = values
    return request
}

/// JSON compared by its values.
func same(_ one: Any?, _ other: Any?) -> Bool {
    switch (one, other) {
    case (nil, nil): true
    case (let one?, let other?): NSArray(array: [one]).isEqual(to: [other])
    default: false
    }
}

extension Object {
    var items: [Object] { self["Items"] as? [Object] ?? [] }
    var lastKey: Object? { self["LastEvaluatedKey"] as? Object }
    var counts: [Int] { ["Count", "ScannedCount"].map { self[$0] as? Int ?? -1 } }

    /// One attribute of each item, whatever its type.
    func values(_ name: String) -> [String] {
        items.map { ($0[name] as? Object)?.first?.value as? String ?? "-" }
    }
}
