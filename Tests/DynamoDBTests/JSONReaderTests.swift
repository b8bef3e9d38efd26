import Testing

@testable import DynamoDB

@Suite struct JSONReaderTests {
    static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { text in
            var reader = JSONReader(text)
            do {
                try reader.skipValue()
                try reader.finish()
                return true
            } catch {
                return false
            }
        }
    }

    @Test(arguments: [
        "{}", "[]", "0", "-0", "1.5e+10", "-12.25E-3", "\"\"", "true", "false", "null",
        " [ 1 , {\"a\" : [ ] } ]\n\t\r ",
        #""\u0041\ud83d\ude00\n\"\\\/""#, #""\u0000""#, "\"é日🎵\u{10FFFF}\"", "\"\u{7F}\"", #"{"":{"":[[]]}}"#,
        "\"0123456789abcdef0123456789\"",
    ])
    func acceptsValidText(_ text: String) {
        #expect(Self.accepts(Array(text.utf8)))
        // The same value when every run of plain bytes has another alignment.
        #expect(Self.accepts(Array(("[" + String(repeating: " ", count: 5) + text + "]").utf8)))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "{]", "[}", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "01", "-", "+1", "1.", ".5", "1e", "1e+", "--1", "0x10",
        "NaN", "Infinity", "tru", "True", "nul", "truefalse", "1 1", "{} x", "[] ]", "\"", "\"\\\"", "\"\\x\"",
        "\"\\u12\"", "\"\\u12G4\"", #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, #""\ud800x""#, #""\ud83d\ud83d""#,
        "\"a\nb\"", "\"01234567\u{1}\"", "\"\u{0}\"", "// c\n1", "\u{FEFF}{}", "1\u{0}",
    ])
    func refusesInvalidText(_ text: String) {
        #expect(!Self.accepts(Array(text.utf8)))
    }

    @Test func validatesUTF8() {
        let bad: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF0, 0x9F, 0x8E],
            [0xF0, 0x9F, 0x8E, 0x22],
        ]
        for bytes in bad {
            for padding in 0..<9 {
                let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
                #expect(!Self.accepts(text), "\(bytes)")
            }
        }
        // Each scalar value that starts or ends a row of the table of well-formed sequences.
        let good: [UInt32] = [
            0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000,
            0xFFFFF, 0x100000, 0x10FFFF,
        ]
        for scalar in good.compactMap(Unicode.Scalar.init) {
            #expect(Self.accepts(Array("\"\(Character(scalar))\"".utf8)))
        }
    }

    /// Every byte at every offset of a run that is looked at eight bytes at a time.
    @Test func findsStopsAtEveryOffset() {
        for byte in UInt8.min...UInt8.max {
            for offset in 0..<17 {
                var text = [UInt8](repeating: 0xC3, count: 40)
                for index in stride(from: 0, to: 40, by: 2) { (text[index], text[index + 1]) = (0x61, 0xA0) }
                text = [UInt8](repeating: 0x61, count: 24)
                text[offset] = byte
                let isPlain = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
                // An "a" after a backslash makes no escape, a quote ends the string early.
                #expect(Self.accepts([0x22] + text + [0x22]) == isPlain, "byte \(byte) at \(offset)")
            }
        }
    }

    @Test func boundsDepth() {
        let limit = JSONReader.maximumDepth
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inside = open == "[" ? "" : "1"
            func nested(_ depth: Int) -> [UInt8] {
                let text = String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
                return Array(text.utf8)
            }
            #expect(Self.accepts(nested(limit)))
            #expect(!Self.accepts(nested(limit + 1)))
            #expect(!Self.accepts(nested(1_000_000)))
        }
    }

    @Test func tellsArraysFromObjectsAtEveryDepth() {
        for depth in 1...JSONReader.maximumDepth / 2 {
            let open = String(repeating: #"[{"a":"#, count: depth)
            let close = String(repeating: "}]", count: depth)
            #expect(Self.accepts(Array((open + "1" + close).utf8)))
            #expect(!Self.accepts(Array((open + "1" + close.dropLast() + "}").utf8)), "\(depth) times two levels")
        }
    }

    @Test func pullsMembersAndElements() throws {
        let text = #" {"a" : [1, "x", {"k":null}, [] ], "b\n":true,"c":{} } "#
        try withBytes(text) { bytes in
            var reader = JSONReader(bytes)
            try reader.beginObject()
            let first = try reader.nextMember()
            #expect(first.map { slice(text, $0.range) } == "a")
            #expect(first?.isPlain == true)
            #expect(try reader.peek() == .array)
            try reader.beginArray()
            #expect(try reader.nextElement())
            #expect(slice(text, try reader.number()) == "1")
            #expect(try reader.nextElement())
            #expect(slice(text, try reader.string().range) == "x")
            #expect(try reader.nextElement())
            #expect(slice(text, try reader.skipValue()) == #"{"k":null}"#)
            #expect(try reader.nextElement())
            try reader.beginArray()
            #expect(try !reader.nextElement())
            #expect(try !reader.nextElement())
            let second = try reader.nextMember()
            #expect(second?.isPlain == false)
            #expect(second.map { reader.decoded($0) } == "b\n")
            #expect(second.map { reader.matches($0, "b\n") } == true)
            #expect(try reader.bool())
            #expect(try reader.nextMember() != nil)
            try reader.beginObject()
            #expect(try reader.nextMember() == nil)
            #expect(try reader.nextMember() == nil)
            try reader.finish()
        }
    }

    @Test(arguments: [
        (#""a""#, ExpectedType.boolean, "Unexpected token received from parser"),
        ("23", .boolean, "NUMBER_VALUE cannot be converted to Boolean"),
        ("-34.56", .boolean, "DECIMAL_VALUE cannot be converted to Boolean"),
        ("1e2", .boolean, "DECIMAL_VALUE cannot be converted to Boolean"),
        ("[]", .boolean, "Unrecognized collection type class java.lang.Boolean"),
        ("{}", .boolean, "Start of structure or map found where not expected"),
        ("true", .string, "TRUE_VALUE cannot be converted to String"),
        ("false", .string, "FALSE_VALUE cannot be converted to String"),
        ("-23", .string, "NUMBER_VALUE cannot be converted to String"),
        ("[]", .string, "Unrecognized collection type class java.lang.String"),
        ("{}", .string, "Start of structure or map found where not expected"),
        (#""23""#, .integer, "STRING_VALUE cannot be converted to Integer"),
        ("23", .binary, "only base-64-encoded strings are convertible to bytes"),
        ("{}", .list, "Start of structure or map found where not expected"),
        ("true", .list, "Unexpected field type"),
        (
            "[]", .attributeMap,
            "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
        ),
        (#""a""#, .attributeMap, "Unexpected field type"),
        ("1", .attributeValue, "Unexpected value type in payload"),
    ])
    func namesWrongTypes(_ text: String, _ expected: ExpectedType, _ message: String) {
        withBytes(text) { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: RequestError.wrongType(message: message)) {
                switch expected {
                case .boolean: _ = try reader.bool()
                case .string, .binary: _ = try reader.string(expected)
                case .integer: _ = try reader.number()
                case .list: try reader.beginArray()
                default: try reader.beginObject(expected)
                }
            }
        }
    }

    @Test func unescapes() {
        let cases: [(String, String)] = [
            (#"plain"#, "plain"), (#"\u0041\u00e9\u65e5\ud83c\udfb5"#, "Aé日🎵"),
            (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#"\u0000x"#, "\u{0}x"), (#"\u007f\u0080\u07ff\u0800\uffff"#, "\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}"),
            (#"\uD800\uDC00\uDBFF\uDFFF"#, "\u{10000}\u{10FFFF}"),
        ]
        for (escaped, value) in cases {
            withBytes(escaped) { raw in
                #expect(JSONText.decoded(raw) == value)
                withBytes(value) { #expect(JSONText.isEqual(raw, plain: $0)) }
                withBytes(value + "x") { #expect(!JSONText.isEqual(raw, plain: $0)) }
                withBytes(String(value.dropLast())) { #expect(!JSONText.isEqual(raw, plain: $0)) }
            }
        }
        // Not a valid string: anything may come out, but it ends.
        for broken in [#"\"#, #"\u"#, #"\u00"#, #"\ud800"#, #"\ud800\u"#, #"\ud800\"#] {
            withBytes(broken) { #expect(JSONText.unescaped($0).count <= 8) }
        }
    }

    @Test func quotes() {
        var output: [UInt8] = []
        JSONText.appendQuoted("a\"\\\n\u{0}\u{1F}é/".utf8, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #""a\"\\\u000a\u0000\u001fé/""#)
        #expect(Self.accepts(output))
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, true), (#"{"a":1,"\u0061":2}"#, true), (#"{"a":{"b":1,"b":1}}"#, true),
        (#"[{"a":1},{"a":1}]"#, false), (#"{"a":{"a":{"a":1}}}"#, false), (#"{"a":1,"A":2}"#, false),
        (#"{"é":1,"\u00e9":1}"#, true), (#"{"":1,"":2}"#, true), (#"{"a":[{"x":[{"y":0,"z":0,"\u0079":1}]}]}"#, true),
    ])
    func findsDuplicateNames(_ text: String, _ isDuplicate: Bool) {
        withBytes(text) { bytes in
            let error = requestError { try JSONNames.requireUnique(in: bytes) }
            #expect(error == (isDuplicate ? .duplicateMember : nil))
        }
    }

    @Test func findsDuplicateNamesAmongMany() {
        let many = (0..<20_000).map { #""n\#($0)":0"# }.joined(separator: ",")
        for (text, isDuplicate) in [
            ("{\(many)}", false), (#"{\#(many),"n\u00310000":0}"#, true), (#"{"n7":1,\#(many)}"#, true),
            (#"{\#(many),"x":{"n1":0}}"#, false),
        ] {
            let error = withBytes(text) { bytes in requestError { try JSONNames.requireUnique(in: bytes) } }
            #expect(error == (isDuplicate ? .duplicateMember : nil))
        }
    }
}
