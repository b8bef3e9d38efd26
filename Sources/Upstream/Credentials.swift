internal import Glibc
public import SigV4

/// Where the credentials to sign upstream requests with come from.
public protocol CredentialsProvider: Sendable {
    /// The credentials to sign the next request with. Cheap enough to be asked for every request, on any thread.
    func current() throws(CredentialsError) -> SigningCredentials
}

/// Why there are no credentials, in words for the person who configured them; never holds a secret.
public struct CredentialsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Credentials that never change.
public struct StaticCredentials: CredentialsProvider {
    private let credentials: SigningCredentials

    /// Provides these credentials.
    public init(_ credentials: SigningCredentials) {
        self.credentials = credentials
    }

    /// The same every time.
    public func current() -> SigningCredentials { credentials }
}

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for temporary ones, `AWS_SESSION_TOKEN`.
///
/// Read once: a process's environment does not change under it.
public struct EnvironmentCredentials: CredentialsProvider {
    private let credentials: SigningCredentials

    /// Reads the process's environment.
    public init() throws(CredentialsError) {
        try self.init(variable: environmentVariable)
    }

    /// Reads an environment given as a function from a variable's name to its value.
    public init(variable: (String) -> String?) throws(CredentialsError) {
        func value(_ name: String) throws(CredentialsError) -> String {
            guard let value = variable(name), !value.isEmpty else {
                throw CredentialsError("the environment variable \(name) is not set")
            }
            return value
        }
        let accessKeyID = try value("AWS_ACCESS_KEY_ID")
        let secret = try value("AWS_SECRET_ACCESS_KEY")
        let token = variable("AWS_SESSION_TOKEN")
        credentials = try SigningCredentials(
            checking: accessKeyID,
            secret: Array(secret.utf8),
            token: token,
            from: "the environment"
        )
    }

    /// The same every time.
    public func current() -> SigningCredentials { credentials }
}

extension SigningCredentials {
    /// Refuses what cannot be an access key: blanks and control characters, typically from a bad copy and paste.
    init(checking accessKeyID: String, secret: [UInt8], token: String?, from source: String) throws(CredentialsError) {
        let parts = [("access key id", Array(accessKeyID.utf8)), ("secret access key", secret)]
        for (name, bytes) in parts where bytes.isEmpty || !bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw CredentialsError("the \(name) from \(source) is empty or has characters that no key has")
        }
        let token = token.flatMap { $0.isEmpty ? nil : $0 }
        if let token, !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw CredentialsError("the session token from \(source) has characters that no token has")
        }
        self.init(accessKeyID: accessKeyID, secretAccessKey: SecretKey(secret), sessionToken: token)
    }
}

/// The process's own environment.
func environmentVariable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
}
