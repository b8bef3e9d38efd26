import CLibssl
import CLinux
import Glibc

/// The bytes of one connection, in the clear or through TLS.
///
/// Never blocks.
@safe
public struct ByteStream {
    /// What came of an attempt to move bytes.
    public enum Transfer: Sendable {
        /// So many were moved.
        case bytes(Int)
        /// Nothing before the descriptor is ready for this.
        case blocked(Interest)
        /// The other side sends no more.
        case ended
        /// The connection is of no more use.
        case failed
    }

    /// What came of an attempt to go on with a handshake.
    public enum Handshake: Sendable, Equatable {
        /// It is complete.
        case done
        /// Nothing before the descriptor is ready for this.
        case blocked(Interest)
        /// Why it failed, in words.
        case failed(String)
    }

    /// The socket.
    public let descriptor: Int32
    private let session: OpaquePointer?

    /// Takes over the descriptor; nil when TLS cannot be set up.
    init?(_ descriptor: Int32, tls: TLSContext?) {
        self.descriptor = descriptor
        if let tls {
            guard let session = unsafe tls.makeSession(descriptor) else { return nil }
            unsafe self.session = session
        } else {
            unsafe session = nil
        }
    }

    /// The client's side of a connection to a host, through TLS if there is a context; nil when TLS cannot be set up.
    ///
    /// Takes over the descriptor, which may still be connecting: nothing is sent before `handshake`.
    public init?(_ descriptor: Int32, to host: String, tls: TLSClientContext?) {
        self.descriptor = descriptor
        if let tls {
            guard let session = unsafe tls.makeSession(descriptor, to: host) else { return nil }
            unsafe self.session = session
        } else {
            unsafe session = nil
        }
    }

    var isTLS: Bool { unsafe session != nil }

    /// Whether the TLS handshake goes on.
    var isHandshaking: Bool {
        guard let session = unsafe session else { return false }
        return unsafe SSL_is_init_finished(session) == 0
    }

    /// Goes on with the TLS handshake; done at once without TLS.
    ///
    /// A server's side need not call it, since reading does it as well, without telling why one failed.
    public func handshake() -> Handshake {
        guard let session = unsafe session else { return .done }
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        if result == 1 { return .done }
        return switch unsafe outcome(session, result) {
        case .blocked(let interest): .blocked(interest)
        case .bytes, .ended, .failed: unsafe .failed(Self.reason(session))
        }
    }

    /// Reads what is there, at most what the buffer takes.
    ///
    /// The buffer must take a whole TLS record (16 KiB), so that no decrypted byte stays behind where epoll does not
    /// see it.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        guard let session = unsafe session else { return unsafe readPlain(into: buffer) }
        ERR_clear_error()
        let count = unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .bytes(Int(count)) : unsafe outcome(session, count)
    }

    /// Reads and drops what the client still sends, whatever it is.
    func readPlain(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = unsafe clinux_recv(descriptor, buffer.baseAddress, buffer.count, 0)
        while count < 0, errno == EINTR {
            count = unsafe clinux_recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 { return .bytes(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN ? .blocked(.read) : .failed
    }

    /// Writes as much as is taken.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        guard let session = unsafe session else { return unsafe writePlain(bytes) }
        ERR_clear_error()
        let count = unsafe SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .bytes(Int(count)) : unsafe outcome(session, count)
    }

    private func writePlain(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        let count = unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .blocked(.write) : .failed
    }

    /// Bytes that were written and that the other side has not got yet, as sent.
    var unacknowledged: Int { Int(clinux_unacknowledged(descriptor)) }

    /// Says that nothing more will be written; reading goes on.
    func endOutput() {
        if let session = unsafe session {
            ERR_clear_error()
            unsafe SSL_shutdown(session)
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the descriptor, without a word.
    public func close() {
        if let session = unsafe session {
            unsafe SSL_free(session)
        }
        Glibc.close(descriptor)
    }

    private func outcome(_ session: OpaquePointer, _ result: Int32) -> Transfer {
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: .blocked(.read)
        case SSL_ERROR_WANT_WRITE: .blocked(.write)
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed
        }
    }

    /// Why the handshake has just failed.
    private static func reason(_ session: OpaquePointer) -> String {
        let code = ERR_peek_error()
        let text = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
        switch clibssl_reason(code) {
        case 0, SSL_R_UNEXPECTED_EOF_WHILE_READING: return "the connection was closed during the handshake"
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            let refused = unsafe X509_verify_cert_error_string(SSL_get_verify_result(session))
            return unsafe "certificate refused: " + (refused.map { unsafe String(cString: $0) } ?? "unknown reason")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_RECORD_LENGTH_MISMATCH:
            return "the server does not speak TLS"
        default: return text ?? "handshake failed"
        }
    }
}
