import DynamoDB

/// Looks for broken constraints in a decoded request, in the order of its shape.
///
/// Nothing is built unless a constraint is broken.
struct ConstraintCheck {
    /// A broken constraint.
    private struct Failure {
        /// `Value 'x' at 'limit' failed ...`.
        var message: String
        /// The same in the newer wording, where there is one.
        var newerMessage: String?
        var isEnumeration: Bool
        var isToldAlone = false
        /// ``newerMessage`` is all that is said.
        var isSentence = false
        /// Not told when a value of an enumeration is wrong.
        var givesWay = false
    }

    /// A step to the structure being looked at.
    private enum Step {
        case member(String)
        case element(String, Int)
        case entry(String, String)

        var text: String {
            switch self {
            case .member(let name): name
            case .element(let name, let index): "\(name).\(index + 1)"
            case .entry(let name, let key): "\(name).\(ConstraintCheck.cut(key))"
            }
        }
    }

    /// DynamoDB lists no more.
    private static let maximumCount = 10
    /// Bytes of a value or a key that a message shows; DynamoDB shows all.
    private static let maximumTextCount = 1 << 16

    private var failures: [Failure] = []
    private var path: [Step] = []
    private var wording = Shape.Wording.echoed

    /// Throws a ValidationException that lists the broken constraints.
    static func run(_ members: Members, _ shape: [Shape.Member]) throws(ErrorReply) {
        try checkFirst(members, shape)
        var check = ConstraintCheck()
        check.members(members, shape)
        if !check.failures.isEmpty { throw check.error() }
    }

    private func error() -> ErrorReply {
        let hasEnumeration = failures.contains(where: \.isEnumeration)
        let failures = failures.filter { !hasEnumeration || !$0.givesWay }
        var messages = failures.map(\.message)
        if failures.allSatisfy(\.isEnumeration) {
            if let sentence = failures.first(where: \.isSentence)?.newerMessage { return .validation(sentence) }
            let alone = failures.first(where: \.isToldAlone).map { [$0] }
            let newer = (alone ?? failures).compactMap(\.newerMessage)
            messages = (alone ?? failures).filter { $0.newerMessage == nil }.map(\.message) + newer
        } else if failures.count == 1, let newer = failures[0].newerMessage {
            messages = [newer]
        }
        let plural = messages.count == 1 ? "" : "s"
        return .validation(
            "\(messages.count) validation error\(plural) detected: \(messages.joined(separator: "; "))"
        )
    }

    private mutating func members(_ members: Members, _ shape: [Shape.Member]) {
        for index in shape.indices {
            guard members.present & 1 << UInt64(index) != 0, let value = members[shape[index].name] else {
                if case .required = shape[index].presence { fail(nil, shape[index].name, "Member must not be null") }
                continue
            }
            wording = members.isDeep ? .echoed : shape[index].wording
            self.value(value, shape[index].shape, shape[index].name)
            wording = .echoed
        }
    }

    private mutating func value(_ value: Members.Value, _ shape: Shape, _ name: String) {
        switch (shape, value) {
        case (.string(let constraint), .string(let text)):
            string(text, constraint, name)
        case (.integer(let range?), .integer(let number)), (.long(let range?), .integer(let number)):
            if number < range.lowerBound {
                fail(String(number), name, "Member must have value greater than or equal to \(range.lowerBound)")
            }
            if number > range.upperBound {
                fail(String(number), name, "Member must have value less than or equal to \(range.upperBound)")
            }
        case (.list(let element, let range), .list(let elements)):
            if let range { count(elements.count, range, value, shape, name) }
            list(elements, element, name)
        case (.map(let element, let constraint), .map(let entries)):
            map(entries, element, constraint, shape, name)
        case (.structure(_, let shape), .structure(let members)):
            path.append(.member(name))
            self.members(members, shape)
            path.removeLast()
        case (_, .null):
            fail(nil, name, "Member must not be null")
        default:
            break
        }
    }

    private mutating func count(
        _ count: Int,
        _ range: ClosedRange<Int>,
        _ value: Members.Value,
        _ shape: Shape,
        _ name: String
    ) {
        if count < range.lowerBound {
            fail(shape.text(of: value), name, "Member must have length greater than or equal to \(range.lowerBound)")
        }
        if count > range.upperBound {
            fail(shape.text(of: value), name, "Member must have length less than or equal to \(range.upperBound)")
        }
    }

    private mutating func list(_ elements: [Members.Value], _ shape: Shape, _ name: String) {
        wording = .echoed
        for index in elements.indices where failures.count < Self.maximumCount {
            path.append(.element(name, index))
            value(elements[index], shape, "member")
            path.removeLast()
        }
    }

