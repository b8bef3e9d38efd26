/// JSON, member by member.
enum JSONText {
    /// A value that JSON can hold.
    enum Value {
        case number(Double)
        case integer(Int)
        case string(String)
        case flag(Bool)
        case list([Value])
        case object([(name: String, value: Value)])
    }

    static func text(_ value: Value) -> String {
        switch value {
        // JSON has no infinities; there are none among ratios.
        case .number(let number): number.isFinite ? "\(number)" : "0"
        case .integer(let integer): "\(integer)"
        case .string(let string): quoted(string)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let values): "[" + values.map(text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(quoted($0.name)):\(text($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ string: String) -> String {
        var text = "\""
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
        return text + "\""
    }
}
