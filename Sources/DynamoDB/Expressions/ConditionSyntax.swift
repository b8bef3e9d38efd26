/// An operand as an expression writes it, before names and values are looked up.
indirect enum OperandSyntax {
    case path(PathSyntax)
    /// A substitute, its `:` included.
    case value([UInt8])
    case function(FunctionSyntax)

    /// Visits this operand and those inside it.
    func visit(_ body: (OperandSyntax) throws(ExpressionError) -> Void) throws(ExpressionError) {
        try body(self)
        if case .function(let function) = self {
            for operand in function.operands { try operand.visit(body) }
        }
    }
}

/// A function's name and operands.
struct FunctionSyntax {
    let name: String
    let operands: [OperandSyntax]
}

/// The comparators; the raw value is what messages call them.
enum Comparator: String {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    init?(_ kind: ExpressionToken.Kind) {
        switch kind {
        case .equal: self = .equal
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .greater: self = .greater
        case .greaterOrEqual: self = .greaterOrEqual
        default: return nil
        }
    }

    /// Whether the operands' order matters.
    var isOrdering: Bool { self != .equal && self != .notEqual }

    /// The comparator that says the same of the operands in the other order.
    var flipped: Comparator {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}

/// A condition as an expression writes it.
indirect enum ConditionSyntax {
    case and([ConditionSyntax])
    case or([ConditionSyntax])
    case not(ConditionSyntax)
    case comparison(OperandSyntax, Comparator, OperandSyntax)
    case between(OperandSyntax, OperandSyntax, OperandSyntax)
    case membership(OperandSyntax, [OperandSyntax])
    case function(FunctionSyntax)

    /// Visits the functions that are conditions.
    func visitFunctions(_ body: (FunctionSyntax) throws(ExpressionError) -> Void) throws(ExpressionError) {
        switch self {
        case .and(let conditions), .or(let conditions):
            for condition in conditions { try condition.visitFunctions(body) }
        case .not(let condition): try condition.visitFunctions(body)
        case .function(let function): try body(function)
        case .comparison, .between, .membership: break
        }
    }

    /// Visits all operands, in the expression's order.
    func visitOperands(_ body: (OperandSyntax) throws(ExpressionError) -> Void) throws(ExpressionError) {
        switch self {
        case .and(let conditions), .or(let conditions):
            for condition in conditions { try condition.visitOperands(body) }
        case .not(let condition): try condition.visitOperands(body)
        case .comparison(let left, _, let right): for operand in [left, right] { try operand.visit(body) }
        case .between(let operand, let low, let high): for operand in [operand, low, high] { try operand.visit(body) }
        case .membership(let operand, let list): for operand in [operand] + list { try operand.visit(body) }
        case .function(let function): for operand in function.operands { try operand.visit(body) }
        }
    }
}

extension ExpressionKind {
    fileprivate var redundantParenthesesError: ExpressionError {
        error("The expression has redundant parentheses;")
    }
}

/// The grammar of conditions.
///
///     condition : operand comparator operand
///               | operand IN '(' operand (',' operand)* ')'
///               | operand BETWEEN operand AND operand
///               | function
///               | '(' condition ')'
///               | NOT condition
///               | condition AND condition
///               | condition OR condition
///     operand   : path | value | function | '(' operand ')'
///     function  : ID '(' operand (',' operand)* ')'
///
/// A parenthesis may open an operand or a condition. Which it was shows at its end, so both are read as a `Term`.
extension ExpressionParser {
    /// Operators and functions in one expression (Developer Guide, "Service, account, and table quotas").
    private static let maximumOperatorCount = 300
    /// Parentheses and negations inside each other, which bounds recursion.
    ///
    /// Each operator or function and its operand may stand in parentheses that are not redundant.
    private static let maximumDepth = 2 * maximumOperatorCount + 2

    private struct Term {
        enum Kind {
            case operand(OperandSyntax)
            case condition(ConditionSyntax)
        }

        let kind: Kind
        var isGrouped = false
    }

    /// A condition, up to the expression's end.
    mutating func condition() throws(ExpressionError) -> ConditionSyntax {
        let term = try disjunction()
        let condition = try condition(term)
        try expect(.end)
        try checkParentheses()
        return condition
    }

    /// An operand.
    mutating func operand() throws(ExpressionError) -> OperandSyntax {
        try groupedOperand().operand
    }

