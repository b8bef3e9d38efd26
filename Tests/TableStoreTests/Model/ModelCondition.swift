/// A place in an item: an attribute, or a part of one.
struct ModelPath: Hashable {
    enum Step: Hashable {
        case member(String)
        case element(Int)
    }

    var attribute: String
    var steps: [Step] = []

    func value(in item: ModelItem) -> ModelValue? {
        var value = item[attribute]
        for step in steps {
            switch (step, value) {
            case (.member(let name), .map(let members)?): value = members[name]
            case (.element(let index), .list(let values)?): value = index < values.count ? values[index] : nil
            default: return nil
            }
        }
        return value
    }

    /// Whether one is the other or a part of it, or they take the same value for a list and for a map.
    func clashes(with other: ModelPath) -> Bool {
        guard attribute == other.attribute else { return false }
        for (one, two) in zip(steps, other.steps) where one != two {
            switch (one, two) {
            case (.member, .member), (.element, .element): return false
            default: return true
            }
        }
        return true
    }
}

/// What a condition compares.
enum ModelOperand: Hashable {
    case path(ModelPath)
    case value(ModelValue)
    case size(ModelPath)

    func value(in item: ModelItem) -> ModelValue? {
        switch self {
        case .path(let path): path.value(in: item)
        case .value(let value): value
        case .size(let path): path.value(in: item)?.length.map { .integer($0) }
        }
    }
}

/// Comparators, as expressions spell them.
enum ModelComparator: String, CaseIterable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// A missing value equals nothing, and values of different types have no order.
    func holds(_ left: ModelValue?, _ right: ModelValue?) -> Bool {
        let isEqual = left != nil && left == right
        if self == .equal { return isEqual }
        if self == .notEqual { return !isEqual }
        guard let left, let right, let isBefore = left.isBefore(right) else { return false }
        switch self {
        case .less: return isBefore
        case .lessOrEqual: return isBefore || isEqual
        case .greater: return !isBefore && !isEqual
        default: return !isBefore
        }
    }
}

/// A condition or filter.
indirect enum ModelCondition {
    case compare(ModelOperand, ModelComparator, ModelOperand)
    case between(ModelOperand, ModelOperand, ModelOperand)
    case oneOf(ModelOperand, [ModelOperand])
    case exists(ModelPath)
    case notExists(ModelPath)
    case type(ModelPath, ModelType)
    case begins(ModelPath, ModelOperand)
    case contains(ModelPath, ModelOperand)
    case all([ModelCondition])
    case any([ModelCondition])
    case not(ModelCondition)

    /// Whether the condition holds; a missing item is an empty one.
    func holds(_ item: ModelItem) -> Bool {
        switch self {
        case .compare(let left, let comparator, let right):
            return comparator.holds(left.value(in: item), right.value(in: item))
        case .between(let operand, let low, let high):
            return ModelComparator.lessOrEqual.holds(low.value(in: item), operand.value(in: item))
                && ModelComparator.lessOrEqual.holds(operand.value(in: item), high.value(in: item))
        case .oneOf(let operand, let others):
            let value = operand.value(in: item)
            return others.contains { ModelComparator.equal.holds(value, $0.value(in: item)) }
        case .exists(let path): return path.value(in: item) != nil
        case .notExists(let path): return path.value(in: item) == nil
        case .type(let path, let type): return path.value(in: item)?.type == type
        case .begins(let path, let prefix):
            guard let value = path.value(in: item), let prefix = prefix.value(in: item) else { return false }
            return value.begins(with: prefix)
        case .contains(let path, let part):
            guard let value = path.value(in: item), let part = part.value(in: item) else { return false }
            return value.contains(part)
        case .all(let parts): return parts.allSatisfy { $0.holds(item) }
        case .any(let parts): return parts.contains { $0.holds(item) }
        case .not(let part): return !part.holds(item)
        }
    }

    /// The attributes it looks at.
    var attributes: Set<String> {
        func names(_ operands: ModelOperand...) -> Set<String> {
            Set(
                operands.compactMap { operand in
                    switch operand {
                    case .path(let path), .size(let path): path.attribute
                    case .value: nil
                    }
                }
            )
        }
        switch self {
        case .compare(let left, _, let right): return names(left, right)
        case .between(let operand, let low, let high): return names(operand, low, high)
        case .oneOf(let operand, let others): return others.reduce(names(operand)) { $0.union(names($1)) }
        case .exists(let path), .notExists(let path), .type(let path, _): return [path.attribute]
        case .begins(let path, let operand), .contains(let path, let operand):
            return names(.path(path), operand)
        case .all(let parts), .any(let parts): return parts.reduce([]) { $0.union($1.attributes) }
        case .not(let part): return part.attributes
        }
    }
}
