import Cache
import DynamoDB
import Logging

/// Writes down what the caches know, after the last request.
struct SnapshotSaver {
    /// A table as it is saved.
    private struct TablePlan {
        let epoch: UInt64
        /// Present when whole entries are saved.
        let metadata: TableMetadata?
    }

    /// A count of what was saved.
    private struct Counts {
        var items = 0
        var frequencies = 0
    }

    let shared: SharedState
    let path: String
    let logger: Logger

    /// Saves, and logs what came of it; a snapshot that can't be written leaves the old one, whose items are not used again.
    func save() {
        let begin = MonotonicClock.now()
        do throws(FileProblem) {
            let (counts, bytes) = try write(now: begin)
            logger.info(
                "snapshot saved",
                fields: [
                    .file: "\(path)", .items: "\(counts.items)", .frequencies: "\(counts.frequencies)",
                    .bytes: "\(bytes)", .duration: "\((MonotonicClock.now() &- begin) / 1_000_000)ms",
                ]
            )
        } catch {
            logger.error("no snapshot saved", fields: [.file: "\(path)", .error: "\(error.reason)"])
        }
    }

    private func write(now: UInt64) throws(FileProblem) -> (Counts, bytes: Int) {
        let tenants = shared.directory.currentTenants().sorted { $0.tenant.number < $1.tenant.number }
        var plans: [UInt32: [UInt32: TablePlan]] = [:]
        let directory = directory(of: tenants, now: now, &plans)
        let file = try SnapshotWriter(
            replacing: path,
            savedAt: shared.wallNanoseconds,
            seed: shared.pool.hasher.seed
        )
        try file.append(.directory, directory.encoded())
        var counts = Counts()
        for (_, tenant) in tenants {
            try append(tenant, plans[tenant.number] ?? [:], now: now, to: file, &counts)
        }
        try file.finish()
        return (counts, file.bytes)
    }

    /// What the numbers in the tenants' cache keys stand for, as far as there may be entries.
    private func directory(
        of tenants: [(identity: String, tenant: Tenant)],
        now: UInt64,
        _ plans: inout [UInt32: [UInt32: TablePlan]]
    ) -> SnapshotDirectory {
        var directory = SnapshotDirectory()
        var byNumber: [UInt32: Tenant] = [:]
        for (identity, tenant) in tenants {
            byNumber[tenant.number] = tenant
            directory.tenants.append(
                SnapshotDirectory.SavedTenant(number: tenant.number, identity: identity, policy: tenant.store.policy)
            )
        }
        for domain in shared.directory.allDomains() {
            var saved = SnapshotDirectory.SavedDomain(identity: domain.identity, epoch: domain.scope.epoch, tables: [])
            for table in domain.allTables() {
                let epoch = table.epoch
                let holders = table.currentHolders().compactMap { holder in
                    holder.epoch == epoch ? byNumber[holder.tenant] : nil
                }
                guard !holders.isEmpty else { continue }
                saved.tables.append(
                    SnapshotDirectory.SavedTable(number: table.number, name: table.name, epoch: table.scope.epoch)
                )
                for tenant in holders {
                    let metadata = metadata(of: table, tenant, now: now)
                    plans[tenant.number, default: [:]][table.number] = TablePlan(epoch: epoch, metadata: metadata)
                    guard let metadata else { continue }
                    directory.views.append(
                        SnapshotDirectory.SavedView(tenant: tenant.number, table: table.number, metadata: metadata)
                    )
                }
            }
            if !saved.tables.isEmpty { directory.domains.append(saved) }
        }
        return directory
    }

    /// The description by which the next process recognises the table; nil when whole entries of it are not saved: the
    /// configuration does not allow it, the table can't be told from another of its name, other regions write to it, or
    /// a write to it may still land.
    private func metadata(of table: Table, _ tenant: Tenant, now: UInt64) -> TableMetadata? {
        guard let view = tenant.table(named: table.name, now: now), view.table === table,
            view.cache.isUnchangedWhileStopped, table.refusal(now: now) == nil,
            case .known(let metadata) = view.metadata(now: now), metadata.identity != nil, !metadata.isReplicated
        else { return nil }
        return metadata
    }

    private func append(
        _ tenant: Tenant,
        _ plans: [UInt32: TablePlan],
        now: UInt64,
        to file: SnapshotWriter,
        _ counts: inout Counts
    ) throws(FileProblem) {
        if let curve = tenant.store.curveSnapshot(now: now) { try file.append(.curve, tenant: tenant.number, curve) }
        var items: [UInt8] = []
        var frequencies: [UInt8] = [0]
        var cursor = ExportCursor()
        var isUnderWay = true
        while isUnderWay {
            isUnderWay = tenant.store.export(&cursor, now: now) { entry in
                guard let parts = unsafe CacheKey.parts(entry.key), unsafe parts.tenant == tenant.number,
                    let number = unsafe UInt32(exactly: parts.table), let plan = plans[number],
                    unsafe plan.epoch == parts.epoch
                else { return }
                let canonical = unsafe parts.canonical
                let stripe = unsafe CacheKey.stripe(table: number, canonical: canonical)
                if plan.metadata != nil, case .success = shared.stripes.lease(stripe, now: now) {
                    let life = entry.expiresAt &- now
                    unsafe SavedItem.append(entry, table: number, canonical: canonical, life: life, to: &items)
                    counts.items += 1
                } else if let frequency = entry.frequency {
                    SavedFrequency(hash: entry.hash, frequency: frequency).append(to: &frequencies)
                    counts.frequencies += 1
                }
            }
            if items.count >= SnapshotFormat.fullBlock || !isUnderWay && !items.isEmpty {
                try file.append(.items, tenant: tenant.number, items)
                items.removeAll(keepingCapacity: true)
            }
            if frequencies.count >= SnapshotFormat.fullBlock || !isUnderWay && frequencies.count > 1 {
                try file.append(.frequencies, tenant: tenant.number, frequencies)
                frequencies = [0]
            }
        }
        try appendGhosts(tenant, to: file, &counts)
    }

    private func appendGhosts(
        _ tenant: Tenant,
        to file: SnapshotWriter,
        _ counts: inout Counts
    ) throws(FileProblem) {
        let shards = UInt8(clamping: tenant.store.shardCount)
        var frequencies: [UInt8] = [shards]
        var cursor = GhostCursor()
        var isUnderWay = true
        while isUnderWay {
            isUnderWay = tenant.store.exportGhosts(&cursor) { hash, frequency in
                SavedFrequency(hash: hash, frequency: frequency).append(to: &frequencies)
                counts.frequencies += 1
            }
            if frequencies.count >= SnapshotFormat.fullBlock || !isUnderWay && frequencies.count > 1 {
                try file.append(.frequencies, tenant: tenant.number, frequencies)
                frequencies = [shards]
            }
        }
    }
}

extension SharedState {
    /// Nanoseconds since 1970.
    var wallNanoseconds: Int64 { WallClock.now(wallClock) }
}
