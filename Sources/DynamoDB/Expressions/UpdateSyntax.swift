/// One action of an update as an expression writes it.
struct UpdateActionSyntax {
    let keyword: ExpressionToken.Keyword
    let path: PathSyntax
    /// None for REMOVE; two for a sum or difference.
    let operands: [OperandSyntax]
    var isDifference = false
}

/// One clause of an update.
struct UpdateSectionSyntax {
    let keyword: ExpressionToken.Keyword
    let actions: [UpdateActionSyntax]
}

/// The grammar of updates.
///
///     update    : (SET set (',' set)* | REMOVE path (',' path)* | ADD change (',' change)* | DELETE change ...)+
///     set       : path '=' setValue
///     setValue  : operand | sum
///     sum       : operand ('+' | '-') operand | '(' sum ')'
///     change    : path value
///
/// A parenthesis may open an operand or a sum, as in `ConditionSyntax`.
extension ExpressionParser {
    private struct SetValue {
        var operands: [OperandSyntax]
        var isDifference = false
        var isGrouped = false
    }

    /// The clauses of an update, up to the expression's end.
    mutating func update() throws(ExpressionError) -> [UpdateSectionSyntax] {
        var sections = [try section()]
        while next != .end { sections.append(try section()) }
        try checkParentheses()
        return sections
    }

    private mutating func section() throws(ExpressionError) -> UpdateSectionSyntax {
        guard case .keyword(let keyword) = next, [.set, .remove, .add, .delete].contains(keyword) else {
            throw syntaxError()
        }
        _ = take(next)
        var actions = [try action(keyword)]
        while take(.comma) != nil { actions.append(try action(keyword)) }
        return UpdateSectionSyntax(keyword: keyword, actions: actions)
    }

    private mutating func action(_ keyword: ExpressionToken.Keyword) throws(ExpressionError) -> UpdateActionSyntax {
        let path = try path()
        switch keyword {
        case .set:
            try expect(.equal)
            let value = try setValue()
            return UpdateActionSyntax(
                keyword: keyword,
                path: path,
                operands: value.operands,
                isDifference: value.isDifference
            )
        case .add, .delete:
            let value = OperandSyntax.value(text(try expect(.value)))
            return UpdateActionSyntax(keyword: keyword, path: path, operands: [value])
        default:
            return UpdateActionSyntax(keyword: keyword, path: path, operands: [])
        }
    }

    private mutating func setValue() throws(ExpressionError) -> SetValue {
        let first = try groupedSetValue()
        guard next == .plus || next == .minus else { return first }
        guard first.operands.count == 1 else { throw syntaxError() }
        let isDifference = next == .minus
        _ = take(next)
        try countOperator()
        return SetValue(operands: first.operands + [try operand()], isDifference: isDifference)
    }

    private mutating func groupedSetValue() throws(ExpressionError) -> SetValue {
        guard take(.leftParenthesis) != nil else { return SetValue(operands: [try plainOperand()]) }
        var inner = try nested { (parser) throws(ExpressionError) in try parser.setValue() }
        try expect(.rightParenthesis)
        if inner.isGrouped { hasRedundantParentheses = true }
        inner.isGrouped = true
        return inner
    }
}
