/// A KeyConditionExpression or KeyConditions, parsed and checked as far as that needs no table.
///
/// Messages and their order: mhart/dynalite, validations/index.js, actions/query.js and test/query.js, which ran against
/// the service.
public struct KeyCondition: Sendable {
    /// What is asked of one attribute.
    enum Test {
        case comparison(Comparator, AttributeValue)
        case between(AttributeValue, AttributeValue)
        case beginsWith(AttributeValue)
    }

    /// The tests by attribute, in the expression's order; nil for one that no key can be looked up by.
    private var tests: [(name: [UInt8], test: Test?)] = []

    /// Parses an expression, given as UTF-8.
    public init(parsing expression: [UInt8], attributes: inout ExpressionAttributes) throws(ExpressionError) {
        try self.init(Condition(parsing: expression, as: .keyCondition, attributes: &attributes))
    }

    /// What a KeyConditionExpression asks of keys.
    ///
    /// Whether there are too many conditions is asked of the table (paritysuite/dynamodb-conformance,
    /// tests/tier3/error-messages/queryKeyConditionOperands.test.ts, which ran against the service in October 2026).
    public init(_ condition: Condition) throws(ExpressionError) {
        try add(condition.root)
    }

    /// What `KeyConditions` ask of keys.
    public init(_ conditions: [LegacyCondition]) throws(ExpressionError) {
        for condition in conditions { tests.append((condition.name, condition.keyTest)) }
        guard (1...2).contains(tests.count) else {
            throw ExpressionError("Conditions can be of length 1 or 2 only")
        }
    }

    /// The keys the condition selects in a table or index with this schema.
    public func range(in schema: KeySchema) throws(ExpressionError) -> KeyRange {
        let count = schema.sortKey == nil ? 1 : 2
        guard tests.count <= 2 else {
            throw ExpressionError(
                "The number of query conditions (\(tests.count)) exceeds the number of key attributes defined "
                    + "in the schema (\(count))"
            )
        }
        if tests.count > count { throw .unsupported }
        let partition = try test(of: schema.partitionKey)
        guard case .comparison(.equal, let value) = partition else { throw .unsupported }
        guard tests.count > 1, let sortKey = schema.sortKey else {
            return KeyRange(partitionKey: value, sortKeys: SortKeyRange())
        }
        return KeyRange(partitionKey: value, sortKeys: SortKeyRange(try test(of: sortKey)))
    }

    private func test(of attribute: KeySchema.Attribute) throws(ExpressionError) -> Test {
        guard let (_, test) = tests.first(where: { $0.name == attribute.name }) else {
            throw ExpressionError(
                "Query condition missed key schema element: \(String(decoding: attribute.name, as: UTF8.self))"
            )
        }
        guard let test else {
            throw ExpressionError("Attempted conditional constraint is not an indexable operation")
        }
        let values: [AttributeValue]
        switch test {
        case .comparison(_, let value), .beginsWith(let value): values = [value]
        case .between(let low, let high): values = [low, high]
        }
        guard values.allSatisfy({ $0.type == attribute.type.attributeType }) else {
            throw ExpressionError(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )
        }
        return test
    }

    /// Recursion is bounded by the parser's depth.
    private mutating func add(_ node: Condition.Node) throws(ExpressionError) {
        switch node {
        case .and(let nodes):
            for node in nodes { try add(node) }
        case .or: throw .invalidOperator("OR")
        case .not: throw .invalidOperator("NOT")
        case .membership: throw .invalidOperator("IN")
        case .exists: throw .invalidOperator("attribute_exists")
        case .notExists: throw .invalidOperator("attribute_not_exists")
        case .type: throw .invalidOperator("attribute_type")
        case .contains: throw .invalidOperator("contains")
        case .comparison(_, .notEqual, _): throw .invalidOperator("<>")
        case .comparison(let left, let comparator, let right):
            let (name, position, values) = try Self.attribute(in: [left, right])
            try add(name, .comparison(position == 0 ? comparator : comparator.flipped, values[0]))
        case .between(let operand, let low, let high):
            try Self.checkFirst(operand, of: "BETWEEN")
            let (name, _, values) = try Self.attribute(in: [operand, low, high])
            try add(name, .between(values[0], values[1]))
        case .beginsWith(let operand, let prefix):
            try Self.checkFirst(operand, of: "begins_with")
            let (name, _, values) = try Self.attribute(in: [operand, prefix])
            try add(name, .beginsWith(values[0]))
        }
    }

    private mutating func add(_ name: [UInt8], _ test: Test) throws(ExpressionError) {
        guard !tests.contains(where: { $0.name == name }) else {
            throw ExpressionError(
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
            )
        }
        tests.append((name, test))
    }

    private static func checkFirst(_ operand: Operand, of function: String) throws(ExpressionError) {
        if case .path = operand { return }
        throw ExpressionError(
            "Invalid condition in KeyConditionExpression: "
                + "\(function) operator must have the key attribute as its first operand"
        )
    }

    /// The one attribute among the operands, its position, and the other operands' values.
    private static func attribute(
        in operands: [Operand]
    ) throws(ExpressionError) -> (name: [UInt8], position: Int, values: [AttributeValue]) {
        var found: (name: [UInt8], position: Int)?
        var values: [AttributeValue] = []
        for (position, operand) in operands.enumerated() {
            switch operand {
            case .path(let path):
                if found != nil {
                    throw ExpressionError(
                        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
                    )
                }
                guard path.elements.count == 1, case .attribute(let name) = path.elements[0] else {
                    throw ExpressionError(
                        "KeyConditionExpressions cannot have conditions on nested attributes"
                    )
                }
                found = (name, position)
            case .value(let value):
                values.append(value)
            case .size:
                throw ExpressionError("KeyConditionExpressions cannot contain nested operations")
            }
        }
        guard let found else {
            throw ExpressionError("Invalid condition in KeyConditionExpression: No key attribute specified")
        }
        return (found.name, found.position, values)
    }
}

extension LegacyCondition {
    fileprivate var keyTest: KeyCondition.Test? {
        switch comparison {
        case .between: .between(values[0], values[1])
        case .beginsWith: .beginsWith(values[0])
        case .notEqual: nil
        default: comparison.comparator.map { .comparison($0, values[0]) }
        }
    }
}

extension ScalarAttributeType {
    /// The type of the attribute's values.
    var attributeType: AttributeType {
        switch self {
        case .string: .string
        case .number: .number
        case .binary: .binary
        }
    }
}

extension ExpressionError {
    fileprivate static let unsupported = ExpressionError("Query key condition not supported")

    fileprivate static func invalidOperator(_ name: String) -> ExpressionError {
        ExpressionError("Invalid operator used in KeyConditionExpression: \(name)")
    }
}
