import Foundation
import Testing

@testable import DynamoDB

/// What clients really sent, compared with what Foundation reads in the same bodies.
@Suite struct CapturedRequestTests {
    @Test func recordedRequestsNameTheirTables() throws {
        let captures = try RequestFixtures.captures("recorded.jsonl").filter { $0.object != nil }
        #expect(captures.count > 150)
        for capture in captures {
            let object = try #require(capture.object)
            let operation = DynamoDB.Operation(rawValue: capture.operation)
            let found = try capture.body.withUnsafeBytes { try TouchedResources.of(operation, body: $0) }
            #expect(Set(found.tables.map(\.name)) == Self.tables(in: object), "\(capture.name) \(capture.operation)")
            #expect(!found.hasUnresolvedName, "\(capture.name)")
            #expect(
                try Self.writes(found, capture.body) == Self.writes(in: object, capture.operation),
                "\(capture.name)"
            )
            let unknown = try capture.body.withUnsafeBytes { try TouchedResources.of(nil, body: $0) }
            #expect(Set(unknown.tables.map(\.name)).isSuperset(of: Self.names(in: object)), "\(capture.name)")
        }
    }

    @Test func recordedGetItemsAreUnderstood() throws {
        let captures = try RequestFixtures.captures("recorded.jsonl").filter { $0.operation == "GetItem" }
        #expect(captures.count > 30)
        var cacheable = 0
        for capture in captures {
            guard let object = capture.object else { continue }
            try capture.body.withUnsafeBytes { body in
                let request = try GetItemRequest.parse(body)
                #expect(JSONText.decoded(request.tableName.slice(of: body)) == object["TableName"] as? String)
                #expect(Self.same(request.key, object["Key"], capture.body), "\(capture.name)")
                #expect(request.consistentRead == (object["ConsistentRead"] as? Bool ?? false))
                #expect(
                    request.returnConsumedCapacity.rawValue == object["ReturnConsumedCapacity"] as? String ?? "NONE"
                )
                #expect(
                    request.projectionExpression.map { JSONText.decoded($0.slice(of: body)) }
                        == object["ProjectionExpression"] as? String
                )
                #expect(ItemKey.appendCanonical(keyObject: request.key.slice(of: body), to: KeyBuffer()))
                if request.isCacheable { cacheable += 1 }
            }
        }
        #expect(cacheable > 30)
    }

    @Test func recordedBatchGetsAreUnderstood() throws {
        for capture in try RequestFixtures.captures("recorded.jsonl") where capture.operation == "BatchGetItem" {
            let object = try #require(capture.object?["RequestItems"] as? [String: [String: Any]])
            try capture.body.withUnsafeBytes { body in
                let request = try BatchGetItemRequest.parse(body)
                #expect(request.isCacheable)
                #expect(request.tables.count == object.count)
                for table in request.tables {
                    let expected = try #require(object[JSONText.decoded(table.name.slice(of: body))])
                    let keys = try #require(expected["Keys"] as? [Any])
                    #expect(table.keys.count == keys.count)
                    for (asked, key) in zip(request.keys[table.keys], keys) {
                        #expect(Self.same(asked.range, key, capture.body))
                    }
                    #expect(table.consistentRead == (expected["ConsistentRead"] as? Bool ?? false))
                }
            }
        }
    }

    /// Each odd body is either refused, left to upstream, or understood as Foundation does.
    @Test func craftedBodiesHaveOneOutcome() throws {
        enum Outcome: Equatable {
            case refused(RequestError)
            case forwarded
            case cacheable
        }
        let expected: [String: Outcome] = [
            "valid-application-json": .cacheable,
            "proto-bad-json": .refused(.malformedJSON),
            "json-escaped-key-name": .cacheable,
            "json-duplicate-via-escape": .refused(.duplicateMember),
            "json-number-not-string": .refused(.wrongType(message: "NUMBER_VALUE cannot be converted to String")),
            "json-two-types": .forwarded,
            "json-nul-in-string": .cacheable,
            "json-trailing-garbage": .refused(.malformedJSON),
            "json-invalid-utf8": .refused(.malformedJSON),
            "json-top-level-array": .refused(.malformedJSON),
            "json-depth-33": .forwarded,
        ]
        var met: Set<String> = []
        for capture in try RequestFixtures.captures("crafted.jsonl") {
            let outcome: Outcome = capture.body.withUnsafeBytes { body in
                do throws(RequestError) {
                    return try GetItemRequest.parse(body).isCacheable ? .cacheable : .forwarded
                } catch {
                    return .refused(error)
                }
            }
            if let wanted = expected[capture.name] {
                met.insert(capture.name)
                #expect(outcome == wanted, "\(capture.name)")
            } else if capture.name.hasPrefix("json-") {
                // An unlisted one, of the duplicate kind or another: consistent means refused or as Foundation reads it.
                switch outcome {
                case .refused, .forwarded: break
                case .cacheable: #expect(capture.object?["TableName"] is String, "\(capture.name)")
                }
            }
        }
        #expect(met == Set(expected.keys))
    }

    // MARK: The model

    private static func tables(in object: [String: Any]) -> Set<String> {
        var names = self.names(in: object)
        for case let statement as String in statements(in: object) {
            let words = statement.split(whereSeparator: { " \n".contains($0) }).map(String.init)
            for (word, next) in zip(words, words.dropFirst()) where ["FROM", "INTO", "UPDATE"].contains(word) {
                names.insert(next.split(separator: ".")[0].filter { $0 != "\"" })
            }
        }
        return names
    }

    private static func statements(in object: [String: Any]) -> [Any?] {
        let lists = ["Statements", "TransactStatements"].compactMap { object[$0] as? [[String: Any]] }
        return [object["Statement"]] + lists.flatMap { $0.map { $0["Statement"] } }
    }

    private static func names(in object: [String: Any]) -> Set<String> {
        var names: Set<String> = []
        for member in ["TableName", "GlobalTableName", "SourceTableName", "TargetTableName"] {
            if let name = object[member] as? String { names.insert(name.components(separatedBy: "table/").last ?? "") }
        }
        for (member, value) in object where member.hasSuffix("Arn") || member == "ShardIterator" {
            let parts = (value as? String ?? "").components(separatedBy: ":table/")
            if parts.count == 2 { names.insert(parts[1].components(separatedBy: "/")[0]) }
        }
        names.formUnion((object["RequestItems"] as? [String: Any] ?? [:]).keys)
        for item in object["TransactItems"] as? [[String: [String: Any]]] ?? [] {
            names.formUnion(item.values.compactMap { $0["TableName"] as? String })
        }
        if let parameters = object["TableCreationParameters"] as? [String: Any] {
            names.formUnion(self.names(in: parameters))
        }
        return names
    }

    private static func writes(in object: [String: Any], _ operation: String) -> NSCountedSet {
        var result: [Any?] = []
        switch operation {
        case "PutItem": result = [object["Item"]]
        case "UpdateItem", "DeleteItem": result = [object["Key"]]
        case "BatchWriteItem":
            for requests in (object["RequestItems"] as? [String: [[String: [String: Any]]]] ?? [:]).values {
                result += requests.flatMap(\.values).map { $0["Item"] ?? $0["Key"] }
            }
        case "TransactWriteItems":
            for item in object["TransactItems"] as? [[String: [String: Any]]] ?? [] where item["ConditionCheck"] == nil
            {
                result += item.values.map { $0["Item"] ?? $0["Key"] }
            }
        default: break
        }
        return NSCountedSet(array: result.compactMap { $0 })
    }

    private static func writes(_ found: TouchedResources, _ body: [UInt8]) throws -> NSCountedSet {
        let values = try found.writes.map { write in
            let range =
                switch write.location {
                case .key(let range), .item(let range): range
                }
            return try JSONSerialization.jsonObject(with: Data(body[range.start..<range.end]))
        }
        return NSCountedSet(array: values)
    }

    private static func same(_ range: ByteRange, _ value: Any?, _ body: [UInt8]) -> Bool {
        let read = try? JSONSerialization.jsonObject(with: Data(body[range.start..<range.end])) as? NSDictionary
        return read != nil && read == value as? NSDictionary
    }
}
