import CLinux
import Glibc

/// Where a server listens.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host name, an IPv4 address, or an IPv6 address without brackets.
    public var host: String
    /// The port; 0 for any that is free.
    public var port: UInt16

    /// Makes an address.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Parses `host:port` or `[IPv6]:port`.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    /// The form that `init(_:)` parses.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// How a server comes by a port that several reactors listen on, each with a socket of its own.
public enum PortSharing: Sendable {
    /// The first socket: it fails when anybody listens on the port already, and lets others of this user join from then
    /// on.
    case claim
    /// A further socket on a claimed port.
    case join
}

/// A listening socket on a reactor: accepts, and hands on what it has accepted.
final class Listener: ReadinessHandler {
    /// Connections accepted in one turn of the loop, so that the others get theirs.
    private static let acceptsPerTurn = 64
    private static let pause: UInt64 = 100_000_000
    private static let backlog: Int32 = 4096

    let port: UInt16
    private let reactor: Reactor
    private let accepted: (Int32) -> Void
    private var descriptor: Int32
    private var retry: Timer?

    /// The socket shares its port with the other reactors' (SO_REUSEPORT: the kernel spreads the connections).
    ///
    /// One that claims the port sets the option only after it has bound, so that it shares with nobody who was there
    /// before.
    ///
    /// An IPv6 socket takes IPv6 only.
    init(
        _ reactor: Reactor,
        _ address: ListenAddress,
        _ sharing: PortSharing,
        accepted: @escaping (Int32) -> Void
    ) throws(TransportError) {
        let descriptor = try Listener.open(address, sharing)
        self.reactor = reactor
        self.accepted = accepted
        self.descriptor = descriptor
        port = Listener.port(of: descriptor)
        try reactor.watch(descriptor, .read, self)
    }

    /// Accepts what has already connected, then closes.
    func close() {
        guard descriptor >= 0 else { return }
        accept(atMost: Int(Listener.backlog))
        if let retry {
            reactor.cancel(retry)
        }
        reactor.unwatch(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }

    func ready(_ events: Readiness) {
        accept(atMost: Listener.acceptsPerTurn)
    }

    private func accept(atMost limit: Int) {
        for _ in 0..<limit {
            let connection = clinux_accept(descriptor)
            if connection >= 0 {
                accepted(connection)
                guard descriptor >= 0 else { return }
                continue
            }
            switch errno {
            case EAGAIN: return
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET:
                // This connection died while it was queued.
                continue
            default:
                // Out of descriptors (EMFILE) or of memory: the connection stays in the queue, so the socket stays
                // ready. Do not look at it for a while.
                rest()
                return
            }
        }
    }

    private func rest() {
        guard retry == nil else { return }
        reactor.unwatch(descriptor)
        retry = reactor.schedule(after: Listener.pause) { [weak self] in
            guard let self else { return }
            self.retry = nil
            do {
                try reactor.watch(descriptor, .read, self)
            } catch {
                rest()
            }
        }
    }

    private static func open(_ address: ListenAddress, _ sharing: PortSharing) throws(TransportError) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(address.host, String(address.port), &hints, &found)
        guard status == 0, let first = unsafe found else {
            throw unsafe TransportError("listen on \(address)", detail: String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(first) }
        let family = unsafe first.pointee.ai_family
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .system("open a socket") }
        // Accepted sockets inherit TCP_NODELAY from the listening one.
        set(SOL_SOCKET, SO_REUSEADDR, on: descriptor)
        set(Int32(IPPROTO_TCP), TCP_NODELAY, on: descriptor)
        if family == AF_INET6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on: descriptor) }
        if sharing == .join { set(SOL_SOCKET, SO_REUSEPORT, on: descriptor) }
        let isBound = unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0
        if isBound, sharing == .claim { set(SOL_SOCKET, SO_REUSEPORT, on: descriptor) }
        guard isBound, listen(descriptor, Listener.backlog) == 0 else {
            let error = TransportError.system("listen on \(address)")
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func set(_ level: Int32, _ option: Int32, on descriptor: Int32) {
        var one: Int32 = 1
        unsafe setsockopt(descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &address) { bytes in
            let name = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            unsafe getsockname(descriptor, name, &length)
            // The port is at the same place in both families, in network order.
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