    private mutating func map(
        _ entries: [(key: String, value: Members.Value)],
        _ element: Shape,
        _ constraint: MapConstraint,
        _ shape: Shape,
        _ name: String
    ) {
        let known = failures.count
        if let range = constraint.count { count(entries.count, range, .map(entries), shape, name) }
        if constraint.hasTableNames, !entries.allSatisfy({ TableNameCheck.isValid($0.key) }) {
            fail(
                constraint.showsJSON ? shape.json(of: .map(entries)) : shape.text(of: .map(entries)),
                name,
                "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
                    + "Member must have length greater than or equal to 3, "
                    + "Member must satisfy regular expression pattern: \(TableNameCheck.pattern)]"
            )
        }
        if let range = constraint.valueCount, !entries.allSatisfy({ $0.value.isList(of: range) }) {
            fail(
                shape.text(of: .map(entries)),
                name,
                "Map value must satisfy constraint: [Member must have length less than or equal to "
                    + "\(range.upperBound), Member must have length greater than or equal to \(range.lowerBound)]"
            )
        }
        if constraint.givesWay { for index in failures.indices[known...] { failures[index].givesWay = true } }
        wording = .echoed
        for index in entries.indices where failures.count < Self.maximumCount {
            path.append(.entry(name, entries[index].key))
            value(entries[index].value, element, "member")
            path.removeLast()
        }
    }

    /// Keeps a failure; `value` is nil for an absent member.
    private mutating func fail(
        _ value: String?,
        _ name: String,
        _ constraint: String,
        isEnumeration: Bool = false
    ) {
        guard failures.count < Self.maximumCount else { return }
        let names = path.map(\.text) + [name]
        let place = names.map { $0.prefix(1).lowercased() + $0.dropFirst() }.joined(separator: ".")
        let shown = value.map { "'\(Self.cut($0))'" } ?? "null"
        var failure = Failure(
            message: "Value \(shown) at '\(place)' failed to satisfy constraint: \(constraint)",
            isEnumeration: isEnumeration
        )
        switch wording {
        case .echoed, .bareWhenEmpty: break
        case .bare:
            failure.newerMessage =
                "Value at '\(names.joined(separator: "."))' failed to satisfy constraint: \(constraint)"
        case .enumeration(let message):
            failure.newerMessage = message
        case .sentence(let message):
            failure.newerMessage = message
            failure.isSentence = true
        case .enumerationAlone(let message):
            failure.newerMessage = message
            failure.isToldAlone = true
        }
        failures.append(failure)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= maximumTextCount
            ? text : String(decoding: text.utf8.prefix(maximumTextCount), as: UTF8.self)
    }
}

// MARK: Strings

extension ConstraintCheck {
    private mutating func string(_ text: String, _ constraint: StringConstraint, _ name: String) {
        switch constraint {
        case .any:
            break
        case .values(let values):
            guard !values.contains(text) else { break }
            fail(
                text,
                name,
                "Member must satisfy enum value set: [\(values.joined(separator: ", "))]",
                isEnumeration: true
            )
        case .length(let range):
            length(of: text, range, name)
        case .name:
            tableName(text, name)
        case .tableName, .managedTableName:
            if TableNameCheck.isARN(text) {
                length(of: text, 1...1024, name)
            } else if text.isEmpty {
                length(of: text, 1...1024, name)
            } else {
                tableName(text, name)
            }
        }
    }

    private mutating func tableName(_ text: String, _ name: String) {
        guard !TableNameCheck.isName(text) else { return }
        if !TableNameCheck.matchesPattern(text) {
            fail(text, name, "Member must satisfy regular expression pattern: \(TableNameCheck.pattern)")
        }
        length(of: text, TableNameCheck.length, name)
    }

    /// A character is a UTF-16 unit, as in Java.
    private mutating func length(of text: String, _ range: ClosedRange<Int>, _ name: String) {
        let bytes = text.utf8.count
        if bytes >= range.lowerBound * 3, bytes <= range.upperBound { return }
        let count = text.utf16.count
        if count < range.lowerBound {
            fail(text, name, "Member must have length greater than or equal to \(range.lowerBound)")
        }
        if count > range.upperBound {
            fail(text, name, "Member must have length less than or equal to \(range.upperBound)")
        }
    }
}

extension Members.Value {
    fileprivate func isList(of count: ClosedRange<Int>) -> Bool {
        if case .list(let elements) = self { count.contains(elements.count) } else { true }
    }
}
