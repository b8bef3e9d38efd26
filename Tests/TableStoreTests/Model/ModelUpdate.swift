/// Why the service refuses an operation.
enum ModelRefusal: Error {
    case validation
    /// A fault that is the whole request's, not that of an action of a transaction.
    case request
    case conditionalCheckFailed
    case noTable
    case mismatchedToken
    case cancelled

    /// The name of the error.
    var name: String {
        switch self {
        case .validation, .request: "ValidationException"
        case .conditionalCheckFailed: "ConditionalCheckFailedException"
        case .noTable: "ResourceNotFoundException"
        case .mismatchedToken: "IdempotentParameterMismatchException"
        case .cancelled: "TransactionCanceledException"
        }
    }
}

/// The right-hand side of a SET.
indirect enum ModelSource {
    case value(ModelValue)
    case path(ModelPath)
    case ifNotExists(ModelPath, ModelSource)
    case append(ModelSource, ModelSource)
    case sum(ModelSource, ModelSource, isDifference: Bool)

    func value(in item: ModelItem) throws(ModelRefusal) -> ModelValue {
        switch self {
        case .value(let value):
            return value
        case .path(let path):
            guard let value = path.value(in: item) else { throw .validation }
            return value
        case .ifNotExists(let path, let other):
            if let value = path.value(in: item) { return value }
            return try other.value(in: item)
        case .append(let first, let second):
            guard case (.list(let head), .list(let tail)) = (try first.value(in: item), try second.value(in: item))
            else { throw .validation }
            return .list(head + tail)
        case .sum(let left, let right, let isDifference):
            guard case (.number(let one), .number(let two)) = (try left.value(in: item), try right.value(in: item))
            else { throw .validation }
            return .number(try one.added(isDifference ? two.negated : two))
        }
    }
}

extension ModelNumber {
    fileprivate func added(_ other: ModelNumber) throws(ModelRefusal) -> ModelNumber {
        let sum = self + other
        guard sum.isStorable else { throw .validation }
        return sum
    }
}

/// An update: actions on paths that do not clash.
struct ModelUpdate {
    enum Action {
        case set(ModelSource)
        case remove
        case add(ModelValue)
        case delete(ModelValue)
    }

    var actions: [(path: ModelPath, action: Action)]

    /// Whether it only takes away: then it makes no item.
    var onlyRemoves: Bool {
        actions.allSatisfy { action in
            switch action.action {
            case .remove, .delete: true
            case .set, .add: false
            }
        }
    }

    /// Everything is read from the old item, and indexes are those of the old lists.
    func applied(to item: ModelItem) throws(ModelRefusal) -> ModelItem {
        var edits: [(path: ModelPath, new: ModelValue?)] = []
        for (path, action) in actions {
            edits.append((path, try outcome(of: action, at: path.value(in: item), in: item)))
        }
        // Replacements first, then additions in the order of their indexes, then removals from the last on: no index
        // changes its meaning before it is used.
        var result: ModelValue = .map(item)
        let order: (ModelPath, ModelPath) -> Bool = { $0.indexes.lexicographicallyPrecedes($1.indexes) }
        for (path, new) in edits.filter({ $0.new != nil }).sorted(by: { order($0.path, $1.path) }) {
            try result.put(new, at: path.allSteps[...], original: .map(item))
        }
        for (path, _) in edits.filter({ $0.new == nil }).sorted(by: { order($1.path, $0.path) }) {
            try result.put(nil, at: path.allSteps[...], original: .map(item))
        }
        guard case .map(let members) = result else { throw .validation }
        return members
    }

