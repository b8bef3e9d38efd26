import DynamoDB
import Testing

@testable import TableStore

/// Pages of random reads of random items, put together, against a model that sorts and filters all items at once.
@Suite struct QueryPagingTests {
    /// A linear congruential generator (Knuth, "The Art of Computer Programming", volume 2): the same numbers every time.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    /// What a read goes by: the partition and sort key's names.
    private static let sources: [(index: String?, partition: String, sort: String?)] = [
        (nil, "a", "b"), ("index1", "a", "c"), ("index2", "a", "d"), ("index3", "c", nil), ("index4", "c", "d"),
    ]

    private var random: Generator
    private let store: ReadingStore
    /// Items of strings.
    private let items: [[String: String]]

    init() throws {
        var random = Generator(state: 1)
        var items: [String: [String: String]] = [:]
        for number in 0..<150 {
            var item = ["a": "a\(Int.random(in: 0..<4, using: &random))", "b": "b\(number % 50)", "n": "\(number)"]
            for name in ["c", "d", "e"] where Int.random(in: 0..<6, using: &random) > 0 {
                item[name] = "\(name)\(Int.random(in: 0..<5, using: &random))"
            }
            items[item["a", default: ""] + item["b", default: ""]] = item
        }
        self.random = random
        self.items = items.values.sorted { $0.key < $1.key }
        store = try ReadingStore()
        try store.put(self.items.map(strings), into: "range")
    }

    @Test mutating func queries() throws {
        for _ in 0..<150 {
            let source = try #require(Self.sources.randomElement(using: &random))
            let partition = source.partition + "\(Int.random(in: 0..<5, using: &random))"
            var request = query("range", source.partition, partition, ["IndexName": source.index as Any?].compacted)
            var selected = items.filter { $0[source.partition] == partition }
            var isForward = true
            if let sort = source.sort {
                selected = selected.filter { $0[sort] != nil }
                if Bool.random(using: &random) {
                    let bound = sort + "\(Int.random(in: 0..<5, using: &random))"
                    selected = selected.filter { $0[sort, default: ""] >= bound }
                    request["KeyConditionExpression"] = "\(source.partition) = :key AND \(sort) >= :bound"
                    request["ExpressionAttributeValues"] = [":key": ["S": partition], ":bound": ["S": bound]]
                }
            }
            if Bool.random(using: &random) {
                isForward = false
                request["ScanIndexForward"] = false
            }
            let scanned = selected.count
            if Bool.random(using: &random), source.index != "index2" {
                request["FilterExpression"] = "attribute_exists(e)"
                selected = selected.filter { $0["e"] != nil }
            }
            let limit = Bool.random(using: &random) ? Int.random(in: 1...7, using: &random) : nil
            let pages = try read(.query, request, limit: limit, scanned: scanned)
            let whole = try read(.query, request, limit: nil, scanned: scanned)
            #expect(pages == whole)
            #expect(pages.map(\.key).sorted() == selected.map(\.key).sorted())
            if let sort = source.sort {
                let sorts = selected.map { $0[sort, default: ""] }.sorted()
                #expect(pages.map { $0[sort, default: ""] } == (isForward ? sorts : sorts.reversed()))
            }
        }
    }

    @Test mutating func scans() throws {
        for _ in 0..<60 {
            let source = try #require(Self.sources.randomElement(using: &random))
            let total = Int.random(in: 1...5, using: &random)
            var request: Object = ["TableName": "range"]
            request["IndexName"] = source.index
            let selected = items.filter { $0[source.partition] != nil && (source.sort ?? "a").isIn($0) }
            let limit = Bool.random(using: &random) ? Int.random(in: 1...20, using: &random) : nil
            var seen: [[String: String]] = []
            for segment in 0..<total {
                request["Segment"] = segment
                request["TotalSegments"] = total
                seen += try read(.scan, request, limit: limit, scanned: nil)
            }
            #expect(seen.map(\.key).sorted() == selected.map(\.key).sorted())
            let whole = try read(
                .scan,
                request.filter { !["Segment", "TotalSegments"].contains($0.key) },
                limit: nil,
                scanned: selected.count
            )
            #expect(seen == whole)
        }
    }

    /// All pages of a read together.
    private func read(
        _ operation: DynamoDB.Operation,
        _ request: Object,
        limit: Int?,
        scanned: Int?
    ) throws -> [[String: String]] {
        var request = request
        request["Limit"] = limit
        var result: [[String: String]] = []
        var count = 0
        for _ in 0..<1000 {
            let page = try store.call(operation, request)
            let items = page.items.map { item in
                item.compactMapValues { ($0 as? Object)?["S"] as? String }
            }
            #expect(page.counts[0] == items.count)
            #expect(page.counts[1] <= limit ?? .max)
            #expect((page.counts[1] == limit) == (page.lastKey != nil))
            count += page.counts[1]
            result += items
            request["ExclusiveStartKey"] = page.lastKey
            if page.lastKey == nil { break }
        }
        if let scanned { #expect(count == scanned) }
        return result
    }
}

extension String {
    fileprivate func isIn(_ item: [String: String]) -> Bool { item[self] != nil }
}

extension [String: String] {
    /// The table's key.
    fileprivate var key: String { "\(self["a", default: "-"]),\(self["b", default: "-"])" }
}

extension [String: Any?] {
    /// Without the members that are nil.
    fileprivate var compacted: Object { compactMapValues { $0 } }
}
