/// A word or sign of a PartiQL statement.
enum PartiQLToken: Equatable {
    /// An unquoted word: a keyword or an identifier.
    case word(String)
    /// An identifier in double quotes, without them.
    case quoted(String)
    /// A string in single quotes, or a number: a value, never a name.
    case literal
    /// Any other character.
    case symbol(UInt8)

    /// The word in capitals, as keywords are compared; nil for anything else.
    var keyword: String? {
        if case .word(let text) = self { text.uppercased() } else { nil }
    }

    /// What names a table or an index; nil when it cannot.
    var name: String? {
        switch self {
        case .word(let text): text
        case .quoted(let text): text.isEmpty ? nil : text
        case .literal, .symbol: nil
        }
    }
}

/// Splits a statement into tokens.
enum PartiQLLexer {
    /// The tokens; nil for what is not understood for certain: comments, backticks (Ion literals), characters outside
    /// ASCII and control characters outside quotes, quotes that do not end.
    static func tokens(of statement: String) -> [PartiQLToken]? {
        let bytes = Array(statement.utf8)
        var tokens: [PartiQLToken] = []
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                guard let text = quoted(bytes, &position) else { return nil }
                tokens.append(byte == UInt8(ascii: "\"") ? .quoted(text) : .literal)
            case UInt8(ascii: "-") where next == byte, UInt8(ascii: "/") where next == UInt8(ascii: "*"):
                return nil
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // The sign of an exponent becomes a symbol of its own, which changes nothing here.
                while position < bytes.count, isWord(bytes[position]) || bytes[position] == UInt8(ascii: ".") {
                    position += 1
                }
                tokens.append(.literal)
            case _ where isWord(byte):
                let start = position
                while position < bytes.count, isWord(bytes[position]) { position += 1 }
                tokens.append(.word(String(decoding: bytes[start..<position], as: UTF8.self)))
            case ..<0x20, UInt8(ascii: "`"), 0x7F...:
                return nil
            default:
                tokens.append(.symbol(byte))
                position += 1
            }
        }
        return tokens
    }

    /// Reads from the quote at `position` to the one that ends it; two in a row stand for one.
    ///
    /// Nil when there is none, or when a backslash stands before a quote: to some dialects that is an escape.
    private static func quoted(_ bytes: [UInt8], _ position: inout Int) -> String? {
        let quote = bytes[position]
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\\"), position < bytes.count, bytes[position] == quote { return nil }
            if byte == quote {
                guard position < bytes.count, bytes[position] == quote else {
                    return String(decoding: text, as: UTF8.self)
                }
                position += 1
            }
            text.append(byte)
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default:
            false
        }
    }
}
