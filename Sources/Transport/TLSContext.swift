import CLibssl
import Glibc
import Synchronization

/// A certificate and its key, for the TLS (1.2 or later) listeners of any number of reactors.
///
/// Making the first one sets SIGPIPE to be ignored in the whole process: libssl writes with `write(2)`, which has no
/// `MSG_NOSIGNAL`, and a client that goes away must not end the process.
public final class TLSContext: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let handle: Mutex<TLSHandle>

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
        guard let session = unsafe TLSHandle.makeSession(of: handle, descriptor) else { return nil }
        unsafe SSL_set_accept_state(session)
        return unsafe session
    }

    private static func load(_ certificateFile: String, _ keyFile: String) throws(TransportError) -> TLSHandle {
        let handle = unsafe try TLSHandle.make(TLS_server_method())
        let pointer = unsafe handle.pointer
        unsafe clibssl_set_server_options(pointer)
        unsafe SSL_CTX_set_alpn_select_cb(pointer, selectProtocol, nil)
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificateFile) == 1 else {
            throw TLSHandle.failure("load the certificate \(certificateFile)")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw TLSHandle.failure("load the private key \(keyFile)")
        }
        guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
            throw TLSHandle.failure("use the private key \(keyFile) with \(certificateFile)")
        }
        return handle
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
