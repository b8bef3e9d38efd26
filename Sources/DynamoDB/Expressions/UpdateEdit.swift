/// What happens at one place of an item.
struct UpdateEdit {
    enum Outcome {
        case set(AttributeValue)
        case remove
        case add(AttributeValue)
        case delete(AttributeValue)
    }

    /// What is left of the path.
    let rest: ArraySlice<DocumentPath.Element>
    let outcome: Outcome

    /// The value after some edits at it or inside it; nil when it is gone.
    ///
    /// No edit's path leads into another's. Recursion ends with the longest path.
    static func apply(_ edits: [UpdateEdit], to value: AttributeValue?) throws(ExpressionError) -> AttributeValue? {
        if let edit = edits.first, edit.rest.isEmpty { return try edit.outcome.apply(to: value) }
        let groups = groups(edits)
        switch value {
        case .map(let members)?:
            return .map(try apply(groups, to: members))
        case .list(let values)?:
            return .list(try apply(groups, to: values))
        default:
            throw .invalidPath
        }
    }

    /// The edits by the first element of their paths, in order.
    private static func groups(_ edits: [UpdateEdit]) -> [(element: DocumentPath.Element, edits: [UpdateEdit])] {
        var groups: [DocumentPath.Element: [UpdateEdit]] = [:]
        for edit in edits {
            guard let element = edit.rest.first else { continue }
            groups[element, default: []].append(UpdateEdit(rest: edit.rest.dropFirst(), outcome: edit.outcome))
        }
        return groups.sorted { $0.key.precedes($1.key) }.map { ($0.key, $0.value) }
    }

    /// The members that stay and those that come are merged by their names, which both are ordered by.
    private static func apply(
        _ groups: [(element: DocumentPath.Element, edits: [UpdateEdit])],
        to members: AttributeMap
    ) throws(ExpressionError) -> AttributeMap {
        var merged: [AttributeMap.Attribute] = []
        merged.reserveCapacity(members.count + groups.count)
        let olds = members.attributes
        var next = 0
        for (element, edits) in groups {
            guard case .attribute(let name) = element else { throw .invalidPath }
            while next < olds.count, olds[next].name.lexicographicallyPrecedes(name) {
                merged.append(olds[next])
                next += 1
            }
            var old: AttributeValue?
            if next < olds.count, olds[next].name == name {
                old = olds[next].value
                next += 1
            }
            if let value = try apply(edits, to: old) { merged.append(AttributeMap.Attribute(name: name, value: value)) }
        }
        return AttributeMap(sorted: merged + olds[next...])
    }

    /// Elements keep their indexes until all is done; what is set beyond the end is appended in the indexes' order.
    private static func apply(
        _ groups: [(element: DocumentPath.Element, edits: [UpdateEdit])],
        to values: [AttributeValue]
    ) throws(ExpressionError) -> [AttributeValue] {
        var elements: [AttributeValue?] = values
        var appended: [AttributeValue] = []
        for (element, edits) in groups {
            guard case .index(let index) = element else { throw .invalidPath }
            if values.indices.contains(index) {
                elements[index] = try apply(edits, to: values[index])
            } else if let value = try apply(edits, to: nil) {
                appended.append(value)
            }
        }
        return elements.compactMap(\.self) + appended
    }
}

extension UpdateEdit.Outcome {
    fileprivate func apply(to value: AttributeValue?) throws(ExpressionError) -> AttributeValue? {
        switch self {
        case .set(let new): return new
        case .remove: return nil
        case .add(let operand): return try Self.add(operand, to: value)
        case .delete(let operand): return try Self.delete(operand, from: value)
        }
    }

    private static func add(
        _ operand: AttributeValue,
        to value: AttributeValue?
    ) throws(ExpressionError) -> AttributeValue {
        switch (value, operand) {
        case (nil, _): return operand
        case (.number?, .number): return try operand.sum(value ?? operand, isDifference: false)
        case (.stringSet(let old)?, .stringSet(let new)): return .stringSet(union(old, new))
        case (.binarySet(let old)?, .binarySet(let new)): return .binarySet(union(old, new))
        case (.numberSet(let old)?, .numberSet(let new)): return .numberSet(Set(old).union(new).sorted())
        default: throw .incorrectDataType
        }
    }

    /// A set that loses its last element is gone.
    private static func delete(
        _ operand: AttributeValue,
        from value: AttributeValue?
    ) throws(ExpressionError) -> AttributeValue? {
        switch (value, operand) {
        case (nil, _):
            return nil
        case (.stringSet(let old)?, .stringSet(let gone)):
            let rest = difference(old, gone)
            return rest.isEmpty ? nil : .stringSet(rest)
        case (.binarySet(let old)?, .binarySet(let gone)):
            let rest = difference(old, gone)
            return rest.isEmpty ? nil : .binarySet(rest)
        case (.numberSet(let old)?, .numberSet(let gone)):
            let rest = difference(old, gone)
            return rest.isEmpty ? nil : .numberSet(rest)
        default:
            throw .incorrectDataType
        }
    }

    private static func union(_ old: [[UInt8]], _ new: [[UInt8]]) -> [[UInt8]] {
        Set(old).union(new).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func difference<Element: Hashable>(_ old: [Element], _ gone: [Element]) -> [Element] {
        let gone = Set(gone)
        return old.filter { !gone.contains($0) }
    }
}

extension ExpressionError {
    fileprivate static let invalidPath = ExpressionError(
        "The document path provided in the update expression is invalid for update"
    )
}
