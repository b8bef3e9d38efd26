extension AttributeValue {
    /// Appends the value as DynamoDB's JSON: `{"<type>":...}`, numbers in plain notation.
    public func append(to output: inout [UInt8]) {
        output.append(contentsOf: "{\"".utf8)
        output.append(contentsOf: type.rawValue.utf8)
        output.append(contentsOf: "\":".utf8)
        switch self {
        case .string(let bytes):
            JSONText.appendQuoted(bytes, to: &output)
        case .number(let number):
            Self.append(number, to: &output)
        case .binary(let bytes):
            Self.appendBase64(bytes, to: &output)
        case .bool(let isTrue):
            output.append(contentsOf: (isTrue ? "true" : "false").utf8)
        case .null:
            output.append(contentsOf: "true".utf8)
        case .list(let values):
            Self.appendArray(values, to: &output) { $0.append(to: &$1) }
        case .map(let members):
            members.append(to: &output)
        case .stringSet(let strings):
            Self.appendArray(strings, to: &output) { JSONText.appendQuoted($0, to: &$1) }
        case .numberSet(let numbers):
            Self.appendArray(numbers, to: &output, Self.append)
        case .binarySet(let binaries):
            Self.appendArray(binaries, to: &output, Self.appendBase64)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func append(_ number: Number, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        number.appendText(to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private static func appendBase64(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        Base64.append(bytes, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private static func appendArray<Element>(
        _ elements: [Element],
        to output: inout [UInt8],
        _ append: (Element, inout [UInt8]) -> Void
    ) {
        output.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            append(element, &output)
        }
        output.append(UInt8(ascii: "]"))
    }
}

extension AttributeMap {
    /// Appends the attributes as DynamoDB's JSON: `{"<name>":{"<type>":...},...}`, by name.
    public func append(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, attribute) in attributes.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendQuoted(attribute.name, to: &output)
            output.append(UInt8(ascii: ":"))
            attribute.value.append(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }
}
