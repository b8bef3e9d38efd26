import Cache
import DynamoDB

/// Bounds of what can be configured for caches.
enum CacheBounds {
    static let budget = 1 << 20...1 << 44
    static let ttl: ClosedRange<UInt64> = 1_000_000...31_536_000_000_000_000
    static let negativeTTL: ClosedRange<UInt64> = 0...31_536_000_000_000_000
}

extension YAMLValue {
    func tenants(_ names: inout NameRegister) -> [TenantSettings] {
        list("write a list with an entry for each tenant").compactMap { $0.tenant(&names) }
    }

    private func tenant(_ names: inout NameRegister) -> TenantSettings? {
        guard let section = section(ConfigurationKeys.tenant) else { return nil }
        let nameValue = section.required("name", "give the tenant a name")
        let name = nameValue?.name()
        if let name, let line = names.tenants.updateValue(place.line, forKey: name) {
            nameValue?.mistake("the tenant '\(name)' is already defined on line \(line)", "choose another name")
        }
        let owner = name.map { "tenant '\($0)'" } ?? "a tenant"
        let keyList = section.required("keys", "give the tenant at least one access key, with id and secret")
        var tenant = TenantSettings(name: name ?? "", keys: keyList?.keys(of: owner, &names) ?? [], upstream: "")
        tenant.upstream = section.upstream(names.upstreams.keys.sorted()) ?? ""
        section.set(&tenant.weight, "weight") { $0.weight() }
        section.set(&tenant.share, "share") { $0.resources() }
        section.set(&tenant.operations, "operations") { $0.operations() }
        section.set(&tenant.tables, "tables") { $0.tables() }
        section.set(&tenant.cache, "cache") { $0.tenantCache() }
        return name == nil ? nil : tenant
    }

    private func keys(of owner: String, _ names: inout NameRegister) -> [TenantKey] {
        list("write a list of access keys, each with id and secret").compactMap { value in
            guard let section = value.section(ConfigurationKeys.tenantKey) else { return nil }
            let idValue = section.required("id", "write the access key's id")
            let id = idValue?.token("an access key id", excluding: "/,=", isShown: false)
            if let id, let other = names.accessKeys.updateValue((owner, value.place.line), forKey: id) {
                idValue?.mistake(
                    "this access key id already belongs to \(other.tenant) (line \(other.line))",
                    "use an access key for one tenant, once"
                )
            }
            let secret = section.requiredSecret("secret")
            let token = section.secret("session_token")
            guard let id, let secret else { return nil }
            return TenantKey(id: id, secret: secret, sessionToken: token)
        }
    }

    private func operations() -> OperationsPolicy? {
        if isScalar {
            switch choice(["standard", "read-only", "all"]) {
            case "standard": return .standard
            case "read-only": return .readOnly
            case "all": return .all
            default: return nil
            }
        }
        let values = list("write standard, read-only, all, or a list of operations")
        return .only(Set(values.compactMap { $0.operation() }))
    }

    func operation() -> String? {
        guard let text = text("an operation's name") else { return nil }
        if Operation(rawValue: text.value) != nil { return text.value }
        let near = Similarity.nearest(to: text.value, among: Operation.allCases.lazy.map(\.name))
        let remedy =
            near.map { "did you mean '\($0)'?" } ?? "write the names of DynamoDB's operations, for example GetItem"
        mistake("\(text.shown) is not an operation", remedy)
        return nil
    }

    private func tables() -> [String]? {
        list("write a list of table names, with * and ? as wildcards").compactMap { $0.tablePattern() }
    }

    /// Letters, digits, `_`, `-`, `.`, as in the names of tables, and `*` and `?`.
    fileprivate func tablePattern() -> String? {
        guard let text = text("a table's name or pattern") else { return nil }
        let pattern = text.value
        let isClean = pattern.utf8.allSatisfy { $0.isASCIIAlphanumeric || "_-.*?".utf8.contains($0) }
        if !isClean {
            mistake(
                "\(text.shown) has characters that no table's name has",
                "use letters, digits, '_', '-', '.', '*' and '?'"
            )
            return nil
        }
        let least = pattern.utf8.count { $0 != UInt8(ascii: "*") }
        guard !pattern.isEmpty, least <= 255, pattern.contains("*") || least >= 3 else {
            mistake("\(text.shown) matches no table", "table names have 3 to 255 characters")
            return nil
        }
        return pattern
    }

    private func tenantCache() -> CacheSettings? {
        guard let section = section(ConfigurationKeys.tenantCache) else { return nil }
        var cache = CacheSettings()
        section.set(&cache.enabled, "enabled") { $0.flag() }
        section.set(&cache.budget, "budget") { $0.size(in: CacheBounds.budget) }
        section.set(&cache.policy, "policy") { $0.policy() }
        section.set(&cache.ttl, "ttl") { $0.duration(in: CacheBounds.ttl) }
        section.set(&cache.negativeTTL, "negative_ttl") { $0.duration(in: CacheBounds.negativeTTL) }
        section.set(&cache.maxEntryBytes, "max_entry") { $0.size(in: 64...64 << 20) }
        section.set(&cache.unchangedWhileStopped, "unchanged_while_stopped") { $0.flag() }
        section.set(&cache.tables, "tables") { $0.tableCaches() }
        return cache
    }

    private func policy() -> PolicyKind? {
        choice(PolicyKind.allCases.map(\.rawValue)).flatMap(PolicyKind.init)
    }

    private func tableCaches() -> [TableCacheSettings] {
        var seen: [String: Int] = [:]
        return list("write a list of entries, each with a pattern").compactMap { value in
            guard let section = value.section(ConfigurationKeys.tableCache) else { return nil }
            let patternValue = section.required("pattern", "name the tables the entry is for, for example orders-*")
            var table = TableCacheSettings(pattern: "")
            section.set(&table.enabled, "enabled") { $0.flag() }
            section.set(&table.ttl, "ttl") { $0.duration(in: CacheBounds.ttl) }
            section.set(&table.negativeTTL, "negative_ttl") { $0.duration(in: CacheBounds.negativeTTL) }
            section.set(&table.unchangedWhileStopped, "unchanged_while_stopped") { $0.flag() }
            guard let patternValue, let pattern = patternValue.tablePattern() else { return nil }
            if let line = seen["*"] ?? seen[pattern] {
                patternValue.mistake(
                    "the entry is never used: the one on line \(line) matches first",
                    "the first match counts, so move this entry up or remove it"
                )
            }
            seen[pattern] = value.place.line
            table.pattern = pattern
            return table
        }
    }
}

extension YAMLSection {
    fileprivate func upstream(_ known: [String]) -> String? {
        guard let value = self["upstream"] else {
            if known.count == 1 { return known[0] }
            if !known.isEmpty { missing("upstream", "choose one of \(known.joined(separator: ", "))") }
            return nil
        }
        guard let text = value.text("an upstream's name") else { return nil }
        if known.contains(text.value) || text.value == UpstreamSettings.embeddedName { return text.value }
        let remedy = known.isEmpty ? "define it under upstreams" : Similarity.remedy(for: text.value, among: known)
        value.mistake("no upstream is called \(text.shown)", remedy)
        return nil
    }
}
