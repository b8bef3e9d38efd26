extension Listener {
    /// Why a text is not an address to listen on.
    struct Problem: Error, Equatable {
        var problem: String
        var remedy: String
    }

    /// `127.0.0.1:8000`, `[::1]:8000` or `localhost:8000`.
    init(address text: String) throws(Problem) {
        let example = "write for example 127.0.0.1:8000, or 0.0.0.0:8000 for every interface"
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            throw Problem(problem: "has no port", remedy: example)
        }
        let port = text[text.index(after: colon)...]
        guard !port.isEmpty, port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw Problem(problem: "has no numeric port", remedy: example)
        }
        guard let port = Int(port), (0...65535).contains(port) else {
            throw Problem(problem: "has a port out of range", remedy: "choose from 1 to 65535, or 0 for any free port")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { throw Problem(problem: "is not an address", remedy: example) }
        } else if host.contains(":") {
            throw Problem(problem: "has an IPv6 address without brackets", remedy: "write for example [::1]:8000")
        }
        if host == "localhost" { host = "127.0.0.1" }
        guard Files.isAddress(host) else {
            throw Problem(problem: "does not begin with an IP address", remedy: example)
        }
        self.init(host: host, port: port)
    }

    /// As it is written: an IPv6 address in brackets.
    public var address: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine can reach the address.
    public var isLoopback: Bool {
        host == "::1" || host.hasPrefix("127.")
    }
}
