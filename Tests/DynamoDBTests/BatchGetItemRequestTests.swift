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
            request.tables.map { $0.keys.map { slice(text, $0) } }
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
}
