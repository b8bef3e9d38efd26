import DynamoDB
import Testing

@Suite struct BatchGetItemReplyTests {
    @Test func understandsAllParts() throws {
        let body = """
            { "Responses" : { "t" : [ {"a":{"N":"1"}} , {} ], "arn:aws:dynamodb:r:1:table/u":[]},
             "UnprocessedKeys": {"t":{"ConsistentRead":true,"Keys":[{"a":{"N":"2"}},{"a":{"N":"3"}}]} } ,
             "ConsumedCapacity":[{"TableName":"t","CapacityUnits":1.0}] }
            """
        try reading(body) { bytes in
            func string(_ range: ByteRange) -> String { text(range.slice(of: bytes)) }
            let reply = try #require(BatchGetItemReply.parse(bytes))
            #expect(reply.responses.map { string($0.table) } == ["t", "arn:aws:dynamodb:r:1:table/u"])
            #expect(reply.responses.map { $0.items.map(string) } == [[#"{"a":{"N":"1"}}"#, "{}"], []])
            #expect(reply.unprocessed.map { string($0.table) } == ["t"])
            #expect(reply.unprocessed.map { $0.keys.map(string) } == [[#"{"a":{"N":"2"}}"#, #"{"a":{"N":"3"}}"#]])
            let request = #"{"ConsistentRead":true,"Keys":[{"a":{"N":"2"}},{"a":{"N":"3"}}]}"#
            #expect(reply.unprocessed.map { string($0.request) } == [request])
            #expect(reply.unprocessedKeys.map(string) == #"{"t":\#(request) }"#)
            #expect(reply.consumedCapacity.map(string) == #"[{"TableName":"t","CapacityUnits":1.0}]"#)
        }
    }

    @Test(
        arguments: [
            (#"{"Responses":{},"UnprocessedKeys":{}}"#, "{}"),
            (#"{"Responses":{}}"#, nil),
        ] as [(String, String?)]
    )
    func understandsEmptyOnes(body: String, unprocessedKeys: String?) throws {
        try reading(body) { bytes in
            let reply = try #require(BatchGetItemReply.parse(bytes))
            #expect(reply.responses.isEmpty && reply.unprocessed.isEmpty && reply.consumedCapacity == nil)
            #expect(reply.unprocessedKeys.map { text($0.slice(of: bytes)) } == unprocessedKeys)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"Responses":[]}"#, #"{"Responses":null}"#, #"{"Responses":{"t":{}}}"#,
        #"{"Responses":{"t":[1]}}"#, #"{"Responses":{"t":[null]}}"#, #"{"Responses":{"t":[],"t":[]}}"#,
        #"{"Responses":{"\u0074":[]}}"#, #"{"Responses":{},"Responses":{}}"#, #"{"Responses":{},"Other":1}"#,
        #"{"Responses":{},"UnprocessedKeys":{"t":{}}}"#, #"{"Responses":{},"UnprocessedKeys":{"t":{"Keys":{}}}}"#,
        #"{"Responses":{},"UnprocessedKeys":{"t":{"Keys":[],"Keys":[]}}}"#,
        #"{"Responses":{},"UnprocessedKeys":{"t":{"Keys":[]},"t":{"Keys":[]}}}"#,
        #"{"Responses":{},"UnprocessedKeys":[]}"#, #"{"Responses":{},"ConsumedCapacity":{}}"#,
        #"{"Responses":{"t":[{"a":{"N":"1"}}}"#, #"{"Responses":{}}x"#,
    ])
    func passesOver(body: String) {
        #expect(reading(body) { BatchGetItemReply.parse($0) } == nil)
    }
}
