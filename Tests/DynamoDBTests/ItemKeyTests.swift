import Foundation
import Testing

@testable import DynamoDB

@Suite struct ItemKeyTests {
    static func canonical(_ object: String) -> [UInt8]? {
        let ofObject: [UInt8]? = withBytes(object) { bytes in
            let key = KeyBuffer()
            key.append(UInt8(7))
            guard ItemKey.appendCanonical(keyObject: bytes, to: key) else {
                return key.count == 1 ? nil : [0xFF]
            }
            return Array(key.bytes.dropFirst())
        }
        // The key of a request is the same.
        withBytes(#"{"Key" : \#(object),"TableName":"Music"}"#) { body in
            guard let request = try? GetItemRequest.parse(body), request.isCacheable else { return }
            let key = KeyBuffer()
            let isKey = ItemKey.appendCanonical(request, of: body, to: key)
            #expect((isKey ? Array(key.bytes) : nil) == ofObject, "\(object)")
        }
        return ofObject
    }

    static func canonical(item: String, _ schema: KeySchema) -> [UInt8]? {
        withBytes(item) { bytes in
            let key = KeyBuffer()
            return ItemKey.appendCanonical(item: bytes, schema: schema, to: key) ? Array(key.bytes) : nil
        }
    }

    @Test func hasTheDocumentedLayout() {
        let string: [UInt8] = [2, 0x69, 0x64, 0x53, 0, 2, 0x61, 0x62]
        #expect(Self.canonical(#"{"id":{"S":"ab"}}"#) == string)
        // -1.20 is "-", exponent 0 + 200, digits 1 and 2.
        let numberAndBinary: [UInt8] = [1, 0x61, 0x4E, 0, 5, 0x2D, 0, 200, 1, 2, 1, 0x62, 0x42, 0, 3, 0, 1, 0xFE]
        #expect(Self.canonical(#"{"b":{"B":"AAH+"},"a":{"N":"-1.20"}}"#) == numberAndBinary)
        let zero: [UInt8] = [2, 0x69, 0x64, 0x4E, 0, 1, 0x30]
        #expect(Self.canonical(#"{"id":{"N":"0"}}"#) == zero)
    }

