import DynamoDB
import Testing

@Suite struct ListTablesReplyTests {
    @Test(
        arguments: [
            (#"{"TableNames":[]}"#, [], nil),
            (#"{"TableNames":["a","b.c-d_1"]}"#, ["a", "b.c-d_1"], nil),
            (#"{"TableNames":["a"],"LastEvaluatedTableName":"a"}"#, ["a"], "a"),
        ] as [(String, [String], String?)]
    )
    func readsAndWrites(body: String, names: [String], last: String?) throws {
        let reply = ListTablesReply(names: names, lastEvaluatedTableName: last)
        #expect(reading(body) { ListTablesReply.parse($0) } == reply)
        #expect(text(reply.body()) == body)
    }

    @Test(arguments: ["", "{}", "[]", #"{"TableNames":{}}"#, #"{"TableNames":[1]}"#, #"{"TableNames":["a"]"#])
    func passesOver(body: String) {
        #expect(reading(body) { ListTablesReply.parse($0) } == nil)
    }

    @Test func escapes() {
        #expect(text(ListTablesReply(names: ["\"\\\n"]).body()) == #"{"TableNames":["\"\\\u000a"]}"#)
    }
}
