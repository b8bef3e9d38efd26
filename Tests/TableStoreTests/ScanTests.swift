import DynamoDB
import Testing

@testable import TableStore

/// Facts from mhart/dynalite, test/scan.js, which ran against the service, and nubo-db/dynamodb-conformance.
@Suite struct ScanTests {
    private let store: ReadingStore

    init() throws {
        store = try ReadingStore()
    }

    @Test func stringsComeInTheOrderOfTheirHash() throws {
        let keys = (0...9).map { "\($0)" } + ["aardman", "hello", "zapf", "äáöü"]
        try store.put(keys.map { strings(["a": $0]) }, into: "hash")
        let expected = ["2", "8", "9", "1", "6", "hello", "0", "5", "4", "äáöü", "aardman", "7", "3", "zapf"]
        #expect(try store.call(.scan, ["TableName": "hash"]).values("a") == expected)
    }

    @Test func numbersComeInTheOrderOfTheirHash() throws {
        let keys = (0...9).map { "\($0)" } + ["-0.09", "999.9", "0.012345", "-999.9"]
        try store.put(keys.map { ["a": ["N": $0]] }, into: "hashN")
        let expected = ["7", "999.9", "8", "3", "2", "-999.9", "9", "4", "-0.09", "6", "1", "0", "0.012345", "5"]
        #expect(try store.call(.scan, ["TableName": "hashN"]).values("a") == expected)
    }

    @Test func segmentsAreRangesOfTheHash() throws {
        try store.put(["3635", "228", "1668", "3435"].map { strings(["a": $0]) }, into: "hash")
        try store.put(["251", "2388"].map { ["a": ["N": $0]] }, into: "hashN")
        for (table, segment, expected) in [
            ("hash", 0, ["228", "3635"]), ("hash", 1, ["1668"]), ("hash", 2, []), ("hash", 4, ["3435"]),
            ("hashN", 1, ["251"]), ("hashN", 4095, ["2388"]),
        ] {
            let reply = try store.call(.scan, ["TableName": table, "Segment": segment, "TotalSegments": 4096])
            #expect(reply.values("a").sorted() == expected)
        }
    }

    @Test(arguments: [1, 2, 3, 7, 1_000_000])
    func segmentsPartitionTheSlots(total: Int) throws {
        var next: Int64 = 0
        for number in 0..<total where total < 10 || number % 99_999 == 0 || number == total - 1 {
            let slots = try #require(Segment(number: number, total: total).slots)
            if total < 10 { #expect(slots.lowerBound == next) }
            next = slots.upperBound + 1
        }
        #expect(next == 1 << 32)
    }

    @Test func segmentsTogetherAreTheTable() throws {
        let keys = (0..<60).map { "\($0)" }
        try store.put(keys.map { strings(["a": $0, "b": "1", "c": "c"]) }, into: "range")
        for (index, limit) in [(nil, 1), (nil, 100), ("index1", 3), ("index3", 2), ("index3", 100)] {
            var seen: [String] = []
            for segment in 0..<7 {
                var request: Object = ["TableName": "range", "Segment": segment, "TotalSegments": 7, "Limit": limit]
                request["IndexName"] = index
                repeat {
                    let page = try store.call(.scan, request)
                    seen += page.values("a")
                    request["ExclusiveStartKey"] = page.lastKey
                } while request["ExclusiveStartKey"] != nil && seen.count <= keys.count
            }
            #expect(seen.sorted() == keys.sorted())
        }
    }

    @Test func aStartKeyBelongsToItsSegment() throws {
        try store.put((0..<10).map { strings(["a": "\($0)"]) }, into: "hash")
        let page = try store.call(.scan, ["TableName": "hash", "Segment": 1, "TotalSegments": 2])
        let key = strings(["a": try #require(page.values("a").first)])
        let refused = store.refusal(
            .scan,
            ["TableName": "hash", "Segment": 0, "TotalSegments": 2, "ExclusiveStartKey": key]
        )
        #expect(
            refused == "ValidationException: The provided starting key is invalid: Invalid ExclusiveStartKey. "
                + "Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 0"
        )
    }

    @Test func aPartitionIsInOrder() throws {
        try store.put(["10", "2", "1"].map { strings(["a": "p", "b": $0]) }, into: "range")
        #expect(try store.call(.scan, ["TableName": "range"]).values("b") == ["1", "10", "2"])
    }

    @Test func aPageEndsAtTheLimit() throws {
        try store.put((1...4).map { strings(["a": "\($0)", "b": "x"]) }, into: "hash")
        let reply = try store.call(
            .scan,
            [
                "TableName": "hash", "Limit": 3, "FilterExpression": "b = :b",
                "ExpressionAttributeValues": [":b": ["S": "y"]], "ReturnConsumedCapacity": "INDEXES",
            ]
        )
        #expect(reply.counts == [0, 3])
        #expect(reply.lastKey?.count == 1)
        let capacity: Object = ["TableName": "hash", "CapacityUnits": 0.5, "Table": ["CapacityUnits": 0.5]]
        #expect(same(reply["ConsumedCapacity"], capacity))
        #expect(try store.call(.scan, ["TableName": "hash", "Limit": 4]).lastKey != nil)
        #expect(try store.call(.scan, ["TableName": "hash", "Limit": 5]).lastKey == nil)
        let count = try store.call(.scan, ["TableName": "hash", "Select": "COUNT"])
        #expect(same(count, ["Count": 4, "ScannedCount": 4]))
    }

    @Test func onlyPartsAreReturned() throws {
        try store.put(
            [["a": ["S": "1"], "m": ["M": ["x": ["S": "1"], "y": ["S": "2"]]]], strings(["a": "2"])],
            into: "hash"
        )
        let projected = try store.call(.scan, ["TableName": "hash", "ProjectionExpression": "m.x"])
        #expect(projected.items.count == 2)
        #expect(projected.items.contains { same($0, ["m": ["M": ["x": ["S": "1"]]]]) })
        #expect(projected.items.contains { $0.isEmpty })
    }

    @Test func anIndexHoldsOnlyItsItems() throws {
        try store.put(
            [strings(["a": "1", "b": "1", "c": "x", "d": "y", "e": "z", "f": "w"]), strings(["a": "2", "b": "1"])],
            into: "range"
        )
        let reply = try store.call(.scan, ["TableName": "range", "IndexName": "index4"])
        #expect(same(reply.items, [strings(["a": "1", "b": "1", "c": "x", "d": "y", "e": "z"])]))
        // What the index does not project is not there for the filter.
        let request: Object = [
            "TableName": "range", "IndexName": "index4", "FilterExpression": "attribute_not_exists(f)",
        ]
        #expect(try store.call(.scan, request).counts == [1, 1])
        let local: Object = ["TableName": "range", "IndexName": "index2", "Select": "ALL_ATTRIBUTES"]
        #expect(try store.call(.scan, local).items.first?.count == 6)
    }
}
