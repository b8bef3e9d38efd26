import CLibssl
import Glibc

/// The bytes of one connection, in the clear or through TLS.
///
/// Never blocks.
@safe
struct ByteStream {
    /// What came of an attempt to move bytes.
    enum Transfer {
        case bytes(Int)
        /// Nothing before the descriptor is ready for this.
        case blocked(Interest)
        /// The other side sends no more.
        case ended
        case failed
    }

    let descriptor: Int32
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

    var isTLS: Bool { unsafe session != nil }

    /// Whether the TLS handshake goes on.
    var isHandshaking: Bool {
        guard let session = unsafe session else { return false }
        return unsafe SSL_is_init_finished(session) == 0
    }

    /// Reads what is there, at most what the buffer takes.
    ///
    /// The buffer must take a whole TLS record (16 KiB), so that no decrypted byte stays behind where epoll does not
    /// see it.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        guard let session = unsafe session else { return unsafe readPlain(into: buffer) }
        ERR_clear_error()
        let count = unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .bytes(Int(count)) : unsafe outcome(session, count)
    }

    /// Reads and drops what the client still sends, whatever it is.
    func readPlain(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        while count < 0, errno == EINTR {
            count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 { return .bytes(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN ? .blocked(.read) : .failed
    }

    /// Writes as much as is taken.
    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        guard let session = unsafe session else { return unsafe writePlain(bytes) }
        ERR_clear_error()
        let count = unsafe SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .bytes(Int(count)) : unsafe outcome(session, count)
    }

    private func writePlain(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        let count = unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .blocked(.write) : .failed
    }

    /// Says that nothing more will be written; reading goes on.
    func endOutput() {
        if let session = unsafe session {
            ERR_clear_error()
            unsafe SSL_shutdown(session)
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
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
}
