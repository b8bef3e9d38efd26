import Testing

@testable import DynamoDB

@Suite struct AttributeValueTests {
    private static let invalid = "One or more parameter values were invalid: "
    private static let empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    private static let several =
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"

    @Test(
        arguments: [
            (#"{}"#, empty), (#"{"a":""}"#, empty), (#"{"M":{"a":{}}}"#, empty), (#"{"L":[{"a":{}}]}"#, empty),
            (#"{"S":null}"#, empty),
            (#"{"S":"a","N":"1"}"#, several), (#"{"S":"a","BOOL":true,"N":"1"}"#, several),
            (#"{"NULL":false}"#, invalid + "Null attribute value types must have the value of true"),
            (#"{"NULL":"no"}"#, invalid + "Null attribute value types must have the value of true"),
            (#"{"SS":[]}"#, invalid + "An string set  may not be empty"),
            (#"{"NS":[]}"#, invalid + "An number set  may not be empty"),
            (#"{"BS":[]}"#, invalid + "Binary sets should not be empty"),
            (#"{"SS":["a","a"]}"#, invalid + "Input collection [a, a] contains duplicates."),
            (#"{"SS":["","b",""]}"#, invalid + "Input collection [, b, ] contains duplicates."),
            (#"{"BS":["Yg==","Yg=="]}"#, invalid + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
            (#"{"NS":["1","1.0"]}"#, "Input collection contains duplicates"),
            (#"{"S":"","N":""}"#, "The parameter cannot be converted to a numeric value"),
            (#"{"N":"b"}"#, "The parameter cannot be converted to a numeric value: b"),
            (#"{"NS":["1","b"]}"#, "The parameter cannot be converted to a numeric value: b"),
            (#"{"N":"NaN"}"#, "The parameter cannot be converted to a numeric value: NaN"),
            (
                #"{"N":"123456789012345678901234567890123456789"}"#,
                "Attempting to store more than 38 significant digits in a Number"
            ),
            (
                #"{"N":"1e126"}"#,
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
            (
                #"{"N":"-1e-131"}"#,
                "Number underflow. Attempting to store a number with magnitude smaller than supported range"
            ),
            (#"{"M":{"":{"S":"a"}}}"#, "Empty attribute name"),
            (#"{"SS":[null]}"#, invalid + "An string set may not have a null string as a member"),
            (#"{"NS":["1",null]}"#, invalid + "An number set may not have a null string as a member"),
            (#"{"BS":[null,"YQ=="]}"#, invalid + "Binary sets may not contain null values"),
            (
                #"{"M":{""# + String(repeating: "x", count: 65536) + #"":{"S":"a"}}}"#,
                "Attribute name is too large, must be less than 65536 bytes"
            ),
        ] as [(String, String)]
    )
    func refused(json: String, message: String) {
        #expect(failure { _ = try value(json) } == message)
    }

    @Test(
        arguments: [
            #"{"N":1}"#, #"{"S":1}"#, #"{"BOOL":"maybe"}"#, #"{"NULL":1}"#, #"{"L":{}}"#, #"{"M":[]}"#, #"{"SS":"a"}"#,
            #"{"SS":[1]}"#, #"{"B":"YQ"}"#, #"{"B":"YR=="}"#, #"{"B":"Y!=="}"#, #"{"B":"===="}"#, #"[]"#,
            #"{"S":"a"} x"#,
            #"{"S":"a","S":"b"}"#, #"{"M":{"a":{"S":"x"},"a":{"S":"y"}}}"#, #"{"SS":[],"N":1}"#,
        ]
    )
    func serializationErrors(json: String) {
        do {
            _ = try value(json)
            Issue.record("accepted")
        } catch AttributeValueError.serialization {
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(
        arguments: [
            (#"{"N":"1.50E2"}"#, #"{"N":"150"}"#), (#"{"S":"a\u00e9\"\n"}"#, "{\"S\":\"a\u{E9}\\\"\\u000a\"}"),
            (#"{"SS":["b","a"]}"#, #"{"SS":["a","b"]}"#), (#"{"NS":["10","9.0"]}"#, #"{"NS":["9","10"]}"#),
            (#"{"B":""}"#, #"{"B":""}"#), (#"{"S":""}"#, #"{"S":""}"#), (#"{"M":{}}"#, #"{"M":{}}"#),
            (#"{"L":[]}"#, #"{"L":[]}"#), (#"{"NULL":true}"#, #"{"NULL":true}"#),
            (#"{"BOOL":"yes"}"#, #"{"BOOL":true}"#),
            (#"{"SS":[""]}"#, #"{"SS":[""]}"#),
            (#"{"B":"/+8A"}"#, #"{"B":"/+8A"}"#), (#"{"BS":["YWI=","YQ=="]}"#, #"{"BS":["YQ==","YWI="]}"#),
            (#"{"X":[1,{}],"S":"a","N":null}"#, #"{"S":"a"}"#),
            (
                #"{"M":{"b":{"BOOL":false},"a":{"L":[{"N":"-0"}]}}}"#,
                #"{"M":{"a":{"L":[{"N":"0"}]},"b":{"BOOL":false}}}"#
            ),
        ] as [(String, String)]
    )
    func canonical(json: String, expected: String) throws {
        var output: [UInt8] = []
        try value(json).append(to: &output)
        #expect(text(output) == expected)
    }

    /// The newer words, which show sets in another way.
    @Test(
        arguments: [
            (#"{"SS":["b","a","b"]}"#, invalid + #"Input collection ["a", "b", "b"] contains duplicates."#),
            (#"{"SS":["c","b","c","a"]}"#, invalid + #"Input collection ["b", "c", "c", "a"] contains duplicates."#),
            (
                #"{"BS":["/w==","AA==","AA=="]}"#,
                invalid + #"Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#
            ),
            (#"{"NS":["2","1","2"]}"#, invalid + "Input collection contains duplicates."),
            (#"{"N":""}"#, "The parameter cannot be converted to a numeric value: "),
            (
                #"{"N":"1e2147483647"}"#,
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
        ] as [(String, String)]
    )
    func currentMessages(json: String, message: String) throws {
        #expect(try itemFailure(#"{"a":\#(json)}"#)?.message(.current) == message)
    }

    /// What is wrong with an item first.
    private func itemFailure(_ json: String) throws -> AttributeValueFailure? {
        try withBytes(json) { (bytes) throws in
            var reader = JSONReader(bytes)
            var failure: AttributeValueFailure?
            _ = try AttributeMap(&reader, failure: &failure)
            return failure
        }
    }

    @Test func emptyNamesComeFirstThenDepth() throws {
        let deep = String(repeating: #"{"L":["#, count: 100) + #"{"S":"x"}"# + String(repeating: "]}", count: 100)
        #expect(
            try itemFailure(#"{"d":\#(deep),"n":{"N":"x"},"":{"S":"x"}}"#)?.message(.older) == "Empty attribute name"
        )
        let inner = try itemFailure(#"{"m":{"M":{"":{"S":"x"}}},"d":\#(deep)}"#)
        #expect(inner?.message(.older).hasPrefix("Nesting Levels") == true)
    }

    @Test func depth() throws {
        func nested(_ count: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: count) + #"{"S":"x"}"# + String(repeating: close, count: count)
        }
        for (open, close) in [(#"{"M":{"n":"#, "}}"), (#"{"L":["#, "]}")] {
            #expect(try value(nested(31, open, close)).depth == 32)
            let message = failure { _ = try value(nested(32, open, close)) }
            #expect(message?.hasPrefix("Nesting Levels have exceeded supported limits") == true)
        }
    }

    @Test func randomItemsSurviveJSON() throws {
        var values = RandomValues(seed: 21)
        for _ in 0..<500 {
            let original = values.item()
            let written = json(original)
            #expect(try item(written) == original)
            #expect(reading(written) { ItemSize.bytes(ofItem: $0) } == original.size)
        }
    }

    @Test func mapsFindTheirAttributes() {
        var random = SplitMix(state: 22)
        var map = AttributeMap()
        var model: [[UInt8]: AttributeValue] = [:]
        for _ in 0..<2000 {
            let name = [UInt8.random(in: 0...40, using: &random)]
            let value = Bool.random(using: &random) ? AttributeValue.number(Number(Int(name[0]))) : nil
            map[name] = value
            model[name] = value
            #expect(map.count == model.count)
            #expect(map[name] == model[name])
        }
        #expect(map.attributes.allSatisfy { model[$0.name] == $0.value })
    }

    @Test func order() throws {
        let ordered: [AttributeValue] = [
            .string(""), .string("Z"), .string("a"), .string("\u{E9}"), .string("\u{1F600}"),
        ]
        for (one, next) in zip(ordered, ordered.dropFirst()) {
            #expect(one.precedes(next) == true)
            #expect(next.precedes(one) == false)
        }
        #expect(AttributeValue.binary([0x7F]).precedes(.binary([0x80])) == true)
        #expect(AttributeValue.string("a").precedes(.binary([0x80])) == nil)
        #expect(AttributeValue.null.precedes(.null) == nil)
        // Normalisation forms are different strings.
        #expect(AttributeValue.string("\u{E9}") != .string("e\u{301}"))
    }
}