    @Test(arguments: [
        (#"{"a":{"S":"é"}}"#, #" { "\u0061" : { "\u0053" : "\u00e9" } } "#),
        (#"{"a":{"S":"🎵"},"b":{"N":"1"}}"#, #"{"b":{"N":"\u0031e0"},"a":{"S":"\ud83c\udfb5"}}"#),
        (#"{"a":{"B":"/+8="}}"#, #"{"a":{"B":"\/+8\u003d"}}"#),
        (#"{"a":{"N":"100"}}"#, #"{"a":{"N":"+1.00E+2"}}"#),
        (#"{"ab":{"S":"x"},"a":{"S":"y"}}"#, #"{"a":{"S":"y"},"ab":{"S":"x"}}"#),
    ])
    func spellingsOfOneKey(_ one: String, _ other: String) {
        #expect(Self.canonical(one) != nil)
        #expect(Self.canonical(one) == Self.canonical(other))
    }

    @Test(arguments: [
        "{}", "[]", "1", "", #"{"a":{}}"#, #"{"a":null}"#, #"{"a":"x"}"#, #"{"a":{"S":null}}"#, #"{"a":{"S":1}}"#,
        #"{"a":{"N":1}}"#, #"{"a":{"S":""}}"#, #"{"a":{"B":""}}"#, #"{"a":{"N":""}}"#, #"{"a":{"N":"x"}}"#,
        #"{"a":{"S":"1","N":"1"}}"#, #"{"a":{"S":"1","S":"1"}}"#, #"{"a":{"BOOL":true}}"#, #"{"a":{"SS":["x"]}}"#,
        #"{"a":{"s":"x"}}"#, #"{"":{"S":"x"}}"#, #"{"a":{"S":"x"},"a":{"S":"x"}}"#,
        #"{"a":{"S":"x"},"\u0061":{"N":"1"}}"#,
        #"{"a":{"S":"x"},"b":{"S":"x"},"c":{"S":"x"}}"#, #"{"a":{"S":"x"}} "x""#, #"{"a":{"S":"x"}"#,
        #"{"a":{"B":"A"}}"#, #"{"a":{"B":"AA"}}"#, #"{"a":{"B":"AA="}}"#, #"{"a":{"B":"AB=="}}"#,
        #"{"a":{"B":"AAB="}}"#,
        #"{"a":{"B":"AA=="}}{"#, #"{"a":{"B":"AA==AAAA"}}"#, #"{"a":{"B":"=AAA"}}"#, #"{"a":{"B":"A==="}}"#,
        #"{"a":{"B":"===="}}"#, #"{"a":{"B":"AA=A"}}"#, #"{"a":{"B":"AA-_"}}"#, #"{"a":{"B":"AAAA\n"}}"#,
        #"{"a":{"N":"1e126"}}"#,
    ])
    func whatIsNotAKey(_ object: String) {
        #expect(Self.canonical(object) == nil)
    }

    @Test func boundsLengths() {
        func attribute(_ name: Int, _ type: String, _ value: String) -> String {
            #"{"\#(String(repeating: "n", count: name))":{"\#(type)":"\#(value)"}}"#
        }
        func letters(_ count: Int) -> String { String(repeating: "x", count: count) }
        #expect(Self.canonical(attribute(255, "S", letters(2048)))?.count == 2307)
        #expect(Self.canonical(attribute(256, "S", "x")) == nil)
        #expect(Self.canonical(attribute(1, "S", letters(2049))) == nil)
        #expect(Self.canonical(attribute(1, "S", letters(2046) + #"\u00e9"#)) != nil)
        #expect(Self.canonical(attribute(1, "S", letters(2047) + #"\u00e9"#)) == nil)
        #expect(Self.canonical(attribute(1, "S", #"\u00e9"# + letters(2047))) == nil)
        #expect(Self.canonical(attribute(1, "B", Data(count: 2048).base64EncodedString())) != nil)
        #expect(Self.canonical(attribute(1, "B", Data(count: 2049).base64EncodedString())) == nil)
        #expect(Self.canonical(attribute(1, "S", String(repeating: #"\u0041"#, count: 1_000_000))) == nil)

        let small = KeyBuffer(capacity: 8)
        withBytes(#"{"a":{"S":"123456"}}"#) {
            #expect(!ItemKey.appendCanonical(keyObject: $0, to: small))
            #expect(small.count == 0 && !small.isOverflowed)
        }
        withBytes(#"{"a":{"S":"123"}}"#) { #expect(ItemKey.appendCanonical(keyObject: $0, to: small)) }
    }

    @Test func findsTheKeyOfAnItem() {
        let schema = KeySchema(
            partitionKey: .init(name: "pk", type: .string),
            sortKey: .init(name: "a", type: .number)
        )
        let key = Self.canonical(#"{"pk":{"S":"é"},"a":{"N":"7"}}"#)
        #expect(key != nil)
        for item in [
            #"{"pk":{"S":"é"},"a":{"N":"7.0"}}"#, #"{"a":{"N":"7"},"z":{"M":{"pk":{"S":"no"}}},"pk":{"S":"\u00e9"}}"#,
            #"{"z":{"L":[]},"\u0070k":{"S":"é"},"y":{"NULL":true},"\u0061":{"N":"70e-1"}}"#,
        ] {
            #expect(Self.canonical(item: item, schema) == key, "\(item)")
        }
        for item in [
            #"{"pk":{"S":"é"}}"#, #"{"a":{"N":"7"}}"#, #"{"pk":{"N":"1"},"a":{"N":"7"}}"#,
            #"{"pk":{"S":"é"},"a":{"S":"7"}}"#,
            #"{"pk":{"S":"é"},"a":{"N":"7"},"a":{"N":"8"}}"#, #"{"pk":{"S":"é"},"a":{"N":"7"},"\u0070k":{"S":"f"}}"#,
            #"{"pk":{"S":"é"},"a":{"N":"x"}}"#, #"{"pk":{"S":"é"},"a":{"N":"7"},"b":}"#, "[]", "",
        ] {
            #expect(Self.canonical(item: item, schema) == nil, "\(item)")
        }
        let simple = KeySchema(partitionKey: .init(name: "pk", type: .string))
        #expect(
            Self.canonical(item: #"{"a":{"N":"7"},"pk":{"S":"x"}}"#, simple) == Self.canonical(#"{"pk":{"S":"x"}}"#)
        )
    }

    /// Canonical keys are equal exactly for keys that a slow and plain model holds to be equal.
    @Test func agreesWithAModel() throws {
        var random = SeededGenerator(state: 42)
        var samples: [(text: String, model: String, key: [UInt8])] = []
        for _ in 0..<400 {
            let text = Self.randomKey(&random)
            let key = try #require(Self.canonical(text), "\(text)")
            samples.append((text, try Self.model(text), key))
        }
        var equalPairs = 0
        for (index, one) in samples.enumerated() {
            for other in samples[(index + 1)...] {
                if one.model == other.model { equalPairs += 1 }
                #expect((one.key == other.key) == (one.model == other.model), "\(one.text) \(other.text)")
            }
        }
        #expect(equalPairs > 500)
    }

    private static func randomKey(_ random: inout SeededGenerator) -> String {
        let values = [
            #"{"S":"1"}"#, #"{"N":"1"}"#, #"{"B":"MQ=="}"#, #"{"N":"1.0"}"#, #"{"N":"0.1e1"}"#, #"{"S":"1.0"}"#,
            #"{"S":"\u0031"}"#, #"{"N":"-1"}"#, #"{"N":"0"}"#, #"{"N":"-0.0"}"#, #"{"S":"é"}"#, #"{"S":"\u00E9"}"#,
            #"{"S":"e\u0301"}"#, #"{"B":"\u004dQ=="}"#, #"{"N":"10"}"#, #"{"N":"1e1"}"#, #"{"S":"a\u0000"}"#,
            #"{"S":"a"}"#,
        ]
        let names = [["a", #"\u0061"#], ["b", #"\u0062"#], ["ab", #"a\u0062"#]]
        var first = 0
        func member(_ name: Int) -> String {
            let spelling = names[name].randomElement(using: &random) ?? ""
            let space = Bool.random(using: &random) ? " " : ""
            return #""\#(spelling)"\#(space):\#(values.randomElement(using: &random) ?? "")"#
        }
        first = Int.random(in: 0..<3, using: &random)
        if Bool.random(using: &random) { return "{" + member(first) + "}" }
        let second = (first + Int.random(in: 1...2, using: &random)) % 3
        return "{" + member(first) + "," + member(second) + "}"
    }

    private static func model(_ text: String) throws -> String {
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: String]])
        return try object.sorted { $0.key < $1.key }.map { name, value in
            let (type, content) = try #require(value.first)
            let canonical: String
            switch type {
            case "N": canonical = try #require(Decimal(string: content)).description
            case "B": canonical = try #require(Data(base64Encoded: content)).map { String($0) }.joined(separator: ",")
            default: canonical = content.unicodeScalars.map { String($0.value) }.joined(separator: ",")
            }
            return "\(name) \(type) \(canonical)"
        }.joined(separator: ";")
    }

    @Test func doesNotAllocate() {
        let text = #"{"Artist": {"S": "na\u00efve \ud83c\udfb5"}, "Year": {"N": "1.50E+3"}}"#
        let item = #"{"x":{"B":"AAH+"},"Year":{"N":"1500"},"Artist":{"S":"naïve 🎵"}}"#
        let schema = KeySchema(
            partitionKey: .init(name: "Artist", type: .string),
            sortKey: .init(name: "Year", type: .number)
        )
        let key = KeyBuffer()
        withBytes(text) { bytes in
            withBytes(item) { item in
                var isKey = true
                let allocations = warmAllocations {
                    key.removeAll()
                    isKey = ItemKey.appendCanonical(keyObject: bytes, to: key) && isKey
                    isKey = ItemKey.appendCanonical(item: item, schema: schema, to: key) && isKey
                }
                #expect(isKey)
                #expect(allocations == 0)
                let half = key.count / 2
                #expect(key.bytes[..<half].elementsEqual(key.bytes[half...]))
            }
        }
    }
}
