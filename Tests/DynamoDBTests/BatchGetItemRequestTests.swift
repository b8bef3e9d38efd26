import CMallocCounter
import Testing

@testable import DynamoDB

@Suite struct BatchGetItemRequestTests {
    static func parse(_ text: String) -> Result<BatchGetItemRequest, RequestError> {
        withBytes(text) { bytes in
            do throws(RequestError) {
                return .success(try BatchGetItemRequest.parse(bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func findsTablesAndKeys() throws {
        let text = ##"""
            {"RequestItems": {"Mus\u0069c": {"Keys": [{"a": {"S": "x"}}, {"a": {"S": "y"}}], "ConsistentRead": true,
             "ProjectionExpression": "#y", "ExpressionAttributeNames": {"#y": "Year"}},
             "Num": {"AttributesToGet": ["id"], "Keys": [{"id": {"N": "1"}}]}}, "ReturnConsumedCapacity": "INDEXES"}
            """##
        let request = try Self.parse(text).get()
        #expect(request.isCacheable && request.returnConsumedCapacity == .indexes)
        #expect(request.tables.map { slice(text, $0.name) } == [#"Mus\u0069c"#, "Num"])
        #expect(request.tables.map(\.nameIsPlain) == [false, true])
        #expect(
            request.tables.map { request.keys[$0.keys].map { slice(text, $0.range) } }
                == [[#"{"a": {"S": "x"}}"#, #"{"a": {"S": "y"}}"#], [#"{"id": {"N": "1"}}"#]]
        )
        #expect(request.tables.map(\.consistentRead) == [true, false])
        #expect(request.tables[0].projectionExpression.map { slice(text, $0) } == "#y")
        #expect(request.tables[0].expressionAttributeNames.map { slice(text, $0) } == ##"{"#y": "Year"}"##)
        #expect(request.tables[1].attributesToGet.map { slice(text, $0) } == #"["id"]"#)
        #expect(slice(text, request.tables[1].value).hasPrefix(#"{"AttributesToGet""#))
    }

    @Test(arguments: [
        "{}", #"{"RequestItems":null}"#, #"{"RequestItems":{}}"#, #"{"RequestItems":{"T":null}}"#,
        #"{"RequestItems":{"T":{}}}"#, #"{"RequestItems":{"T":{"Keys":[]}}}"#,
        #"{"RequestItems":{"T":{"Keys":[null]}}}"#,
        #"{"RequestItems":{"T":{"Keys":[{}],"Odd":1}}}"#, #"{"RequestItems":{"T":{"Keys":[{}]}},"Odd":1}"#,
        #"{"RequestItems":{"T":{"Keys":[{}],"ConsistentRead":null}}}"#,
        #"{"RequestItems":{"T":{"Keys":[{}],"AttributesToGet":["a"],"ProjectionExpression":"a"}}}"#,
        #"{"RequestItems":{"T":{"Keys":[{}],"ExpressionAttributeNames":{}}}}"#,
        #"{"RequestItems":{"T":{"Keys":[{}]},"U":{"Keys":[]}}}"#,
        #"{"RequestItems":{"T":{"Keys":[{}]}},"ReturnConsumedCapacity":"ALL"}"#,
    ])
    func leavesTheUnusualToUpstream(_ text: String) throws {
        #expect(try !Self.parse(text).get().isCacheable)
    }

    @Test func boundsKeys() throws {
        func body(_ count: Int) -> String {
            let keys = (0..<count).map { #"{"id":{"N":"\#($0)"}}"# }.joined(separator: ",")
            return #"{"RequestItems":{"T":{"Keys":[\#(keys)]}}}"#
        }
        #expect(try Self.parse(body(100)).get().isCacheable)
        #expect(try !Self.parse(body(101)).get().isCacheable)
    }

    @Test(arguments: [
        (#"[]"#, RequestError.malformedJSON),
        (#"{"RequestItems":[]}"#, .wrongType(message: ExpectedType.keysMap.message(for: .array))),
        (#"{"RequestItems":{"T":{"Keys":{}}}}"#, .wrongType(message: ExpectedType.list.message(for: .object))),
        (#"{"RequestItems":{"T":{"Keys":["x"]}}}"#, .wrongType(message: "Unexpected field type")),
        (#"{"RequestItems":{"T":{"Keys":[]},"\u0054":{"Keys":[]}}}"#, .duplicateMember),
        (#"{"RequestItems":{"T":{"Keys":[],"Keys":[]}}}"#, .duplicateMember),
        (#"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1"},"a":{"S":"2"}}]}}}"#, .duplicateMember),
    ])
    func refusesBadBodies(_ text: String, _ error: RequestError) {
        #expect(throws: error) { try Self.parse(text).get() }
    }

    @Test(arguments: [
        // No JSON, whatever else is wrong.
        (#"{"RequestItems":[],"#, RequestError.malformedJSON),
        (#"{"RequestItems":{"T":{"Keys":["x"]}}} x"#, .malformedJSON),
        (#"{"RequestItems":[],"RequestItems":{}}"#, .duplicateMember),
        (#"{"RequestItems":{"T":{"Keys":["x"]}},"a":{"b":1,"b":1}}"#, .duplicateMember),
        (#"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1","S":"1"}}]}}}"#, .duplicateMember),
        (#"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1"},"\u0061":{"S":"2"}}]}}}"#, .duplicateMember),
        (
            #"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1"}}],"ConsistentRead":true,"ConsistentRead":true}}}"#,
            .duplicateMember
        ),
        (#"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1"}}],"Odd":1,"Odd":1}}}"#, .duplicateMember),
        (##"{"RequestItems":{"T":{"ExpressionAttributeNames":{"#a":"a","#a":"a"}}}}"##, .duplicateMember),
        (#"{"ReturnConsumedCapacity":"NONE","Return\u0043onsumedCapacity":null}"#, .duplicateMember),
    ])
    func refusesInOrder(_ text: String, _ error: RequestError) {
        #expect(throws: error) { try Self.parse(text).get() }
    }

    @Test func comparesTheNamesOfManyTables() throws {
        func body(_ names: [String]) -> String {
            let tables = names.map { #""\#($0)":{"Keys":[{"a":{"S":"1"}}]}"# }
            return #"{"RequestItems":{\#(tables.joined(separator: ","))}}"#
        }
        let names = (0..<20).map { "table\($0)" }
        #expect(try Self.parse(body(names)).get().isCacheable)
        for again in [0, 7, 8, 19] {
            #expect(throws: RequestError.duplicateMember) { try Self.parse(body(names + [names[again]])).get() }
        }
    }

    @Test(arguments: [
        #"{"a":{"S":1}}"#, #"{"a":{"S":"1","N":"1"}}"#, #"{"a":{"S":"1"},"b":{"S":"1"},"c":{"S":"1"}}"#, #"{"a":"1"}"#,
        "null",
        #"{"a":{"L":[]}}"#,
    ])
    func countsOddKeysAndKeepsThemOut(_ odd: String) throws {
        let request = try Self.parse(#"{"RequestItems":{"T":{"Keys":[{"a":{"S":"1"}},\#(odd),{"a":{"S":"2"}}]}}}"#)
            .get()
        #expect(!request.isCacheable && request.keyCount == 3 && request.keys.count == 2)
    }

    /// Keys written as the one before, nearly so, and otherwise.
    @Test func readsEachKeyAsItWouldAlone() throws {
        let keys = [
            #"{"id":{"S":"a"}}"#, #"{"id":{"S":"b\u00e9"}}"#, #"{"id":{"S":"c"}}"#, #"{"id":{"S":""}}"#,
            #"{"id":{"N":"1"}}"#,
            #"{"id":{"N":"2.50"}}"#, #"{"id": {"N":"3"}}"#, #"{"id": {"N":"4"} }"#, #"{"id": {"N":"5"}}"#,
            #"{"ie":{"N":"5"}}"#,
            #"{"id":{"B":"AAH+"}}"#, #"{"id":{"B":"AAH/"}}"#, #"{"p":{"S":"a"},"s":{"N":"1"}}"#,
            #"{"p":{"S":"b"},"s":{"N":"22"}}"#, #"{"p":{"S":"b"},"t":{"N":"22"}}"#, #"{"s":{"N":"1"},"p":{"S":"a"}}"#,
            #"{"s":{"N":"2"},"p":{"S":"b"}}"#, #"{"s":{"N":"2"}}"#, #"{"s":{"N":"3"},"p":{"S":"b"}}"#,
        ]
        for first in keys {
            for second in keys {
                let text = #"{"RequestItems":{"T":{"Keys":[\#(first),\#(second), \#(first)]}}}"#
                let request = try Self.parse(text).get()
                #expect(request.isCacheable)
                #expect(request.keys.map { slice(text, $0.range) } == [first, second, first])
                let canonical = withBytes(text) { bytes in
                    request.keys.map { key in
                        let buffer = KeyBuffer()
                        return key.appendCanonical(of: bytes, to: buffer) ? Array(buffer.bytes) : nil
                    }
                }
                #expect(canonical == [first, second, first].map { ItemKeyTests.canonical($0) })
            }
        }
    }

    @Test(arguments: [
        #"{"a":{"S":"1"}},{"a":{"S":1}}"#, #"{"a":{"S":"1"}},{"a":{"S":"1"},"a":{"S":"1"}}"#,
        #"{"a":{"S":"1"}},{"a":{"S":"1"}"#,
        #"{"a":{"S":"1"}},{"a":{"S":"1"#, #"{"a":{"S":"1"}},{"a":{"S":"1"}}}"#, #"{"a":{"S":"1"}}{"a":{"S":"1"}}"#,
    ])
    func takesNoKeyForOneLikeTheLast(_ keys: String) {
        let request = try? Self.parse(#"{"RequestItems":{"T":{"Keys":[\#(keys)]}}}"#).get()
        #expect(request?.isCacheable != true)
    }

    @Test(.enabled(if: malloc_counter_available()))
    func readsOneBodyAfterAnotherWithoutAllocations() throws {
        let keys = (0..<25).map { #"{"id":{"S":"key-\#($0)"}}"# }.joined(separator: ",")
        let text = #"{"RequestItems":{"T":{"Keys":[\#(keys)]},"U":{"Keys":[{"a":{"N":"1"},"b":{"B":"AAH+"}}]}}}"#
        var request = BatchGetItemRequest()
        let buffer = KeyBuffer()
        try withBytes(text) { bytes in
            var isWhole = true
            try request.read(bytes)
            let allocations = try warmAllocations {
                try request.read(bytes)
                buffer.removeAll()
                var index = 0
                while index < request.keys.count {
                    isWhole = request.keys[index].appendCanonical(of: bytes, to: buffer) && isWhole
                    index += 1
                }
            }
            #expect(isWhole && request.keyCount == 26 && request.tables.count == 2)
            #expect(allocations == 0)
        }
        let other =
            #"{"RequestItems":{"V":{"Keys":[{"id":{"S":"k"}}],"ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"}"#
        try withBytes(other) { try request.read($0) }
        #expect(request.tables.map(\.consistentRead) == [true] && request.keyCount == 1 && request.keys.count == 1)
        try withBytes(text) { try request.read($0) }
        #expect(request.returnConsumedCapacity == .none && request.tables.count == 2 && request.isCacheable)
    }
}
