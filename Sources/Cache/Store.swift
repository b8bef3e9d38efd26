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
/// budget's lock, one shard's, the pool's; no operation holds two shards' locks. Long work (`setBudget`, `removeAll`,
/// `maintain`) goes in steps, and lets others have the shard in between.
///
/// The memory follows Segcache (Yang et al., NSDI 2021) in keeping small items back to back in segments, whose order is
/// the order of eviction.
public final class Store: Sendable {
    private static let maximumShards = 8
    /// Records looked at in one hold of a shard's lock.
    private static let step = 256

    private let shards: InlineArray<8, Mutex<Shard>>
    private let shardMask: Int
    private let total: Mutex<Int>
    private let hasher: KeyHasher

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - budget: the bytes it may hold, overhead included.
    ///   - policy: what decides which entries stay.
    ///   - pool: where the memory comes from: one pool for all stores among which bytes move.
    ///   - shards: the number of shards, which stays; rounded down to a power of two from 1 to 8. By default one from the
    ///     start, more as the budget passes multiples of 32 MiB.
    ///   - accounting: what counts as held.
    public init(
        budget: Int,
        policy: PolicyKind = .lazyGDSF,
        pool: SegmentPool = .shared,
        shards: Int? = nil,
        accounting: Accounting = .memory
    ) {
        let budget = max(0, budget)
        let wanted = min(Self.maximumShards, shards ?? budget / (32 << 20))
        var count = 1
        while count * 2 <= wanted {
            count *= 2
        }
        let shardCount = count
        shardMask = shardCount - 1
        total = Mutex(budget)
        hasher = pool.hasher
        self.shards = InlineArray { index in
            let share = Self.share(of: budget, shard: index, count: shardCount)
            return Mutex(Shard(budget: share, policy: policy, pool: pool, accounting: accounting))
        }
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
    public func read<R>(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        now: UInt64,
        _ body: (Entry) -> R
    ) -> Lookup<R> {
        var result = Lookup<R>.miss
        shards[shard(of: hash)].withLock { shard in
            guard let offset = unsafe shard.find(key, hash: hash) else { return }
            let location = shard.index.slot(at: offset).location
            let record = shard.record(at: location)
            if shard.groups.isRetired(record.group) {
                shard.drop(slotAt: offset, hash: hash)
                return
            }
            let expiresAt = record.expiresAt(shard.memory, location)
            guard expiresAt > now else {
                shard.drop(slotAt: offset, hash: hash)
                shard.expirations &+= 1
                result = .expired
                return
            }
            shard.touch(offset, record)
            let entry = unsafe Entry(
                value: record.value(shard.memory, location),
                mark: record.mark(shard.memory, location),
                expiresAt: expiresAt
            )
            result = .hit(body(entry))
        }
        return result
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
        var stored = false
        shards[shard(of: hash)].withLock { shard in
            stored = unsafe shard.insert(
                key,
                hash: hash,
                value: value,
                mark: mark,
                expiresAt: expiresAt,
                group: group,
                now: now
            )
        }
        return stored
    }

    /// Removes a key's entry and returns whether there was one, expired or not.
    @discardableResult
    public func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        var removed = false
        shards[shard(of: hash)].withLock { shard in
            guard let offset = unsafe shard.find(key, hash: hash) else { return }
            removed = !shard.groups.isRetired(shard.record(at: shard.index.slot(at: offset).location).group)
            shard.drop(slotAt: offset, hash: hash)
        }
        return removed
    }

    /// Removes every entry of a group at once, shard by shard; `maintain` reclaims their bytes.
    public func removeGroup(_ group: UInt32) {
        for index in 0...shardMask {
            shards[index].withLock { shard in shard.groups.retire(group) }
        }
    }

    /// Removes every entry, shard by shard, in steps: entries inserted meanwhile may stay.
    public func removeAll() {
        for index in 0...shardMask {
            shards[index].withLock { shard in
                shard.groups.retireAll()
                shard.sweep.isRunning = false
            }
            while !shards[index].withLock({ shard in shard.sweepStep(now: 0, limit: Self.step) }) {}
        }
    }

    /// Reclaims the bytes of expired and purged entries that nobody has met, a step in each shard.
    ///
    /// To be called now and then, and again soon when it returns true.
    ///
    /// - Returns: whether a pass over the entries is under way.
    @discardableResult
    public func maintain(now: UInt64) -> Bool {
        var isUnderWay = false
        for index in 0...shardMask {
            let hasEnded = shards[index].withLock { shard in shard.sweepStep(now: now, limit: Self.step) }
            isUnderWay = isUnderWay || !hasEnded
        }
        return isUnderWay
    }

    /// Sets what a miss costs, for policies that weigh it; entries held are weighed anew as they come up for eviction.
    public func setCostWeights(_ weights: CostWeights) {
        for index in 0...shardMask {
            shards[index].withLock { shard in shard.weights = weights }
        }
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
            for index in 0...shardMask {
                let share = Self.share(of: bytes, shard: index, count: shardMask + 1)
                while !shards[index].withLock({ shard in shard.shrink(to: share, limit: Self.step) }) {}
            }
            total = bytes
        }
    }

    /// What the store holds now and has dropped since it was made; the shards are read one after the other.
    public var usage: Usage {
        var sum = Usage()
        for index in 0...shardMask {
            sum.add(shards[index].withLock { shard in shard.usage })
        }
        return sum
    }

    /// Calls `body` with each shard in turn, under its lock, for tests that check what is inside.
    func inspectShards(_ body: (borrowing Shard) -> Void) {
        for index in 0...shardMask {
            shards[index].withLock { shard in body(shard) }
        }
    }

    /// High bits choose the shard; the index takes its places from lower ones.
    private func shard(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 61) & shardMask
    }

    private static func share(of budget: Int, shard: Int, count: Int) -> Int {
        shard < count ? budget / count + (shard < budget % count ? 1 : 0) : 0
    }
}
