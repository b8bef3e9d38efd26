/// Makes text safe for one line of a log or of a terminal.
enum LogText {
    /// Control characters, line and paragraph ends, direction overrides, `"` and `\` as JSON escapes.
    ///
    /// What would be longer than `limit` bytes is cut and ends with `…`.
    static func escaped(_ text: String, limit: Int = .max) -> String {
        if text.utf8.count <= limit, !text.unicodeScalars.contains(where: isSpecial) { return text }
        var result = ""
        var room = limit - "…".utf8.count
        for scalar in text.unicodeScalars {
            let next = escape(scalar)
            room -= next.utf8.count
            if room < 0 { return result + "…" }
            result += next
        }
        return result
    }

    /// In quotes, unless it is a plain word that no reader takes for more than one.
    static func quotedIfNeeded(_ text: String, limit: Int = .max) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.count <= limit
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"\\=".utf8.contains($0) }
        return isPlain ? text : "\"\(escaped(text, limit: limit))\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case _ where isSpecial(scalar):
            let hex = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        default: return String(scalar)
        }
    }

    // All of these are below U+10000, as the four digits of a JSON escape need.
    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x22, 0x5C, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
