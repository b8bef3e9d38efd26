private import Glibc
internal import Transport

/// What it takes to connect to an endpoint: the host's addresses, looked up once, and TLS if it speaks it.
struct ServerAddresses: Sendable {
    /// A `sockaddr_in` or `sockaddr_in6`.
    struct Address: Sendable {
        let family: Int32
        let bytes: [UInt8]
    }

    let endpoint: HTTPEndpoint
    /// At least one, in the order the system prefers.
    let all: [Address]
    let tls: TLSClientContext?

    /// Looks the host up, which may block, and loads the certificates to be trusted.
    init(_ endpoint: HTTPEndpoint, trust: ServerTrust = .system) throws {
        self.endpoint = endpoint
        all = try Self.resolve(endpoint)
        guard endpoint.isSecure else {
            tls = nil
            return
        }
        switch trust {
        case .system: tls = try TLSClientContext()
        case .certificates(let file): tls = try TLSClientContext(caFile: file)
        case .anybody: tls = try TLSClientContext(verifies: false)
        }
    }

    /// With what is known already.
    init(_ endpoint: HTTPEndpoint, all: [Address], tls: TLSClientContext?) {
        self.endpoint = endpoint
        self.all = all
        self.tls = tls
    }

    private static func resolve(_ endpoint: HTTPEndpoint) throws(BenchmarkError) -> [Address] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(endpoint.host, String(endpoint.port), &hints, &found)
        guard code == 0, let first = unsafe found else {
            let reason = unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
            throw BenchmarkError("cannot look up \(endpoint.host): \(reason)")
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [Address] = []
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe next?.pointee {
            let bytes = unsafe UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            unsafe addresses.append(Address(family: entry.ai_family, bytes: Array(bytes)))
            unsafe next = entry.ai_next
        }
        return addresses
    }
}
