/// An UpdateExpression or AttributeUpdates, parsed and checked.
public struct Update: Sendable {
    /// Functions that SET knows.
    static let functions: Set = ["if_not_exists", "list_append"]
    /// Bytes of an item (Developer Guide, "Service, account, and table quotas").
    private static let maximumItemSize = 409_600

    struct Action: Sendable {
        let path: DocumentPath
        let change: Change
    }

    enum Change: Sendable {
        case set(UpdateOperand)
        case setSum(UpdateOperand, UpdateOperand, isDifference: Bool)
        case remove
        case add(AttributeValue)
        case delete(AttributeValue)
    }

    let actions: [Action]
    /// The paths the update names: what UPDATED_OLD and UPDATED_NEW return.
    public let projection: Projection
    /// How values of other types than the actions need are refused.
    let mismatch: ExpressionError

    /// Parses an expression, given as UTF-8.
    public init(parsing expression: [UInt8], attributes: inout ExpressionAttributes) throws(ExpressionError) {
        actions = try Self.actions(expression, &attributes)
        projection = try Projection(paths: actions.map(\.path), kind: .update)
        mismatch = .incorrectDataType
    }

    /// Names of the top-level attributes the update touches, as UTF-8.
    ///
    /// Those of the key may not be among them.
    public var attributeNames: [[UInt8]] {
        actions.compactMap { action in
            if case .attribute(let name) = action.path.elements[0] { name } else { nil }
        }
    }

    /// The item after the update.
    ///
    /// Everything is read from the old item, and list indexes are those of the old lists.
    public func apply(to item: Item) throws(ExpressionError) -> Item {
        do throws(ExpressionError) {
            return try updated(item)
        } catch {
            throw error == .incorrectDataType ? mismatch : error
        }
    }

    private func updated(_ item: Item) throws(ExpressionError) -> Item {
        var edits: [UpdateEdit] = []
        var size = 0
        for action in actions {
            let outcome: UpdateEdit.Outcome
            switch action.change {
            case .set(let operand):
                outcome = .set(try operand.value(in: item))
            case .setSum(let left, let right, let isDifference):
                let (one, other) = (try left.value(in: item), try right.value(in: item))
                outcome = .set(try one.sum(other, isDifference: isDifference))
            case .remove: outcome = .remove
            case .add(let value): outcome = .add(value)
            case .delete(let value): outcome = .delete(value)
            }
            if case .set(let value) = outcome,
                action.path.elements.count - 1 + value.depth > AttributeValue.maximumDepth
            {
                throw ExpressionError(AttributeValue.depthMessage)
            }
            if case .set(let value) = outcome {
                // All of them come to stand in the item. Appended lists would else take memory many times its size.
                size += value.size
                guard size <= Self.maximumItemSize else { throw .itemTooLarge }
            }
            edits.append(UpdateEdit(rest: action.path.elements[...], outcome: outcome))
        }
        guard case .map(let updated)? = try UpdateEdit.apply(edits, to: .map(item)) else { return item }
        return updated
    }
}

/// The right-hand side of a SET, or a part of it.
indirect enum UpdateOperand: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case ifNotExists(DocumentPath, UpdateOperand)
    case listAppend(UpdateOperand, UpdateOperand)

    func value(in item: Item) throws(ExpressionError) -> AttributeValue {
        switch self {
        case .path(let path):
            guard let value = item[path] else {
                throw ExpressionError(
                    "The provided expression refers to an attribute that does not exist in the item"
                )
            }
            return value
        case .value(let value):
            return value
        case .ifNotExists(let path, let other):
            if let value = item[path] { return value }
            return try other.value(in: item)
        case .listAppend(let first, let second):
            guard case (.list(let head), .list(let tail)) = (try first.value(in: item), try second.value(in: item))
            else { throw .incorrectDataType }
            return .list(head + tail)
        }
    }
}

extension ExpressionError {
    fileprivate static let itemTooLarge = ExpressionError("Item size to update has exceeded the maximum allowed size")

    static let incorrectDataType = ExpressionError(
        "An operand in the update expression has an incorrect data type"
    )
}

extension AttributeValue {
    /// The sum or difference of two numbers.
    func sum(_ other: AttributeValue, isDifference: Bool) throws(ExpressionError) -> AttributeValue {
        guard case (.number(let one), .number(let two)) = (self, other) else { throw .incorrectDataType }
        do throws(NumberError) {
            return .number(isDifference ? try one.subtracting(two) : try one.adding(two))
        } catch {
            // Of a sum with too many digits, too, the service says that it overflows (scylladb/scylladb,
            // test/alternator/test_number.py, which runs against the service).
            throw ExpressionError((error == .tooManyDigits ? .overflow : error).message(for: ""))
        }
    }
}
