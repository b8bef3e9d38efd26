/// An attribute of an item that an expression uses.
public struct AttributeUse: Sendable, Hashable {
    /// The attribute's name, as UTF-8.
    public let name: [UInt8]
    /// Whether the expression looks into the attribute: `a.b` or `a[0]`.
    public let isNested: Bool
}

extension DocumentPath {
    fileprivate var use: AttributeUse? {
        guard case .attribute(let name)? = elements.first else { return nil }
        return AttributeUse(name: name, isNested: elements.count > 1)
    }
}

extension Condition {
    /// The attributes that the condition's paths begin with, in the expression's order.
    public var attributes: [AttributeUse] {
        var uses: [AttributeUse] = []
        root.appendUses(to: &uses)
        return uses
    }
}

extension Condition.Node {
    /// Recursion is bounded by the parser's depth.
    fileprivate func appendUses(to uses: inout [AttributeUse]) {
        switch self {
        case .and(let conditions), .or(let conditions):
            for condition in conditions { condition.appendUses(to: &uses) }
        case .not(let condition):
            condition.appendUses(to: &uses)
        case .comparison(let one, _, let other), .beginsWith(let one, let other), .contains(let one, let other):
            uses += [one, other].compactMap(\.use)
        case .between(let operand, let low, let high):
            uses += [operand, low, high].compactMap(\.use)
        case .membership(let operand, let list):
            uses += ([operand] + list).compactMap(\.use)
        case .exists(let path), .notExists(let path):
            if let use = path.use { uses.append(use) }
        case .type(let operand, _):
            if let use = operand.use { uses.append(use) }
        }
    }
}

extension Operand {
    /// Recursion is bounded by the parser's depth.
    fileprivate var use: AttributeUse? {
        switch self {
        case .path(let path): path.use
        case .value: nil
        case .size(let operand): operand.use
        }
    }
}

extension Projection {
    /// The attributes that the projection's paths begin with, by name.
    public var attributes: [AttributeUse] {
        guard case .members(let members) = tree else { return [] }
        return members.map { member in
            let isNested = if case .all = member.tree { false } else { true }
            return AttributeUse(name: member.name, isNested: isNested)
        }
    }
}
