/// What is wrong with an attribute value.
///
/// The service checks values in one of two ways that differ in their words; which one is the operation's matter
/// (paritysuite/dynamodb-conformance, tests/tier3/error-messages/valueLayers.test.ts, which ran against the service in
/// October 2026).
public struct AttributeValueFailure: Sendable, Equatable {
    /// Which of the two an operation has.
    public enum Wording: Sendable {
        /// The newer one.
        case current
        /// The older one, which names the substitute of an expression's value.
        case older
    }

    private let current: String
    let older: String

    init(_ current: String, older: String) {
        self.current = current
        self.older = older
    }

    /// The same in both.
    init(_ message: String) {
        self.init(message, older: message)
    }

    /// The message of the ValidationException.
    public func message(_ wording: Wording) -> String {
        switch wording {
        case .current: current
        case .older: older
        }
    }
}

extension DynamoDB.Operation {
    /// How the operation words what is wrong with an attribute value.
    ///
    /// Transactions have the newer wording in a few regions.
    public var attributeValueWording: AttributeValueFailure.Wording {
        switch self {
        case .getItem, .putItem, .updateItem, .deleteItem, .batchGetItem, .query: .current
        default: .older
        }
    }
}
