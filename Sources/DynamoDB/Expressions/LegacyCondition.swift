/// The values of `ComparisonOperator` in `Expected`, `QueryFilter`, `ScanFilter` and `KeyConditions`.
public enum LegacyComparison: String, Sendable, CaseIterable {
    /// The attribute has the value.
    case equal = "EQ"
    /// The attribute has another value, or is missing.
    case notEqual = "NE"
    /// The attribute has one of the values.
    case membership = "IN"
    /// The attribute's value is not after the value.
    case lessOrEqual = "LE"
    /// The attribute's value is before the value.
    case less = "LT"
    /// The attribute's value is not before the value.
    case greaterOrEqual = "GE"
    /// The attribute's value is after the value.
    case greater = "GT"
    /// The attribute's value is neither before the first value nor after the second.
    case between = "BETWEEN"
    /// The attribute exists, whatever its type.
    case exists = "NOT_NULL"
    /// The attribute does not exist.
    case notExists = "NULL"
    /// A string or binary has the value as a part of it, a set or list as an element.
    case contains = "CONTAINS"
    /// The attribute exists and does not contain the value.
    case notContains = "NOT_CONTAINS"
    /// A string or binary begins with the value.
    case beginsWith = "BEGINS_WITH"

    /// The comparator of an expression that asks the same.
    var comparator: Comparator? {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .lessOrEqual: .lessOrEqual
        case .less: .less
        case .greaterOrEqual: .greaterOrEqual
        case .greater: .greater
        case .membership, .between, .exists, .notExists, .contains, .notContains, .beginsWith: nil
        }
    }

    private func takes(_ count: Int) -> Bool {
        switch self {
        case .exists, .notExists: count == 0
        case .between: count == 2
        case .membership: count >= 1
        case .equal, .notEqual, .lessOrEqual, .less, .greaterOrEqual, .greater, .contains, .notContains, .beginsWith:
            count == 1
        }
    }

    private func takes(_ type: AttributeType) -> Bool {
        switch self {
        case .equal, .notEqual, .exists, .notExists: true
        case .contains, .notContains: type.isOrdered || type == .bool || type == .null
        case .beginsWith: type == .string || type == .binary
        case .membership, .lessOrEqual, .less, .greaterOrEqual, .greater, .between: type.isOrdered
        }
    }

    /// Refuses arguments that the comparison does not take (mhart/dynalite, test/scan.js and test/query.js, which ran
    /// against the service).
    fileprivate func check(_ values: [AttributeValue]) throws(ExpressionError) {
        guard takes(values.count) else {
            throw .invalidParameter("Invalid number of argument(s) for the \(rawValue) ComparisonOperator")
        }
        for value in values {
            guard takes(value.type) else {
                throw .invalidParameter(
                    "ComparisonOperator \(rawValue) is not valid for \(value.type.rawValue) AttributeValue type"
                )
            }
            guard value.type == values[0].type else {
                throw .invalidParameter("AttributeValues inside AttributeValueList must be of same type")
            }
        }
        if self == .between, values[1].precedes(values[0]) == true {
            throw ExpressionError(
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
            )
        }
    }
}

/// What `Expected`, `QueryFilter`, `ScanFilter` or `KeyConditions` ask of one attribute.
public struct LegacyCondition: Sendable {
    /// The attribute's name, as UTF-8.
    let name: [UInt8]
    let comparison: LegacyComparison
    /// As many as the comparison takes, all of one type.
    let values: [AttributeValue]

    /// A condition on the attribute `name`.
    ///
    /// Refuses values that the comparison does not take.
    public init(
        _ name: String,
        _ comparison: LegacyComparison,
        _ values: [AttributeValue]
    ) throws(ExpressionError) {
        self.name = try .attributeName(name)
        self.comparison = comparison
        self.values = values
        try comparison.check(values)
    }

    /// The condition as expressions have it.
    var node: Condition.Node {
        let path = DocumentPath(attribute: name)
        let operands = values.map { Operand.value($0) }
        if let comparator = comparison.comparator { return .comparison(.path(path), comparator, operands[0]) }
        switch comparison {
        case .membership: return .membership(.path(path), operands)
        case .between: return .between(.path(path), operands[0], operands[1])
        case .notExists: return .notExists(path)
        case .contains: return .contains(.path(path), operands[0])
        case .notContains: return .and([.exists(path), .not(.contains(.path(path), operands[0]))])
        case .beginsWith: return .beginsWith(.path(path), operands[0])
        case .exists, .equal, .notEqual, .lessOrEqual, .less, .greaterOrEqual, .greater: return .exists(path)
        }
    }
}

extension Condition {
    /// The conditions of `Expected`, `QueryFilter` or `ScanFilter` together: any of them suffices with a
    /// `ConditionalOperator` of `OR`.
    ///
    /// Nil when there are none.
    public init?(_ conditions: [LegacyCondition], isAnyEnough: Bool) {
        guard !conditions.isEmpty else { return nil }
        let nodes = conditions.map(\.node)
        root = isAnyEnough ? .or(nodes) : .and(nodes)
    }
}

extension DocumentPath {
    /// An attribute as a whole.
    init(attribute name: [UInt8]) {
        elements = [.attribute(name)]
    }
}

extension [UInt8] {
    /// A name that an attribute may have, as UTF-8.
    static func attributeName(_ name: String) throws(ExpressionError) -> [UInt8] {
        guard !name.isEmpty else { throw .invalidParameter("Empty attribute name") }
        guard name.utf8.count <= ExpressionAttributeNames.maximumNameCount else {
            throw ExpressionError(ExpressionAttributeNames.tooLargeMessage)
        }
        return Array(name.utf8)
    }
}

extension ExpressionError {
    static func invalidParameter(_ message: String) -> ExpressionError {
        ExpressionError("One or more parameter values were invalid: " + message)
    }
}
