import Logging

/// One log event as a line.
enum LogLine {
    /// Longer lines are cut: a write of this size to a pipe is not mixed with another's.
    static let maximumBytes = 4096

    /// Ends with a line feed and contains no other.
    ///
    /// Fields are in the order of their keys.
    static func bytes(
        _ format: LogFormat,
        at time: Timestamp,
        level: Logger.Level,
        message: String,
        fields: Logger.Metadata
    ) -> [UInt8] {
        // What cannot fit is cut before it is escaped, so that the line stays well-formed.
        var room = 3072
        func cut(_ text: String) -> String {
            let short = text.utf8.count <= min(room, 1024) ? text : prefix(of: text, bytes: min(room, 1024)) + "…"
            // Escapes are up to six times as long as what they stand for.
            room = max(0, room - escapedCount(short))
            return short
        }
        let message = cut(message)
        var line =
            switch format {
            case .text: "time=\(time.text) level=\(level.rawValue) message=\(LogText.quotedIfNeeded(message))"
            case .json:
                "{\"time\":\"\(time.text)\",\"level\":\"\(level.rawValue)\",\"message\":\"\(LogText.escaped(message))\""
            }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where room > 0 {
            let key = name(key)
            room -= key.utf8.count + 6
            let value = cut("\(value)")
            switch format {
            case .text: line += " \(key)=\(LogText.quotedIfNeeded(value))"
            case .json: line += ",\"\(key)\":\"\(LogText.escaped(value))\""
            }
        }
        return Array((line + (format == .json ? "}\n" : "\n")).utf8)
    }

    /// A key that no reader takes for more than one word, nor for one of the line's own.
    private static func name(_ key: String) -> String {
        let clean = String(decoding: key.utf8.prefix(64).map { isKeyByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        return ["time", "level", "message", ""].contains(clean) ? "_\(clean)" : clean
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        byte.isASCIIAlphanumeric || "_.-".utf8.contains(byte)
    }

    private static func escapedCount(_ text: String) -> Int { LogText.escaped(text).utf8.count + 3 }

    private static func prefix(of text: String, bytes: Int) -> String {
        var end = text.utf8.index(text.startIndex, offsetBy: bytes, limitedBy: text.endIndex) ?? text.endIndex
        while text.unicodeScalars.indices.startIndex < end, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}
