/// An access key with its secret, to sign with.
public struct SigningCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// The access key id.
    public let accessKeyID: String
    /// The secret access key.
    public let secretAccessKey: SecretKey
    /// The token of temporary credentials, sent as `X-Amz-Security-Token`.
    public let sessionToken: String?

    /// Credentials; `sessionToken` is nil for lasting ones.
    public init(accessKeyID: String, secretAccessKey: SecretKey, sessionToken: String?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// The access key id only.
    public var description: String { "\(accessKeyID) (secret redacted)" }
    /// The access key id only.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
