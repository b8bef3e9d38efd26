/// DynamoDB's checks of updates, in its order (after mhart/dynalite, which was compared with the service): syntax,
/// reserved words, names of functions, repeated clauses, undefined names, undefined values, overlapping paths,
/// conflicting paths, operands of ADD and DELETE, operands of functions and sums.
extension Update {
    private static let kind = ExpressionKind.update

    static func actions(
        _ expression: [UInt8],
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) -> [Action] {
        var parser = try ExpressionParser(expression, kind: kind)
        let sections = try parser.update()
        let syntax = sections.flatMap(\.actions)
        try visitPaths(syntax) { (path) throws(ExpressionError) in try path.checkWords(kind) }
        try checkFunctions(syntax)
        try checkSections(sections)
        try visitPaths(syntax) { (path) throws(ExpressionError) in
            _ = try DocumentPath(path, names: &attributes.names, kind: kind)
        }
        try visitOperands(syntax) { (operand) throws(ExpressionError) in
            if case .value(let key) = operand { _ = try attributes.resolve(key, kind: kind) }
        }

        var paths: [DocumentPath] = []
        for action in syntax { paths.append(try DocumentPath(action.path, names: &attributes.names, kind: kind)) }
        try checkOverlaps(paths)
        try checkOperandTypes(syntax, &attributes)
        var actions: [Action] = []
        for (action, path) in zip(syntax, paths) {
            actions.append(Action(path: path, change: try change(action, &attributes)))
        }
        return actions
    }

    private static func visitPaths(
        _ actions: [UpdateActionSyntax],
        _ body: (PathSyntax) throws(ExpressionError) -> Void
    ) throws(ExpressionError) {
        for action in actions {
            try body(action.path)
            try visitOperands([action]) { (operand) throws(ExpressionError) in
                if case .path(let path) = operand { try body(path) }
            }
        }
    }

    private static func visitOperands(
        _ actions: [UpdateActionSyntax],
        _ body: (OperandSyntax) throws(ExpressionError) -> Void
    ) throws(ExpressionError) {
        for action in actions {
            for operand in action.operands { try operand.visit(body) }
        }
    }

    private static func checkFunctions(_ actions: [UpdateActionSyntax]) throws(ExpressionError) {
        try visitOperands(actions) { (operand) throws(ExpressionError) in
            guard case .function(let function) = operand, !functions.contains(function.name) else { return }
            throw Condition.functions.contains(function.name)
                ? kind.error("The function is not allowed in an update expression; function: \(function.name)")
                : kind.error("Invalid function name; function: \(function.name)")
        }
        // `list_append` is no operand of another function.
        try visitOperands(actions) { (operand) throws(ExpressionError) in
            guard case .function(let outer) = operand else { return }
            for case .function(let inner) in outer.operands where inner.name == "list_append" {
                throw kind.misuseError(inner.name)
            }
        }
    }

    private static func checkSections(_ sections: [UpdateSectionSyntax]) throws(ExpressionError) {
        var seen: Set<ExpressionToken.Keyword> = []
        for section in sections where !seen.insert(section.keyword).inserted {
            throw kind.error(
                "The \"\(section.keyword.rawValue)\" section can only be used once in an update expression;"
            )
        }
    }

    /// Which paths a message names is a matter of looking at each pair, in the expression's order, and at overlaps first.
    private static func checkOverlaps(_ paths: [DocumentPath]) throws(ExpressionError) {
        do {
            _ = try ProjectionTree(paths.map(\.elements))
            return
        } catch {
            for wanted in [ProjectionTree.Clash.Kind.overlap, .conflict] {
                for (index, other) in paths.enumerated() {
                    for one in paths[..<index] where clash(of: one, other) == wanted {
                        throw kind.clash(wanted, one, other)
                    }
                }
            }
        }
    }

    private static func clash(of one: DocumentPath, _ other: DocumentPath) -> ProjectionTree.Clash.Kind? {
        for (left, right) in zip(one.elements, other.elements) where left != right {
            switch (left, right) {
            case (.attribute, .attribute), (.index, .index): return nil
            case (.attribute, .index), (.index, .attribute): return .conflict
            }
        }
        return .overlap
    }

    /// ADD takes numbers and sets, DELETE takes sets.
    private static func checkOperandTypes(
        _ actions: [UpdateActionSyntax],
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) {
        for action in actions where action.keyword == .add || action.keyword == .delete {
            guard case .value(let key)? = action.operands.first else { continue }
            switch try attributes.resolve(key, kind: kind).type {
            case .stringSet, .numberSet, .binarySet: continue
            case .number where action.keyword == .add: continue
            case let type:
                // The service names one set of types for both.
                throw kind.error(
                    "Incorrect operand type for operator or function; operator: \(action.keyword.rawValue), "
                        + "operand type: \(type.word), typeSet: ALLOWED_FOR_ADD_OPERAND"
                )
            }
        }
    }

    private static func change(
        _ action: UpdateActionSyntax,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) -> Change {
        var operands: [UpdateOperand] = []
        for operand in action.operands { operands.append(try Self.operand(operand, &attributes)) }
        switch (action.keyword, operands.first) {
        case (.set, let first?) where operands.count == 1:
            return .set(first)
        case (.set, let first?):
            try checkImmediateTypes(operands, .number, of: action.isDifference ? "-" : "+")
            return .setSum(first, operands[1], isDifference: action.isDifference)
        case (.add, .value(let value)?):
            return .add(value)
        case (.delete, .value(let value)?):
            return .delete(value)
        default:
            return .remove
        }
    }

    /// Recursion is bounded by the parser's depth.
    private static func operand(
        _ syntax: OperandSyntax,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) -> UpdateOperand {
        switch syntax {
        case .path(let path):
            return .path(try DocumentPath(path, names: &attributes.names, kind: kind))
        case .value(let key):
            return .value(try attributes.resolve(key, kind: kind))
        case .function(let function):
            var operands: [UpdateOperand] = []
            for operand in function.operands { operands.append(try Self.operand(operand, &attributes)) }
            try kind.checkCount(operands.count, of: function.name, expected: 2)
            if function.name == "list_append" {
                try checkImmediateTypes(operands, .list, of: function.name)
                return .listAppend(operands[0], operands[1])
            }
            guard case .path(let path) = operands[0] else { throw kind.pathError(function.name) }
            return .ifNotExists(path, operands[1])
        }
    }

    private static func checkImmediateTypes(
        _ operands: [UpdateOperand],
        _ type: AttributeType,
        of function: String
    ) throws(ExpressionError) {
        for case .value(let value) in operands where value.type != type {
            throw kind.typeError(function, value.type.rawValue)
        }
    }
}

extension AttributeType {
    /// What messages about ADD and DELETE call the type.
    fileprivate var word: String {
        switch self {
        case .string: "STRING"
        case .number: "NUMBER"
        case .binary: "BINARY"
        case .bool: "BOOL"
        case .null: "NULL"
        case .list: "LIST"
        case .map: "MAP"
        case .stringSet: "STRING_SET"
        case .numberSet: "NUMBER_SET"
        case .binarySet: "BINARY_SET"
        }
    }
}
