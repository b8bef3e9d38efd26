import Glibc

/// A system call or a library call of the transport that failed.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    /// What was being done, for people: "listen on 127.0.0.1:8000".
    public let what: String
    /// The system's error number; 0 when the failure has none.
    public let errno: Int32
    /// Further text, for example libssl's own words.
    public let detail: String?

    /// Makes an error from a failed step and the system's error number.
    public init(_ what: String, errno: Int32 = 0, detail: String? = nil) {
        self.what = what
        self.errno = errno
        self.detail = detail
    }

    /// What failed and why, in one line.
    public var description: String {
        var text = "cannot \(what)"
        if let detail {
            text += ": \(detail)"
        } else if errno != 0, let reason = unsafe strerror(errno) {
            unsafe text += ": \(String(cString: reason))"
        }
        return text
    }

    /// The error of the system call that has just failed.
    static func system(_ what: String) -> TransportError {
        TransportError(what, errno: Glibc.errno)
    }
}
