import Alloc

/// Bounds of what can be configured for the allocation.
enum AllocationBounds {
    static let rate = 0.001...1e12
    static let interval: ClosedRange<UInt64> = 100_000_000...3_600_000_000_000
    static let stepInterval: ClosedRange<UInt64> = 10_000_000...3_600_000_000_000
    static let step = 64 << 10...1 << 40
}

extension Configuration {
    /// Takes over what the file says of resources and how they are allocated, after the tenants and their caches.
    mutating func readAllocation(_ file: YAMLSection) {
        file.set(&resources, "resources") { $0.resources() }
        file.set(&allocation, "allocation") { $0.allocation() }
        file.set(&throttling, "throttling") { $0.throttling() }
        file.set(&admin, "admin") { $0.admin() }
        let place = file["resources"] ?? file.value
        checkShares("rcu", "RCU", \.readUnits, place)
        checkShares("wcu", "WCU", \.writeUnits, place)
        checkShares("egress", "bytes", \.egressBytes, place)
        checkAdmin(file)
    }

    /// Every tenant must get something of what is limited.
    private func checkShares(
        _ key: String,
        _ unit: String,
        _ rate: KeyPath<ResourceTotals, Double?>,
        _ resources: YAMLValue
    ) {
        let own = tenants.compactMap { tenant in tenant.share[keyPath: rate] }
        guard let total = self.resources?[keyPath: rate] else {
            guard let owner = tenants.first(where: { tenant in tenant.share[keyPath: rate] != nil }) else { return }
            resources.reading.warning(
                resources.place,
                "resources.\(key)",
                "not limited, so the share.\(key) of tenant '\(owner.name)' has no effect",
                "write the total, or remove the share"
            )
            return
        }
        let sum = own.reduce(0, +)
        let isShared = own.count < tenants.count
        guard sum > total * (1 + 1e-9) || isShared && sum >= total else { return }
        let excess = sum > total * (1 + 1e-9) ? "more than the total" : "which leaves nothing for the others"
        resources.reading.mistake(
            resources.place,
            "resources.\(key)",
            "the tenants' own shares together are \(Units.text(rate: sum)) \(unit) a second, \(excess)",
            "raise the total or lower the shares"
        )
    }

    private func checkAdmin(_ file: YAMLSection) {
        guard let admin, let value = file["admin"] else { return }
        let address = admin.listener.address
        if admin.listener.port != 0, listeners.contains(where: { $0.address == address }) {
            value.mistake("\(address) is where clients connect", "choose another port")
        }
        if !admin.listener.isLoopback {
            value.warning(
                "\(address) can be reached from other machines, and the admin API asks for no credentials",
                "use 127.0.0.1 or [::1], or see to it that nobody else reaches it"
            )
        }
    }
}

extension YAMLValue {
    /// Rates of RCU, WCU and egress.
    func resources() -> ResourceTotals? {
        guard let section = section(ConfigurationKeys.resources) else { return nil }
        var totals = ResourceTotals()
        section.set(&totals.readUnits, "rcu") { $0.rate() }
        section.set(&totals.writeUnits, "wcu") { $0.rate() }
        section.set(&totals.egressBytes, "egress") { $0.byteRate() }
        return totals
    }

    fileprivate func allocation() -> AllocationSettings? {
        guard let section = section(ConfigurationKeys.allocation) else { return nil }
        var settings = AllocationSettings()
        section.set(&settings.mode, "mode") { value in
            value.choice(AllocationSettings.Mode.allCases.map(\.rawValue)).flatMap(AllocationSettings.Mode.init)
        }
        section.set(&settings.policy, "policy") { value in
            value.choice(PolicyName.allCases.map(\.rawValue)).flatMap(PolicyName.init)
        }
        section.set(&settings.interval, "interval") { $0.duration(in: AllocationBounds.interval) }
        section.set(&settings.window, "window") { $0.integer(in: 1...100) }
        section.set(&settings.threshold, "threshold") { $0.ratio(in: 0...1) }
        section.set(&settings.step, "step") { $0.size(in: AllocationBounds.step) }
        section.set(&settings.stepInterval, "step_interval") { $0.duration(in: AllocationBounds.stepInterval) }
        section.set(&settings.warm, "warm") { $0.ratio(in: 0...1) }
        section.set(&settings.boost, "boost") { $0.flag() }
        section.set(&settings.salt, "salt") { $0.ratio(in: 0...0.5) }
        section.set(&settings.history, "history") { $0.integer(in: 1...10_000) }
        section.set(&settings.floor, "floor") { $0.floor() }
        if section["step_interval"] == nil {
            settings.stepInterval = min(settings.stepInterval, settings.interval)
        } else if settings.stepInterval > settings.interval {
            section["step_interval"]?.mistake("it is longer than the interval", "make it at most the interval")
        }
        return settings
    }

    private func floor() -> ResourceVector? {
        guard let section = section(ConfigurationKeys.floor) else { return nil }
        var floor = AllocationSettings().floor
        // Not 0: a tenant that nothing passes for shows no demand, and would stay so.
        section.set(&floor.cacheBytes, "cache") { $0.size(in: 0...CacheBounds.budget.upperBound) }
        section.set(&floor.readUnits, "rcu") { $0.rate() }
        section.set(&floor.writeUnits, "wcu") { $0.rate() }
        section.set(&floor.egressBytes, "egress") { $0.byteRate() }
        return floor
    }

    fileprivate func throttling() -> ThrottlingSettings? {
        guard let section = section(ConfigurationKeys.throttling) else { return nil }
        var settings = ThrottlingSettings()
        section.set(&settings.queueLength, "queue_length") { $0.integer(in: 0...1_000_000) }
        section.set(&settings.queueDeadline, "queue_deadline") { $0.duration(in: 0...60_000_000_000) }
        section.set(&settings.burst, "burst") { $0.duration(in: 1_000_000...3_600_000_000_000) }
        return settings
    }

    fileprivate func admin() -> AdminSettings? {
        guard let section = section(ConfigurationKeys.admin) else { return nil }
        return section.required("listen", "write for example 127.0.0.1:8001")?.address().map(AdminSettings.init)
    }

    /// Units a second.
    private func rate() -> Double? {
        guard let text = text("a number") else { return nil }
        guard let number = Double(text.value), number.isFinite else {
            mistake("\(text.shown) is not a number", "write capacity units a second, for example 1000")
            return nil
        }
        if AllocationBounds.rate.contains(number) { return number }
        mistake("\(text.shown) is out of range", "choose from 0.001 to 1000000000000")
        return nil
    }

    /// Bytes a second.
    private func byteRate() -> Double? {
        size(in: 1...1_000_000_000_000_000).map(Double.init)
    }

    /// `5%` or `0.05`.
    private func ratio(in range: ClosedRange<Double>) -> Double? {
        guard let text = text("a part") else { return nil }
        let isPercentage = text.value.hasSuffix("%")
        let digits = isPercentage ? text.value.dropLast() : text.value[...]
        guard let number = Double(digits), number.isFinite else {
            mistake("\(text.shown) is not a part of 1", "write for example 5% or 0.05")
            return nil
        }
        let ratio = isPercentage ? number / 100 : number
        if range.contains(ratio) { return ratio }
        let (least, most) = (Units.text(percent: range.lowerBound), Units.text(percent: range.upperBound))
        mistake("\(text.shown) is out of range", "choose from \(least) to \(most)")
        return nil
    }
}
