import DynamoDB
import Testing

@Suite struct TimeToLiveDescriptionTests {
    @Test(
        arguments: [
            (#"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}}"#, "expires"),
            (#"{"TimeToLiveDescription":{"AttributeName":"\u00e9","TimeToLiveStatus":"ENABLING"}}"#, "\u{E9}"),
            (#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#, nil),
            (#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLING","AttributeName":"expires"}}"#, nil),
            (#"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED"}}"#, nil),
            (#"{"TimeToLiveDescription":{}}"#, nil),
        ] as [(String, String?)]
    )
    func reads(body: String, attribute: String?) throws {
        let description = try #require(reading(body) { TimeToLiveDescription.parse($0) })
        #expect(description.attribute == attribute.map { Array($0.utf8) })
    }

    @Test(arguments: ["", "{}", "[]", #"{"TimeToLiveDescription":null}"#, #"{"TimeToLiveDescription":"ENABLED"}"#])
    func passesOver(body: String) {
        #expect(reading(body) { TimeToLiveDescription.parse($0) } == nil)
    }
}
