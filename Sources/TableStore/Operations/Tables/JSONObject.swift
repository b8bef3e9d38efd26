import DynamoDB

/// A JSON object being written; an absent value leaves its member out.
struct JSONObject {
    private var output: [UInt8] = [UInt8(ascii: "{")]

    /// The finished object.
    var bytes: [UInt8] { output + [UInt8(ascii: "}")] }

    mutating func append(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        JSONText.appendQuoted(value.utf8, to: &output)
    }

    mutating func append(_ name: String, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        begin(name)
        output += "\(value)".utf8
    }

    mutating func append(_ name: String, _ value: Bool?) {
        guard let value else { return }
        begin(name)
        output += "\(value)".utf8
    }

    /// Milliseconds since 1970, as seconds with a fraction.
    mutating func append(_ name: String, time: Int64?) {
        guard let time else { return }
        begin(name)
        output += "\(Double(time) / 1000)".utf8
    }

    mutating func append(_ name: String, _ value: JSONObject?) {
        guard let value else { return }
        begin(name)
        output += value.bytes
    }

    mutating func append(_ name: String, _ values: [JSONObject]?) {
        guard let values else { return }
        begin(name)
        append(values) { $1 += $0.bytes }
    }

    mutating func append(_ name: String, _ values: [String]?) {
        guard let values else { return }
        begin(name)
        append(values) { JSONText.appendQuoted($0.utf8, to: &$1) }
    }

    private mutating func begin(_ name: String) {
        if output.count > 1 { output.append(UInt8(ascii: ",")) }
        JSONText.appendQuoted(name.utf8, to: &output)
        output.append(UInt8(ascii: ":"))
    }

    private mutating func append<Element>(_ values: [Element], _ write: (Element, inout [UInt8]) -> Void) {
        output.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            write(value, &output)
        }
        output.append(UInt8(ascii: "]"))
    }
}
