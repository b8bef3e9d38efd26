import DynamoDB
import Foundation
import Testing

@Suite struct ProjectionTests {
    /// The contents of a JSON string.
    private func escaped(_ string: String) -> String {
        var output: [UInt8] = []
        JSONText.appendQuoted(string.utf8, to: &output)
        return text(output.dropFirst().dropLast())
    }

    private func parse(_ expression: String, _ names: String? = nil) throws -> Projection {
        try reading(escaped(expression)) { expression in
            guard let names else { return try Projection.parse(expression: expression, names: nil) }
            return try reading(names) { try Projection.parse(expression: expression, names: $0) }
        }
    }

    private func apply(_ projection: Projection, _ item: String) -> String? {
        var output: [UInt8] = []
        return reading(item) { projection.apply(item: $0, into: &output) } ? text(output) : nil
    }

    private func message(_ expression: String, _ names: String? = nil) -> String? {
        do {
            _ = try parse(expression, names)
            return nil
        } catch {
            return (error as? ExpressionError)?.message
        }
    }

    // MARK: What is taken

    /// As scylladb's test/alternator/test_projection_expression.py found DynamoDB to do.
    @Test(arguments: [
        ("a", #"{"a":{"M":{"b":{"L":[{"N":"2"},{"N":"4"},{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]},"c":{"N":"5"}}}}"#),
        ("a.b", #"{"a":{"M":{"b":{"L":[{"N":"2"},{"N":"4"},{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]}}}}"#),
        ("a.b[0]", #"{"a":{"M":{"b":{"L":[{"N":"2"}]}}}}"#),
        ("a.b[2]", #"{"a":{"M":{"b":{"L":[{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]}}}}"#),
        ("a.b[2].y", #"{"a":{"M":{"b":{"L":[{"M":{"y":{"S":"yo"}}}]}}}}"#),
        // A list's elements close up, in the list's order.
        ("a.b[2].y, a.b[0]", #"{"a":{"M":{"b":{"L":[{"N":"2"},{"M":{"y":{"S":"yo"}}}]}}}}"#),
        ("a.b[1],a.b[0]", #"{"a":{"M":{"b":{"L":[{"N":"2"},{"N":"4"}]}}}}"#),
        ("a.b[0],a.c", #"{"a":{"M":{"b":{"L":[{"N":"2"}]},"c":{"N":"5"}}}}"#),
        ("a.c,b", #"{"a":{"M":{"c":{"N":"5"}}},"b":{"S":"hello"}}"#),
        ("b, p", #"{"p":{"S":"1"},"b":{"S":"hello"}}"#),
        // What is not there is left out.
        ("x", "{}"),
        ("a.b[3]", "{}"),
        ("a.b[2147483647]", "{}"),
        ("a.x", "{}"),
        ("a.x.y", "{}"),
        ("a.b[3].x", "{}"),
        ("a.x, a.b[0], x, a.b[3].x", #"{"a":{"M":{"b":{"L":[{"N":"2"}]}}}}"#),
        // Values of another type than the path says.
        ("a.b.x", "{}"),
        ("a[0]", "{}"),
        ("a.b[0].x", "{}"),
        ("a.b[0][0]", "{}"),
        ("b.S", "{}"),
        ("a.M", "{}"),
        // Spaces may stand anywhere between tokens.
        (" a\t.\nb [ 0 ]\r,  p ", #"{"p":{"S":"1"},"a":{"M":{"b":{"L":[{"N":"2"}]}}}}"#),
    ])
    func takes(expression: String, expected: String) throws {
        let item = """
            {"p":{"S":"1"},\
            "a":{"M":{"b":{"L":[{"N":"2"},{"N":"4"},{"M":{"x":{"S":"hi"},"y":{"S":"yo"}}}]},"c":{"N":"5"}}},\
            "b":{"S":"hello"}}
            """
        #expect(apply(try parse(expression), item) == expected)
    }

    @Test(arguments: [
        (#"{"a":{"L":[]},"b":{"M":{}}}"#, "a, b", #"{"a":{"L":[]},"b":{"M":{}}}"#),
        (#"{"a":{"L":[]},"b":{"M":{}}}"#, "a[0], b.c", "{}"),
        (#"{"a":{"L":[{"L":[{"N":"1"},{"N":"2"}]}]}}"#, "a[0][1]", #"{"a":{"L":[{"L":[{"N":"2"}]}]}}"#),
        (#"{"a":{"SS":["x","y"]}}"#, "a[0]", "{}"),
        // Values are copied byte for byte, white space between members is not.
        (
            " { \"a\" : { \"S\" : \"\\u00e9 \\/\" } , \"b\" : {\"N\":\"1\"} } ", "a",
            "{\"a\":{ \"S\" : \"\\u00e9 \\/\" }}"
        ),
        // Names compare unescaped, and are written as they came.
        (#"{"\u0061":{"M":{"\u0062":{"S":"x"}}}}"#, "a.b", #"{"\u0061":{"M":{"\u0062":{"S":"x"}}}}"#),
        (#"{"a":{"\u004d":{"b":{"S":"x"}}}}"#, "a.b", #"{"a":{"M":{"b":{"S":"x"}}}}"#),
        ("{}", "a", "{}"),
    ])
    func takesFrom(item: String, expression: String, expected: String) throws {
        #expect(apply(try parse(expression), item) == expected)
    }

    @Test(arguments: [
        ("#n1.b", ##"{"#n1":"a"}"##, #"{"a":{"M":{"b":{"N":"1"}}}}"#),
        ("#n1.#n2", ##"{"#n1":"a","#n2":"b"}"##, #"{"a":{"M":{"b":{"N":"1"}}}}"#),
        // A substitute is one element, whatever is in it; it may be a reserved word and may stand twice.
        ("#n", ##"{"#n":"a.b"}"##, #"{"a.b":{"N":"2"}}"#),
        ("#n", ##"{"#n":"name"}"##, #"{"name":{"N":"3"}}"#),
        ("#n", ##"{"#n":"l[0]"}"##, "{}"),
        ("#0, l[0].#0", ##"{"#0":"name"}"##, #"{"name":{"N":"3"},"l":{"L":[{"M":{"name":{"N":"4"}}}]}}"#),
        // Escapes in the substitutes.
        ("#n", ##"{"\u0023n":"n\u0061me"}"##, #"{"name":{"N":"3"}}"#),
        ("#n", ##"{"#n":"\""}"##, #"{"\u0022":{"N":"5"}}"#),
        ("#n", "{\"#n\":\"\u{E9}\"}", "{\"\u{E9}\":{\"N\":\"6\"}}"),
        // Another normalisation form is another name.
        ("#n", "{\"#n\":\"e\u{301}\"}", "{}"),
    ])
    func substitutes(expression: String, names: String, expected: String) throws {
        let item = """
            {"a":{"M":{"b":{"N":"1"}}},"a.b":{"N":"2"},"name":{"N":"3"},"l":{"L":[{"M":{"name":{"N":"4"}}}]},\
            "\\u0022":{"N":"5"},"\u{E9}":{"N":"6"}}
            """
        #expect(apply(try parse(expression, names), item) == expected)
    }

    @Test func escapesInTheExpression() throws {
        let projection = try reading(#"\u0061,\tb"#) { try Projection.parse(expression: $0, names: nil) }
        #expect(apply(projection, #"{"a":{"N":"1"},"b":{"N":"2"},"c":{"N":"3"}}"#) == #"{"a":{"N":"1"},"b":{"N":"2"}}"#)
    }

    @Test(arguments: [
        "", "[]", "{", "{}x", "1", #"{"a"}"#, #"{"a":}"#, #"{"a":{"M":{}},"#, #"{"a":1}"#, #"{"a":{}}"#, #"{"a":[]}"#,
        #"{"a":{"M":1}}"#, #"{"a":{"M":{},"L":[]}}"#, #"{"a":{"M":{"b":1}}}}"#,
    ])
    func refusesWhatIsNotAnItem(item: String) throws {
        var output = Array("before".utf8)
        let projection = try parse("a.b.c")
        #expect(!reading(item) { projection.apply(item: $0, into: &output) })
        #expect(text(output) == "before")
    }

    // MARK: What is refused

    private static let overlap =
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
    private static let conflict =
        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
    private static let tooLarge = "List index is not within the allowable range; index: "
    private static let reserved = "Attribute name is a reserved keyword; reserved keyword: "

    @Test(arguments: [
        ("", "The expression can not be empty;"),
        (" ", #"Syntax error; token: "<EOF>", near: """#),
        ("a,", #"Syntax error; token: "<EOF>", near: ",""#),
        (",a", #"Syntax error; token: ",", near: ",a""#),
        ("a,,b", #"Syntax error; token: ",", near: ",,b""#),
        ("a b", #"Syntax error; token: "b", near: "a b""#),
        ("!!! INVALID !!!", #"Syntax error; token: "!", near: "!!""#),
        ("_a", #"Syntax error; token: "_", near: "_a""#),
        ("a._b", #"Syntax error; token: "_", near: "._b""#),
        ("a.", #"Syntax error; token: "<EOF>", near: ".""#),
        ("a..b", #"Syntax error; token: ".", near: "..b""#),
        ("a[]", #"Syntax error; token: "]", near: "[]""#),
        ("a[-1]", #"Syntax error; token: "-", near: "[-1""#),
        ("a[b]", #"Syntax error; token: "b", near: "[b]""#),
        ("a[01]", #"Syntax error; token: "1", near: "01]""#),
        ("a[0", #"Syntax error; token: "<EOF>", near: "0""#),
        ("[0]", #"Syntax error; token: "[", near: "[0""#),
        ("1a", #"Syntax error; token: "1", near: "1a""#),
        ("a-b", #"Syntax error; token: "-", near: "a-b""#),
        ("(a)", #"Syntax error; token: "(", near: "(a""#),
        ("size(a)", #"Syntax error; token: "(", near: "size(a""#),
        ("a.:v", #"Syntax error; token: ":v", near: ".:v""#),
        ("#", ##"Syntax error; token: "#", near: "#""##),
        ("\u{E9}", "Syntax error; token: \"\u{E9}\", near: \"\u{E9}\""),
        ("name", reserved + "name"),
        ("a, b.Status", reserved + "Status"),
        ("a[2147483648]", tooLarge + "[2147483648]"),
        ("a[999999999999999999999]", tooLarge + "[999999999999999999999]"),
        ("#a", "An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("a, a", overlap + "path one: [a], path two: [a]"),
        ("a, b, a.b", overlap + "path one: [a], path two: [a, b]"),
        ("a.b, a", overlap + "path one: [a, b], path two: [a]"),
        ("a.b, a.b", overlap + "path one: [a, b], path two: [a, b]"),
        ("a[1], a[1]", overlap + "path one: [a, [1]], path two: [a, [1]]"),
        ("a.b, a.b[2]", overlap + "path one: [a, b], path two: [a, b, [2]]"),
        ("a.b, a.b.c", overlap + "path one: [a, b], path two: [a, b, c]"),
        ("a, a.b[2].c", overlap + "path one: [a], path two: [a, b, [2], c]"),
        ("a.b.d.e, a.b", overlap + "path one: [a, b, d, e], path two: [a, b]"),
        ("a.b, a[1]", conflict + "path one: [a, b], path two: [a, [1]]"),
        ("a[1], a.b", conflict + "path one: [a, [1]], path two: [a, b]"),
        ("a.b[1], a.b.c", conflict + "path one: [a, b, [1]], path two: [a, b, c]"),
        ("a.b.c, a.b[1]", conflict + "path one: [a, b, c], path two: [a, b, [1]]"),
    ])
    func refuses(expression: String, expected: String) {
        #expect(message(expression) == "Invalid ProjectionExpression: " + expected)
    }

    @Test(arguments: ["set", "ADD", "remove", "a.in", "Between", "a or b", "not a"])
    func refusesKeywords(expression: String) {
        #expect(message(expression)?.hasPrefix("Invalid ProjectionExpression: Syntax error; token: ") == true)
    }

    /// Every reserved word is refused, in either case, alone or inside a path.
    @Test(arguments: ["ABORT", "zone", "Ttl", "LOCALTIMESTAMP", "data"])
    func refusesReservedWords(word: String) throws {
        for expression in [word, "a." + word, word + ".a", "a[0]." + word, "b, " + word] {
            #expect(message(expression) == "Invalid ProjectionExpression: " + Self.reserved + word)
        }
        #expect(message("#w", ##"{"#w":"\##(word)"}"##) == nil)
    }

    @Test func boundsDepthAndSize() {
        #expect(message("a" + String(repeating: ".b", count: 31)) == nil)
        let tooDeep = "The document path has too many nesting levels; nesting levels: 33"
        #expect(message("a" + String(repeating: ".b", count: 32)) == "Invalid ProjectionExpression: " + tooDeep)
        #expect(message("a" + String(repeating: "[0]", count: 32)) == "Invalid ProjectionExpression: " + tooDeep)
        #expect(message(String(repeating: "a", count: 4096)) == nil)
        #expect(
            message(String(repeating: "a", count: 4097))
                == "Invalid ProjectionExpression: Expression size has exceeded the maximum allowed size;"
        )
        #expect(message((0..<800).map { "a\($0)" }.joined(separator: ",")) == nil)
        #expect(message((0..<800).map { "a[\(800 - $0)]" }.prefix(500).joined(separator: ",")) == nil)
        #expect(message(String(repeating: "a.", count: 2047) + "a")?.contains("nesting levels: 2048") == true)
    }

    @Test(arguments: [
        ("{}", "ExpressionAttributeNames must not be empty"),
        (##"{"#a":"b","#c":"d"}"##, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}"),
        (
            ##"{"#z":"b","#a":"d","#c":"e"}"##,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c, #z}"
        ),
        (#"{"a":"b"}"#, #"ExpressionAttributeNames contains invalid key: Syntax error; key: "a""#),
        (##"{"#":"b"}"##, ##"ExpressionAttributeNames contains invalid key: Syntax error; key: "#""##),
        (##"{"#a-b":"b"}"##, ##"ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b""##),
        ("{\"#\u{E9}\":\"b\"}", "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\u{E9}\""),
        (#"{"":"b"}"#, #"ExpressionAttributeNames contains invalid key: Syntax error; key: """#),
        (##"{"#a":""}"##, "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"),
    ])
    func refusesNames(names: String, expected: String) {
        #expect(message("#a", names) == expected)
    }

    @Test(arguments: [
        "", "[]", "null", "{", ##"{"#a":1}"##, ##"{"#a":null}"##, ##"{"#a":["b"]}"##, ##"{"#a":"b","#a":"b"}"##,
        ##"{"#a":"b","\u0023a":"c"}"##, ##"{"#a":"b"}{}"##,
    ])
    func refusesNamesThatAreNotAMapOfStrings(names: String) {
        #expect(message("#a", names) != nil)
    }

    @Test func boundsNames() {
        func names(_ key: Int, _ name: Int) -> String {
            "{\"#\(String(repeating: "a", count: key - 1))\":\"\(String(repeating: "b", count: name))\"}"
        }
        #expect(message("#" + String(repeating: "a", count: 254), names(255, 65535)) == nil)
        #expect(message("#" + String(repeating: "a", count: 254), names(255, 65536)) != nil)
        #expect(message("#" + String(repeating: "a", count: 255), names(256, 1))?.contains("size of key: 256") == true)
    }

    @Test func namesInTwoPlacesOverlapByWhatTheyStandFor() {
        #expect(
            message("#a, #b", ##"{"#a":"x","#b":"x"}"##)
                == "Invalid ProjectionExpression: " + Self.overlap + "path one: [x], path two: [x]"
        )
        // A name that looks like an index is a name.
        #expect(message("a.#i, a.b", ##"{"#i":"[0]"}"##) == nil)
    }

    // MARK: AttributesToGet

    @Test(arguments: [
        (#"["a"]"#, #"{"a":{"M":{"b":{"N":"1"}}}}"#),
        (#"["a.b","name","x"]"#, #"{"a.b":{"N":"2"},"name":{"N":"3"}}"#),
        (#" [ "n\u0061me" ] "#, #"{"name":{"N":"3"}}"#),
        (#"["x"]"#, "{}"),
        // No paths.
        (#"["a[0]"]"#, "{}"),
    ])
    func attributesToGet(list: String, expected: String) throws {
        let projection = try reading(list) { try Projection.parse(attributesToGet: $0) }
        let item = #"{"a":{"M":{"b":{"N":"1"}}},"a.b":{"N":"2"},"name":{"N":"3"}}"#
        #expect(apply(projection, item) == expected)
    }

    @Test(arguments: [
        "", "{}", "[", "[]", "[1]", "[null]", #"["a",]"#, #"["a"]x"#, #"[""]"#, #"["a","a"]"#, #"["a","\u0061"]"#,
        "[" + (0..<256).map { "\"\($0)\"" }.joined(separator: ",") + "]",
    ])
    func refusesAttributesToGet(list: String) {
        #expect(throws: ExpressionError.self) { try reading(list) { _ = try Projection.parse(attributesToGet: $0) } }
    }

    @Test func duplicateAttributesToGetAreNamed() {
        #expect(
            throws: ExpressionError(
                "One or more parameter values were invalid: Duplicate value in attribute name: a"
            )
        ) { try reading(#"["a","b","a"]"#) { _ = try Projection.parse(attributesToGet: $0) } }
    }

    // MARK: Allocation

    @Test func applyingAllocatesNothing() throws {
        let projection = try parse("a.b[1], c, #n", ##"{"#n":"name"}"##)
        let item = Array(
            #"{"a":{"M":{"b":{"L":[{"N":"1"},{"N":"2"}]}}},"c":{"S":"x"},"d":{"S":"y"},"name":{"N":"3"}}"#.utf8
        )
        var output: [UInt8] = []
        output.reserveCapacity(1000)
        var isApplied = false
        let allocations = item.withUnsafeBytes { item in
            warmAllocations {
                output.removeAll(keepingCapacity: true)
                isApplied = projection.apply(item: item, into: &output)
            }
        }
        #expect(allocations == 0)
        #expect(isApplied)
        #expect(text(output) == #"{"a":{"M":{"b":{"L":[{"N":"2"}]}}},"c":{"S":"x"},"name":{"N":"3"}}"#)
    }
}
