private import Glibc

/// Where a DynamoDB listens, and its address once looked up.
public struct HTTPEndpoint: Sendable, Equatable, CustomStringConvertible {
    /// The host, IPv6 addresses without brackets.
    public let host: String
    /// The port.
    public let port: UInt16
    /// A `sockaddr_in` or `sockaddr_in6`.
    let address: [UInt8]
    let family: Int32

    /// Takes `http://host[:port][/]` apart and looks the host up.
    public init(_ url: String) throws(PlanError) {
        guard !url.hasPrefix("https://") else {
            throw PlanError(
                "endpoint '\(url)': the load generator speaks plain HTTP only; put a proxy that speaks TLS in between"
            )
        }
        guard url.hasPrefix("http://") else { throw PlanError("endpoint '\(url)' is no http:// URL") }
        var authority = String(url.dropFirst(7))
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.contains(where: { "/?#@".contains($0) }) else {
            throw PlanError("endpoint '\(url)': host and port only")
        }
        var portText: Substring?
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let rest = authority[authority.index(after: end)...]
            portText = rest.isEmpty ? nil : rest.dropFirst(rest.hasPrefix(":") ? 1 : 0)
        } else if let colon = authority.lastIndex(of: ":") {
            host = String(authority[..<colon])
            portText = authority[authority.index(after: colon)...]
        } else {
            host = authority
        }
        guard !host.isEmpty, let port = portText.map({ UInt16($0) }) ?? 80, port > 0 else {
            throw PlanError("endpoint '\(url)' has no valid host and port")
        }
        self.port = port
        (address, family) = try Self.resolve(host, port)
    }

    /// `host:port` as in a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The value of a request's `Host` field.
    var authority: String { port == 80 ? (host.contains(":") ? "[\(host)]" : host) : description }

    private static func resolve(_ host: String, _ port: UInt16) throws(PlanError) -> ([UInt8], Int32) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = unsafe found else {
            let reason = unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
            throw PlanError("endpoint: cannot look up \(host): \(reason)")
        }
        defer { unsafe freeaddrinfo(first) }
        let bytes = unsafe UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen))
        return unsafe (Array(bytes), first.pointee.ai_family)
    }
}
