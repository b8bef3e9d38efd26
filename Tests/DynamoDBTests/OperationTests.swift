import Testing

@testable import DynamoDB

@Suite struct OperationTests {
    @Test func tableAgreesWithVectors() throws {
        let rows = try #require(RequestFixtures.json("vectors/operations.json") as? [String: [String: Any]])
        #expect(Set(rows.keys) == Set(Operation.allCases.map(\.name)))
        let categories: [String: Operation.Category] = [
            "read": .read, "write": .write, "partiql": .partiQL, "control-read": .controlRead,
            "control-write": .controlWrite, "bulk-write": .bulkWrite, "list": .list, "streams": .streams,
        ]
        let policies: [String: Operation.Policy] = [
            "serve": .serve, "forward": .forward, "forward or deny": .forward, "forward/deny": .forward, "deny": .deny,
            "synthesise": .synthesise, "synthesise own host": .synthesise, "synthesise or filter": .filter,
        ]
        for operation in Operation.allCases {
            let row = try #require(rows[operation.name])
            #expect((row["class"] as? String).flatMap { categories[$0] } == operation.category, "\(operation)")
            #expect(
                (row["default_policy"] as? String).flatMap { policies[$0] } == operation.defaultPolicy,
                "\(operation)"
            )
        }
    }

    private func target(_ value: String) -> Target { withBytes(value) { Target.parse($0) } }

    @Test func parsesKnownTargets() {
        for operation in Operation.allCases {
            #expect(target(operation.api.rawValue + "." + operation.name) == .known(operation))
        }
    }

    @Test(arguments: [
        ("DynamoDB_20120810.NoSuchOp", Target.unknown(name: "NoSuchOp", api: .dynamoDB)),
        ("DynamoDBStreams_20120810.GetItem", .unknown(name: "GetItem", api: .streams)),
        ("DynamoDB_20120810.GetRecords", .unknown(name: "GetRecords", api: .dynamoDB)),
        ("DynamoDB_20111205.GetItem", .legacy),
        ("", .malformed), (".", .malformed), ("GetItem", .malformed), ("DynamoDB_20120810", .malformed),
        ("DynamoDB_20120810.", .malformed), ("dynamodb_20120810.GetItem", .malformed),
        ("DynamoDB_20120810.getItem", .malformed),
        ("DynamoDB_20120810.GetItem ", .malformed), ("DynamoDB_20120810.Get.Item", .malformed),
        ("DynamoDB_20120810.Get\u{0}Item", .malformed), ("DynamoDB_20130101.GetItem", .malformed),
        ("DynamoDB_20120810." + String(repeating: "A", count: 129), .malformed),
    ])
    func parsesOtherTargets(_ value: String, _ expected: Target) {
        #expect(target(value) == expected)
    }
}
