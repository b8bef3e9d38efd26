private import CCurl

/// Where a tenant's calls go: a DynamoDB-compatible HTTP endpoint, with the limits to observe towards it.
public struct UpstreamEndpoint: Sendable, Hashable {
    /// How the endpoint is spoken to.
    public enum Scheme: String, Sendable {
        /// HTTP over TCP, for an endpoint on this machine or in a trusted network.
        case http
        /// HTTP over TLS, the certificate verified.
        case https
    }

    /// The URL's scheme.
    public let scheme: Scheme
    /// Lower-case host name or address; an IPv6 address is in brackets.
    public let host: String
    /// TCP port, the scheme's own when the URL names none.
    public let port: UInt16
    /// The path requests are posted to, `/` when the URL names none.
    public let path: String
    /// The AWS region requests are signed for.
    public let region: String
    /// Longest time to resolve the name, connect and shake hands, in nanoseconds.
    public var connectTimeout: UInt64 = 2_000_000_000
    /// Longest time for a whole call, waiting for a free connection included, in nanoseconds.
    public var totalTimeout: UInt64 = 10_000_000_000
    /// PEM file of the only authorities trusted for this endpoint; nil for the system's.
    public var caFile: String?
    /// Most connections (and so calls under way) to this endpoint per reactor; further calls wait.
    public var maxConnections = 256

    /// Reads an absolute `http` or `https` URL without user, query or fragment.
    ///
    /// - Throws: `UpstreamEndpointError` saying what is wrong with the URL or the region.
    public init(url: String, region: String) throws(UpstreamEndpointError) {
        let parts = try URLParts(url)
        guard let scheme = Scheme(rawValue: parts.scheme) else {
            throw UpstreamEndpointError("the scheme must be http or https, not '\(parts.scheme)'")
        }
        guard !region.isEmpty, region.utf8.allSatisfy(isRegionByte) else {
            throw UpstreamEndpointError("'\(region)' is not a region name such as us-east-1")
        }
        self.scheme = scheme
        self.host = parts.host.lowercased()
        self.port = parts.port ?? (scheme == .https ? 443 : 80)
        self.path = parts.path
        self.region = region
    }
}

/// Why a text is not a usable endpoint.
public struct UpstreamEndpointError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in words for the person who wrote the configuration.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension UpstreamEndpoint {
    /// The host that answers calls of `target` (an `X-Amz-Target` value).
    ///
    /// AWS serves DynamoDB Streams from a host of its own; any other endpoint serves both APIs from one.
    public func host(forTarget target: String) -> String {
        target.hasPrefix("DynamoDBStreams_") ? streamsHost : host
    }

    /// Value of the `Host` header for `host`: the port is named unless it is the scheme's own.
    func authority(ofHost host: String) -> String {
        port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// The rule of AWS's endpoint rule set for `dynamodbstreams`: `streams.dynamodb.<region>.amazonaws.com`, with a
    /// hyphen after `streams` in the dual-stack domain; account endpoints (`<account>.ddb.<region>`) share the region's.
    private var streamsHost: String {
        let isDualStack = host.hasSuffix(".api.aws")
        guard isDualStack || host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") else {
            return host
        }
        let prefix = isDualStack ? "streams-" : "streams."
        if host.hasPrefix("dynamodb.") || host.hasPrefix("dynamodb-fips.") {
            return prefix + host
        }
        let labels = host.split(separator: ".", maxSplits: 2)
        if labels.count == 3, labels[1] == "ddb", labels[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return prefix + "dynamodb." + labels[2]
        }
        return host
    }
}

private func isRegionByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
}

/// The parts of a URL, as libcurl's own parser sees them, so that what is checked is what is connected to.
private struct URLParts {
    var scheme: String
    var host: String
    var port: UInt16?
    var path: String

    init(_ url: String) throws(UpstreamEndpointError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw UpstreamEndpointError("a URL has no blanks, control or non-ASCII characters")
        }
        guard let handle = unsafe curl_url() else {
            throw UpstreamEndpointError("out of memory")
        }
        defer { unsafe curl_url_cleanup(handle) }
        let code = unsafe curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else {
            throw UpstreamEndpointError(code == CURLUE_BAD_SCHEME ? Self.noScheme : Self.explain(code))
        }
        for (part, name) in [
            (CURLUPART_USER, "a user"), (CURLUPART_PASSWORD, "a password"), (CURLUPART_QUERY, "a query"),
            (CURLUPART_FRAGMENT, "a fragment"),
        ] where unsafe Self.read(part, of: handle) != nil {
            throw UpstreamEndpointError("\(name) in the URL is not supported")
        }
        guard let scheme = unsafe Self.read(CURLUPART_SCHEME, of: handle) else {
            throw UpstreamEndpointError(Self.noScheme)
        }
        guard let host = unsafe Self.read(CURLUPART_HOST, of: handle), !host.isEmpty else {
            throw UpstreamEndpointError("the URL names no host")
        }
        self.scheme = scheme
        self.host = host
        path = unsafe Self.read(CURLUPART_PATH, of: handle) ?? "/"
        if let text = unsafe Self.read(CURLUPART_PORT, of: handle) {
            guard let number = UInt16(text), number > 0 else {
                throw UpstreamEndpointError("'\(text)' is not a port")
            }
            port = number
        }
    }

    private static let noScheme = "write the URL with its scheme, http:// or https://"

    private static func explain(_ code: CURLUcode) -> String {
        guard let text = unsafe curl_url_strerror(code) else { return "not a URL" }
        return unsafe "not a URL: \(String(cString: text))"
    }

    private static func read(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text = unsafe text else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
