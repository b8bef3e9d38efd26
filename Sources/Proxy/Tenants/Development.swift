import Cache
import DynamoDB
import SigV4
import Synchronization
import Upstream

/// Who calls, under `--dev`: the access key id and the region, by which DynamoDB Local and its like keep data apart.
///
/// Read from the text of an Authorization header or a presigned query, however odd the rest of it is: no signature is
/// checked, and what names the caller to the upstream must name it here. Views into that text.
@safe
struct DevelopmentCaller {
    let accessKeyID: UnsafeRawBufferPointer
    let region: UnsafeRawBufferPointer

    /// Finds `Credential=ID/DATE/REGION/...`; nil when there is none or it has no region.
    init?(header: UnsafeRawBufferPointer) {
        guard let start = unsafe Self.end(of: "Credential=", in: header) else { return nil }
        var end = start
        while end < header.count, unsafe header[end] != UInt8(ascii: ","), unsafe header[end] != UInt8(ascii: " ") {
            end += 1
        }
        unsafe self.init(credential: UnsafeRawBufferPointer(rebasing: header[start..<end]))
    }

    /// Takes `ID/DATE/REGION/...` apart.
    init?(credential: UnsafeRawBufferPointer) {
        let first = unsafe Self.nextSlash(in: credential, from: 0)
        let second = unsafe Self.nextSlash(in: credential, from: first + 1)
        let third = unsafe Self.nextSlash(in: credential, from: second + 1)
        guard first > 0, second < credential.count, third > second + 1 else { return nil }
        unsafe accessKeyID = UnsafeRawBufferPointer(rebasing: credential[..<first])
        unsafe region = UnsafeRawBufferPointer(rebasing: credential[(second + 1)..<third])
    }

    /// The value of `X-Amz-Credential` in a request target, its slashes decoded; nil when there is none.
    static func credential(inTarget target: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let start = unsafe end(of: "X-Amz-Credential=", in: target) else { return nil }
        var value: [UInt8] = []
        var index = start
        while index < target.count, unsafe target[index] != UInt8(ascii: "&") {
            let isSlash =
                unsafe index + 2 < target.count && target[index] == UInt8(ascii: "%")
                && target[index + 1] == UInt8(ascii: "2") && target[index + 2] | 0x20 == UInt8(ascii: "f")
            unsafe value.append(isSlash ? UInt8(ascii: "/") : target[index])
            index += isSlash ? 3 : 1
        }
        return value
    }

    private static func nextSlash(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < text.count, unsafe text[index] != UInt8(ascii: "/") {
            index += 1
        }
        return min(index, text.count)
    }

    /// The offset just behind the first `marker`.
    private static func end(of marker: StaticString, in text: UnsafeRawBufferPointer) -> Int? {
        let count = marker.utf8CodeUnitCount
        var start = 0
        while start + count <= text.count {
            var matched = 0
            while matched < count, unsafe text[start + matched] == marker.utf8Start[matched] {
                matched += 1
            }
            if matched == count { return start + count }
            start += 1
        }
        return nil
    }
}

/// The tenants of `--dev`: made as callers appear, one for each access key id and region, on one shared store.
final class DevelopmentTenants: Sendable {
    /// Callers told apart at a time.
    ///
    /// With one more all are forgotten, and what was cached for them.
    private static let maxTenants = 1000

    private let settings: DevelopmentSettings
    /// The way to the embedded store, when it is the upstream.
    private let embedded: UpstreamRoute?
    let store: Store
    private let tenants = Mutex<[[UInt8]: Tenant]>([:])
    private let lastNumber = Atomic<UInt32>(0)

    init(settings: DevelopmentSettings, embedded: UpstreamRoute?, pool: SegmentPool) {
        self.settings = settings
        self.embedded = embedded
        store = Store(budget: settings.cacheBudget, pool: pool)
    }

    /// The tenant of a caller; `identity` tells callers apart, also those without access key id and region.
    func tenant(
        identity: [UInt8],
        accessKeyID: String,
        region: String?,
        now: UInt64,
        domain: (UpstreamEndpoint) -> DataDomain
    ) throws(ErrorReply) -> Tenant {
        if let known = tenants.withLock({ $0[identity] }) { return known }
        let route = try route(accessKeyID: accessKeyID, region: region, domain: domain)
        let data = route.domain
        let tenant = Tenant(
            number: lastNumber.add(1, ordering: .relaxed).newValue,
            name: accessKeyID.isEmpty ? "anonymous" : String(accessKeyID.prefix(64)),
            store: store,
            policy: AccessPolicy(operations: .all, tables: [Pattern("*")]),
            route: route,
            cacheRules: CacheRules(CacheSettings())
        )
        return tenants.withLock { tenants in
            if let winner = tenants[identity] { return winner }
            if tenants.count >= Self.maxTenants {
                tenants.removeAll()
                for table in data.allTables() {
                    table.forgetHolders(now: now)
                }
            }
            tenants[identity] = tenant
            return tenant
        }
    }

    private func route(
        accessKeyID: String,
        region: String?,
        domain: (UpstreamEndpoint) -> DataDomain
    ) throws(ErrorReply) -> UpstreamRoute {
        guard case .endpoint(let url) = settings.upstream else {
            guard let embedded else { throw .internalServerError("The embedded store is not open.") }
            return embedded
        }
        guard let endpoint = try? UpstreamEndpoint(url: url, region: region ?? "us-east-1") else {
            throw .internalServerError("The development upstream's URL can't be used.")
        }
        return UpstreamRoute(
            endpoint: endpoint,
            identity: .caller(
                SigningCredentials(
                    accessKeyID: accessKeyID.isEmpty ? "development" : accessKeyID,
                    secretAccessKey: SecretKey(Array("development".utf8)),
                    sessionToken: nil
                )
            ),
            domain: domain(endpoint)
        )
    }
}

extension UpstreamEndpoint {
    /// What tells the data behind one endpoint from another's: the place, not the region requests are signed for, as
    /// some upstreams keep one set of data for all regions.
    var domainIdentity: String {
        "\(scheme.rawValue)://\(host):\(port)\(path)"
    }
}
