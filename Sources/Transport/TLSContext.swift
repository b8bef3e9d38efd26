import CLibssl
import Glibc
import Synchronization

/// A certificate and its key, for the TLS (1.2 or later) listeners of any number of reactors.
///
/// Making the first one sets SIGPIPE to be ignored in the whole process: libssl writes with `write(2)`, which has no
/// `MSG_NOSIGNAL`, and a client that goes away must not end the process.
public final class TLSContext: Sendable {
    /// Owns one reference to an `SSL_CTX`.
    @safe
    private struct Handle: ~Copyable {
        let pointer: OpaquePointer

        deinit {
            unsafe SSL_CTX_free(pointer)
        }
    }

    private let certificateFile: String
    private let keyFile: String
    private let handle: Mutex<Handle>

    /// Loads a certificate chain and its private key, both PEM.
    public init(certificateFile: String, keyFile: String) throws(TransportError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        signal(SIGPIPE, SIG_IGN)
        handle = Mutex(try TLSContext.load(certificateFile, keyFile))
    }

    /// Reads the files again, for the connections to come.
    ///
    /// On an error the former certificate stays in use.
    public func reload() throws(TransportError) {
        try handle.withLock { handle throws(TransportError) in
            handle = try TLSContext.load(certificateFile, keyFile)
        }
    }

    /// The server's side of a new connection; the caller frees it.
    func makeSession(_ descriptor: Int32) -> OpaquePointer? {
        // An `SSL` holds a reference to its context, so a reload does not disturb it. It leaves the lock as an address,
        // since the compiler cannot know that it is independent of the handle.
        let address = handle.withLock { handle in
            unsafe UInt(bitPattern: SSL_new(handle.pointer))
        }
        guard let session = unsafe OpaquePointer(bitPattern: address) else { return nil }
        guard unsafe SSL_set_fd(session, descriptor) == 1 else {
            unsafe SSL_free(session)
            return nil
        }
        unsafe SSL_set_accept_state(session)
        return unsafe session
    }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(TransportError) -> Handle {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(TLS_server_method()) else { throw failure("make a TLS context") }
        let handle = unsafe Handle(pointer: pointer)
        guard unsafe clibssl_set_min_proto_version(pointer, TLS1_2_VERSION) == 1 else {
            throw failure("demand TLS 1.2")
        }
        unsafe clibssl_set_server_options(pointer)
        unsafe SSL_CTX_set_alpn_select_cb(pointer, selectProtocol, nil)
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificateFile) == 1 else {
            throw failure("load the certificate \(certificateFile)")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw failure("load the private key \(keyFile)")
        }
        guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
            throw failure("use the private key \(keyFile) with \(certificateFile)")
        }
        return handle
    }

    /// The first error libssl has noted, with the step it belongs to.
    private static func failure(_ what: String) -> TransportError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return TransportError(what) }
        return unsafe TransportError(what, detail: String(cString: reason))
    }
}

/// Chooses http/1.1 from the protocols the client offers (ALPN, RFC 7301); a client that offers others only is told
/// no_application_protocol.
///
/// Not called when the client offers none.
private func selectProtocol(
    _: OpaquePointer?,
    _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ selectedCount: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let offered = unsafe offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let wanted: StaticString = "http/1.1"
    var place = 0
    // A list of names, each behind its length; libssl has checked the form.
    while place < Int(offeredCount) {
        let name = unsafe offered + place + 1
        let count = unsafe Int(offered[place])
        place += 1 + count
        guard place <= Int(offeredCount) else { break }
        if count == wanted.utf8CodeUnitCount, unsafe memcmp(name, wanted.utf8Start, count) == 0 {
            unsafe selected?.pointee = unsafe name
            unsafe selectedCount?.pointee = UInt8(count)
            return SSL_TLSEXT_ERR_OK
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
