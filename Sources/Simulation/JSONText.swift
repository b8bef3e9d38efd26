/// JSON, member by member.
enum JSONText {
    /// A value that JSON can hold.
    enum Value {
        case null
        case number(Double)
        case integer(Int)
        case string(String)
        case list([Value])
        case object([(name: String, value: Value)])
    }

    /// The shortest text that reads back as the same value.
    static func text(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .number(let number): number.isFinite ? "\(number)" : "null"
        case .integer(let integer): "\(integer)"
        case .string(let string): quoted(string)
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
            case _ where scalar.value < 0x20:
                text += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
