import DynamoDB
import Testing

@testable import TableStore

/// Facts from mhart/dynalite, test/query.js, which ran against the service.
@Suite struct QueryTests {
    private let store: ReadingStore

    init() throws {
        store = try ReadingStore()
    }

    @Test func anEmptyPartitionIsAnEmptyPage() throws {
        let reply = try store.call(.query, query("hash", "a", "x", ["Select": "ALL_ATTRIBUTES"]))
        #expect(same(reply, ["Count": 0, "ScannedCount": 0, "Items": [Any]()]))
    }

    @Test(
        arguments: [
            ("b = :b", ["2"]), ("b <= :b", ["1", "10", "2"]), ("b < :b", ["1", "10"]), ("b >= :b", ["2", "3"]),
            ("b > :b", ["3"]), ("begins_with(b, :c)", ["1", "10"]), ("b BETWEEN :c AND :b", ["1", "10", "2"]),
            (":b > b", ["1", "10"]),
        ]
    )
    func sortKeyConditions(condition: String, expected: [String]) throws {
        try store.put(["3", "1", "10", "2"].map { strings(["a": "p", "b": $0]) }, into: "range")
        try store.put([strings(["a": "q", "b": "1"])], into: "range")
        var values: Object = [":a": ["S": "p"]]
        for (name, value) in [":b": "2", ":c": "1"] where condition.contains(name) { values[name] = ["S": value] }
        let request: Object = [
            "TableName": "range", "KeyConditionExpression": "a = :a AND \(condition)",
            "ExpressionAttributeValues": values,
        ]
        #expect(try store.call(.query, request).values("b") == expected)
        let backwards = try store.call(.query, request.merging(["ScanIndexForward": false]) { $1 })
        #expect(backwards.values("b") == expected.reversed())
    }

    @Test func numbersAreInOrderOfTheirValues() throws {
        let ordered = [
            "-99.1", "-10.1", "-9", "-1.01", "-1", "-0.09", "-0.01", "0", "0.01", "0.9", "1", "9.1", "10", "99",
        ]
        try store.put(ordered.shuffled().map { ["a": ["S": "p"], "b": ["N": $0]] }, into: "rangeN")
        #expect(try store.call(.query, query("rangeN", "a", "p")).values("b") == ordered)
    }

    @Test func binariesAreInOrderOfTheirBytes() throws {
        let ordered = ["ER/jLQ==", "Iv/a", "JA==", "MjA0", "T7MzEUw=", "cAeRhZE=", "1Py5xA==", "1g==", "2w==", "9V0="]
        try store.put(ordered.reversed().map { ["a": ["S": "p"], "b": ["B": $0]] }, into: "rangeB")
        #expect(try store.call(.query, query("rangeB", "a", "p")).values("b") == ordered)
    }

    // MARK: Pages

    @Test func aPageEndsAtTheLimit() throws {
        try store.put((1...3).map { strings(["a": "p", "b": "\($0)", "c": "c\($0)"]) }, into: "range")
        let reply = try store.call(.query, query("range", "a", "p", ["Limit": 2]))
        #expect(reply.counts == [2, 2])
        #expect(same(reply.lastKey, strings(["a": "p", "b": "2"])))
        let rest = try store.call(
            .query,
            query("range", "a", "p", ["ExclusiveStartKey": strings(["a": "p", "b": "2"])])
        )
        #expect(rest.values("b") == ["3"])
        #expect(rest.lastKey == nil)
        // The limit is reached, though nothing follows.
        #expect(try store.call(.query, query("range", "a", "p", ["Limit": 3])).lastKey != nil)
        #expect(try store.call(.query, query("range", "a", "p", ["Limit": 4])).lastKey == nil)
    }

    @Test func aFilterDoesNotMakeUpForTheLimit() throws {
        try store.put((1...3).map { strings(["a": "p", "b": "\($0)", "e": "e\($0)"]) }, into: "range")
        let more: Object = [
            "Limit": 2, "FilterExpression": "e = :e", "ExpressionAttributeValues": [":e": ["S": "e3"]],
        ]
        let reply = try store.call(.query, query("range", "a", "p", more))
        #expect(reply.counts == [0, 2])
        #expect(reply.items.isEmpty)
        #expect(same(reply.lastKey, strings(["a": "p", "b": "2"])))
        let counted = try store.call(.query, query("range", "a", "p", more.merging(["Select": "COUNT"]) { $1 }))
        #expect(counted["Items"] == nil)
        #expect(counted.counts == [0, 2])
        #expect(counted.lastKey != nil)
    }

