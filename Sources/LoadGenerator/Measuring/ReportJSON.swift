private import DynamoDB

/// JSON, member by member.
enum ReportJSON {
    case number(Double)
    case integer(Int)
    case string(String)
    case flag(Bool)
    case list([ReportJSON])
    case object([(String, ReportJSON)])

    var text: String {
        switch self {
        // JSON has no infinities.
        case .number(let number): number.isFinite ? "\(number)" : "0"
        case .integer(let integer): "\(integer)"
        case .string(let string): Self.quoted(string)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ string: String) -> String {
        var bytes: [UInt8] = []
        JSONText.appendQuoted(string.utf8, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
