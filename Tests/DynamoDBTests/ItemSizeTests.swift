import DynamoDB
import Foundation
import Testing

@Suite struct ItemSizeTests {
    private struct Number: Decodable {
        let input: String
        let canonical: String?
        let sizeBytes: Int?

        enum CodingKeys: String, CodingKey {
            case input, canonical
            case sizeBytes = "size_bytes_dynalite"
        }
    }

    private func size(_ item: String) -> Int? {
        reading(item) { ItemSize.bytes(ofItem: $0) }
    }

    @Test func numbers() throws {
        var checked = 0
        for number in try vectors("numbers.json", as: Number.self) {
            guard let expected = number.sizeBytes, let canonical = number.canonical else { continue }
            for text in [number.input, canonical] {
                #expect(size(#"{"n":{"N":"\#(text)"}}"#) == 1 + expected, "\(text)")
                #expect(size(#"{"n":{"NS":["\#(text)","1"]}}"#) == 1 + expected + 2, "\(text)")
            }
            checked += 1
        }
        #expect(checked > 15)
    }

    @Test(arguments: [
        ("{}", 0),
        // Developer Guide, "Capacity unit consumption".
        (#"{"shirt-color":{"S":"R"},"shirt-size":{"S":"M"}}"#, 23),
        (#"{"a":{"S":""}}"#, 1),
        ("{\"\u{E9}\":{\"S\":\"\u{1F600}\"}}", 6),
        (#"{"\u00e9":{"S":"\ud83d\ude00\n"}}"#, 7),
        (#"{"a":{"N":"0"}}"#, 2),
        (#"{"a":{"N":"-0.0"}}"#, 2),
        (#"{"a":{"B":""}}"#, 1),
        (#"{"a":{"B":"YQ=="}}"#, 2),
        (#"{"a":{"B":"YWI="}}"#, 3),
        (#"{"a":{"B":"YWJj"}}"#, 4),
        (#"{"a":{"B":"\/\/\/\/"}}"#, 4),
        (#"{"a":{"BOOL":false}}"#, 2),
        (#"{"a":{"NULL":true}}"#, 2),
        (#"{"a":{"SS":["x","yz"]}}"#, 4),
        (#"{"a":{"BS":["YQ==","YWJj"]}}"#, 5),
        (#"{"a":{"L":[]}}"#, 4),
        (#"{"a":{"M":{}}}"#, 4),
        (#"{"a":{"L":[{"S":"x"},{"N":"1"}]}}"#, 1 + 3 + (1 + 1) + (1 + 2)),
        (#"{"a":{"M":{"bc":{"S":"x"}}}}"#, 1 + 3 + (1 + 2 + 1)),
        (#"{"a":{"M":{"b":{"L":[{"M":{}}]}}}}"#, 1 + 3 + (1 + 1) + 3 + (1 + 3)),
        (#" { "a" : { "S" : "xyz" } } "#, 4),
    ])
    func items(item: String, expected: Int) {
        #expect(size(item) == expected)
    }

    @Test(arguments: [
        "", "[]", "null", "{", "{}x", #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{"S":1}}"#, #"{"a":{"N":1}}"#,
        #"{"a":{"N":"x"}}"#,
        #"{"a":{"S":"x","N":"1"}}"#, #"{"a":{"X":"x"}}"#, #"{"a":{"SS":"x"}}"#, #"{"a":{"L":{}}}"#, #"{"a":{"M":[]}}"#,
        #"{"a":{"BOOL":"true"}}"#, #"{"a":{"NULL":1}}"#, #"{"a":{"NS":["1","x"]}}"#,
    ])
    func refuses(item: String) {
        #expect(size(item) == nil)
    }

    @Test func nesting() {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: #"{"L":["#, count: depth) + #"{"S":"x"}"#
                + String(repeating: "]}", count: depth) + "}"
        }
        #expect(size(nested(32)) == 1 + 32 * 4 + 1)
        #expect(size(nested(100_000)) == nil)
    }
}
