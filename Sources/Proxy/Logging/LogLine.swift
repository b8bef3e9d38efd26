import Logging

/// One log event as a line.
enum LogLine {
    /// Longer lines are cut: a write of this size to a pipe is not mixed with another's.
    static let maximumBytes = 4096
    /// Longer messages and values are cut, in bytes as written.
    private static let maximumText = 1024

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
        var line =
            switch format {
            case .text:
                "time=\(time.text) level=\(level.rawValue) message=\(LogText.quotedIfNeeded(message, limit: maximumText))"
            case .json:
                #"{"time":"\#(time.text)","level":"\#(level.rawValue)","message":"\#(LogText.escaped(message, limit: maximumText))""#
            }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            let field =
                switch format {
                case .text: " \(name(key))=\(LogText.quotedIfNeeded("\(value)", limit: maximumText))"
                case .json: ",\"\(name(key))\":\"\(LogText.escaped("\(value)", limit: maximumText))\""
                }
            // A field that no longer fits is left out whole, so that the line stays well-formed.
            if line.utf8.count + field.utf8.count + 2 <= maximumBytes { line += field }
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
}
