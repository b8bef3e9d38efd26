/// Where a DynamoDB listens.
public struct HTTPEndpoint: Sendable, Equatable, CustomStringConvertible {
    /// The host, IPv6 addresses without brackets.
    public let host: String
    /// The port.
    public let port: UInt16
    /// Whether it speaks TLS.
    public let isSecure: Bool

    /// Takes `http://host[:port][/]` or `https://host[:port][/]` apart.
    public init(_ url: String) throws(PlanError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        isSecure = scheme == "https"
        guard isSecure || scheme == "http", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw PlanError("endpoint '\(url)' is neither an http:// nor an https:// URL")
        }
        var authority = String(url.dropFirst(isSecure ? 8 : 7))
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
        // A space or a control character in the host would end the line of a request's head.
        guard !host.isEmpty, !host.hasPrefix("["), host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let port = portText.map({ UInt16($0) }) ?? (isSecure ? 443 : 80), port > 0
        else { throw PlanError("endpoint '\(url)' has no valid host and port") }
        self.port = port
    }

    /// `host:port` as in a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The value of a request's `Host` field.
    var authority: String {
        guard port == (isSecure ? 443 : 80) else { return description }
        return host.contains(":") ? "[\(host)]" : host
    }

    /// The region that a name of AWS's says: `dynamodb.eu-west-1.amazonaws.com`; nil for other hosts.
    public var region: String? {
        let domains = ["amazonaws.com", "amazonaws.com.cn", "api.aws"]
        guard domains.contains(where: { host.hasSuffix("." + $0) }) else { return nil }
        return host.split(separator: ".").first { $0.wholeMatch(of: /[a-z]{2,}(-[a-z]+)+-[0-9]/) != nil }
            .map(String.init)
    }
}
