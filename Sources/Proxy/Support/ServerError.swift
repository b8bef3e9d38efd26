/// Why the proxy can't start or reload; one clear sentence without secrets.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
