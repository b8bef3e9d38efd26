import DynamoDB
import Testing

@Suite struct ItemReaderTests {
    private func timeToLive(_ item: String, _ attribute: String = "ttl") -> Int64? {
        reading(item) { ItemReader.timeToLive($0, attribute: Array(attribute.utf8)) }
    }

    @Test(
        arguments: [
            ("1700000000", 1_700_000_000), ("0", 0), ("-0", 0), ("1700000000.9", 1_700_000_000), ("0.999", 0),
            ("1.7e9", 1_700_000_000), ("17E+8", 1_700_000_000), ("1700000000000e-3", 1_700_000_000),
            ("00042", 42), ("+42", 42), ("-1", -1), ("-1.5", -2), ("-0.5", -1),
            ("9223372036854775807", Int64.max), ("9223372036854775808", Int64.max), ("9.99e125", Int64.max),
            ("-9223372036854775807", -Int64.max), ("-9223372036854775808", Int64.min), ("-9.99e125", Int64.min),
            ("-9223372036854775807.5", Int64.min), ("1e-130", 0), ("-1e-130", -1),
        ] as [(String, Int64)]
    )
    func numbers(number: String, expected: Int64) {
        #expect(timeToLive(#"{"a":{"M":{"ttl":{"N":"1"}}},"ttl":{"N":"\#(number)"},"z":{"S":"x"}}"#) == expected)
    }

    @Test(arguments: [
        "{}", "", "[]", #"{"TTL":{"N":"1"}}"#, #"{"a":{"M":{"ttl":{"N":"1"}}}}"#, #"{"ttl":{"S":"1700000000"}}"#,
        #"{"ttl":{"N":1700000000}}"#, #"{"ttl":{"N":"soon"}}"#, #"{"ttl":{"N":""}}"#, #"{"ttl":{"N":"1e999"}}"#,
        #"{"ttl":{"N":"1e99999999999999999999"}}"#, #"{"ttl":{"NS":["1"]}}"#, #"{"ttl":{}}"#, #"{"ttl":1}"#, #"{"ttl""#,
        #"{"ttl":{"N":"NaN"}}"#, #"{"ttl":{"N":"Infinity"}}"#,
    ])
    func absent(item: String) {
        #expect(timeToLive(item) == nil)
    }

    @Test func names() {
        #expect(timeToLive(#"{"\u0074tl":{"\u004e":"\u0031"}}"#) == 1)
        #expect(timeToLive(#"{"\u00e9":{"N":"5"}}"#, "\u{E9}") == 5)
        #expect(timeToLive(#"{"\"":{"N":"6"}}"#, "\"") == 6)
    }
}