    private func outcome(
        of action: Action,
        at old: ModelValue?,
        in item: ModelItem
    ) throws(ModelRefusal) -> ModelValue? {
        switch action {
        case .set(let source): return try source.value(in: item)
        case .remove: return nil
        case .add(let value):
            switch (old, value) {
            case (nil, _): return value
            case (.number(let one)?, .number(let two)): return .number(try one.added(two))
            case (.strings(let one)?, .strings(let two)): return .strings(one.union(two))
            case (.numbers(let one)?, .numbers(let two)): return .numbers(one.union(two))
            case (.binaries(let one)?, .binaries(let two)): return .binaries(one.union(two))
            default: throw .validation
            }
        case .delete(let value):
            switch (old, value) {
            case (nil, _): return nil
            case (.strings(let one)?, .strings(let two)):
                return one.isSubset(of: two) ? nil : .strings(one.subtracting(two))
            case (.numbers(let one)?, .numbers(let two)):
                return one.isSubset(of: two) ? nil : .numbers(one.subtracting(two))
            case (.binaries(let one)?, .binaries(let two)):
                return one.isSubset(of: two) ? nil : .binaries(one.subtracting(two))
            default: throw .validation
            }
        }
    }

    /// The type that an action gives an attribute or asks of it, as far as the request tells.
    static func type(of action: Action) -> ModelType? {
        switch action {
        case .set(.value(let value)), .add(let value), .delete(let value): value.type
        case .set(.append): .list
        case .set(.sum): .number
        case .set, .remove: nil
        }
    }

    /// The parts of an item that UPDATED_OLD and UPDATED_NEW return.
    var projection: ModelProjection { ModelProjection(paths: actions.map(\.path)) }
}

extension ModelPath {
    fileprivate var allSteps: [Step] { [.member(attribute)] + steps }

    fileprivate var indexes: [Int] {
        steps.compactMap { step in
            if case .element(let index) = step { index } else { nil }
        }
    }
}

extension ModelValue {
    /// Puts a value at a place, or takes away what is there; what leads to the place must be there.
    ///
    /// `original` is the value before all edits.
    fileprivate mutating func put(
        _ new: ModelValue?,
        at steps: ArraySlice<ModelPath.Step>,
        original: ModelValue?
    ) throws(ModelRefusal) {
        let rest = steps.dropFirst()
        switch (steps.first, self) {
        case (.member(let name)?, .map(var members)):
            var previous: ModelValue?
            if case .map(let members)? = original { previous = members[name] }
            if rest.isEmpty {
                members[name] = new
            } else {
                guard var child = members[name] else { throw .validation }
                try child.put(new, at: rest, original: previous)
                members[name] = child
            }
            self = .map(members)
        case (.element(let index)?, .list(var values)):
            var count = 0
            var previous: ModelValue?
            if case .list(let values)? = original {
                count = values.count
                previous = index < count ? values[index] : nil
            }
            if rest.isEmpty {
                if index < count {
                    if let new { values[index] = new } else { values.remove(at: index) }
                } else if let new {
                    values.append(new)
                }
            } else {
                guard index < count else { throw .validation }
                try values[index].put(new, at: rest, original: previous)
            }
            self = .list(values)
        default:
            throw .validation
        }
    }
}

/// The parts of an item that a projection takes.
struct ModelProjection {
    /// Paths that don't clash.
    var paths: [ModelPath]

    var attributes: Set<String> { Set(paths.map(\.attribute)) }

    /// Elements of lists close up, in the order of the list.
    func taken(of item: ModelItem) -> ModelItem {
        var result: ModelItem = [:]
        for name in attributes.sorted() {
            guard let value = item[name] else { continue }
            let inside = paths.filter { $0.attribute == name }.map { $0.steps[...] }
            if let part = Self.part(of: value, inside) { result[name] = part }
        }
        return result
    }

    private static func part(of value: ModelValue, _ paths: [ArraySlice<ModelPath.Step>]) -> ModelValue? {
        if paths.contains(where: \.isEmpty) { return value }
        switch value {
        case .map(let members):
            var parts: ModelItem = [:]
            for (name, member) in members {
                let inside = paths.filter { $0.first == .member(name) }.map { $0.dropFirst() }
                if !inside.isEmpty, let part = part(of: member, inside) { parts[name] = part }
            }
            return parts.isEmpty ? nil : .map(parts)
        case .list(let values):
            var parts: [ModelValue] = []
            for (index, element) in values.enumerated() {
                let inside = paths.filter { $0.first == .element(index) }.map { $0.dropFirst() }
                if !inside.isEmpty, let part = part(of: element, inside) { parts.append(part) }
            }
            return parts.isEmpty ? nil : .list(parts)
        default:
            return nil
        }
    }
}
