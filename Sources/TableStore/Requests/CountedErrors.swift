import DynamoDB

extension ErrorReply {
    private static let count = "1 validation error detected: "

    /// An error of a request that PutItem, UpdateItem or DeleteItem refuses before the table is looked up.
    ///
    /// Since 2026 the service tells it as it tells broken constraints (paritysuite/dynamodb-conformance,
    /// tests/tier3/error-messages and registry/splits.json: in 31 of 33 regions in October 2026).
    var counted: ErrorReply {
        guard name == "ValidationException", let message, self != .itemTooLarge, self != .updatedItemTooLarge else {
            return self
        }
        return Self.isCounted(message) ? self : .validation(Self.count + message)
    }

    /// Whether a message begins like "2 validation errors detected: ".
    private static func isCounted(_ message: String) -> Bool {
        let rest = message.drop { $0.isASCII && $0.isNumber }
        return rest.startIndex > message.startIndex && rest.hasPrefix(" validation error")
    }
}
