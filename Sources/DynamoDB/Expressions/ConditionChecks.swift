/// DynamoDB's checks of conditions, in its order (after mhart/dynalite's condition parser, which was compared with the
/// service): syntax, redundant parentheses, names of functions, where they stand, reserved words; then for each
/// condition undefined names and values, counts of operands, equal operands, types.
extension Condition.Node {
    /// Operands of IN (Developer Guide, "Service, account, and table quotas").
    private static let maximumListCount = 100

    init(
        parsing expression: [UInt8],
        kind: ExpressionKind,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) {
        var parser = try ExpressionParser(expression, kind: kind)
        let syntax = try parser.condition()
        try Self.checkFunctions(syntax, kind)
        try syntax.visitOperands { (operand) throws(ExpressionError) in
            if case .path(let path) = operand { try path.checkWords(kind) }
        }
        try self.init(syntax, kind, &attributes)
    }

    private static func checkFunctions(_ syntax: ConditionSyntax, _ kind: ExpressionKind) throws(ExpressionError) {
        let checkName = { (function: FunctionSyntax) throws(ExpressionError) in
            if Condition.functions.contains(function.name) { return }
            throw Update.functions.contains(function.name)
                ? kind.error("The function is not allowed in a condition expression; function: \(function.name)")
                : kind.error("Invalid function name; function: \(function.name)")
        }
        try syntax.visitFunctions(checkName)
        try syntax.visitOperands { (operand) throws(ExpressionError) in
            if case .function(let function) = operand { try checkName(function) }
        }
        // Only `size` has a value, and it is no condition.
        try syntax.visitOperands { (operand) throws(ExpressionError) in
            if case .function(let function) = operand, function.name != "size" {
                throw kind.misuseError(function.name)
            }
        }
        try syntax.visitFunctions { (function) throws(ExpressionError) in
            if function.name == "size" { throw kind.misuseError(function.name) }
        }
    }

    /// Recursion is bounded by the parser's depth.
    private init(
        _ syntax: ConditionSyntax,
        _ kind: ExpressionKind,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) {
        switch syntax {
        case .and(let conditions):
            self = .and(try Self.nodes(conditions, kind, &attributes))
        case .or(let conditions):
            self = .or(try Self.nodes(conditions, kind, &attributes))
        case .not(let condition):
            self = .not(try Self(condition, kind, &attributes))
        case .comparison(let left, let comparator, let right):
            let operands = try Self.operands([left, right], kind, &attributes)
            try Self.checkDistinct(operands, comparator.rawValue, kind)
            if comparator.isOrdering { try Self.checkOrdered(operands, comparator.rawValue, kind) }
            self = .comparison(operands[0], comparator, operands[1])
        case .between(let operand, let low, let high):
            let operands = try Self.operands([operand, low, high], kind, &attributes)
            try Self.checkOrdered(operands, "BETWEEN", kind)
            try Self.checkBounds(operands[1], operands[2], kind)
            self = .between(operands[0], operands[1], operands[2])
        case .membership(let operand, let list):
            let operands = try Self.operands([operand] + list, kind, &attributes)
            guard list.count <= Self.maximumListCount else {
                throw kind.error(
                    "The IN operator is provided with too many operands; number of operands: \(list.count)"
                )
            }
            self = .membership(operands[0], Array(operands.dropFirst()))
        case .function(let function):
            self = try Self.function(function.name, try Self.operands(function.operands, kind, &attributes), kind)
        }
    }

    private static func nodes(
        _ conditions: [ConditionSyntax],
        _ kind: ExpressionKind,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) -> [Self] {
        var nodes: [Self] = []
        for condition in conditions { nodes.append(try Self(condition, kind, &attributes)) }
        return nodes
    }

    private static func operands(
        _ syntax: [OperandSyntax],
        _ kind: ExpressionKind,
        _ attributes: inout ExpressionAttributes
    ) throws(ExpressionError) -> [Operand] {
        var operands: [Operand] = []
        for operand in syntax { operands.append(try Operand(operand, &attributes, kind: kind)) }
        return operands
    }

    private static func function(
        _ name: String,
        _ operands: [Operand],
        _ kind: ExpressionKind
    ) throws(ExpressionError) -> Self {
        let isUnary = name == "attribute_exists" || name == "attribute_not_exists"
        try kind.checkCount(operands.count, of: name, expected: isUnary ? 1 : 2)
        if isUnary {
            guard case .path(let path) = operands[0] else { throw kind.pathError(name) }
            return name == "attribute_exists" ? .exists(path) : .notExists(path)
        }
        try checkDistinct(operands, name, kind)
        switch name {
        case "begins_with":
            for type in operands.compactMap(\.type) where type != .string && type != .binary {
                throw kind.typeError(name, type.rawValue)
            }
            return .beginsWith(operands[0], operands[1])
        case "attribute_type":
            return .type(operands[0], try attributeType(operands[1], kind))
        default:
            return .contains(operands[0], operands[1])
        }
    }

    private static func attributeType(
        _ operand: Operand,
        _ kind: ExpressionKind
    ) throws(ExpressionError) -> AttributeType {
        guard case .value(.string(let bytes)) = operand else {
            throw kind.typeError("attribute_type", operand.type?.rawValue ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        }
        let name = String(decoding: bytes, as: UTF8.self)
        guard let type = AttributeType(rawValue: name) else {
            throw kind.error(
                "Invalid attribute type name found; type: \(name), valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            )
        }
        return type
    }

    /// Refuses one path as both operands.
    private static func checkDistinct(
        _ operands: [Operand],
        _ name: String,
        _ kind: ExpressionKind
    ) throws(ExpressionError) {
        guard case .path(let one) = operands[0], case .path(let other) = operands[1], one == other else { return }
        throw kind.error(
            "The first operand must be distinct from the remaining operands for this operator or function; "
                + "operator: \(name), first operand: \(one)"
        )
    }

    /// Refuses values of types without an order.
    private static func checkOrdered(
        _ operands: [Operand],
        _ name: String,
        _ kind: ExpressionKind
    ) throws(ExpressionError) {
        for type in operands.compactMap(\.type) where !type.isOrdered { throw kind.typeError(name, type.rawValue) }
    }

    private static func checkBounds(_ low: Operand, _ high: Operand, _ kind: ExpressionKind) throws(ExpressionError) {
        guard case .value(let low) = low, case .value(let high) = high else { return }
        let complaint: String
        switch high.precedes(low) {
        case false: return
        case true: complaint = "upper bound to be greater than or equal to lower bound"
        case nil: complaint = "same data type for lower and upper bounds"
        }
        throw kind.error(
            "The BETWEEN operator requires \(complaint); lower bound operand: AttributeValue: {\(low.boundText)}, "
                + "upper bound operand: AttributeValue: {\(high.boundText)}"
        )
    }
}

extension AttributeValue {
    /// An ordered value as the messages about BETWEEN show it.
    fileprivate var boundText: String {
        let text: String
        switch self {
        case .string(let bytes): text = String(decoding: bytes, as: UTF8.self)
        case .number(let number): text = number.description
        case .binary(let bytes):
            var output: [UInt8] = []
            Base64.append(bytes, to: &output)
            text = String(decoding: output, as: UTF8.self)
        default: text = ""
        }
        return "\(type.rawValue):\(text)"
    }
}
