/// The request members that hold expressions; the raw value is what messages call them.
enum ExpressionKind: String {
    case projection = "ProjectionExpression"
    case condition = "ConditionExpression"
    case filter = "FilterExpression"
    case keyCondition = "KeyConditionExpression"
    case update = "UpdateExpression"

    func error(_ message: String) -> ExpressionError {
        ExpressionError("Invalid \(rawValue): \(message)")
    }
}

/// Reads an expression's tokens by the grammar that Amazon publishes with its DAX client (`DynamoDbGrammar.g4`).
///
/// It knows syntax only: names are looked up and checked in what it returns.
struct ExpressionParser {
    /// Bytes of an expression (Amazon DynamoDB Developer Guide, "Service, account, and table quotas").
    static let maximumCount = 4096

    let kind: ExpressionKind
    private let expression: [UInt8]
    private let tokens: [ExpressionToken]
    private var index = 0
    /// Parentheses and negations the parser is inside of.
    var depth = 0
    /// Operators and functions read so far.
    var operatorCount = 0
    /// Whether something stood in more than one pair of parentheses.
    var hasRedundantParentheses = false

    init(_ expression: [UInt8], kind: ExpressionKind) throws(ExpressionError) {
        guard !expression.isEmpty else { throw kind.error("The expression can not be empty;") }
        guard expression.count <= Self.maximumCount else {
            // Only of conditions and filters does the service tell the size (ExtendDB/extenddb,
            // tests/test_expression_size_limit.py, captured from the service).
            let size = kind == .condition || kind == .filter ? " expression size: \(expression.count)" : ""
            throw kind.error("Expression size has exceeded the maximum allowed size;" + size)
        }
        self.kind = kind
        self.expression = expression
        tokens = ExpressionLexer.tokens(of: expression)
    }

    /// The paths of a projection, up to the expression's end: `projection : path (',' path)*`.
    mutating func projection() throws(ExpressionError) -> [PathSyntax] {
        var paths = [try path()]
        while take(.comma) != nil { paths.append(try path()) }
        try expect(.end)
        return paths
    }

    /// A document path: `path : id ('.' id | '[' INDEX ']')*`.
    mutating func path() throws(ExpressionError) -> PathSyntax {
        var path = PathSyntax(elements: [try identifier()])
        while true {
            if take(.dot) != nil {
                path.elements.append(try identifier())
            } else if take(.leftBracket) != nil {
                path.elements.append(.index(text(try expect(.index))))
                try expect(.rightBracket)
            } else {
                return path
            }
        }
    }

    /// One name of a path: `id : ID | ATTRIBUTE_NAME_SUB`.
    private mutating func identifier() throws(ExpressionError) -> PathSyntax.Element {
        if let token = take(.name) { return .name(text(token)) }
        return .identifier(text(try expect(.identifier)))
    }

    /// Whether a function's name and its parenthesis come next.
    var isAtFunction: Bool {
        tokens[index].kind == .identifier && tokens[min(index + 1, tokens.count - 1)].kind == .leftParenthesis
    }

    /// Operators among the tokens that have not been read.
    var remainingOperatorCount: Int { tokens[index...].count { $0.kind.isOperator } }

    /// The kind of the next token.
    var next: ExpressionToken.Kind { tokens[index].kind }

    mutating func take(_ kind: ExpressionToken.Kind) -> ExpressionToken? {
        let token = tokens[index]
        guard token.kind == kind else { return nil }
        if kind != .end { index += 1 }
        return token
    }

    @discardableResult
    mutating func expect(_ kind: ExpressionToken.Kind) throws(ExpressionError) -> ExpressionToken {
        if let token = take(kind) { return token }
        throw syntaxError()
    }

    /// The next token cannot stand where it does.
    func syntaxError() -> ExpressionError {
        // DynamoDB shows the text from the token before the wrong one to the token after it.
        let wrong = tokens[index]
        let start = tokens[max(index - 1, 0)].range.lowerBound
        let end = tokens[min(index + 1, tokens.count - 1)].range.upperBound
        let found = wrong.kind == .end ? "<EOF>" : String(decoding: text(wrong), as: UTF8.self)
        let near = String(decoding: expression[start..<end], as: UTF8.self)
        return kind.error("Syntax error; token: \"\(found)\", near: \"\(near)\"")
    }

    func text(_ token: ExpressionToken) -> [UInt8] {
        Array(expression[token.range])
    }
}
