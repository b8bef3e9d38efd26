import Cache
import DynamoDB

/// The steps of loading a snapshot, without a thread.
struct SnapshotLoad {
    /// A tenant's table, by their numbers, which are the same as when the snapshot was saved.
    struct TableKey: Hashable {
        let tenant: UInt32
        let table: UInt32
    }

    /// A table whose items may be used if it turns out to be the one it was.
    struct Candidate {
        let name: [UInt8]
        let epoch: UInt64
        let metadata: TableMetadata
        /// Of the entry that lives longest, in nanoseconds when the snapshot was saved.
        var life: UInt64 = 0
    }

    /// A table whose items are loaded.
    struct Target {
        let tenant: Tenant
        let table: Table
        let epoch: UInt64
        let cache: EffectiveCacheSettings
    }

    enum Judgement {
        case ready(Target)
        /// The table has yet to be described.
        case wait(Tenant, name: [UInt8])
        case out
    }

    /// Tables that have not been judged for good.
    var candidates: [TableKey: Candidate] = [:]
    /// Entries that are in the stores, and keys whose use is remembered.
    private(set) var restored = 0
    private(set) var remembered = 0
    /// Tenants whose miss-ratio curve goes on.
    private(set) var curves = 0

    private let file: SnapshotFile
    private let shared: SharedState
    /// Nanoseconds since the snapshot was saved, and the monotonic time when they were counted.
    private let elapsed: UInt64
    private let start: UInt64
    private let keyBuffer = KeyBuffer()
    /// The epochs of the saved entries.
    private var epochs: [UInt32: UInt64] = [:]
    private var policies: [UInt32: PolicyKind] = [:]
    /// Frequencies that each tenant's store will be told.
    private var expected: [UInt32: Int] = [:]

    init(_ file: SnapshotFile, usesItems: Bool, shared: SharedState, elapsed: UInt64) {
        self.file = file
        self.shared = shared
        self.elapsed = elapsed
        start = MonotonicClock.now()
        var names: [UInt32: [UInt8]] = [:]
        for domain in file.directory.domains {
            for table in domain.tables {
                epochs[table.number] = domain.epoch &+ table.epoch
                names[table.number] = table.name
            }
        }
        for tenant in file.directory.tenants { policies[tenant.number] = tenant.policy }
        guard usesItems else { return }
        for view in file.directory.views {
            guard let name = names[view.table], let epoch = epochs[view.table] else { continue }
            let candidate = Candidate(name: name, epoch: epoch, metadata: view.metadata)
            if case .out = judge(TableKey(tenant: view.tenant, table: view.table), candidate, now: nil) { continue }
            candidates[TableKey(tenant: view.tenant, table: view.table)] = candidate
        }
    }

    /// Whether the items of a table may be used.
    ///
    /// `now` is monotonic; nil to ask before any life is known.
    func judge(_ key: TableKey, _ candidate: Candidate, now: UInt64?) -> Judgement {
        if let now, candidate.life <= elapsed &+ (now &- start) { return .out }
        guard let tenant = shared.directory.tenant(number: key.tenant), tenant.policy.allowsTable(candidate.name),
            let view = tenant.table(named: candidate.name, now: now ?? start), view.table.number == key.table,
            view.cache.isEnabled, view.cache.isUnchangedWhileStopped, view.table.epoch == candidate.epoch
        else { return .out }
        guard case .known(let metadata) = view.metadata(now: now ?? start) else {
            return .wait(tenant, name: candidate.name)
        }
        guard metadata == candidate.metadata, metadata.identity != nil, !metadata.isReplicated else { return .out }
        return .ready(Target(tenant: tenant, table: view.table, epoch: candidate.epoch, cache: view.cache))
    }

    /// Reads the whole file and throws at the first thing that is not as it was written.
    mutating func check(_ goesOn: () -> Bool) throws(SnapshotRefusal) {
        var isSound = true
        try file.forEachBlock { block in
            var reader = ByteReader(block.payload)
            switch block.kind {
            case .frequencies:
                isSound = reader.integer(UInt8.self) != nil
                while isSound, reader.left > 0 {
                    isSound = SavedFrequency(&reader) != nil
                    expected[block.tenant, default: 0] += 1
                }
            case .items:
                while isSound, reader.left > 0 {
                    guard let item = SavedItem(&reader), item.isSound(in: block.payload) else {
                        isSound = false
                        break
                    }
                    let key = TableKey(tenant: block.tenant, table: item.table)
                    if let candidate = candidates[key] {
                        candidates[key]?.life = max(candidate.life, item.life)
                    } else if item.frequency != nil {
                        expected[block.tenant, default: 0] += 1
                    }
                }
            case .curve, .directory: break
            }
            return isSound && goesOn()
        }
        if !isSound { throw SnapshotRefusal("an entry is damaged") }
    }

