import Testing

@testable import Proxy

@Suite struct PatternTests {
    @Test(arguments: [
        ("things", "things", true), ("things", "thing", false), ("things", "thingss", false),
        ("things", "Things", false),
        ("*", "", true), ("*", "anything", true), ("", "", true), ("", "a", false),
        ("app-*", "app-", true), ("app-*", "app-users", true), ("app-*", "app", false),
        ("app-*", "my-app-users", false),
        ("*-users", "app-users", true), ("*-users", "app-users-2", false),
        ("a*c", "abbbc", true), ("a*c", "ac", true), ("a*c", "acb", false), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false), ("**", "x", true), ("a**b", "ab", true),
        ("t?", "t1", true), ("t?", "t", false), ("t?", "t12", false), ("?*", "", false), ("?*", "x", true),
        ("t.s", "t.s", true), ("t.s", "txs", false), ("[ab]", "a", false),
        ("*.prod_?", "a.prod_1", true), ("*aab", "aaaab", true), ("*a?b", "axbaab", true),
    ])
    func `a pattern matches a whole name`(pattern: String, name: String, expected: Bool) {
        #expect(Pattern(pattern).matches(Array(name.utf8)) == expected)
    }

    @Test func `only the single star matches everything for certain`() {
        #expect(Pattern("*").matchesEverything)
        for text in ["", "?", "**", "a*", "*a"] {
            #expect(!Pattern(text).matchesEverything)
        }
    }

    @Test func `a pattern of many stars is not slow`() {
        let pattern = Pattern(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(Array(repeating: UInt8(ascii: "a"), count: 1000)))
    }

    /// The plain recursive definition.
    private static func model(_ pattern: Substring, _ name: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return model(rest, name) || (!name.isEmpty && model(pattern, name.dropFirst())) }
        guard let head = name.first, first == "?" || first == head else { return false }
        return model(rest, name.dropFirst())
    }

    @Test func `agrees with the recursive definition on every short pattern and name`() {
        func words(_ alphabet: [Character], upTo length: Int) -> [String] {
            var all = [""]
            var last = [""]
            for _ in 0..<length {
                last = last.flatMap { word in alphabet.map { word + String($0) } }
                all += last
            }
            return all
        }
        let names = words(["a", "b"], upTo: 4)
        var wrong: [String] = []
        for text in words(["a", "b", "*", "?"], upTo: 4) {
            let pattern = Pattern(text)
            for name in names where pattern.matches(Array(name.utf8)) != Self.model(text[...], name[...]) {
                wrong.append("\(text) \(name)")
            }
        }
        #expect(wrong.isEmpty)
    }
}
