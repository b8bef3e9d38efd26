import CLibssl
import Glibc
import Synchronization

/// What a client needs to speak TLS (1.2 or later) to servers, shared by any number of reactors.
///
/// Making the first one sets SIGPIPE to be ignored in the whole process: libssl writes with `write(2)`, which has no
/// `MSG_NOSIGNAL`, and a server that goes away must not end the process.
public final class TLSClientContext: Sendable {
    private let handle: Mutex<TLSHandle>

    /// Trusts the certificates that the system trusts (or `SSL_CERT_FILE` and `SSL_CERT_DIR` name).
    ///
    /// - Parameters:
    ///   - caFile: PEM certificates to be trusted in place of the system's.
    ///   - verifies: false to take any certificate for any host.
    /// - Throws: `TransportError` when the file holds no certificates.
    public init(caFile: String? = nil, verifies: Bool = true) throws(TransportError) {
        signal(SIGPIPE, SIG_IGN)
        let handle = unsafe try TLSHandle.make(TLS_client_method())
        let pointer = unsafe handle.pointer
        unsafe clibssl_set_client_options(pointer)
        // A list of names, each behind its length.
        let protocols: StaticString = "\u{8}http/1.1"
        guard unsafe SSL_CTX_set_alpn_protos(pointer, protocols.utf8Start, UInt32(protocols.utf8CodeUnitCount)) == 0
        else { throw TLSHandle.failure("offer http/1.1") }
        if verifies {
            if let caFile {
                guard unsafe SSL_CTX_load_verify_file(pointer, caFile) == 1 else {
                    throw TLSHandle.failure("load certificates to trust from \(caFile)")
                }
            } else {
                guard unsafe SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                    throw TLSHandle.failure("find the certificates that the system trusts")
                }
            }
            unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        }
        self.handle = Mutex(handle)
    }

    /// The client's side of a connection to a host, which its certificate has to name; the caller frees it.
    func makeSession(_ descriptor: Int32, to host: String) -> OpaquePointer? {
        guard let session = unsafe TLSHandle.makeSession(of: handle, descriptor) else { return nil }
        guard unsafe TLSClientContext.expect(host, session) else {
            unsafe SSL_free(session)
            return nil
        }
        unsafe SSL_set_connect_state(session)
        return unsafe session
    }

    /// Says whose certificate it is to be, and to the server whose is wanted (SNI, RFC 6066: names, not addresses).
    private static func expect(_ host: String, _ session: OpaquePointer) -> Bool {
        if isAddress(host) {
            return unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
        }
        // The dot that makes a name absolute is not in certificates.
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        unsafe SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        return unsafe SSL_set1_host(session, name) == 1 && clibssl_set_server_name(session, name) == 1
    }

    private static func isAddress(_ host: String) -> Bool {
        var address = in6_addr()
        return [AF_INET, AF_INET6].contains { unsafe inet_pton($0, host, &address) == 1 }
    }
}
