@testable import DynamoDB

/// An attribute value from its JSON.
func value(_ json: String) throws -> AttributeValue {
    try reading(json) { try AttributeValue(json: $0) }
}

/// An item from its JSON.
func item(_ json: String) throws -> Item {
    try reading(json) { try Item(json: $0) }
}

/// An item as JSON.
func json(_ item: Item) -> String {
    var output: [UInt8] = []
    item.append(to: &output)
    return text(output)
}

/// Substitutes from their JSON; none for an empty text.
func attributes(names: String = "", values: String = "") throws -> ExpressionAttributes {
    try reading(names) { names in
        try reading(values) { values in
            try ExpressionAttributes(names: names.isEmpty ? nil : names, values: values.isEmpty ? nil : values)
        }
    }
}

/// The message `body` fails with; nil when it does not.
func failure(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as ExpressionError {
        return error.message
    } catch AttributeValueError.validation(let message) {
        return message
    } catch {
        return "\(error)"
    }
}

/// Random attribute values: few names and elements, so that equal ones meet.
struct RandomValues {
    var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(state: seed)
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func number() -> String {
        let digits = (0..<int(1...6)).map { _ in String(int(0...9)) }.joined()
        return (int(0...1) == 0 ? "-" : "") + digits + (int(0...1) == 0 ? "" : "E\(int(-9...9))")
    }

    mutating func bytes() -> [UInt8] {
        (0..<int(0...3)).map { _ in [0, 97, 98, 0xFF][int(0...3)] }
    }

    mutating func scalar() -> AttributeValue {
        switch int(0...4) {
        case 0: .string((0..<int(0...3)).map { _ in ["a", "b", "\u{E9}"][int(0...2)] }.joined())
        case 1: .number((try? Number(number().utf8)) ?? .zero)
        case 2: .binary(bytes())
        case 3: .bool(int(0...1) == 0)
        default: .null
        }
    }

    mutating func value(depth: Int = 3) -> AttributeValue {
        guard depth > 0 else { return scalar() }
        switch int(0...6) {
        case 0:
            return .list((0..<int(0...4)).map { _ in value(depth: depth - 1) })
        case 1, 2:
            return .map(item(depth: depth - 1))
        case 3:
            let strings = Set((0..<int(1...4)).map { _ in bytes().filter { $0 < 0x80 } })
            return .stringSet(strings.sorted { $0.lexicographicallyPrecedes($1) })
        case 4:
            return .numberSet(Set((0..<int(1...4)).map { _ in Number(int(-3...3)) }).sorted())
        case 5:
            return .binarySet(Set((0..<int(1...4)).map { _ in bytes() }).sorted { $0.lexicographicallyPrecedes($1) })
        default:
            return scalar()
        }
    }

    mutating func item(depth: Int = 3) -> Item {
        var item = Item()
        for _ in 0..<int(0...4) { item[["p", "q", "r", "s"][int(0...3)]] = value(depth: depth) }
        return item
    }
}
