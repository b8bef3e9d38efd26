/// A ConditionExpression, FilterExpression or KeyConditionExpression, parsed and checked.
public struct Condition: Sendable {
    /// Functions that conditions know.
    static let functions: Set = [
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
    ]

    let root: Node

    /// Conditions whose operands have been looked up.
    indirect enum Node: Sendable {
        case and([Node])
        case or([Node])
        case not(Node)
        case comparison(Operand, Comparator, Operand)
        case between(Operand, Operand, Operand)
        case membership(Operand, [Operand])
        case exists(DocumentPath)
        case notExists(DocumentPath)
        case type(Operand, AttributeType)
        case beginsWith(Operand, Operand)
        case contains(Operand, Operand)
    }

    /// Which member of the request holds the expression; messages name it.
    public enum Role: Sendable {
        /// `ConditionExpression`, of a write.
        case condition
        /// `FilterExpression`, of a query or scan.
        case filter
        /// `KeyConditionExpression`, of a query.
        case keyCondition

        fileprivate var kind: ExpressionKind {
            switch self {
            case .condition: .condition
            case .filter: .filter
            case .keyCondition: .keyCondition
            }
        }
    }

    /// Parses an expression, given as UTF-8.
    public init(
        parsing expression: [UInt8],
        as role: Role = .condition,
        attributes: inout ExpressionAttributes
    ) throws(ExpressionError) {
        root = try Node(parsing: expression, kind: role.kind, &attributes)
    }

    /// Whether the condition holds for an item; of a missing item it sees an empty one.
    public func evaluate(_ item: Item) -> Bool {
        root.evaluate(item)
    }
}

extension Condition.Node {
    /// Recursion is bounded by the parser's depth.
    func evaluate(_ item: Item) -> Bool {
        switch self {
        case .and(let conditions):
            return conditions.allSatisfy { $0.evaluate(item) }
        case .or(let conditions):
            return conditions.contains { $0.evaluate(item) }
        case .not(let condition):
            return !condition.evaluate(item)
        case .comparison(let left, let comparator, let right):
            return comparator.holds(left.value(in: item), right.value(in: item))
        case .between(let operand, let low, let high):
            let value = operand.value(in: item)
            return Comparator.greaterOrEqual.holds(value, low.value(in: item))
                && Comparator.lessOrEqual.holds(value, high.value(in: item))
        case .membership(let operand, let list):
            let value = operand.value(in: item)
            return list.contains { Comparator.equal.holds(value, $0.value(in: item)) }
        case .exists(let path):
            return item[path] != nil
        case .notExists(let path):
            return item[path] == nil
        case .type(let operand, let type):
            return operand.value(in: item)?.type == type
        case .beginsWith(let operand, let prefix):
            guard let value = operand.value(in: item), let prefix = prefix.value(in: item) else { return false }
            return value.begins(with: prefix)
        case .contains(let operand, let part):
            guard let value = operand.value(in: item), let part = part.value(in: item) else { return false }
            return value.contains(part)
        }
    }
}

extension Comparator {
    /// Compares two values.
    ///
    /// A missing value equals nothing, and values of different types have no order.
    func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
        switch self {
        case .equal: left != nil && left == right
        case .notEqual: left == nil || left != right
        case .less: Self.precedes(left, right) == true
        case .lessOrEqual: Self.precedes(right, left) == false
        case .greater: Self.precedes(right, left) == true
        case .greaterOrEqual: Self.precedes(left, right) == false
        }
    }

    private static func precedes(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool? {
        guard let left, let right else { return nil }
        return left.precedes(right)
    }
}
