internal import Glibc
internal import Synchronization

/// What a store's budget counts.
public enum Accounting: Sendable {
    /// All memory held: segments, runs, index.
    case memory
    /// Only the bytes of keys and values, to compare policies as the literature does.
    case payload
}

/// A byte-budgeted store of opaque values under opaque keys.
///
/// It may be used from any number of threads. It knows bytes only: no clock (callers pass the time), no I/O, nothing of
/// what the bytes mean. What it holds, its own overhead included, stays within its budget, but for a segment (about a
/// thousandth) while items are being moved.
///
/// Keys are spread by hash over shards, each with its own lock, index, queues and share of the budget. Lock order: the
/// budget's lock, one shard's, the pool's, and apart from these, the estimator's; no operation holds two shards' locks.
/// Long work (`setBudget`, `removeAll`, `maintain`, room for a large value) goes in steps, and lets others have the shard
/// in between.
///
/// The memory follows Segcache (Yang et al., NSDI 2021) in keeping small items back to back in segments, whose order is
/// the order of eviction.
public final class Store: Sendable {
    private static let maximumShards = 64
    /// The bits of a hash from here on choose the shard.
    static let shardShift: UInt64 = 58
    /// Records looked at in one hold of a shard's lock that nobody waits for.
    static let step = 32
    /// Records of each shard looked at in a call of `maintain`.
    private static let recordsPerCall = 512
    /// Values of so many bytes are copied before the shard's lock is taken.
    static let longValue = 8 << 10

    // First what a hit looks at: in a store that is seldom asked it comes from far away.
    let shards: ShardTable
    private let hasher: KeyHasher
    /// The estimator, for the way of a hit, which counts no references.
    private let observer: CurveObserver?

    /// What decides which entries stay.
    public let policy: PolicyKind
    /// What estimates the miss ratios at other sizes, if that was asked for.
    public let estimator: CurveEstimator?
    private let total: Mutex<Int>
    let pool: SegmentPool

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - budget: the bytes it may hold, overhead included.
    ///   - policy: what decides which entries stay.
    ///   - pool: where the memory comes from: one pool for all stores among which bytes move.
    ///   - shards: the number of shards, which stays; rounded down to a power of two from 1 to 64. By default
    ///     `shards(forLargest: budget)`: a store whose budget will grow is better given those of the largest it may get.
    ///     Each shard has an equal share of the budget: an entry larger than that is refused, and a share below 1 MiB
    ///     costs more overhead.
    ///   - accounting: what counts as held.
    ///   - curve: whether to estimate the miss ratios at other sizes.
    ///   - curveKeys: the most keys to do so on once there are more than 8,191, at most that (with LRU 2^20); by default as
    ///     many as keep both the error and the time small. More take longer, on every request of a sampled key.
    public init(
        budget: Int,
        policy: PolicyKind = .lazyGDSF,
        pool: SegmentPool = .shared,
        shards: Int? = nil,
        accounting: Accounting = .memory,
        curve: Bool = false,
        curveKeys: Int? = nil
    ) {
        let budget = max(0, budget)
        let wanted = min(Self.maximumShards, shards ?? Self.shards(forLargest: budget))
        var count = 1
        while count * 2 <= wanted {
            count *= 2
        }
        self.policy = policy
        total = Mutex(budget)
        hasher = pool.hasher
        self.pool = pool
        self.shards = ShardTable(count: count, pool) { index in
            let share = Self.share(of: budget, shard: index, count: count)
            return Shard(budget: share, policy: policy, pool: pool, accounting: accounting)
        }
        let estimator = curve ? CurveEstimator(policy, accounting, shards: count, keys: curveKeys) : nil
        self.estimator = estimator
        observer = estimator.map { estimator in CurveObserver(estimator) }
        estimator?.setBudget(budget)
    }

    /// The number of shards that suits a store whose budget may become that large: one for each 16 MiB, from 128 MiB on
    /// for each 8 MiB, at least 1 and at most 64, so that a few threads seldom meet.
    public static func shards(forLargest budget: Int) -> Int {
        var count = 1
        while count < maximumShards, budget >> (count < 8 ? 24 : 23) >= count * 2 {
            count *= 2
        }
        return count
    }

