import DynamoDB
import Testing

@Suite struct GetItemReplyTests {
    private func parts(_ body: String) -> (item: String?, consumedCapacity: String?)? {
        reading(body) { bytes in
            GetItemReply.parse(bytes).map { reply in
                (reply.item.map { text($0.slice(of: bytes)) }, reply.consumedCapacity.map { text($0.slice(of: bytes)) })
            }
        }
    }

    @Test(
        arguments: [
            ("{}", nil, nil),
            (" { } ", nil, nil),
            (#"{"Item":{}}"#, "{}", nil),
            (#"{"Item":{"id":{"S":"1"}}}"#, #"{"id":{"S":"1"}}"#, nil),
            (#" { "Item" : { "id" : {"S":"}"} } } "#, #"{ "id" : {"S":"}"} }"#, nil),
            (#"{"\u0049tem":{"a":{"S":"\""}}}"#, #"{"a":{"S":"\""}}"#, nil),
            (
                #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5},"Item":{"a":{"N":"1"}}}"#,
                #"{"a":{"N":"1"}}"#, #"{"TableName":"t","CapacityUnits":0.5}"#
            ),
            (
                #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}"#, nil,
                #"{"TableName":"t","CapacityUnits":0.5}"#
            ),
        ] as [(String, String?, String?)]
    )
    func understands(body: String, item: String?, consumedCapacity: String?) throws {
        let parts = try #require(self.parts(body))
        #expect(parts.item == item)
        #expect(parts.consumedCapacity == consumedCapacity)
    }

    @Test(arguments: [
        "", " ", "null", "[]", "{", "{}{}", #"{"Item":null}"#, #"{"Item":[]}"#, #"{"Item":"x"}"#, #"{"Item":{}"#,
        #"{"Item":{},}"#, #"{"Item":{},"Item":{}}"#, #"{"Item":{},"\u0049tem":{}}"#, #"{"item":{}}"#,
        #"{"Item":{},"Unknown":1}"#, #"{"ConsumedCapacity":[]}"#, #"{"ConsumedCapacity":null}"#,
        #"{"__type":"x","message":"y"}"#, "{\"Item\":{\"a\":{\"S\":\"\u{0}\"}}}", #"{"Item":{"a":{"S":"\ud800"}}}"#,
        "<html></html>",
    ])
    func passesOver(body: String) {
        #expect(parts(body) == nil)
    }

    /// The size is the item's; an item that has none is understood all the same.
    @Test(
        arguments: [
            (#"{"Item":{"id":{"S":"12345"}}}"#, 7), (#"{"Item": {"a":{"N":"1"},"b":{"L":[{"BOOL":true}]}} }"#, 9),
            (#"{"Item":{}}"#, 0), ("{}", nil), (#"{"Item":{"id":{"Unknown":"1"}}}"#, nil), (#"{"Item":{"id":7}}"#, nil),
        ] as [(String, Int?)]
    )
    func tellsTheItemsSize(body: String, size: Int?) throws {
        let reply = try #require(reading(body) { GetItemReply.parse($0) })
        #expect(reply.itemBytes == size)
        let ofItem = reading(body) { bytes in reply.item.flatMap { ItemSize.bytes(ofItem: $0.slice(of: bytes)) } }
        #expect(ofItem == size)
    }

    @Test func refusesInvalidUTF8() {
        let body = Array(#"{"Item":{"a":{"S":""#.utf8) + [0xC3] + Array(#""}}}"#.utf8)
        #expect(body.withUnsafeBytes { GetItemReply.parse($0) } == nil)
    }
}
