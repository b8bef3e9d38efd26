import CLibssl
import Synchronization

/// Owns one reference to an `SSL_CTX`.
@safe
struct TLSHandle: ~Copyable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// A context for TLS 1.2 or later.
    static func make(_ method: OpaquePointer) throws(TransportError) -> TLSHandle {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(method) else { throw failure("make a TLS context") }
        let handle = unsafe TLSHandle(pointer)
        guard unsafe clibssl_set_min_proto_version(pointer, TLS1_2_VERSION) == 1 else {
            throw failure("demand TLS 1.2")
        }
        return handle
    }

    /// A new connection's side of TLS; the caller frees it.
    static func makeSession(of handle: borrowing Mutex<TLSHandle>, _ descriptor: Int32) -> OpaquePointer? {
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
        return unsafe session
    }

    /// The first error libssl has noted, with the step it belongs to.
    static func failure(_ what: String) -> TransportError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return TransportError(what) }
        return unsafe TransportError(what, detail: String(cString: reason))
    }
}
