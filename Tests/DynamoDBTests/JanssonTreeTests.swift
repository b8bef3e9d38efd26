import Testing

@testable import DynamoDB

@Suite struct JanssonTreeTests {
    @Test func readsValues() throws {
        let body = #"{"s":"a\u0000b\u00e9","n":1,"r":2.5,"a":[1,"x"],"o":{"b":true},"z":null}"#
        let root = try #require(reading(body) { JanssonTree($0) }).value
        #expect(root["s"]?.string == "a\u{0}b\u{E9}")
        #expect(root["n"]?.number == 1)
        #expect(root["r"]?.number == 2.5)
        #expect(root["a"]?.elements?.map(\.string) == [nil, "x"])
        #expect(root["o"]?.isObject == true)
        #expect(root["o"]?["b"]?.number == nil)
        #expect(root["z"]?.string == nil && root["z"]?["x"] == nil && root["z"]?.elements == nil)
        #expect(root["s"]?.number == nil && root["s"]?["x"] == nil && root["s"]?.elements == nil)
        #expect(root["missing"] == nil)
    }

    @Test(arguments: [
        "", "{", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "{} x", "'a'", "\"\\ud800\"", "NaN", "1", "\"a\"",
        "99999999999999999999999999999999[",
    ])
    func refuses(body: String) {
        #expect(reading(body) { JanssonTree($0) } == nil)
    }

    @Test func survivesDeepNesting() {
        let depth = 1_000_000
        let body = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(reading(body) { JanssonTree($0) } == nil)
    }

    /// Values keep their tree alive.
    @Test func valuesOutliveTheTree() throws {
        var value: JanssonTree.Value?
        do {
            let tree = try #require(reading(#"{"a":["kept"]}"#) { JanssonTree($0) })
            value = tree.value["a"]?.elements?.first
        }
        #expect(value?.string == "kept")
    }
}
