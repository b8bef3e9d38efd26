import DynamoDB

extension ConstraintCheck {
    /// What DynamoDB tells alone, before it lists broken constraints.
    static func checkFirst(_ members: Members, _ shape: [Shape.Member]) throws(ErrorReply) {
        for index in shape.indices {
            guard members.present & 1 << UInt64(index) != 0, let value = members[shape[index].name] else {
                if case .demanded(let message) = shape[index].presence { throw .validation(message) }
                continue
            }
            switch (shape[index].shape, value) {
            case (.string(.tableName), .string(let text)) where text.isEmpty:
                var value = "Value '' at 'tableName'"
                if case .bareWhenEmpty = shape[index].wording {
                    guard hasAll(members, shape) else { continue }
                    value = "Value at 'TableName'"
                }
                throw .validation(
                    "1 validation error detected: \(value) failed to satisfy constraint: "
                        + "Member must have length greater than or equal to 1"
                )
            case (.string(.managedTableName), .string(let text)):
                if TableNameCheck.length.contains(text.utf8.count) || TableNameCheck.isARN(text) { continue }
                throw .validation("TableName must be at least 3 characters long and at most 255 characters long")
            case (.map(_, let constraint), .map(let entries)):
                if entries.isEmpty, let message = constraint.emptyMessage { throw .validation(message) }
            default:
                break
            }
        }
    }

    /// Whether no required member is missing.
    private static func hasAll(_ members: Members, _ shape: [Shape.Member]) -> Bool {
        shape.indices.allSatisfy { index in
            if case .required = shape[index].presence { members.present & 1 << UInt64(index) != 0 } else { true }
        }
    }
}

/// What may stand for a table in a request.
enum TableNameCheck {
    /// The pattern as messages show it.
    static let pattern = "[a-zA-Z0-9_.-]+"
    static let length = 3...255

    /// Whether this is a name, or an ARN, of which no more is asked here.
    static func isValid(_ text: String) -> Bool { isName(text) || isARN(text) }

    static func isARN(_ text: String) -> Bool { text.utf8.starts(with: "arn:".utf8) }

    static func isName(_ text: String) -> Bool {
        length.contains(text.utf8.count) && matchesPattern(text)
    }

    static func matchesPattern(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
