/// Writes requests, in one of many spellings.
struct ModelWriter {
    private var random: ModelRandom
    private let isLegacy: Bool
    /// Whether numbers are in the notation of replies.
    private let isPlain: Bool
    /// Substitutes of names, by name, and values, in the order in which they were taken.
    private var names: [(placeholder: String, name: String)] = []
    private var values: [(placeholder: String, value: ModelValue)] = []
    private var members: [String] = []

    /// Names that an expression may have as they are.
    private static let plainNames: Set<String> = [
        "pk", "sk", "num", "tag", "color", "alpha", "beta", "doc", "items1", "tags", "nums", "bins", "expires", "x",
        "y", "z",
    ]

    init(style: UInt64, isLegacy: Bool = false, isPlain: Bool = false) {
        random = ModelRandom(seed: style)
        self.isLegacy = isLegacy
        self.isPlain = isPlain
    }

    // MARK: Values

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}":
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func quoted(_ bytes: [UInt8]) -> String { quoted(String(decoding: bytes, as: UTF8.self)) }

    /// A number in one of its notations.
    private mutating func number(_ number: ModelNumber) -> String {
        let text = number.text
        if isPlain { return "\"\(text)\"" }
        let isInteger = !text.contains(".")
        switch random.below(12) {
        case 0 where isInteger: return "\"\(text).0\""
        case 0: return "\"\(text)00\""
        case 1 where text.first != "-": return "\"00\(text)\""
        case 2 where text.first != "-": return "\"+\(text)\""
        case 3 where !number.digits.isEmpty:
            let digits = number.digits.map { String($0) }.joined()
            return "\"\(number.isNegative ? "-" : "")\(digits)e\(number.exponent - number.digits.count)\""
        case 4 where number.digits.isEmpty: return "\"-0.0\""
        case 5 where !number.digits.isEmpty:
            let digits = number.digits.map { String($0) }.joined()
            return "\"\(number.isNegative ? "-" : "")0.\(digits)E\(number.exponent < 0 ? "" : "+")\(number.exponent)\""
        default: return "\"\(text)\""
        }
    }

    mutating func value(_ value: ModelValue) -> String {
        func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }
        let json: String
        switch value {
        case .string(let bytes): json = Self.quoted(bytes)
        case .number(let number): json = self.number(number)
        case .binary(let bytes): json = "\"\(ModelBase64.text(bytes))\""
        case .boolean(let isTrue): json = "\(isTrue)"
        case .null: json = "true"
        case .list(let values):
            var elements: [String] = []
            for value in values { elements.append(self.value(value)) }
            json = list(elements)
        case .map(let members): json = item(members)
        case .strings(let elements):
            json = list(elements.sorted { $0.lexicographicallyPrecedes($1) }.map { Self.quoted($0) })
        case .binaries(let elements):
            json = list(elements.sorted { $0.lexicographicallyPrecedes($1) }.map { "\"\(ModelBase64.text($0))\"" })
        case .numbers(let elements):
            var texts: [String] = []
            for number in elements.sorted().reversed() { texts.append(self.number(number)) }
            json = list(texts)
        }
        return "{\"\(value.type.rawValue)\":\(json)}"
    }

    mutating func item(_ item: ModelItem) -> String {
        var names = item.keys.sorted()
        if random.chance(200) { names.reverse() }
        var members: [String] = []
        for name in names {
            if let value = item[name] { members.append("\(Self.quoted(name)):\(self.value(value))") }
        }
        return "{\(members.joined(separator: ","))}"
    }

    // MARK: Expressions

    /// A name, or a substitute for it.
    private mutating func name(_ name: String) -> String {
        if Self.plainNames.contains(name), random.chance(500) { return name }
        if let known = names.first(where: { $0.name == name }) { return known.placeholder }
        let placeholder = "#n\(names.count)"
        names.append((placeholder, name))
        return placeholder
    }

    private mutating func substitute(_ value: ModelValue) -> String {
        let placeholder = ":v\(values.count)"
        values.append((placeholder, value))
        return placeholder
    }

    private mutating func path(_ path: ModelPath) -> String {
        var text = name(path.attribute)
        for step in path.steps {
            switch step {
            case .member(let name): text += ".\(self.name(name))"
            case .element(let index): text += "[\(index)]"
            }
        }
        return text
    }

    private mutating func operand(_ operand: ModelOperand) -> String {
        switch operand {
        case .path(let path): return self.path(path)
        case .value(let value): return substitute(value)
        case .size(let path): return "size(\(self.path(path)))"
        }
    }

    private mutating func word(_ word: String) -> String { random.chance(300) ? word.lowercased() : word }

    /// A condition; `strength` is that of the operator around it: 0 none, 1 OR, 2 AND, 3 NOT.
    private mutating func condition(_ condition: ModelCondition, inside strength: Int = 0) -> String {
        func joined(_ parts: [ModelCondition], _ word: String, _ own: Int, _ writer: inout ModelWriter) -> String {
            var texts: [String] = []
            for part in parts { texts.append(writer.condition(part, inside: own)) }
            let text = texts.joined(separator: " \(writer.word(word)) ")
            return own < strength || strength > 0 && writer.random.chance(300) ? "(\(text))" : text
        }
        switch condition {
        case .compare(let left, let comparator, let right):
            let text = operand(left)
            let space = random.chance(200) ? "" : " "
            return "\(text)\(space)\(comparator.rawValue)\(space)\(operand(right))"
        case .between(let value, let low, let high):
            return "\(operand(value)) \(word("BETWEEN")) \(operand(low)) \(word("AND")) \(operand(high))"
        case .oneOf(let value, let others):
            var texts: [String] = []
            let text = operand(value)
            for other in others { texts.append(operand(other)) }
            return "\(text) \(word("IN")) (\(texts.joined(separator: ", ")))"
        case .exists(let path): return "attribute_exists(\(self.path(path)))"
        case .notExists(let path): return "attribute_not_exists(\(self.path(path)))"
        case .type(let path, let type):
            return "attribute_type(\(self.path(path)), \(substitute(.text(type.rawValue))))"
        case .begins(let path, let prefix): return "begins_with(\(self.path(path)), \(operand(prefix)))"
        case .contains(let path, let part): return "contains(\(self.path(path)), \(operand(part)))"
        case .all(let parts): return joined(parts, "AND", 2, &self)
        case .any(let parts): return joined(parts, "OR", 1, &self)
        case .not(let part): return "\(word("NOT")) \(self.condition(part, inside: 3))"
        }
    }

    private mutating func source(_ source: ModelSource) -> String {
        switch source {
        case .value(let value): return substitute(value)
        case .path(let path): return self.path(path)
        case .ifNotExists(let path, let other): return "if_not_exists(\(self.path(path)), \(self.source(other)))"
        case .append(let first, let second): return "list_append(\(self.source(first)), \(self.source(second)))"
        case .sum(let left, let right, let isDifference):
            return "\(self.source(left)) \(isDifference ? "-" : "+") \(self.source(right))"
        }
    }

    private mutating func update(_ update: ModelUpdate) -> String {
        var clauses: [String: [String]] = [:]
        for (path, action) in update.actions {
            let target = self.path(path)
            switch action {
            case .set(let source): clauses["SET", default: []].append("\(target) = \(self.source(source))")
            case .remove: clauses["REMOVE", default: []].append(target)
            case .add(let value): clauses["ADD", default: []].append("\(target) \(substitute(value))")
            case .delete(let value): clauses["DELETE", default: []].append("\(target) \(substitute(value))")
            }
        }
        let order = clauses.keys.sorted().shuffled(using: &random)
        return order.map { "\(word($0)) \((clauses[$0] ?? []).joined(separator: ", "))" }.joined(separator: " ")
    }

    private mutating func sortCondition(_ condition: ModelSortCondition, of name: String) -> String {
        let name = self.name(name)
        switch condition {
        case .compare(let comparator, let value): return "\(name) \(comparator.rawValue) \(substitute(value))"
        case .between(let low, let high): return "\(name) BETWEEN \(substitute(low)) AND \(substitute(high))"
        case .begins(let prefix): return "begins_with(\(name), \(substitute(prefix)))"
        }
    }

    // MARK: Members

    mutating func member(_ name: String, _ json: String) { members.append("\"\(name)\":\(json)") }

    mutating func member(_ name: String, text: String) { member(name, Self.quoted(text)) }

    mutating func member(condition: ModelCondition?, _ name: String = "ConditionExpression") {
        guard let condition else { return }
        if isLegacy {
            var parts = [condition]
            if case .any(let list) = condition { (parts, _) = (list, member("ConditionalOperator", text: "OR")) }
            if case .all(let list) = condition { parts = list }
            var texts: [String] = []
            for part in parts { texts.append(legacy(part)) }
            let legacyName = ["ConditionExpression": "Expected"][name]
            member(legacyName ?? (name == "Query" ? "QueryFilter" : "ScanFilter"), "{\(texts.joined(separator: ","))}")
        } else {
            let text = self.condition(condition)
            member(name == "Query" || name == "Scan" ? "FilterExpression" : name, text: text)
        }
    }

    /// A part of `Expected` or of a filter: of a condition on one attribute.
    private mutating func legacy(_ condition: ModelCondition) -> String {
        let comparisons: [ModelComparator: String] = [
            .equal: "EQ", .notEqual: "NE", .less: "LT", .lessOrEqual: "LE", .greater: "GT", .greaterOrEqual: "GE",
        ]
        var (name, comparison) = ("", "")
        var operands: [ModelOperand] = []
        switch condition {
        case .compare(.path(let path), let comparator, let value):
            (name, comparison, operands) = (path.attribute, comparisons[comparator] ?? "", [value])
        case .between(.path(let path), let low, let high):
            (name, comparison, operands) = (path.attribute, "BETWEEN", [low, high])
        case .oneOf(.path(let path), let others): (name, comparison, operands) = (path.attribute, "IN", others)
        case .exists(let path): (name, comparison) = (path.attribute, "NOT_NULL")
        case .notExists(let path): (name, comparison) = (path.attribute, "NULL")
        case .begins(let path, let prefix): (name, comparison, operands) = (path.attribute, "BEGINS_WITH", [prefix])
        case .contains(let path, let part): (name, comparison, operands) = (path.attribute, "CONTAINS", [part])
        default: break
        }
        var texts: [String] = []
        for case .value(let value) in operands { texts.append(self.value(value)) }
        return Self.quoted(name) + ":" + Self.legacy(comparison, texts)
    }

    private static func legacy(_ comparison: String, _ values: [String]) -> String {
        let list = values.isEmpty ? "" : #","AttributeValueList":[\#(values.joined(separator: ","))]"#
        return #"{"ComparisonOperator":"\#(comparison)"\#(list)}"#
    }

    mutating func member(update: ModelUpdate) {
        if isLegacy {
            var texts: [String] = []
            for (path, action) in update.actions {
                let content: String
                switch action {
                case .set(.value(let value)): content = #""Action":"PUT","Value":\#(self.value(value))"#
                case .add(let value): content = #""Action":"ADD","Value":\#(self.value(value))"#
                case .delete(let value): content = #""Action":"DELETE","Value":\#(self.value(value))"#
                default: content = #""Action":"DELETE""#
                }
                texts.append("\(Self.quoted(path.attribute)):{\(content)}")
            }
            member("AttributeUpdates", "{\(texts.joined(separator: ","))}")
        } else {
            let text = self.update(update)
            member("UpdateExpression", text: text)
        }
    }

    mutating func member(projection: ModelProjection?) {
        guard let projection else { return }
        if isLegacy {
            let names = projection.paths.map { Self.quoted($0.attribute) }
            member("AttributesToGet", "[\(names.joined(separator: ","))]")
        } else {
            var texts: [String] = []
            for path in projection.paths { texts.append(self.path(path)) }
            member("ProjectionExpression", text: texts.joined(separator: ", "))
        }
    }

    mutating func member(key: ModelValue, in schema: ModelSchema, _ sort: ModelSortCondition?) {
        if isLegacy {
            var texts = ["\(Self.quoted(schema.partition.name)):\(Self.legacy("EQ", [value(key)]))"]
            if let sort, let attribute = schema.sort {
                let names: [ModelComparator: String] = [
                    .equal: "EQ", .less: "LT", .lessOrEqual: "LE", .greater: "GT", .greaterOrEqual: "GE",
                ]
                let content: String
                switch sort {
                case .compare(let comparator, let other):
                    content = Self.legacy(names[comparator] ?? "", [value(other)])
                case .between(let low, let high): content = Self.legacy("BETWEEN", [value(low), value(high)])
                case .begins(let prefix): content = Self.legacy("BEGINS_WITH", [value(prefix)])
                }
                texts.append("\(Self.quoted(attribute.name)):\(content)")
            }
            member("KeyConditions", "{\(texts.joined(separator: ","))}")
        } else {
            var texts = ["\(name(schema.partition.name)) = \(substitute(key))"]
            if let sort, let attribute = schema.sort { texts.append(sortCondition(sort, of: attribute.name)) }
            if random.chance(300) { texts.reverse() }
            member("KeyConditionExpression", text: texts.joined(separator: " \(word("AND")) "))
        }
    }

    /// The object, its expressions' substitutes included.
    mutating func finished() -> String {
        if !names.isEmpty {
            let list = names.map { "\"\($0.placeholder)\":\(Self.quoted($0.name))" }
            member("ExpressionAttributeNames", "{\(list.joined(separator: ","))}")
        }
        if !values.isEmpty {
            var list: [String] = []
            for (placeholder, value) in values { list.append("\"\(placeholder)\":\(self.value(value))") }
            member("ExpressionAttributeValues", "{\(list.joined(separator: ","))}")
        }
        let order = random.chance(200) ? members.reversed() : members
        return "{\(order.joined(separator: ","))}"
    }
}
