extension Update {
    /// An action on an attribute as a whole.
    public struct Write: Sendable {
        /// The attribute's name, as UTF-8.
        public let name: [UInt8]
        /// The type that the action gives the attribute or asks of it, as far as the request tells.
        public let type: AttributeType?
        /// The value that a SET gives the attribute, when the request has it.
        public let value: AttributeValue?
    }

    /// Whether all actions are such as take something away; there is at least one.
    public var onlyRemoves: Bool {
        !actions.isEmpty
            && actions.allSatisfy { action in
                switch action.change {
                case .remove, .delete: true
                case .set, .setSum, .add: false
                }
            }
    }

    /// The actions on whole attributes, in the expression's order; not those on their parts.
    public var writes: [Write] {
        actions.compactMap { action in
            guard action.path.elements.count == 1, case .attribute(let name)? = action.path.elements.first else {
                return nil
            }
            switch action.change {
            case .set(.value(let value)): return Write(name: name, type: value.type, value: value)
            case .set(.listAppend): return Write(name: name, type: .list, value: nil)
            case .setSum: return Write(name: name, type: .number, value: nil)
            case .add(let value), .delete(let value): return Write(name: name, type: value.type, value: nil)
            default: return Write(name: name, type: nil, value: nil)
            }
        }
    }

    /// The attributes that the update's paths begin with, operands included, in the expression's order.
    public var attributes: [AttributeUse] {
        actions.flatMap { action in
            let paths: [DocumentPath]
            switch action.change {
            case .set(let operand): paths = operand.paths
            case .setSum(let one, let other, _): paths = one.paths + other.paths
            case .remove, .add, .delete: paths = []
            }
            return ([action.path] + paths).compactMap { path -> AttributeUse? in
                guard case .attribute(let name)? = path.elements.first else { return nil }
                return AttributeUse(name: name, isNested: path.elements.count > 1)
            }
        }
    }
}

extension UpdateOperand {
    /// Recursion is bounded by the parser's depth.
    fileprivate var paths: [DocumentPath] {
        switch self {
        case .path(let path): [path]
        case .value: []
        case .ifNotExists(let path, let other): [path] + other.paths
        case .listAppend(let one, let other): one.paths + other.paths
        }
    }
}

// MARK: - Size

/// What an UpdateExpression counts against the limit of an item's size, which may be more than the item it makes:
///
///     3 for the update, and for each action
///         SET target = operand          19 + target + operand
///         ADD target :v                 19 + target + value
///         REMOVE target, DELETE ...      1 + target
///     target                            name, and 4 + element for each further element
///     operand      :v                   value
///                  path                 1, and 14 + element for each element
///                  x + y, x - y         34 or 37, and both
///                  if_not_exists        39, and both
///                  list_append          37, and both
///
/// An element is a name's bytes or an index's digits (paritysuite/dynamodb-conformance, limits/itemSizeBySurface, measured
/// at the service).
extension Update {
    /// Bytes of the statement.
    public var statementSize: Int {
        actions.reduce(3) { size, action in
            let target = action.path.elements.reduce(-4) { $0 + 4 + $1.size }
            switch action.change {
            case .set(let operand): return size + 19 + target + operand.size
            case .setSum(let one, let other, let isDifference):
                return size + 19 + target + (isDifference ? 37 : 34) + one.size + other.size
            case .add(let value): return size + 19 + target + value.size
            case .remove, .delete: return size + 1 + target
            }
        }
    }
}

extension UpdateOperand {
    /// Recursion is bounded by the parser's depth.
    fileprivate var size: Int {
        switch self {
        case .value(let value): value.size
        case .path(let path): path.operandSize
        case .ifNotExists(let path, let other): 39 + path.operandSize + other.size
        case .listAppend(let one, let other): 37 + one.size + other.size
        }
    }
}

extension DocumentPath {
    fileprivate var operandSize: Int { elements.reduce(1) { $0 + 14 + $1.size } }
}

extension DocumentPath.Element {
    fileprivate var size: Int {
        switch self {
        case .attribute(let name): name.count
        case .index(let index): String(index).utf8.count
        }
    }
}
