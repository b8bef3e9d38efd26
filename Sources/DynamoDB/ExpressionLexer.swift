/// A token of an expression: what it is, and where it stands in the expression's bytes.
struct ExpressionToken: Equatable {
    enum Kind: Equatable {
        /// A bare attribute or function name.
        case identifier
        /// `#name`, a substitute for an attribute name.
        case name
        /// `:value`, a substitute for an attribute value.
        case value
        /// A list index: digits without a leading zero.
        case index
        /// A word of the grammar, in any case.
        case keyword(Keyword)
        case dot, comma, leftBracket, rightBracket, leftParenthesis, rightParenthesis
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        case plus, minus
        /// A character no expression may hold.
        case unknown
        case end

        /// Whether it is an operator of a condition.
        var isOperator: Bool {
            switch self {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
            case .keyword(let keyword): [.in, .between, .not, .and, .or].contains(keyword)
            default: false
            }
        }
    }

    enum Keyword: String, CaseIterable {
        case `in` = "IN"
        case between = "BETWEEN"
        case not = "NOT"
        case and = "AND"
        case or = "OR"
        case set = "SET"
        case add = "ADD"
        case delete = "DELETE"
        case remove = "REMOVE"
    }

    let kind: Kind
    let range: Range<Int>
}

/// Divides an expression into tokens, as the grammar that Amazon publishes with its DAX client does (`Tokens.g4`): an
/// identifier begins with a letter, not with `_`, and an index has no leading zero.
struct ExpressionLexer {
    let expression: [UInt8]
    private var position = 0

    init(_ expression: [UInt8]) {
        self.expression = expression
    }

    /// All the tokens of an expression; the last is `.end`.
    static func tokens(of expression: [UInt8]) -> [ExpressionToken] {
        var lexer = ExpressionLexer(expression)
        var tokens: [ExpressionToken] = []
        repeat { tokens.append(lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private mutating func next() -> ExpressionToken {
        while position < expression.count, Self.isSpace(expression[position]) { position += 1 }
        guard position < expression.count else {
            return ExpressionToken(kind: .end, range: position..<position)
        }
        let start = position
        let kind = kindOfNext()
        return ExpressionToken(kind: kind, range: start..<position)
    }

    /// Consumes one token, which begins at `position`.
    private mutating func kindOfNext() -> ExpressionToken.Kind {
        let start = position
        let first = expression[start]
        position += 1
        switch first {
        case UInt8(ascii: "."): return .dot
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: "["): return .leftBracket
        case UInt8(ascii: "]"): return .rightBracket
        case UInt8(ascii: "("): return .leftParenthesis
        case UInt8(ascii: ")"): return .rightParenthesis
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "="): return .equal
        case UInt8(ascii: "<"):
            return consume(UInt8(ascii: ">")) ? .notEqual : consume(UInt8(ascii: "=")) ? .lessOrEqual : .less
        case UInt8(ascii: ">"):
            return consume(UInt8(ascii: "=")) ? .greaterOrEqual : .greater
        case UInt8(ascii: "#"), UInt8(ascii: ":"):
            consume(while: Self.isWord)
            if position == start + 1 { return .unknown }
            return first == UInt8(ascii: "#") ? .name : .value
        case UInt8(ascii: "0"):
            return .index
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            consume(while: Self.isDigit)
            return .index
        case _ where Self.isLetter(first):
            consume(while: Self.isWord)
            return Self.keyword(expression[start..<position]).map { .keyword($0) } ?? .identifier
        default:
            // A whole character, so that a message can quote it.
            consume { $0 & 0xC0 == 0x80 }
            return .unknown
        }
    }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard position < expression.count, expression[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func consume(while condition: (UInt8) -> Bool) {
        while position < expression.count, condition(expression[position]) { position += 1 }
    }

    private static func keyword(_ word: ArraySlice<UInt8>) -> ExpressionToken.Keyword? {
        ExpressionToken.Keyword.allCases.first { keyword in
            keyword.rawValue.utf8.count == word.count && zip(keyword.rawValue.utf8, word).allSatisfy { $0 == $1 & 0xDF }
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(byte)
    }
}
