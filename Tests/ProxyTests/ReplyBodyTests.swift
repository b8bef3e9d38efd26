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
        var bodies: Set<String> = []
        // With what is stored with the items, without it, and mixed.
        for stored in [0b11, 0b00, 0b01, 0b10] {
            var reply = BatchReplyBody()
            // What there was before is forgotten.
            reply.begin()
            reply.beginTable(UnsafeRawBufferPointer(start: nil, count: 0))
            reply.begin()
            for (name, items) in tables {
                Array(name.utf8).withUnsafeBytes { reply.beginTable($0) }
                for (index, item) in items.enumerated() {
                    let isStored = stored >> (index & 1) & 1 == 1
                    Array(item.utf8).withUnsafeBytes { bytes in
                        if isStored {
                            let range = reply.add(bytes, checksum: checksum(self.stored(item)))
                            #expect(Array(reply.bytes[range.start..<range.end]) == Array(item.utf8))
                        } else {
                            let isAdded = reply.add(bytes, nil)
                            #expect(isAdded)
                        }
                    }
                }
                reply.endTable()
            }
            reply.finish(unprocessed: unprocessed.map { Array($0.utf8) }, capacity: capacity)
            reply.withReply { bytes, sum in
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(sum == checksum(text))
                bodies.insert(text)
            }
        }
        #expect(bodies.count == 1)
        return bodies.first ?? ""
    }

    private func checksum(_ text: String) -> UInt32 {
        Array(text.utf8).withUnsafeBytes { CRC32.checksum($0) }
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
        // Longer than what the checksum's table is for.
        let long = ["{\(String(repeating: " ", count: 5_000))}", "{}", "{}"]
        #expect(
            batch([("t", long), ("u", ["{}"])])
                == #"{"Responses":{"t":[\#(long.joined(separator: ","))],"u":[{}]},"UnprocessedKeys":{}}"#
        )
        #expect(batch([], capacity: []) == #"{"Responses":{},"UnprocessedKeys":{},"ConsumedCapacity":[]}"#)
    }

    @Test func `a batch's reply can't be projected where an item is none`() throws {
        let projection = try Array("a".utf8).withUnsafeBytes { try Projection.parse(expression: $0, names: nil) }
        var reply = BatchReplyBody()
        reply.begin()
        let isAdded = Array(#"{"a":{"S":"1"},"b":{"S":"2"}}"#.utf8).withUnsafeBytes { reply.add($0, projection) }
        #expect(isAdded)
        #expect(String(decoding: reply.bytes, as: UTF8.self).hasSuffix(#"{"a":{"S":"1"}},"#))
        let isNone = Array(#"{"a":1"#.utf8).withUnsafeBytes { !reply.add($0, projection) }
        #expect(isNone)
    }

    @Test func `keys are told apart whatever their hashes are`() {
        var keys = DistinctKeys()
        for number in 0..<100 {
            let hash = number < 50 ? 255 : UInt64(number)
            var compared: [Int] = []
            let isNew = keys.insert(number, hash: hash) { other in
                compared.append(other)
                return false
            }
            #expect(isNew)
            if number < 50 { #expect(compared == Array(0..<number)) }
        }
        for number in 0..<100 {
            let isNew = keys.insert(100, hash: number < 50 ? 255 : UInt64(number)) { $0 == number }
            #expect(!isNew)
        }
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

    @Test func `a large reply grows within the room it was given`() {
        let item = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        func address(_ body: BatchReplyBody) -> UInt { body.bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        var body = BatchReplyBody()
        body.reserve(3_100_000)
        body.begin()
        Array("things".utf8).withUnsafeBytes { body.beginTable($0) }
        let start = address(body)
        for _ in 0..<30 { item.withUnsafeBytes { _ = body.add($0, checksum: 0) } }
        #expect(address(body) == start)
        #expect(body.bytes.starts(with: Array(#"{"Responses":{"things":[x"#.utf8)))
    }
}
