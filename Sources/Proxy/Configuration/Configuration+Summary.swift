import Alloc

extension Configuration {
    /// What the configuration comes to, for people: a few lines without secrets.
    public var summary: String {
        var rows: [[String]] = []
        for listener in listeners {
            rows.append(["listen", listener.address, listener.tls == nil ? "plain HTTP" : "TLS"])
        }
        for upstream in upstreams {
            if let embedded = upstream.embedded {
                rows.append(["upstream", upstream.name, "embedded", embedded.file ?? "in memory"])
                continue
            }
            let credentials =
                switch upstream.credentials {
                case .static: "access key"
                case .environment: "environment"
                case .profile(let name, _): "profile \(name ?? "default")"
                }
            rows.append([
                "upstream", upstream.name, upstream.endpoint, "region \(upstream.region)",
                "credentials: \(credentials)",
            ])
        }
        for (tenant, base) in zip(tenants, bases) {
            var row = [
                "tenant", tenant.name, "upstream \(tenant.upstream)",
                "\(tenant.keys.count) \(tenant.keys.count == 1 ? "key" : "keys")",
                "cache \(tenant.cache.enabled ? Units.approximateText(size: base.cacheBytes) : "off")",
            ]
            if resources != nil { row.append(Self.rates(base.readUnits, base.writeUnits, base.egressBytes)) }
            rows.append(
                row + [
                    "operations \(tenant.operations.text)", "tables \(tenant.tables.joined(separator: " "))",
                ]
            )
        }
        rows.append(["cache", "total \(Units.approximateText(size: cacheTotal))"])
        if let resources {
            rows.append(["resources", Self.rates(resources.readUnits, resources.writeUnits, resources.egressBytes)])
        }
        if tenants.count > 1 {
            let isOff = allocation.mode == .off
            let what = isOff ? [] : [allocation.policy.rawValue, "every \(Units.text(duration: allocation.interval))"]
            rows.append(["allocation", allocation.mode.rawValue] + what)
        }
        if let admin { rows.append(["admin", admin.listener.address, "plain HTTP"]) }
        if let trace { rows.append(["trace", trace.path, "at most \(Units.approximateText(size: trace.maxSize))"]) }
        return rows.map { Self.line($0, rows) }.joined(separator: "\n")
    }

    /// What is limited, a second.
    private static func rates(_ reads: Double?, _ writes: Double?, _ egress: Double?) -> String {
        var parts: [String] = []
        if let reads, reads.isFinite { parts.append("\(Units.text(rate: reads)) RCU/s") }
        if let writes, writes.isFinite { parts.append("\(Units.text(rate: writes)) WCU/s") }
        if let egress, let bytes = Int(exactly: egress.rounded()) {
            parts.append("\(Units.approximateText(size: bytes))/s")
        }
        return parts.isEmpty ? "not limited" : parts.joined(separator: " ")
    }

    /// Columns are as wide as their widest cell among the rows of the same kind.
    private static func line(_ row: [String], _ rows: [[String]]) -> String {
        var text = ""
        for (column, cell) in row.enumerated() {
            let peers = column == 0 ? rows : rows.filter { $0[0] == row[0] }
            let width = peers.reduce(0) { max($0, column < $1.count ? $1[column].count : 0) }
            let isLast = column == row.count - 1
            text += isLast ? cell : cell + String(repeating: " ", count: width - cell.count + 2)
        }
        return text
    }
}

extension OperationsPolicy {
    /// As it is written in the file; a long list as its length.
    fileprivate var text: String {
        switch self {
        case .standard: "standard"
        case .readOnly: "read-only"
        case .all: "all"
        case .only(let names): names.count > 4 ? "\(names.count) named" : names.sorted().joined(separator: " ")
        }
    }
}
