/// Bytes that must not be shown: a secret access key or a session token.
///
/// Printing, interpolating or reflecting one gives `redacted`.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself.
    public let bytes: [UInt8]

    /// Takes the bytes as they are.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes the string's UTF-8 bytes.
    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Always `redacted`.
    public var description: String { "redacted" }

    /// Always `redacted`.
    public var debugDescription: String { "redacted" }

    /// Without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