    /// Gives the stores their curves, and tells them how often keys were asked for, those of items that will not be loaded
    /// among them.
    mutating func frequencies(_ goesOn: () -> Bool) throws(SnapshotRefusal) {
        for (number, count) in expected {
            store(of: number)?.expectFrequencies(count)
        }
        try file.forEachBlock { block in
            guard let store = store(of: block.tenant) else { return goesOn() }
            var reader = ByteReader(block.payload)
            switch block.kind {
            case .frequencies:
                let shards = reader.integer(UInt8.self) ?? 0
                guard shards == 0 || store.shardCount <= shards else { break }
                while let saved = SavedFrequency(&reader) {
                    if store.remember(saved.hash, saved.frequency) { remembered += 1 }
                }
            case .items:
                while let item = SavedItem(&reader) {
                    let key = TableKey(tenant: block.tenant, table: item.table)
                    guard candidates[key] == nil, let frequency = item.frequency, let epoch = epochs[item.table] else {
                        continue
                    }
                    let isRemembered = unsafe block.payload.withUnsafeBytes { payload in
                        let canonical = unsafe UnsafeRawBufferPointer(rebasing: payload[item.key])
                        return unsafe withKey(key, epoch, canonical) { cacheKey in
                            unsafe store.remember(store.hash(cacheKey), frequency)
                        }
                    }
                    if isRemembered == true { remembered += 1 }
                }
            case .curve:
                // What was going to expire has come that much closer.
                let now = MonotonicClock.now()
                if store.restoreCurve(block.payload, now: now - min(now, elapsed)) { curves += 1 }
            case .directory: break
            }
            return goesOn()
        }
    }

    /// Loads the items of the tables that have been described.
    mutating func items(_ targets: [TableKey: Target], _ goesOn: () -> Bool) throws(SnapshotRefusal) {
        guard !targets.isEmpty else { return }
        for (key, target) in targets {
            target.table.register(tenant: key.tenant, store: target.tenant.store, epoch: target.epoch)
        }
        try file.forEachBlock { block in
            guard block.kind == .items else { return goesOn() }
            var reader = ByteReader(block.payload)
            while let item = SavedItem(&reader) {
                let key = TableKey(tenant: block.tenant, table: item.table)
                guard let target = targets[key] else { continue }
                let isRestored = unsafe block.payload.withUnsafeBytes { payload in
                    unsafe restore(item, key, target, in: payload)
                }
                if isRestored { restored += 1 }
            }
            return goesOn()
        }
    }

    private func restore(
        _ item: SavedItem,
        _ key: TableKey,
        _ target: Target,
        in payload: UnsafeRawBufferPointer
    ) -> Bool {
        let store = target.tenant.store
        let canonical = unsafe UnsafeRawBufferPointer(rebasing: payload[item.key])
        let value = unsafe UnsafeRawBufferPointer(rebasing: payload[item.value])
        let now = MonotonicClock.now()
        let gone = elapsed &+ (now &- start)
        let longest =
            unsafe StoredItem.item(in: value) == nil ? target.cache.negativeTimeToLive : target.cache.timeToLive
        guard item.life > gone, value.count <= target.cache.maxEntryBytes else { return false }
        let life = min(item.life - gone, longest)
        let lease = FillLease.fromStart(
            table: target.table,
            epoch: target.epoch,
            stripe: unsafe CacheKey.stripe(table: target.table.number, canonical: canonical)
        )
        var isRestored = false
        _ = unsafe withKey(key, target.epoch, canonical) { cacheKey in
            lease.install(into: shared.stripes) {
                isRestored = unsafe store.restore(
                    cacheKey,
                    hash: store.hash(cacheKey),
                    value: value,
                    mark: item.mark,
                    expiresAt: Store.compactExpiry(now &+ life),
                    group: CacheKey.group(table: target.table.number, epoch: target.epoch),
                    rank: store.policy == policies[key.tenant] ? item.rank : nil,
                    now: now
                )
            }
        }
        return isRestored
    }

    /// The store of a tenant that is still there and runs the same policy.
    private func store(of number: UInt32) -> Store? {
        guard let store = shared.directory.tenant(number: number)?.store, store.policy == policies[number] else {
            return nil
        }
        return store
    }

    /// Calls `body` with a cache key; nil when the canonical key is too long to be one.
    private func withKey<R>(
        _ key: TableKey,
        _ epoch: UInt64,
        _ canonical: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R? {
        CacheKey.begin(keyBuffer, tenant: key.tenant, table: key.table, epoch: epoch)
        unsafe keyBuffer.append(canonical)
        return keyBuffer.isOverflowed ? nil : unsafe body(keyBuffer.bytes)
    }
}

extension SavedItem {
    /// Whether the value is a stored reply's body, with the checksum it was stored with.
    func isSound(in payload: [UInt8]) -> Bool {
        unsafe payload.withUnsafeBytes { payload in
            let value = unsafe UnsafeRawBufferPointer(rebasing: payload[value])
            return unsafe StoredItem.isWellFormed(value) && CRC32.checksum(value) == mark
        }
    }
}
