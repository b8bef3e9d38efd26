/// A value that a report or an answer for people's programs is made of, written as JSON in the order given.
///
/// DynamoDB's own JSON is read and written by the room DynamoDB, from bytes to bytes; this is for what is written rarely.
public enum JSONValue: Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    /// A number that JSON has none for (infinite, NaN) is written as null.
    case number(Double)
    case string(String)
    case list([JSONValue])
    case object([(name: String, value: JSONValue)])

    /// The number rounded to six significant digits, which is more than is ever measured; null for none.
    public static func figure(_ number: Double?) -> JSONValue {
        guard let number, number.isFinite else { return .null }
        guard number != 0 else { return .integer(0) }
        var scale = 1.0
        var size = abs(number)
        while size >= 1e6, scale > 1e-18 { (scale, size) = (scale / 10, size / 10) }
        while size < 1e5, scale < 1e18 { (scale, size) = (scale * 10, size * 10) }
        let rounded = (number * scale).rounded() / scale
        return Int(exactly: rounded).map(JSONValue.integer) ?? .number(rounded)
    }

    /// The shortest text that reads back as the same value, in one line without its end.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .integer(let integer): text += "\(integer)"
        case .number(let number): text += number.isFinite ? "\(number)" : "null"
        case .string(let string): Self.write(string, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case _ where scalar.value < 0x20:
                text += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
