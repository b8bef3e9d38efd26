/// An expression DynamoDB would refuse, or might.
///
/// A ValidationException with DynamoDB's message where that is known.
public struct ExpressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The message of the ValidationException.
    public let message: String

    /// An error with this message.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
