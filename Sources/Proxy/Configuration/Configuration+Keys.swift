import Logging

extension Configuration {
    /// Takes over what the file says.
    mutating func read(_ file: YAMLSection) {
        file.set(&listeners, "listen") { $0.listeners() }
        file.set(&reactors, "reactors") { $0.integer(in: 1...1024) }
        file.set(&limits, "limits") { $0.limits() }
        file.set(&coherence, "coherence") { $0.coherence() }
        file.set(&clockWindow, "clock_window") { value in
            value.duration(in: 1_000_000_000...86_400_000_000_000).map { Int64($0 / 1_000_000_000) }
        }
        file.set(&drainDeadline, "drain_timeout") { $0.duration(in: 0...3_600_000_000_000) }
        file.set(&log, "log") { $0.log() }
        file.set(&trace, "trace") { $0.trace() }

        var names = NameRegister()
        upstreams = file["upstreams"]?.upstreams(&names) ?? []
        tenants = file.required("tenants", "name at least one tenant that may call")?.tenants(&names) ?? []
        readEmbeddedStores(file, names)
        file.set(&snapshot, "snapshot") { $0.replaceableFile() }
        if snapshot == nil, file["snapshot"] == nil { warnOfItemsNotSaved(file) }
        checkDirtyWindow(file)
        readCacheTotal(file)
        readAllocation(file)
    }

    /// A tenant's `upstream: embedded` needs no entry among the upstreams.
    private mutating func readEmbeddedStores(_ file: YAMLSection, _ names: NameRegister) {
        let name = UpstreamSettings.embeddedName
        let isWanted = tenants.contains { $0.upstream == name }
        if isWanted, names.upstreams[name] == nil { upstreams.append(.embedded()) }
        if file["upstreams"] == nil, !isWanted {
            file.missing("upstreams", "name an endpoint to forward to, or give tenants upstream: embedded")
        }
    }

    /// A write may still land while its request is not given up.
    private func checkDirtyWindow(_ file: YAMLSection) {
        for upstream in upstreams where upstream.requestTimeout > coherence.dirtyWindow {
            let window = Units.text(duration: coherence.dirtyWindow)
            let timeout = Units.text(duration: upstream.requestTimeout)
            file.value.reading.mistake(
                (file["coherence"] ?? file.value).place,
                "coherence.dirty_window",
                "\(window) is shorter than upstream '\(upstream.name)' may take (\(timeout))",
                "make it at least as long as every upstream's request_timeout"
            )
        }
    }

    /// What a snapshot may hold is told, but not where it is.
    private func warnOfItemsNotSaved(_ file: YAMLSection) {
        let isTold = tenants.contains { tenant in
            tenant.cache.unchangedWhileStopped || tenant.cache.tables.contains { $0.unchangedWhileStopped == true }
        }
        guard isTold, let tenants = file["tenants"] else { return }
        tenants.warning("unchanged_while_stopped has no effect without a snapshot", "add snapshot: PATH, or remove it")
    }

    private mutating func readCacheTotal(_ file: YAMLSection) {
        let own = tenants.reduce(0) { $0 + ($1.cache.enabled ? $1.cache.budget ?? 0 : 0) }
        let sharing = zip(tenants, tenants.indices).filter { $0.0.cache.enabled && $0.0.cache.budget == nil }
        cacheTotal = own + (sharing.isEmpty && own > 0 ? 0 : Self.defaultCacheTotal)
        let section = file["cache"]?.section(ConfigurationKeys.cache)
        section?.set(&cacheHugePages, "huge_pages") { $0.flag() }
        let value = section?["total"]
        if let value {
            guard let total = value.size(in: CacheBounds.budget) else { return }
            cacheTotal = total
        }
        let place = (value ?? file["cache"] ?? file.value).place
        let budgets = cacheBudgets
        if own > cacheTotal {
            file.value.reading.mistake(
                place,
                "cache.total",
                "the tenants' own budgets together are \(Units.text(size: own)), more than the total",
                "raise the total or lower the budgets"
            )
        } else if let poor = sharing.first(where: { budgets[$0.1] < CacheBounds.budget.lowerBound }) {
            let least = Units.text(size: CacheBounds.budget.lowerBound)
            file.value.reading.mistake(
                place,
                "cache.total",
                "the share of tenant '\(poor.0.name)' is less than \(least)",
                "raise the total or the tenant's weight"
            )
        }
    }
}

extension YAMLValue {
    fileprivate func limits() -> Limits? {
        guard let section = section(ConfigurationKeys.limits) else { return nil }
        let timeouts: ClosedRange<UInt64> = 1_000_000...86_400_000_000_000
        var limits = Limits()
        section.set(&limits.headBytes, "head_size") { $0.size(in: 1024...1 << 20) }
        section.set(&limits.headerCount, "header_count") { $0.integer(in: 10...10_000) }
        section.set(&limits.bodyBytes, "body_size") { $0.size(in: 1024...64 << 20) }
        section.set(&limits.connections, "connections") { $0.integer(in: 1...1_000_000) }
        section.set(&limits.idleDeadline, "idle_timeout") { $0.duration(in: timeouts) }
        section.set(&limits.headDeadline, "head_timeout") { $0.duration(in: timeouts) }
        section.set(&limits.bodyDeadline, "body_timeout") { $0.duration(in: timeouts) }
        section.set(&limits.writeDeadline, "write_timeout") { $0.duration(in: timeouts) }
        section.set(&limits.bufferedBytes, "buffered_size") { $0.size(in: 1024...1 << 40) }
        section.set(&limits.inFlight, "in_flight") { $0.integer(in: 1...1_000_000) }
        if limits.bufferedBytes < limits.bodyBytes {
            (section["buffered_size"] ?? self).mistake(
                "buffered_size is \(Units.text(size: limits.bufferedBytes)), less than one body may have",
                "make it at least body_size (\(Units.text(size: limits.bodyBytes)))"
            )
        }
        return limits
    }

    fileprivate func coherence() -> CoherenceSettings? {
        guard let section = section(ConfigurationKeys.coherence) else { return nil }
        var settings = CoherenceSettings()
        section.set(&settings.consistentReadAfterWrite, "consistent_read_after_write") {
            $0.duration(in: 0...3_600_000_000_000)
        }
        section.set(&settings.dirtyWindow, "dirty_window") { $0.duration(in: 1_000_000_000...3_600_000_000_000) }
        section.set(&settings.tableRefresh, "table_refresh") { $0.duration(in: 1_000_000_000...3_600_000_000_000) }
        return settings
    }

    fileprivate func trace() -> TraceSettings? {
        guard let section = section(ConfigurationKeys.trace) else { return nil }
        var settings = TraceSettings(path: "")
        section.set(&settings.maxSize, "max_size") { $0.size(in: 64 << 10...1 << 40) }
        guard let path = section.required("path", "name the file to record in")?.replaceableFile() else { return nil }
        settings.path = path
        return settings
    }

    fileprivate func log() -> LogSettings? {
        guard let section = section(ConfigurationKeys.log) else { return nil }
        var settings = LogSettings()
        section.set(&settings.level, "level") { value in
            value.choice(Logger.Level.allCases.map(\.rawValue)).flatMap(Logger.Level.init(rawValue:))
        }
        section.set(&settings.format, "format") { value in
            value.choice(LogFormat.allCases.map(\.rawValue)).flatMap(LogFormat.init(rawValue:))
        }
        return settings
    }
}