    @Test func theStartKeyNeedNotExist() throws {
        try store.put(["1", "3"].map { strings(["a": "p", "b": $0]) }, into: "range")
        for (isForward, expected) in [(true, ["3"]), (false, ["1"])] {
            let more: Object = ["ExclusiveStartKey": strings(["a": "p", "b": "2"]), "ScanIndexForward": isForward]
            #expect(try store.call(.query, query("range", "a", "p", more)).values("b") == expected)
        }
    }

    @Test(arguments: ["ALL_ATTRIBUTES", "COUNT"])
    func aPageEndsWithTheItemThatFillsAMegabyte(selection: String) throws {
        let filler = String(repeating: "x", count: 300_000)
        try store.put((1...5).map { strings(["a": "p", "b": "\($0)", "f": filler]) }, into: "range")
        let reply = try store.call(.query, query("range", "a", "p", ["Select": selection]))
        #expect(reply.counts == [4, 4])
        #expect(same(reply.lastKey, strings(["a": "p", "b": "4"])))
        let filtered = try store.call(.query, query("range", "a", "p", ["FilterExpression": "attribute_not_exists(f)"]))
        #expect(filtered.counts == [0, 4])
    }

    // MARK: Indexes

    @Test func aLocalIndexReturnsWhatItProjects() throws {
        try store.put(
            [
                strings(["a": "p", "b": "1", "c": "c1", "d": "d1", "e": "e1"]),
                strings(["a": "p", "b": "2", "c": "c2"]),
                strings(["a": "p", "b": "3", "d": "d0", "f": "f3"]),
            ],
            into: "range"
        )
        let more: Object = ["IndexName": "index2", "ConsistentRead": true, "ReturnConsumedCapacity": "INDEXES"]
        let reply = try store.call(.query, query("range", "a", "p", more))
        let expected = [
            strings(["a": "p", "b": "3", "d": "d0"]), strings(["a": "p", "b": "1", "c": "c1", "d": "d1"]),
        ]
        #expect(same(reply.items, expected))
        let units: (Double) -> Object = { ["CapacityUnits": $0] }
        #expect(
            same(
                reply["ConsumedCapacity"],
                [
                    "TableName": "range", "CapacityUnits": 1, "Table": units(0),
                    "LocalSecondaryIndexes": ["index2": units(1)],
                ]
            )
        )
    }

    @Test func aLocalIndexFetchesWhatItDoesNotProject() throws {
        // Items of exactly a unit: 1 + 10, 1 + 2, 1 + 2 bytes and the filler.
        let filler = String(repeating: "e", count: 4096 - 11 - 3 - 3 - 1)
        let items = (1...2).map { strings(["a": "0123456789", "b": "b\($0)", "d": "d\($0)", "e": filler]) }
        try store.put(items, into: "range")
        var more: Object = ["IndexName": "index2", "Select": "ALL_ATTRIBUTES", "ReturnConsumedCapacity": "INDEXES"]
        more["ConsistentRead"] = true
        let reply = try store.call(.query, query("range", "a", "0123456789", more))
        #expect(same(reply.items, items))
        let units: (Double) -> Object = { ["CapacityUnits": $0] }
        let expected: Object = [
            "TableName": "range", "CapacityUnits": 3, "Table": units(2), "LocalSecondaryIndexes": ["index2": units(1)],
        ]
        #expect(same(reply["ConsumedCapacity"], expected))
        let projected = query(
            "range",
            "a",
            "0123456789",
            ["IndexName": "index2", "ProjectionExpression": "b, e", "ReturnConsumedCapacity": "TOTAL"]
        )
        let part = try store.call(.query, projected)
        #expect(same(part.items, items.map { ["b": $0["b"], "e": $0["e"]] }))
        #expect(same(part["ConsumedCapacity"], ["TableName": "range", "CapacityUnits": 1.5]))
    }

    @Test func fetchedItemsCountWithWholeUnits() throws {
        try store.put((100..<360).map { strings(["a": "p", "b": "\($0)", "d": "d"]) }, into: "range")
        let whole = try store.call(.query, query("range", "a", "p", ["IndexName": "index2"]))
        #expect(whole.counts == [260, 260])
        // 255 units for the items and one for the index are a megabyte.
        let more: Object = ["IndexName": "index2", "Select": "ALL_ATTRIBUTES"]
        let page = try store.call(.query, query("range", "a", "p", more))
        #expect(page.counts == [255, 255])
        #expect(page.lastKey != nil)
    }

    @Test func aGlobalIndexGoesByTheHashOfTheTablesKey() throws {
        let keys = [("a", "a"), ("b", "b"), ("c", "e"), ("c", "d"), ("d", "a"), ("e", "a")]
        try store.put(keys.map { strings(["a": $0.0, "b": $0.1, "c": "x"]) }, into: "range")
        try store.put([strings(["a": "c", "b": "c", "c": "y"])], into: "range")
        let more: Object = ["IndexName": "index3", "Limit": 4, "ReturnConsumedCapacity": "INDEXES"]
        let reply = try store.call(.query, query("range", "c", "x", more))
        #expect(reply.items.map { $0.keyText } == ["b,b", "a,a", "c,e", "e,a"])
        #expect(same(reply.lastKey, strings(["a": "e", "b": "a", "c": "x"])))
        let capacity: Object = [
            "TableName": "range", "CapacityUnits": 0.5, "Table": ["CapacityUnits": 0],
            "GlobalSecondaryIndexes": ["index3": ["CapacityUnits": 0.5]],
        ]
        #expect(same(reply["ConsumedCapacity"], capacity))
        let backwards = try store.call(
            .query,
            query("range", "c", "x", ["IndexName": "index3", "ScanIndexForward": false])
        )
        #expect(backwards.items.map { $0.keyText } == ["c,d", "d,a", "e,a", "c,e", "a,a", "b,b"])
    }

    @Test func equalKeysOfAnIndexArePagedOneByOne() throws {
        let keys = [("a", "a"), ("b", "a"), ("c", "a"), ("c", "b"), ("d", "a"), ("d", "b")]
        try store.put(keys.map { strings(["a": $0.0, "b": $0.1, "c": "x", "d": "y"]) }, into: "range")
        for isForward in [true, false] {
            var seen: [String] = []
            var request = query("range", "c", "x", ["IndexName": "index4", "Limit": 1, "ScanIndexForward": isForward])
            for _ in 0...keys.count {
                let page = try store.call(.query, request)
                seen += page.items.map { $0.keyText }
                request["ExclusiveStartKey"] = page.lastKey
                if page.lastKey == nil { break }
            }
            let expected = ["a,a", "d,a", "b,a", "c,a", "d,b", "c,b"]
            #expect(seen == (isForward ? expected : expected.reversed()))
        }
    }

    @Test func capacityIsOfTheSumOfSizes() throws {
        let filler = String(repeating: "x", count: 3000)
        try store.put((1...3).map { strings(["a": "p", "b": "\($0)", "f": filler]) }, into: "range")
        for (isConsistent, units) in [(false, 1.5), (true, 3.0)] {
            let more: Object = [
                "ConsistentRead": isConsistent, "ReturnConsumedCapacity": "TOTAL", "ProjectionExpression": "b",
                "FilterExpression": "attribute_not_exists(f)",
            ]
            let reply = try store.call(.query, query("range", "a", "p", more))
            #expect(same(reply["ConsumedCapacity"], ["TableName": "range", "CapacityUnits": units]))
        }
        let none = try store.call(.query, query("range", "a", "q", ["ReturnConsumedCapacity": "TOTAL"]))
        #expect(same(none["ConsumedCapacity"], ["TableName": "range", "CapacityUnits": 0.5]))
    }
}

extension Object {
    /// The keys `a` and `b` of an item of strings.
    var keyText: String {
        ["a", "b"].map { (self[$0] as? Object)?["S"] as? String ?? "-" }.joined(separator: ",")
    }
}
