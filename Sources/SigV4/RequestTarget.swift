/// The path and query of a request target, in origin form (`/path?query`) or absolute form (`http://host/path?query`).
struct RequestTarget {
    let path: Range<Int>
    /// Empty when there is none.
    let query: Range<Int>

    init(_ target: Bytes) {
        let pathEnd = target.firstIndex(of: UInt8(ascii: "?"))
        path = Self.pathStart(target, end: pathEnd)..<pathEnd
        query = min(pathEnd + 1, target.count)..<target.count
    }

    private static func pathStart(_ target: Bytes, end: Int) -> Int {
        guard !target.isEmpty, target[0] != UInt8(ascii: "/") else { return 0 }
        let colon = target.firstIndex(of: UInt8(ascii: ":"))
        guard colon + 2 < end, target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/") else {
            return 0
        }
        return min(target.firstIndex(of: UInt8(ascii: "/"), from: colon + 3), end)
    }
}

/// The `name=value` parts of a query, as they stand, in order.
///
/// Empty parts are left out.
struct QueryParameters {
    private let target: Bytes
    private var next: Int
    private let end: Int

    init(of target: Bytes, in query: Range<Int>) {
        self.target = target
        next = query.lowerBound
        end = query.upperBound
    }

    mutating func nextParameter() -> (name: Range<Int>, value: Range<Int>)? {
        while next < end {
            let start = next
            let stop = min(target.firstIndex(of: UInt8(ascii: "&"), from: start), end)
            next = stop + 1
            guard start < stop else { continue }
            // Within the part only: a scan to the end for each would make long queries dear.
            let equals = start + target[start..<stop].firstIndex(of: UInt8(ascii: "="))
            return (start..<equals, min(equals + 1, stop)..<stop)
        }
        return nil
    }
}

/// The parameters of a presigned request.
///
/// Each may occur once; names are compared as they stand, case and all.
struct PresignedParameters {
    private(set) var algorithm: ByteRange?
    private(set) var credential: ByteRange?
    private(set) var signature: ByteRange?
    private(set) var signedHeaders: ByteRange?
    private(set) var date: ByteRange?
    private(set) var expires: ByteRange?
    private(set) var target: ByteRange?
    private(set) var contentSHA256: ByteRange?
    private(set) var securityToken: ByteRange?

    init(_ target: Bytes) throws(SignatureError) {
        let query = RequestTarget(target).query
        guard !query.isEmpty else { return }
        var parameters = QueryParameters(of: target, in: query)
        while let (name, value) = parameters.nextParameter() {
            let name = target[name]
            guard name.count > 6, name[0..<6].equals("X-Amz-") else { continue }
            let rest = name[6..<name.count]
            if rest.equals("Algorithm") {
                try Self.set(&algorithm, value, name)
            } else if rest.equals("Credential") {
                try Self.set(&credential, value, name)
            } else if rest.equals("Signature") {
                try Self.set(&signature, value, name)
            } else if rest.equals("SignedHeaders") {
                try Self.set(&signedHeaders, value, name)
            } else if rest.equals("Date") {
                try Self.set(&date, value, name)
            } else if rest.equals("Expires") {
                try Self.set(&expires, value, name)
            } else if rest.equals("Target") {
                try Self.set(&self.target, value, name)
            } else if rest.equals("Content-Sha256") {
                try Self.set(&contentSHA256, value, name)
            } else if rest.equals("Security-Token") {
                try Self.set(&securityToken, value, name)
            }
        }
    }

    private static func set(
        _ parameter: inout ByteRange?,
        _ value: Range<Int>,
        _ name: Bytes
    ) throws(SignatureError) {
        guard parameter == nil else {
            throw SignatureError(.incompleteSignature, "Query-string has more than one '\(name.text)' parameter.")
        }
        parameter = ByteRange(value)
    }
}
