import DynamoDB

extension Shape {
    /// Bytes after which no more elements are shown; DynamoDB shows all.
    private static let maximumTextCount = 1 << 14

    /// A value as a message shows it: as Java prints it.
    func text(of value: Members.Value) -> String {
        var output = ""
        append(value, to: &output)
        return output
    }

    /// A value as a message shows it: as the JSON that it came as, more or less.
    func json(of value: Members.Value) -> String {
        var output: [UInt8] = []
        value.appendJSON(to: &output)
        return String(decoding: output.prefix(Self.maximumTextCount), as: UTF8.self)
    }

    /// Recursion is bounded by the shape.
    private func append(_ value: Members.Value, to output: inout String) {
        guard output.utf8.count < Self.maximumTextCount else { return }
        switch (self, value) {
        case (_, .string(let text)):
            output += text
        case (_, .integer(let number)):
            output += String(number)
        case (_, .boolean(let value)):
            output += String(value)
        case (.list(let element, _), .list(let elements)):
            Self.append(elements.count, "[]", to: &output) { element.append(elements[$0], to: &$1) }
        case (.map(let element, _), .map(let entries)):
            Self.append(entries.count, "{}", to: &output) {
                $1 += "\(entries[$0].key)="
                element.append(entries[$0].value, to: &$1)
            }
        case (.structure(let name, let shape), .structure(let members)):
            output += name
            Self.append(shape.count, "()", to: &output) {
                $1 += "\(shape[$0].name.prefix(1).lowercased())\(shape[$0].name.dropFirst())="
                shape[$0].shape.append(members[shape[$0].name] ?? .null, to: &$1)
            }
        case (.attributeMap, .attributeMap(let map)):
            let attributes = map.unchecked.attributes
            Self.append(attributes.count, "{}", to: &output) {
                $1 += "\(String(decoding: attributes[$0].name, as: UTF8.self))=\(Self.attributeValueText)"
            }
        case (.attributeValue, .attributeValue):
            output += Self.attributeValueText
        case (_, .raw(let json)):
            output += String(decoding: json.prefix(Self.maximumTextCount), as: UTF8.self)
        default:
            output += "null"
        }
    }

    /// Java prints an object without a `toString` so, with its hash behind the `@`.
    private static let attributeValueText = "com.amazonaws.dynamodb.v20120810.AttributeValue@0"

    private static func append(
        _ count: Int,
        _ brackets: StaticString,
        to output: inout String,
        _ element: (Int, inout String) -> Void
    ) {
        let brackets = Array("\(brackets)")
        output.append(brackets[0])
        for index in 0..<count {
            guard output.utf8.count < maximumTextCount else { break }
            if index > 0 { output += ", " }
            element(index, &output)
        }
        output.append(brackets[1])
    }
}

extension Members.Value {
    /// Appends the value as JSON without spaces.
    ///
    /// Recursion is bounded by the request's shape.
    func appendJSON(to output: inout [UInt8]) {
        switch self {
        case .string(let text): JSONText.appendQuoted(text.utf8, to: &output)
        case .integer(let number): output += String(number).utf8
        case .boolean(let isTrue): output += String(isTrue).utf8
        case .attributeValue(let value): value.unchecked.append(to: &output)
        case .attributeMap(let map): map.unchecked.append(to: &output)
        case .raw(let json): output += json
        case .null: output += "null".utf8
        case .list(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.appendJSON(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let entries):
            Self.appendObject(entries.map { ($0.key, $0.value) }, to: &output)
        case .structure(let members):
            Self.appendObject(members.values.map { ($0.name, $0.value) }, to: &output)
        }
    }

    private static func appendObject(_ members: [(String, Members.Value)], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, (name, value)) in members.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(name.utf8, to: &output)
            output.append(UInt8(ascii: ":"))
            value.appendJSON(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }
}
