import Foundation
import Proxy

/// Finds a port that another process listens on.
///
/// The reactors share their ports (SO_REUSEPORT), so a second proxy of the same user would bind them too and take half of
/// the connections, each with a cache that the other's writes do not reach.
enum PortProbe {
    /// The system's reason why the address cannot be bound alone; nil when it can.
    static func problem(with listener: Listener) -> String? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // What is wrong with an address itself is said by the server.
        guard unsafe getaddrinfo(listener.host, "\(listener.port)", &hints, &found) == 0, let address = unsafe found
        else {
            return nil
        }
        defer { unsafe freeaddrinfo(address) }
        let descriptor = unsafe socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Connections of an earlier run that still linger do not count; IPv6 alone, as the server binds it.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if unsafe address.pointee.ai_family == AF_INET6 {
            unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
        }
        guard unsafe bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) != 0 else { return nil }
        return unsafe "\(listener.address): \(String(cString: strerror(errno)))"
    }
}
