import Foundation
import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func membersInOrder() {
        let value = JSONValue.object([
            ("z\"\\\n", .string("\u{1}é")), ("a", .list([.flag(true), .flag(false), .null, .integer(-3)])),
            ("n", .number(0.1)), ("e", .list([])), ("o", .object([])),
        ])
        #expect(value.text == #"{"z\"\\\n":"\u0001é","a":[true,false,null,-3],"n":0.1,"e":[],"o":{}}"#)
    }

    @Test func textReadsBackAsItWas() throws {
        let text = "a\"b\\c\nd\te\u{1F}é\u{10FFFF}/"
        let parsed = try JSONSerialization.jsonObject(with: Data(JSONValue.list([.string(text)]).text.utf8))
        #expect(parsed as? [String] == [text])
    }

    @Test func numbersJSONHasNotAreNull() {
        #expect(
            JSONValue.list([.number(.infinity), .number(.nan), .figure(.nan), .figure(nil)]).text
                == "[null,null,null,null]"
        )
    }

    @Test(arguments: [
        (1_234_567.891, "1234570"), (0, "0"), (0.000_012_345_678, "1.23457e-05"), (-2.5, "-2.5"), (1e300, "1e+300"),
    ])
    func figuresHaveSixDigits(_ number: Double, _ text: String) {
        #expect(JSONValue.figure(number).text == text)
    }
}
