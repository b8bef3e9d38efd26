internal import Glibc
internal import Synchronization

/// A byte-budgeted store of opaque values under opaque keys: least recently used entries go first, expired ones are
/// never returned.
///
/// It may be used from any number of threads. It knows bytes only: no clock (callers pass the time), no I/O, nothing of
/// what the bytes mean. Whatever happens, the bytes it holds, its own overhead included, never exceed its budget.
///
/// Keys are spread by hash over shards, each with its own lock, list, index and share of the budget. No operation holds
/// two shards' locks; `setBudget` holds the budget's lock around one shard's at a time.
public final class Store: Sendable {
    private static let maximumShards = 16
    /// A shard is given at least this much of the budget the store starts with, so that the largest items fit.
    private static let minimumShardBudget = 2 << 20

    private let shards: InlineArray<16, Mutex<Shard>>
    private let shardMask: Int
    private let total: Mutex<Int>

    /// Makes an empty store.
    ///
    /// - Parameter budget: the bytes it may hold, overhead included. It also decides the number of shards, which stays:
    ///   one from the start, more as the budget passes multiples of 2 MiB.
    public init(budget: Int) {
        let budget = max(0, budget)
        var count = 1
        while count < Self.maximumShards, budget / (count * 2) >= Self.minimumShardBudget {
            count *= 2
        }
        let shardCount = count
        shardMask = shardCount - 1
        total = Mutex(budget)
        shards = InlineArray { index in
            Mutex(Shard(budget: Self.share(of: budget, shard: index, count: shardCount)))
        }
    }

    /// The hash that the other calls want: fast, and seeded anew in every process, so that nobody outside can choose
    /// keys that collide.
    public static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        unsafe hasher.combine(bytes: key)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }

    /// Looks a key up and, when there is a live entry, calls `body` with it and counts it as used.
    ///
    /// Does not allocate. `body` runs under the shard's lock: it copies what it needs, does not keep the entry, and does
    /// not call the store.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - hash: `Store.hash(key)`.
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
            guard let block = unsafe shard.find(key, hash: hash) else { return }
            guard unsafe block.header.expiresAt > now else {
                unsafe shard.expire(block)
                result = .expired
                return
            }
            unsafe shard.use(block)
            let entry = unsafe Entry(value: block.value, mark: block.header.mark, expiresAt: block.header.expiresAt)
            result = .hit(body(entry))
        }
        return result
    }

    /// Copies a value in under a key, in place of what was there, and evicts others to make room.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - hash: `Store.hash(key)`.
    ///   - value: the value's bytes.
    ///   - mark: 32 bits kept with the value for the caller.
    ///   - expiresAt: nanoseconds; from then on the entry is not returned.
    ///   - now: nanoseconds on the same clock.
    /// - Returns: false when nothing was stored, because the entry exceeds a shard's budget, has already expired, or the
    ///   system has no memory. The old value is gone all the same.
    @discardableResult
    public func insert(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        value: UnsafeRawBufferPointer,
        mark: UInt32,
        expiresAt: UInt64,
        now: UInt64
    ) -> Bool {
        var stored = false
        shards[shard(of: hash)].withLock { shard in
            unsafe shard.remove(key, hash: hash)
            guard expiresAt > now else { return }
            stored = unsafe shard.insert(key, hash: hash, value: value, mark: mark, expiresAt: expiresAt)
        }
        return stored
    }

    /// Removes a key's entry and returns whether there was one, expired or not.
    @discardableResult
    public func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        var removed = false
        shards[shard(of: hash)].withLock { shard in
            removed = unsafe shard.remove(key, hash: hash)
        }
        return removed
    }

    /// Removes every entry, shard by shard: entries inserted meanwhile may stay.
    public func removeAll() {
        for index in 0...shardMask {
            shards[index].withLock { shard in shard.removeAll() }
        }
    }

    /// The bytes the store may hold.
    public var budget: Int {
        total.withLock { total in total }
    }

    /// Changes the budget and evicts, least recently used first in each shard, until the store is within it again.
    ///
    /// The number of shards stays, so the largest entry that fits changes in proportion.
    public func setBudget(_ bytes: Int) {
        let bytes = max(0, bytes)
        total.withLock { total in
            total = bytes
            for index in 0...shardMask {
                let share = Self.share(of: bytes, shard: index, count: shardMask + 1)
                shards[index].withLock { shard in shard.setBudget(share) }
            }
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

    /// The high bits choose the shard; the low ones the place within the shard's index.
    private func shard(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 48) & shardMask
    }

    private static func share(of budget: Int, shard: Int, count: Int) -> Int {
        shard < count ? budget / count + (shard < budget % count ? 1 : 0) : 0
    }
}
