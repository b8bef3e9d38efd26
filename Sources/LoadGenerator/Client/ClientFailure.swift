private import Glibc

/// What became of a connection.
enum ClientFailure: Error, Equatable {
    /// It can't be opened.
    case connect(Int32)
    /// The TLS handshake failed.
    case tls(String)
    /// The server closed it before its reply was complete.
    case closed
    /// The reply took too long.
    case timeout
    /// The reply can't be understood.
    case malformed(String)

    /// How reports call it.
    var name: String {
        switch self {
        case .connect(let code): unsafe "connect: " + (strerror(code).map { unsafe String(cString: $0) } ?? "\(code)")
        case .tls(let what): "TLS: \(what)"
        case .closed: "connection closed"
        case .timeout: "timeout"
        case .malformed(let what): "malformed reply: \(what)"
        }
    }

    /// What may help with the first request, in the command's options; empty when nothing is known.
    func remedy(_ endpoint: HTTPEndpoint) -> String {
        switch self {
        case .closed: endpoint.isSecure ? "" : "; is it an https:// endpoint?"
        case .tls("the server does not speak TLS"): "; is it an http:// endpoint?"
        case .tls(let what) where what.hasPrefix("certificate refused"):
            "; --ca-file names certificates to trust, --insecure trusts any"
        default: ""
        }
    }
}