    /// The hash that the other calls want, and must be given, since eviction works it out anew.
    @inline(__always)
    public func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        unsafe hasher.hash(key)
    }

    /// An expiry not later than the given one that is kept in half the bytes: up to 17 ms earlier.
    public static func compactExpiry(_ expiresAt: UInt64) -> UInt64 {
        expiresAt == .max ? .max : expiresAt & ~(1 << Record.expiryUnitShift - 1)
    }

    /// Looks a key up and, when there is a live entry, calls `body` with it and counts it as used.
    ///
    /// Does not allocate. `body` runs under the shard's lock: it copies what it needs, does not keep the entry, and does
    /// not call the store.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - hash: `hash(key)`.
    ///   - now: nanoseconds on the clock that `expiresAt` was given on. An entry expires at `expiresAt` sharp; meeting an
    ///     expired one removes it.
    ///   - body: what to do with the entry.
    /// - Returns: what was found, with the closure's result for a hit.
    @inlinable
    public func read<R>(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        now: UInt64,
        _ body: (Entry) -> R
    ) -> Lookup<R> {
        // A caller's module makes this part for its own result; the rest is not generic.
        var result: R?
        let outcome = unsafe look(key, hash: hash, now: now) { entry in result = body(entry) }
        if let result { return .hit(result) }
        return outcome == .expired ? .expired : .miss
    }

    /// What `look` found; `body` has run if it is `hit`.
    @usableFromInline enum Outcome {
        case hit, miss, expired
    }

    @usableFromInline
    func look(_ key: UnsafeRawBufferPointer, hash: UInt64, now: UInt64, _ body: (Entry) -> Void) -> Outcome {
        if let observer {
            return observer.withEstimator { estimator in
                unsafe lookObserved(estimator, key, hash: hash, now: now, body)
            }
        }
        var outcome = Outcome.miss
        shards.withShard(shard(of: hash)) { shard in
            outcome = unsafe shard.read(key, hash: hash, now: now, body)
        }
        return outcome
    }

    /// Copies a value in under a key, in place of what was there, and evicts others to make room.
    ///
    /// - Parameters:
    ///   - key: the key's bytes, up to 8,191.
    ///   - hash: `hash(key)`.
    ///   - value: the value's bytes.
    ///   - mark: 32 bits kept with the value for the caller; 0 takes no room.
    ///   - expiresAt: nanoseconds; from then on the entry is not returned. `UInt64.max`, never, takes no room.
    ///   - group: what `removeGroup` removes together.
    ///   - now: nanoseconds on the same clock.
    /// - Returns: false when nothing was stored, because the entry exceeds the shard's budget or 4 MiB or the policy does
    ///   not want it, it has already expired, or the system has no memory. The old value is gone all the same.
    @discardableResult
    public func insert(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64,
        group: UInt32 = 0,
        now: UInt64
    ) -> Bool {
        let entry = unsafe NewEntry(
            key: key,
            hash: hash,
            value: value,
            mark: mark,
            expiresAt: expiresAt,
            group: group,
            now: now
        )
        var stored = false
        // A large value is copied without the lock, into a run that evictions in short holds have made room for.
        var reserved: Shard.Reservation?
        if value.count >= Self.longValue {
            shards.inSteps(shard(of: hash)) { shard, isWanted in
                switch shard.reserve(entry, limit: Self.step, isWanted) {
                case .again: return false
                case .none: return true
                case .reserved(let run):
                    reserved = run
                    return true
                }
            }
            if let reserved { unsafe pool.memory.copy(value, to: Int(reserved.run) << SegmentPool.unitShift) }
        }
        shards.inSteps(shard(of: hash)) { shard, isWanted in
            guard shard.keepSegmentFree(limit: Self.step, isWanted) else { return false }
            stored = shard.insert(entry, reserved: reserved)
            return true
        }
        pool.trim(limit: 1)
        noteInsert(entry)
        return stored
    }

    /// Removes a key's entry and returns whether there was one, expired or not.
    @discardableResult
    public func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        var removed = false
        shards.withShard(shard(of: hash)) { shard in
            guard let offset = unsafe shard.find(key, hash: hash) else { return }
            removed = !shard.groups.isRetired(shard.record(at: shard.index.slot(at: offset).location).group)
            shard.drop(slotAt: offset, hash: hash)
        }
        pool.trim(limit: 1)
        estimator?.remove(hash: hash)
        return removed
    }

    /// Removes every entry of a group at once, shard by shard; `maintain` reclaims their bytes.
    public func removeGroup(_ group: UInt32) {
        for index in 0..<shards.count {
            shards.withShard(index) { shard in shard.groups.retire(group) }
        }
        estimator?.removeGroup(group)
    }

    /// Removes every entry, shard by shard, in steps: entries inserted meanwhile may stay.
    public func removeAll() {
        for index in 0..<shards.count {
            shards.withShard(index) { shard in
                shard.groups.retireAll()
                shard.sweep.isRunning = false
            }
            var left = Int.max
            shards.inSteps(index) { shard, isWanted in
                shard.sweepStep(now: 0, limit: Self.step, left: &left, isWanted)
            }
        }
        pool.trim()
        estimator?.removeAll()
    }

    /// Reclaims the bytes of expired and purged entries that nobody has met, some steps in each shard.
    ///
    /// To be called now and then, and again soon when it returns true.
    ///
    /// - Returns: whether a pass over the entries is under way.
    @discardableResult
    public func maintain(now: UInt64) -> Bool {
        var isUnderWay = false
        for index in 0..<shards.count {
            var hasEnded = false
            var left = Self.recordsPerCall
            shards.inSteps(index) { shard, isWanted in
                hasEnded = shard.sweepStep(now: now, limit: Self.step, left: &left, isWanted)
                return hasEnded || left <= 0
            }
            pool.trim(limit: 1)
            isUnderWay = isUnderWay || !hasEnded
        }
        return isUnderWay
    }

    /// Sets what a miss costs, for policies that weigh it; entries held are weighed anew as they come up for eviction.
    public func setCostWeights(_ weights: CostWeights) {
        for index in 0..<shards.count {
            shards.withShard(index) { shard in shard.weights = weights }
        }
        estimator?.setCostWeights(weights)
    }

    /// The bytes the store may hold.
    public var budget: Int {
        total.withLock { total in total }
    }

    /// Changes the budget and evicts, in steps, until the store is within it again.
    ///
    /// A larger budget is in force at once; a smaller one when the call returns, and until then none of the bytes given
    /// up may go to another store.
    public func setBudget(_ bytes: Int) {
        let bytes = max(0, bytes)
        total.withLock { total in
            for index in 0..<shards.count {
                let share = Self.share(of: bytes, shard: index, count: shards.count)
                shards.inSteps(index) { shard, isWanted in shard.shrink(to: share, limit: Self.step, isWanted) }
            }
            pool.trim()
            total = bytes
            estimator?.setBudget(bytes)
        }
    }

    /// What the store holds now and has dropped since it was made; the shards are read one after the other.
    public var usage: Usage {
        var sum = Usage()
        for index in 0..<shards.count {
            sum.add(shards.withShard(index) { shard in shard.usage })
        }
        return sum
    }

    /// Calls `body` with each shard in turn, under its lock, for tests that check what is inside.
    func inspectShards(_ body: (borrowing Shard) -> Void) {
        for index in 0..<shards.count {
            shards.withShard(index) { shard in body(shard) }
        }
    }

    /// High bits choose the shard; the index takes its places from lower ones.
    func shard(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> Self.shardShift) & (shards.count - 1)
    }

    private static func share(of budget: Int, shard: Int, count: Int) -> Int {
        shard < count ? budget / count + (shard < budget % count ? 1 : 0) : 0
    }
}