    /// Refuses what stood in more than one pair of parentheses.
    func checkParentheses() throws(ExpressionError) {
        if hasRedundantParentheses { throw kind.redundantParenthesesError }
    }

    /// Runs `body` one level deeper.
    mutating func nested<Result>(
        _ body: (inout ExpressionParser) throws(ExpressionError) -> Result
    ) throws(ExpressionError) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth {
            for _ in 0..<remainingOperatorCount { try countOperator() }
            throw kind.redundantParenthesesError
        }
        return try body(&self)
    }

    /// Counts an operator or a function.
    mutating func countOperator() throws(ExpressionError) {
        operatorCount += 1
        guard operatorCount <= Self.maximumOperatorCount else {
            throw kind.error("The expression contains too many operators; operator count: \(operatorCount)")
        }
    }

    private mutating func disjunction() throws(ExpressionError) -> Term {
        let first = try conjunction()
        guard next == .keyword(.or) else { return first }
        var conditions = [try condition(first)]
        while take(.keyword(.or)) != nil {
            try countOperator()
            let term = try conjunction()
            conditions.append(try condition(term))
        }
        return Term(kind: .condition(.or(conditions)))
    }

    private mutating func conjunction() throws(ExpressionError) -> Term {
        let first = try negation()
        guard next == .keyword(.and) else { return first }
        var conditions = [try condition(first)]
        while take(.keyword(.and)) != nil {
            try countOperator()
            let term = try negation()
            conditions.append(try condition(term))
        }
        return Term(kind: .condition(.and(conditions)))
    }

    private mutating func negation() throws(ExpressionError) -> Term {
        guard take(.keyword(.not)) != nil else { return try predicate() }
        try countOperator()
        let negated = try nested { (parser) throws(ExpressionError) in
            let term = try parser.negation()
            return try parser.condition(term)
        }
        return Term(kind: .condition(.not(negated)))
    }

    private mutating func predicate() throws(ExpressionError) -> Term {
        let term = try term()
        guard case .operand(let left) = term.kind else { return term }
        if let comparator = Comparator(next) {
            _ = take(next)
            try countOperator()
            return Term(kind: .condition(.comparison(left, comparator, try operand())))
        }
        if take(.keyword(.between)) != nil {
            try countOperator()
            let low = try operand()
            try expect(.keyword(.and))
            return Term(kind: .condition(.between(left, low, try operand())))
        }
        if take(.keyword(.in)) != nil {
            try countOperator()
            return Term(kind: .condition(.membership(left, try operandList())))
        }
        return term
    }

    private mutating func term() throws(ExpressionError) -> Term {
        guard take(.leftParenthesis) != nil else { return Term(kind: .operand(try plainOperand())) }
        var inner = try nested { (parser) throws(ExpressionError) in try parser.disjunction() }
        try expect(.rightParenthesis)
        if inner.isGrouped { hasRedundantParentheses = true }
        inner.isGrouped = true
        return inner
    }

    /// A function that stands as a condition is one; another operand is not.
    private func condition(_ term: Term) throws(ExpressionError) -> ConditionSyntax {
        switch term.kind {
        case .condition(let condition): return condition
        case .operand(.function(let function)): return .function(function)
        case .operand: throw syntaxError()
        }
    }

    private mutating func groupedOperand() throws(ExpressionError) -> (operand: OperandSyntax, isGrouped: Bool) {
        guard take(.leftParenthesis) != nil else { return (try plainOperand(), false) }
        let inner = try nested { (parser) throws(ExpressionError) in try parser.groupedOperand() }
        try expect(.rightParenthesis)
        if inner.isGrouped { hasRedundantParentheses = true }
        return (inner.operand, true)
    }

    /// An operand without parentheses around it.
    mutating func plainOperand() throws(ExpressionError) -> OperandSyntax {
        if let token = take(.value) { return .value(text(token)) }
        guard isAtFunction else { return .path(try path()) }
        try countOperator()
        let name = String(decoding: text(try expect(.identifier)), as: UTF8.self)
        let operands = try nested { (parser) throws(ExpressionError) in try parser.operandList() }
        return .function(FunctionSyntax(name: name, operands: operands))
    }

    /// Operands in parentheses, with commas between them.
    private mutating func operandList() throws(ExpressionError) -> [OperandSyntax] {
        try expect(.leftParenthesis)
        var operands = [try operand()]
        while take(.comma) != nil { operands.append(try operand()) }
        try expect(.rightParenthesis)
        return operands
    }
}
