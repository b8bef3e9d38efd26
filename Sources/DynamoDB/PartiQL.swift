/// A conservative look at PartiQL: what a statement does, and to which table.
public enum PartiQL {
    /// What a statement does.
    public enum Kind: Sendable, Equatable {
        /// It certainly only reads.
        case select
        /// It inserts, updates or deletes.
        case write
        /// It cannot be told.
        case unknown
    }

    /// What is known of a statement.
    ///
    /// The table is nil exactly for ``Kind/unknown``.
    public struct Classification: Sendable, Equatable {
        /// What the statement does.
        public let kind: Kind
        /// The table's name as written, unquoted; perhaps an ARN.
        public let table: String?

        static let unknown = Self(kind: .unknown, table: nil)
    }

    /// Longest statement that DynamoDB takes, in bytes.
    public static let maximumLength = 8192

    /// Classifies one statement.
    ///
    /// Recognised are, in any case of the keywords: `SELECT ... FROM table[.index]` followed by nothing, `WHERE` or
    /// `ORDER`; `EXISTS(SELECT ...)`; `INSERT INTO table VALUE ...`; `UPDATE table SET|REMOVE ...`;
    /// `DELETE FROM table WHERE ...`. Anything with comments, backticks, a second statement or a second query inside is
    /// unknown, and so is whatever else is not plainly of these forms.
    public static func classify(_ statement: String) -> Classification {
        guard statement.utf8.count <= maximumLength, var tokens = PartiQLLexer.tokens(of: statement) else {
            return .unknown
        }
        if tokens.last == .symbol(UInt8(ascii: ";")) { tokens.removeLast() }
        if let inner = existsQuery(tokens) { tokens = inner }
        guard let verb = tokens.first?.keyword else { return .unknown }
        for token in tokens.dropFirst() {
            if token == .symbol(UInt8(ascii: ";")) { return .unknown }
            if let word = token.keyword, verbs.contains(word) { return .unknown }
        }
        switch verb {
        case "SELECT": return select(tokens)
        case "INSERT": return write(tokens, after: ["INSERT", "INTO"], before: ["VALUE"])
        case "UPDATE": return write(tokens, after: ["UPDATE"], before: ["SET", "REMOVE"])
        case "DELETE": return write(tokens, after: ["DELETE", "FROM"], before: ["WHERE"])
        default: return .unknown
        }
    }

    /// Words that start a statement or a query, or bring a second table into one.
    private static let verbs: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS", "JOIN", "UNNEST", "UPSERT", "REPLACE", "MERGE", "UNION",
        "INTERSECT", "EXCEPT", "WITH", "EXEC", "CREATE", "DROP",
    ]

    /// The tokens between the parentheses of `EXISTS( ... )`, when that is all there is.
    private static func existsQuery(_ tokens: [PartiQLToken]) -> [PartiQLToken]? {
        guard tokens.count > 3, tokens[0].keyword == "EXISTS", tokens[1] == .symbol(UInt8(ascii: "(")),
            tokens[2].keyword == "SELECT", tokens.last == .symbol(UInt8(ascii: ")"))
        else { return nil }
        var depth = 0
        let inner = Array(tokens[2..<(tokens.count - 1)])
        for token in inner {
            if token == .symbol(UInt8(ascii: "(")) { depth += 1 }
            if token == .symbol(UInt8(ascii: ")")) { depth -= 1 }
            if depth < 0 { return nil }
        }
        return depth == 0 ? inner : nil
    }

    private static func select(_ tokens: [PartiQLToken]) -> Classification {
        let froms = tokens.indices.filter { tokens[$0].keyword == "FROM" }
        // `FROM` must not be inside brackets of the projection; a second one means a second query.
        guard froms.count == 1, let from = froms.first, isBalanced(tokens[..<from]) else { return .unknown }
        var rest = tokens[(from + 1)...]
        guard let table = rest.popFirst()?.name else { return .unknown }
        if rest.first == .symbol(UInt8(ascii: ".")) {
            rest = rest.dropFirst()
            guard rest.popFirst()?.name != nil else { return .unknown }
        }
        guard let next = rest.first else { return Classification(kind: .select, table: table) }
        guard let word = next.keyword, word == "WHERE" || word == "ORDER" else { return .unknown }
        return Classification(kind: .select, table: table)
    }

    private static func write(
        _ tokens: [PartiQLToken],
        after start: [String],
        before next: Set<String>
    ) -> Classification {
        guard tokens.count > start.count + 1, tokens.prefix(start.count).map(\.keyword) == start,
            let table = tokens[start.count].name, let word = tokens[start.count + 1].keyword, next.contains(word),
            !tokens.dropFirst(start.count).contains(where: { $0.keyword == "FROM" })
        else { return .unknown }
        return Classification(kind: .write, table: table)
    }

    private static func isBalanced(_ tokens: ArraySlice<PartiQLToken>) -> Bool {
        var open = 0
        for case .symbol(let byte) in tokens {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
            default: break
            }
            if open < 0 { return false }
        }
        return open == 0
    }
}
