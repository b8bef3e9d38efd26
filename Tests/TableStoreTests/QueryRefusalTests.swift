import DynamoDB
import Testing

@testable import TableStore

/// What Query and Scan refuse, and in which order: mhart/dynalite, test/query.js and test/scan.js, which ran against the
/// service; getmoto/moto, tests/test_dynamodb ("aws_verified"); nubo-db/dynamodb-conformance.
@Suite struct QueryRefusalTests {
    private static let invalid = "The provided starting key is invalid"
    private static let mismatch = "The provided key element does not match the schema"

    private let store: ReadingStore

    init() throws {
        store = try ReadingStore()
    }

    private func expect(_ operation: DynamoDB.Operation, _ request: Object, _ message: String) {
        #expect(store.refusal(operation, request) == "ValidationException: " + message)
    }

    @Test func indexes() {
        expect(
            .query,
            query("hash", "z", "1", ["IndexName": "whatever", "ExclusiveStartKey": Object()]),
            "The table does not have the specified index: whatever"
        )
        expect(
            .scan,
            ["TableName": "range", "IndexName": "whatever", "ExclusiveStartKey": strings(["z": "a"])],
            "The table does not have the specified index: whatever"
        )
        for operation in [DynamoDB.Operation.query, .scan] {
            var request: Object = ["TableName": "range", "IndexName": "index3", "ConsistentRead": true]
            request["ExclusiveStartKey"] = Object()
            if operation == .query {
                request["KeyConditionExpression"] = "z = :z"
                request["ExpressionAttributeValues"] = [":z": ["S": "1"]]
            }
            expect(operation, request, "Consistent reads are not supported on global secondary indexes")
        }
        #expect(
            store.refusal(.scan, ["TableName": "none"]) == "ResourceNotFoundException: Requested resource not found"
        )
    }

    @Test(
        arguments: [
            ("range", nil, "a", ["z": "1"], invalid), ("range", nil, "a", ["a": "a"], invalid),
            ("range", nil, "a", ["a": "a", "z": "1"], invalid), ("range", nil, "a", ["a": "a", "b": "N"], mismatch),
            ("range", nil, "z", ["a": "a", "b": "N"], "Query condition missed key schema element: a"),
            ("range", nil, "z", ["a": "N", "z": "a"], mismatch),
            ("range", "index1", "a", ["a": "a", "b": "1", "c": "1", "d": "1"], invalid),
            ("range", "index1", "a", ["a": "a", "b": "a", "c": "N"], mismatch),
            ("range", "index1", "a", ["a": "1", "b": "N", "c": "a"], invalid + ": " + mismatch),
            ("range", "index3", "c", ["x": "N", "y": "N", "c": "a"], invalid + ": " + mismatch),
            ("range", "index3", "c", ["a": "a", "b": "N", "c": "a"], invalid + ": " + mismatch),
            ("range", nil, "a", ["a": "b", "b": "a"], outside),
            ("range", "index1", "a", ["a": "b", "b": "a", "c": "a"], outside),
            ("range", "index4", "c", ["a": "a", "b": "a", "c": "b", "d": "a"], outside),
        ] as [(String, String?, String, [String: String], String)]
    )
    func startKeysOfQueries(
        table: String,
        index: String?,
        name: String,
        key: [String: String],
        message: String
    ) {
        let start: Object = key.mapValues { $0 == "N" ? ["N": "1"] : ["S": $0] }
        var more: Object = ["ExclusiveStartKey": start]
        more["IndexName"] = index
        expect(.query, query(table, name, "a", more), message)
    }

    private static let outside = "The provided starting key is outside query boundaries based on provided conditions"

    @Test(
        arguments: [
            ("a", "b", "b > :x", "The provided starting key does not match the range key predicate"),
            ("a", "b", "b < :x", nil),
            ("c", "b", "b < :x", "The query can return at most one row and cannot be restarted"),
        ] as [(String, String, String, String?)]
    )
    func startKeysWithinSortKeys(partition: String, value: String, condition: String, message: String?) {
        let request: Object = [
            "TableName": "range", "KeyConditionExpression": "a = :a AND \(condition)",
            "ExpressionAttributeValues": [":a": ["S": "a"], ":x": ["S": "c"]],
            "ExclusiveStartKey": strings(["a": partition, "b": value]),
        ]
        #expect(store.refusal(.query, request) == message.map { "ValidationException: " + $0 })
    }

    @Test(
        arguments: [
            ("hash", nil, [:], invalid + ": " + mismatch), ("hash", nil, ["b": "a"], invalid + ": " + mismatch),
            ("hash", nil, ["a": "N"], invalid + ": " + mismatch), ("range", nil, ["a": "a"], invalid + ": " + mismatch),
            ("range", nil, ["a": "a", "b": "N"], invalid + ": " + mismatch), ("range", "index1", [:], invalid),
            ("range", "index1", ["a": "a", "b": "a"], invalid), ("range", "index3", ["c": "a"], invalid),
            ("range", "index1", ["a": "a", "b": "a", "c": "N"], mismatch),
            ("range", "index4", ["x": "N", "y": "N", "c": "N", "d": "a"], mismatch),
            ("range", "index1", ["a": "1", "b": "N", "c": "a"], invalid + ": " + mismatch),
            ("range", "index3", ["x": "N", "y": "N", "c": "a"], invalid + ": " + mismatch),
        ] as [(String, String?, [String: String], String)]
    )
    func startKeysOfScans(table: String, index: String?, key: [String: String], message: String) {
        let start: Object = key.mapValues { $0 == "N" ? ["N": "1"] : ["S": $0] }
        var request: Object = ["TableName": table, "ExclusiveStartKey": start]
        request["IndexName"] = index
        expect(.scan, request, message)
    }

    @Test(
        arguments: [
            (
                ["S": "a", "N": "1"],
                "\(invalid): Supplied AttributeValue has more than one datatypes set, "
                    + "must contain exactly one of the supported datatypes"
            ),
            ([:], "\(invalid): Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
            (["N": "b"], "The parameter cannot be converted to a numeric value: b"),
        ] as [([String: String], String)]
    )
    func valuesOfStartKeys(value: [String: String], message: String) {
        expect(.scan, ["TableName": "none", "ExclusiveStartKey": ["a": value]], message)
        expect(
            .query,
            ["TableName": "none", "ExclusiveStartKey": ["a": value], "KeyConditionExpression": ""],
            message
        )
    }

    @Test func emptyAndLongKeys() {
        let empty = "The AttributeValue for a key attribute cannot contain an empty string value."
        let start = "One or more parameter values are not valid. "
        expect(.query, query("hash", "a", ""), "\(start)\(empty) Key: a")
        expect(
            .query,
            query("range", "c", "", ["IndexName": "index3"]),
            "\(start)A value specified for a secondary index key is not supported. \(empty) IndexName: index3, IndexKey: c"
        )
        expect(
            .query,
            query("hash", "a", String(repeating: "x", count: 2049)),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
        )
    }

    @Test(arguments: [DynamoDB.Operation.query, .scan])
    func selections(operation: DynamoDB.Operation) {
        let prefix = "1 validation error detected: "
        func check(_ more: Object, _ message: String) {
            var request: Object = ["TableName": "range"]
            if operation == .query, more["AttributesToGet"] == nil {
                request = query("range", more["IndexName"] == nil ? "a" : "c", "x")
            } else if operation == .query {
                request["KeyConditions"] = ["a": ["ComparisonOperator": "EQ", "AttributeValueList": [["S": "x"]]]]
            }
            expect(operation, request.merging(more) { $1 }, message)
        }
        check(
            ["Select": "SPECIFIC_ATTRIBUTES"],
            "\(prefix)Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
        check(
            ["Select": "ALL_PROJECTED_ATTRIBUTES"],
            "\(prefix)ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        )
        for (selection, name) in [
            ("ALL_ATTRIBUTES", "ALL_ATTRIBUTES"), ("ALL_PROJECTED_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
            ("COUNT", "only the Count"),
        ] {
            check(
                ["Select": selection, "ProjectionExpression": "b"],
                "\(prefix)Cannot specify the ProjectionExpression when choosing to get \(name)"
            )
            check(
                ["Select": selection, "AttributesToGet": ["b"]],
                "\(prefix)Cannot specify the AttributesToGet when choosing to get \(name)"
            )
        }
        check(
            ["Select": "ALL_ATTRIBUTES", "IndexName": "index4"],
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
                + "for global secondary index index4 because its projection type is not ALL"
        )
        check(
            ["IndexName": "index4", "ProjectionExpression": "g, e, a, f"],
            "One or more parameter values were invalid: Global secondary index index4 does not project [f, g]"
        )
    }

    @Test func filters() {
        func check(_ filter: String, index: String? = nil, _ message: String) {
            var more: Object = ["FilterExpression": filter, "ExpressionAttributeValues": [":b": ["S": "b"]]]
            more["IndexName"] = index
            expect(.query, query("range", index == "index4" ? "c" : "a", "x", more), message)
        }
        let key = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
        check("a = :b", key + "a")
        check("attribute_exists(b.c) AND c = :b", key + "b")
        check("d = :b", index: "index4", key + "d")
        check("size(d) > :b", index: "index2", key + "d")
        let nested = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
        check("d[1] = :b", nested + "IndexKey: d")
        expect(.scan, ["TableName": "hash", "FilterExpression": "attribute_exists(a.b)"], nested + "Key: a")
        expect(.query, query("range", "a", "x", ["ProjectionExpression": "b[0]"]), nested + "Key: b")
        for (index, attributes) in [("index4", "f, g"), ("index2", "f, g")] {
            check(
                "g = :b AND (f = :b OR e = :b)".replacing(index == "index2" ? "e" : "-", with: "c"),
                index: index,
                "One or more parameter values were invalid: "
                    + "Secondary index \(index) does not project one or more filter attributes: [\(attributes)]"
            )
        }
        let condition: Object = ["ComparisonOperator": "EQ", "AttributeValueList": [["S": "x"]]]
        expect(
            .query,
            ["TableName": "range", "KeyConditions": ["a": condition], "QueryFilter": ["b": condition]],
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: b"
        )
    }

    @Test func segments() {
        let cases: [(Object, String)] = [
            (
                ["Segment": 0],
                "The TotalSegments parameter is required but was not present in the request "
                    + "when Segment parameter is present"
            ),
            (
                ["TotalSegments": 1],
                "The Segment parameter is required but was not present in the request "
                    + "when parameter TotalSegments is present"
            ),
            (
                ["Segment": 1, "TotalSegments": 1],
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                    + "Segment: 1 is not less than TotalSegments: 1"
            ),
        ]
        for (members, message) in cases {
            // Before the expressions, and before the table is looked for.
            expect(.scan, members.merging(["TableName": "none", "FilterExpression": ""]) { $1 }, message)
        }
    }
}
