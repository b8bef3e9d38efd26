import Testing

@testable import DynamoDB

@Suite struct ExpressionLexerTests {
    private func kinds(_ expression: String) -> [ExpressionToken.Kind] {
        ExpressionLexer.tokens(of: Array(expression.utf8)).map(\.kind)
    }

    @Test(
        arguments: [
            ("", []),
            (" \t\r\n", []),
            ("a", [.identifier]),
            ("aB_9", [.identifier]),
            ("a.b[0]", [.identifier, .dot, .identifier, .leftBracket, .index, .rightBracket]),
            ("#a.#_9,:v", [.name, .dot, .name, .comma, .value]),
            ("a=b", [.identifier, .equal, .identifier]),
            ("<><=>=<>", [.notEqual, .lessOrEqual, .greaterOrEqual, .notEqual]),
            ("< >", [.less, .greater]),
            (
                "size(a)+1-:x",
                [
                    .identifier, .leftParenthesis, .identifier, .rightParenthesis, .plus, .index, .minus, .value,
                ]
            ),
            ("10 0 01", [.index, .index, .index, .index]),
            (
                "set SET add Delete reMove in beTween and or Not",
                [
                    .keyword(.set), .keyword(.set), .keyword(.add), .keyword(.delete), .keyword(.remove), .keyword(.in),
                    .keyword(.between), .keyword(.and), .keyword(.or), .keyword(.not),
                ]
            ),
            ("sets ins", [.identifier, .identifier]),
            // Not a letter that differs from one in a single bit.
            ("i\u{2E}n", [.identifier, .dot, .identifier]),
            ("_a", [.unknown, .identifier]),
            ("# :", [.unknown, .unknown]),
            ("\u{E9}\u{1F600}!", [.unknown, .unknown, .unknown]),
            ("\"a\"", [.unknown, .identifier, .unknown]),
            ("a\u{0}", [.identifier, .unknown]),
            ("@[`{", [.unknown, .leftBracket, .unknown, .unknown]),
        ] as [(String, [ExpressionToken.Kind])]
    )
    func tokens(expression: String, expected: [ExpressionToken.Kind]) {
        #expect(kinds(expression) == expected + [.end])
    }

    @Test func rangesCoverAllButSpaces() {
        let expression = Array("  ab .#c[ 12 ] ,<= \u{E9}x ".utf8)
        let tokens = ExpressionLexer.tokens(of: expression)
        let texts = tokens.map { text(expression[$0.range]) }
        #expect(texts == ["ab", ".", "#c", "[", "12", "]", ",", "<=", "\u{E9}", "x", ""])
    }

    @Test func endsOnAnyBytes() {
        var random = SplitMix(state: 2)
        for _ in 0..<2000 {
            let expression = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let tokens = ExpressionLexer.tokens(of: expression)
            #expect(tokens.last?.range == expression.count..<expression.count)
            for (one, next) in zip(tokens, tokens.dropFirst()) {
                #expect(one.range.upperBound <= next.range.lowerBound && !one.range.isEmpty)
            }
        }
    }
}
