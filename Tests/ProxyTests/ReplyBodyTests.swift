import DynamoDB
import Testing

@testable import Proxy

/// The bodies that the proxy puts together itself.
@Suite struct ReplyBodyTests {
    private func stored(_ item: String?) -> String {
        var output: [UInt8] = []
        if let item {
            Array(item.utf8).withUnsafeBytes { StoredItem.append($0, to: &output) }
        } else {
            StoredItem.append(nil, to: &output)
        }
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `a reply that is the stored form is told from one that is not`() {
        func isForm(_ body: String) -> Bool? {
            Array(body.utf8).withUnsafeBytes { bytes in
                GetItemReply.parse(bytes).map { StoredItem.isForm(of: $0.item, bytes) }
            }
        }
        for body in [#"{"Item":{"id":{"S":"k"}}}"#, #"{"Item":{}}"#, "{}"] { #expect(isForm(body) == true, "\(body)") }
        for body in [
            #"{ "Item":{}}"#, #"{"Item": {}}"#, #"{"Item":{} }"#, "{ }", #"{"\u0049tem":{}}"#,
            #"{"Item":{},"ConsumedCapacity":{"CapacityUnits":1}}"#, #"{"ConsumedCapacity":{"CapacityUnits":1}}"#,
        ] { #expect(isForm(body) == false, "\(body)") }
    }

    private func item(in stored: String) -> String? {
        Array(stored.utf8).withUnsafeBytes { bytes in
            StoredItem.item(in: bytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test func `an item is stored as the body of its reply, and absence too`() {
        #expect(stored(#"{"id":{"S":"k"}}"#) == #"{"Item":{"id":{"S":"k"}}}"#)
        #expect(stored("{}") == #"{"Item":{}}"#)
        #expect(stored(nil) == "{}")
        for text in [#"{"id":{"S":"k"}}"#, "{}", "{ }"] {
            #expect(item(in: stored(text)) == text)
        }
        #expect(item(in: stored(nil)) == nil)
    }

    private func body(_ item: String?, expression: String?) throws -> String? {
        let projection = try expression.map { expression in
            try Array(expression.utf8).withUnsafeBytes { try Projection.parse(expression: $0, names: nil) }
        }
        var body: [UInt8] = []
        let isComplete: Bool
        if let item {
            isComplete = Array(item.utf8).withUnsafeBytes { GetItemBody.append($0, projection: projection, to: &body) }
        } else {
            isComplete = GetItemBody.append(nil, projection: projection, to: &body)
        }
        return isComplete ? String(decoding: body, as: UTF8.self) : nil
    }

    @Test func `the body of a GetItem`() throws {
        let item = #"{"a":{"S":"1"},"b":{"M":{"c":{"N":"2"}}}}"#
        #expect(try body(item, expression: nil) == #"{"Item":\#(item)}"#)
        #expect(try body(item, expression: "a") == #"{"Item":{"a":{"S":"1"}}}"#)
        #expect(try body(item, expression: "b.c") == #"{"Item":{"b":{"M":{"c":{"N":"2"}}}}}"#)
        #expect(try body(item, expression: "z") == #"{"Item":{}}"#, "an item of which nothing is asked for is there")
        #expect(try body(nil, expression: "a") == "{}", "no item")
        #expect(try body(nil, expression: nil) == "{}")
        #expect(try body(#"{"a":1"#, expression: "b") == nil, "not an item")
    }

    @Test func `a member is added to an object`() {
        func added(_ object: String) -> String {
            var bytes = Array(object.utf8)
            GetItemBody.addMember("X", Array("[1]".utf8), to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(added("{}") == #"{"X":[1]}"#)
        #expect(added(#"{"Item":{}}"#) == #"{"Item":{},"X":[1]}"#)
    }

    private func batch(
        _ tables: [(String, [String])],
        unprocessed: [String] = [],
        capacity: [ConsumedCapacity]? = nil
    ) -> String {
        var reply = BatchReplyBody()
        for (name, items) in tables {
            Array(name.utf8).withUnsafeBytes { reply.addTable($0, items: items.map { Array($0.utf8) }) }
        }
        return String(
            decoding: reply.finished(unprocessed: unprocessed.map { Array($0.utf8) }, capacity: capacity),
            as: UTF8.self
        )
    }

    @Test func `the body of a BatchGetItem`() {
        #expect(batch([]) == #"{"Responses":{},"UnprocessedKeys":{}}"#)
        #expect(batch([("t", [])]) == #"{"Responses":{"t":[]},"UnprocessedKeys":{}}"#)
        #expect(
            batch([("t", ["{}", #"{"a":{"N":"1"}}"#]), ("u", ["{}"])], unprocessed: [#""t":{}"#, #""u":{}"#])
                == #"{"Responses":{"t":[{},{"a":{"N":"1"}}],"u":[{}]},"UnprocessedKeys":{"t":{},"u":{}}}"#
        )
        let used = [
            ConsumedCapacity(tableName: Array("t".utf8), units: 0, shape: .total),
            ConsumedCapacity(tableName: Array("u".utf8), units: 1.5, shape: .indexes),
        ]
        #expect(
            batch([("t", [])], capacity: used)
                == #"{"Responses":{"t":[]},"UnprocessedKeys":{},"ConsumedCapacity":"#
                + #"[{"TableName":"t","CapacityUnits":0.0},"#
                + #"{"TableName":"u","CapacityUnits":1.5,"Table":{"CapacityUnits":1.5}}]}"#
        )
        #expect(batch([], capacity: []) == #"{"Responses":{},"UnprocessedKeys":{},"ConsumedCapacity":[]}"#)
    }

    @Test func `the names of the cache's answers`() {
        let names = CacheStatus.allCases.map(\.name.description)
        #expect(
            names == [
                "hit", "partial", "miss", "coalesced", "expired", "consistent-read", "leased", "dirty", "too-large",
                "disabled", "no-description", "upstream-failure", "refused", "not-cacheable", "throttled",
            ]
        )
        #expect(CacheStatus.allCases.map(\.rawValue) == Array(0..<names.count), "counters are found by raw value")
        let counters = StatusCounters()
        counters.count(.dirty)
        counters.count(.dirty)
        #expect(counters.snapshot().filter { $0.count > 0 }.map { "\($0.status)=\($0.count)" } == ["dirty=2"])
    }
}
