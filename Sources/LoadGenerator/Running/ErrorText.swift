/// What a reply's body says went wrong.
enum ErrorText {
    private static let throttling: Set<String> = [
        "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
        "Throttling", "TooManyRequestsException", "HTTP 429",
    ]

    /// Whether the error is the server's way of asking for less.
    static func isThrottling(_ name: String) -> Bool { throttling.contains(name) }

    /// The name behind `#` in `"__type":"com.amazonaws.dynamodb.v20120810#Name"`, or `HTTP 500`.
    static func name(_ body: [UInt8], status: Int) -> String {
        guard var place = find(#""__type""#, in: body) else { return "HTTP \(status)" }
        var text: [UInt8] = []
        while place < body.count, body[place] == UInt8(ascii: ":") || body[place] == 32 { place += 1 }
        guard place < body.count, body[place] == UInt8(ascii: "\"") else { return "HTTP \(status)" }
        place += 1
        while place < body.count, body[place] != UInt8(ascii: "\""), text.count < 100 {
            if body[place] == UInt8(ascii: "#") { text = [] } else { text.append(body[place]) }
            place += 1
        }
        let isName =
            !text.isEmpty && text.allSatisfy { ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 || (48..<58).contains($0) }
        return isName ? String(decoding: text, as: UTF8.self) : "HTTP \(status)"
    }

    /// What the error says for people; nil if nothing.
    static func message(_ body: [UInt8]) -> String? {
        guard var place = find(#""message""#, in: body) ?? find(#""Message""#, in: body) else { return nil }
        while place < body.count, body[place] == UInt8(ascii: ":") || body[place] == 32 { place += 1 }
        guard place < body.count, body[place] == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in body[(place + 1)...].prefix(300) {
            if isEscaped {
                // A line's end or a tab; others stand for themselves.
                text.append(byte == UInt8(ascii: "n") || byte == UInt8(ascii: "t") ? 32 : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                break
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                text.append(max(byte, 32))
            }
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// An error reply in one line.
    static func words(_ body: [UInt8], status: Int) -> String {
        let name = name(body, status: status)
        guard let message = message(body) else { return name }
        return "\(name): \(message)"
    }

    /// Whether an object member has something in it: `"UnprocessedKeys":{"...`.
    static func isFilled(_ member: String, in body: [UInt8]) -> Bool {
        guard var place = find("\"\(member)\"", in: body) else { return false }
        while place < body.count, body[place] == UInt8(ascii: ":") || body[place] == 32 { place += 1 }
        guard place < body.count, body[place] == UInt8(ascii: "{") else { return false }
        place += 1
        while place < body.count, body[place] == 32 { place += 1 }
        return place < body.count && body[place] == UInt8(ascii: "\"")
    }

    /// What stands behind the first occurrence; nil without.
    static func find(_ text: String, in body: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        guard body.count >= wanted.count else { return nil }
        for start in 0...body.count - wanted.count
        where body[start] == wanted[0] && body[start..<start + wanted.count].elementsEqual(wanted) {
            return start + wanted.count
        }
        return nil
    }
}
